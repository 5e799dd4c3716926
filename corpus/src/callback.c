// SPDX-License-Identifier: Apache-2.0
//
// The body of bpf_loop is a function that nobody calls by name: its address is
// loaded and handed to a helper. It adds up bytes on the caller's stack: none.
// What the pointer points at is not known at precision cfg, which takes the worst
// that XDP allows, a store to the packet: context.

#include "bpf.h"

struct sum { __u32 value; };

static long add(__u32 round, struct sum *sum)
{
	sum->value += round;
	return 0;
}

SEC("xdp")
int loop_with_callback(struct xdp_md *ctx)
{
	struct sum sum = {};

	bpf_loop(10, add, &sum, 0);
	return sum.value == 45 ? XDP_PASS : XDP_DROP;
}

LICENSE;
