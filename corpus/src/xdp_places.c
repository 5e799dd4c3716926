// SPDX-License-Identifier: Apache-2.0
//
// XDP in its other places: behind a redirect to a device or to a CPU, and on
// packets in fragments. To be redirected to is no effect, to redirect is.

#include "bpf.h"

SEC("xdp/devmap")
int not_back(struct xdp_md *ctx)
{
	return ctx->egress_ifindex == ctx->ingress_ifindex ? XDP_DROP : XDP_PASS;
}

SEC("xdp/cpumap")
int drop_short(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data < 60 ? XDP_DROP : XDP_PASS;
}

SEC("xdp.frags")
int only_if_it_ends_well(struct xdp_md *ctx)
{
	__u8 last[4];

	if (bpf_xdp_load_bytes(ctx, 4000, last, sizeof(last)))
		return XDP_PASS;
	return last[0] ^ last[3] ? XDP_DROP : XDP_PASS;
}

LICENSE;
