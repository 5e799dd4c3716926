// SPDX-License-Identifier: Apache-2.0
//
// Programs that user space runs by itself. The argument is the context, and what
// is written there goes back to the caller: context. What such a program may do
// besides is to make maps and load programs.

#include "bpf.h"

struct numbers { __u64 a, b, sum; };

SEC("syscall")
int add(struct numbers *n)
{
	n->sum = n->a + n->b;
	return 0;
}

SEC("syscall")
int freeze_map(struct numbers *n)
{
	struct { __u32 map_fd; } attr = { .map_fd = n->a };

	return bpf_sys_bpf(22 /* BPF_MAP_FREEZE */, &attr, sizeof(attr));
}

LICENSE;
