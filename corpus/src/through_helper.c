// SPDX-License-Identifier: Apache-2.0
//
// Helpers that write to memory of the program's choice, and programs that choose
// badly: a map value that an iterator hands out, and a task of the kernel. No
// instruction stores there, no map is named. The same call is harmless where the
// memory is the program's stack.

#include "bpf.h"

struct task_struct { int pid; } __core;
struct bpf_iter__bpf_map_elem { struct bpf_iter_meta *meta; void *map, *key; __u64 *value; };

static long (*const bpf_get_stack)(void *ctx, void *buffer, __u32 size, __u64 flags) = (void *)67;
static long (*const bpf_probe_read_kernel)(void *to, __u32 size, const void *from) = (void *)113;

SEC("raw_tp/sys_enter")
int into_stack(void *ctx)
{
	__u64 trace[2] = {};

	bpf_get_stack(ctx, trace, sizeof(trace), 0);
	return trace[0] != 0;
}

SEC("raw_tp/sys_enter")
int into_task(void *ctx)
{
	bpf_get_stack(ctx, bpf_get_current_task_btf(), 8, 0);
	return 0;
}

SEC("iter/bpf_map_elem")
int into_value(struct bpf_iter__bpf_map_elem *ctx)
{
	__u64 from = 0;

	if (ctx->value)
		bpf_probe_read_kernel(ctx->value, sizeof(*ctx->value), &from);
	return 0;
}

LICENSE;
