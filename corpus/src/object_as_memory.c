// SPDX-License-Identifier: Apache-2.0
//
// A kernel object that is passed as memory. The kernel verifies a global function by
// itself, with memory of the size that its BTF says, and lets it store there.

#include "bpf.h"

__attribute__((noinline)) int overwrite(long *memory, long value)
{
	if (memory)
		*memory = value;
	return 0;
}

SEC("tp_btf/sched_switch")
int change_task(__u64 *ctx)
{
	return overwrite((long *)ctx[1], 7);
}

LICENSE;
