// SPDX-License-Identifier: Apache-2.0
//
// A kernel object that is passed as memory to a global function, which stores to what a
// static function returns of it.

#include "bpf.h"

static __attribute__((noinline)) long *same(long *memory)
{
	asm volatile("" : "+r"(memory));
	return memory;
}

__attribute__((noinline)) int overwrite(long *memory, long value)
{
	if (memory)
		*same(memory) = value;
	return 0;
}

SEC("tp_btf/sched_switch")
int change_task(__u64 *ctx)
{
	return overwrite((long *)ctx[1], 7);
}

LICENSE;
