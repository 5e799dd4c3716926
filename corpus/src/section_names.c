// SPDX-License-Identifier: Apache-2.0
//
// Sections as loaders before libbpf 1.0 and tc named them, and one that is not
// loaded unless asked for. The last says nothing of a type: tc is told which.

#include "bpf.h"

SEC("xdp_filter")
int any_suffix(struct xdp_md *ctx)
{
	return ctx->rx_queue_index ? XDP_PASS : XDP_DROP;
}

SEC("?tc")
int only_if_asked(struct __sk_buff *skb)
{
	skb->tc_index = 1;
	return TC_ACT_OK;
}

SEC("2/7")
int slot_of_a_program_array(struct __sk_buff *skb)
{
	return skb->len > 1500 ? TC_ACT_SHOT : TC_ACT_OK;
}

LICENSE;
