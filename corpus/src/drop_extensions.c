// SPDX-License-Identifier: Apache-2.0
//
// build: drop_extensions.o
// build: drop_extensions_v1.o -mcpu=v1
//
// Drops IPv6 packets with many extension headers: a loop that the kernel can
// bound by itself, over the packet and nothing else.

#include "bpf.h"

enum { HOP_BY_HOP = 0, ROUTING = 43, DESTINATION = 60, MANY = 4 };

SEC("xdp")
int drop_extensions(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = ethernet(ctx);
	struct ipv6hdr *ip;
	__u8 *next, type;

	if (!eth || eth->h_proto != bpf_htons(ETH_P_IPV6))
		return XDP_PASS;
	ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > end)
		return XDP_DROP;
	next = (void *)(ip + 1);
	type = ip->nexthdr;
	for (int i = 0; i < MANY; i++) {
		if (type != HOP_BY_HOP && type != ROUTING && type != DESTINATION)
			return XDP_PASS;
		if ((void *)(next + 2) > end)
			return XDP_DROP;
		type = next[0];
		next += (next[1] + 1) * 8;
	}
	return XDP_DROP;
}

LICENSE;
