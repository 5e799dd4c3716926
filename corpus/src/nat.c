// SPDX-License-Identifier: Apache-2.0
//
// Rewrites the destination of a packet and its checksums with helpers. All of it is
// in the packet: context.

#include "bpf.h"

enum { IP = sizeof(struct ethhdr), TCP = IP + sizeof(struct iphdr), PSEUDO_HEADER = 1 << 4 };

SEC("tc")
int to_backend(struct __sk_buff *skb)
{
	__u32 from, to = bpf_htonl(0x0a000002);

	if (skb->protocol != bpf_htons(ETH_P_IP) || bpf_skb_load_bytes(skb, IP + 16, &from, 4))
		return TC_ACT_OK;
	bpf_l4_csum_replace(skb, TCP + 16, from, to, PSEUDO_HEADER | 4);
	bpf_l3_csum_replace(skb, IP + 10, from, to, 4);
	bpf_skb_store_bytes(skb, IP + 16, &to, 4, 0);
	return TC_ACT_OK;
}

SEC("tc")
int tag(struct __sk_buff *skb)
{
	return bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 7) ? TC_ACT_SHOT : TC_ACT_OK;
}

LICENSE;
