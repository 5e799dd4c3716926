// SPDX-License-Identifier: Apache-2.0
//
// Rewrites the packet and takes 4 bytes off its front. The packet's bytes and its
// limits belong to the invocation, so this is effect context: stateless. That
// bpf_xdp_adjust_head can show old bytes of the headroom makes it ambient as well,
// which only the profile pure minds; the plain rewrite passes there too.

#include "bpf.h"

static __inline void swap_addresses(struct ethhdr *eth)
{
	for (int i = 0; i < 6; i++) {
		__u8 byte = eth->h_dest[i];

		eth->h_dest[i] = eth->h_source[i];
		eth->h_source[i] = byte;
	}
}

SEC("xdp")
int reflect(struct xdp_md *ctx)
{
	struct ethhdr *eth = ethernet(ctx);

	if (!eth)
		return XDP_DROP;
	swap_addresses(eth);
	return XDP_TX;
}

SEC("xdp")
int strip_tag(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_head(ctx, 4) ? XDP_DROP : XDP_PASS;
}

LICENSE;
