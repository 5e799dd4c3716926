// SPDX-License-Identifier: Apache-2.0
//
// build: subprograms.o
// build: subprograms_be.o -target bpfeb
//
// A static function in the program's own section and a global one in .text. Both
// are part of the program, and the loader appends the second. A call of one's
// own function has no effect of its own, and what these two do has none either.

#include "bpf.h"

__noinline int is_ipv4(__u32 proto)
{
	return proto == bpf_htons(ETH_P_IP);
}

SEC("xdp")
__noinline static int fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

SEC("xdp")
int with_subprograms(struct xdp_md *ctx)
{
	struct ethhdr *eth = ethernet(ctx);

	return eth && is_ipv4(eth->h_proto) && fold(ctx->rx_queue_index) ? XDP_DROP : XDP_PASS;
}

LICENSE;
