// SPDX-License-Identifier: Apache-2.0
//
// More that is left for a later stage of the kernel, in slots of the CPU: the next
// hop of a redirect, the options of a tunnel.

#include "bpf.h"

static long (*const bpf_redirect_neigh)(__u32 ifindex, void *params, int len, __u64 flags) = (void *)152;

SEC("tc")
int to_neighbour(struct __sk_buff *skb)
{
	return bpf_redirect_neigh(2, NULL, 0, 0);
}

SEC("tc")
int with_options(struct __sk_buff *skb)
{
	__u32 option = 7;

	bpf_skb_set_tunnel_opt(skb, &option, sizeof(option));
	return TC_ACT_OK;
}

LICENSE;
