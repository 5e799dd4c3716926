// SPDX-License-Identifier: Apache-2.0
//
// build: redirect_in_callback.o
// build: redirect_in_callback_be.o -target bpfeb
//
// The stateful call stands in a callback. No instruction calls that function: who
// follows calls only, and not addresses of functions, misses it.

#include "bpf.h"

static long forward(__u32 round, void *data)
{
	return bpf_redirect(round, 0) == XDP_REDIRECT;
}

SEC("xdp")
int redirect_in_callback(struct xdp_md *ctx)
{
	return bpf_loop(4, forward, NULL, 0) ? XDP_REDIRECT : XDP_PASS;
}

LICENSE;
