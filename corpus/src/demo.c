// SPDX-License-Identifier: Apache-2.0
//
// A filter that keeps nothing, and a forwarder that leaves something behind:
// bpf_redirect puts the device into a slot of the CPU, which the stack reads after
// the program has returned. Only one branch leads there, and one is enough.

#include "bpf.h"

enum { UPLINK = 2 };

SEC("xdp")
int drop_ipv6(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	return eth->h_proto == bpf_htons(ETH_P_IPV6) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int forward_ipv4(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return bpf_redirect(UPLINK, 0);
	return XDP_PASS;
}

LICENSE;
