// SPDX-License-Identifier: Apache-2.0
//
// Two programs whose own instructions are clean. The stateful call stands in a
// static function of the same section, called through another; and in a global
// function of .text, which a loader must append first.

#include "bpf.h"

SEC("xdp")
__noinline static int to_uplink(int queue)
{
	return bpf_redirect(queue, 0);
}

SEC("xdp")
__noinline static int choose(int queue)
{
	return queue > 3 ? to_uplink(queue) : XDP_PASS;
}

__noinline int to_any(int queue)
{
	return bpf_redirect(queue + 1, 0);
}

SEC("xdp")
int in_static_function(struct xdp_md *ctx)
{
	return choose(ctx->rx_queue_index) + 1;
}

SEC("xdp")
int in_global_function(struct xdp_md *ctx)
{
	return to_any(ctx->rx_queue_index);
}

LICENSE;
