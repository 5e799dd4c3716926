// SPDX-License-Identifier: Apache-2.0
//
// Lightweight tunnels: programs that hang on a route. Most decide by the packet.
// To push an encapsulation header can look up a route in a way that moves a
// cursor or sends a solicitation; to write into a segment routing header leaves a
// note for the kernel in a slot of the CPU.

#include "bpf.h"

SEC("lwt_in")
int drop_marked(struct __sk_buff *skb)
{
	return skb->mark == 7 ? BPF_DROP : BPF_OK;
}

SEC("lwt_out")
int drop_large(struct __sk_buff *skb)
{
	return skb->len > 1400 ? BPF_DROP : BPF_OK;
}

SEC("lwt_xmit")
int cut(struct __sk_buff *skb)
{
	return bpf_skb_change_tail(skb, 64, 0) ? BPF_DROP : BPF_OK;
}

SEC("lwt_xmit")
int encapsulate(struct __sk_buff *skb)
{
	struct iphdr outer = { .ver_ihl = 0x45, .ttl = 64, .protocol = 4, .daddr = bpf_htonl(0x0a000001) };

	return bpf_lwt_push_encap(skb, 2 /* BPF_LWT_ENCAP_IP */, &outer, sizeof(outer)) ? BPF_DROP : BPF_OK;
}

SEC("lwt_seg6local")
int drop_empty(struct __sk_buff *skb)
{
	return skb->len <= sizeof(struct ipv6hdr) ? BPF_DROP : BPF_OK;
}

SEC("lwt_seg6local")
int set_tag(struct __sk_buff *skb)
{
	__u16 tag = 7;

	return bpf_lwt_seg6_store_bytes(skb, 46, &tag, sizeof(tag)) ? BPF_DROP : BPF_OK;
}

LICENSE;
