// SPDX-License-Identifier: Apache-2.0
//
// build: version_4.o -mcpu=v4
//
// Instructions of cpu v4: signed division and remainder, sign-extending load and
// move, byte swap without regard to order, and a jump with 32 bits of distance.
// All of them compute on registers, and the load is of the packet.

#include "bpf.h"

SEC("xdp")
int version_4(struct xdp_md *ctx)
{
	struct ethhdr *eth = ethernet(ctx);
	__s64 left = -7, right = ctx->rx_queue_index | 1;

	if (!eth)
		return XDP_PASS;
	asm volatile("gotol 1f; 1:");
	left = left * *(__s8 *)eth->h_dest / right % 5;
	left += (__s16)__builtin_bswap64(left);
	return left > 3 ? XDP_DROP : XDP_PASS;
}

LICENSE;
