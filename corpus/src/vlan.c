// SPDX-License-Identifier: Apache-2.0
//
// build: vlan_le.o
// build: vlan_be.o -target bpfeb
//
// One source, both byte orders: reads the tag of a VLAN packet. Reading the packet
// is reading the context. The verdict must not depend on the order of bytes.

#include "bpf.h"

SEC("xdp")
int drop_vlan_7(struct xdp_md *ctx)
{
	struct ethhdr *eth = ethernet(ctx);
	__u16 *tag = (void *)(eth + 1);

	if (!eth || eth->h_proto != bpf_htons(ETH_P_8021Q))
		return XDP_PASS;
	if ((void *)(tag + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	return (*tag & bpf_htons(0xfff)) == bpf_htons(7) ? XDP_DROP : XDP_PASS;
}

LICENSE;
