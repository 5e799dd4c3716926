// SPDX-License-Identifier: Apache-2.0
//
// A kernel object that is passed as the context of another type of program. In one of
// this type the kernel takes the argument for memory.

#include "bpf.h"

__attribute__((noinline)) int overwrite(struct bpf_sysctl *memory, __u32 value)
{
	if (memory)
		memory->file_pos = value;
	return 0;
}

SEC("tp_btf/sched_switch")
int change_task(void *ctx)
{
	return overwrite((struct bpf_sysctl *)((__u64 *)ctx)[1], 7);
}

LICENSE;
