// SPDX-License-Identifier: Apache-2.0
//
// Packets of a cgroup. The first decides by the packet alone. The second asks the
// packet's socket, which is not the context of this hook but another kernel
// object: ambient.

#include "bpf.h"

SEC("cgroup_skb/ingress")
int only_web(struct __sk_buff *skb)
{
	struct { struct iphdr ip; struct tcphdr tcp; } h;

	if (bpf_skb_load_bytes(skb, 0, &h, sizeof(h)) || h.ip.protocol != IPPROTO_TCP)
		return ALLOW;
	return h.tcp.dest == bpf_htons(80) || h.tcp.dest == bpf_htons(443) ? ALLOW : DENY;
}

SEC("cgroup_skb/egress")
int not_from_raw_sockets(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	if (!sk)
		return ALLOW;
	sk = bpf_sk_fullsock(sk);
	return sk && sk->type == 3 /* SOCK_RAW */ ? DENY : ALLOW;
}

LICENSE;
