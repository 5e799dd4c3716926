// SPDX-License-Identifier: Apache-2.0
//
// Calls a function that no one defines and that is not declared __ksym: no loader
// can put this program together. That is invalid, neither stateless nor stateful,
// and it says nothing about the other program of the object.

#include "bpf.h"

extern int nowhere(int);

SEC("xdp")
int unresolved_call(struct xdp_md *ctx)
{
	return nowhere(ctx->rx_queue_index);
}

SEC("xdp")
int neighbour(struct xdp_md *ctx)
{
	return ctx->rx_queue_index ? XDP_DROP : XDP_PASS;
}

LICENSE;
