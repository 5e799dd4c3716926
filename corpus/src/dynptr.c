// SPDX-License-Identifier: Apache-2.0
//
// Dynamic pointers. One to the packet of XDP is one to the context. One to memory
// can only be made of what a map holds.

#include "bpf.h"

struct value { __u8 bytes[16]; };
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

extern int bpf_dynptr_from_xdp(struct xdp_md *, __u64 flags, struct bpf_dynptr *) __ksym;
extern int bpf_dynptr_from_skb(struct __sk_buff *, __u64 flags, struct bpf_dynptr *) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *, __u32 offset, void *buffer, __u32 len) __ksym;

SEC("xdp")
int drop_arp(struct xdp_md *xdp)
{
	struct bpf_dynptr packet;
	struct ethhdr buffer, *eth;

	bpf_dynptr_from_xdp(xdp, 0, &packet);
	eth = bpf_dynptr_slice(&packet, 0, &buffer, sizeof(buffer));
	return eth && eth->h_proto == bpf_htons(0x0806) ? XDP_DROP : XDP_PASS;
}

SEC("cgroup_skb/egress")
int drop_icmp(struct __sk_buff *skb)
{
	struct bpf_dynptr packet;
	struct iphdr ip = {};

	bpf_dynptr_from_skb(skb, 0, &packet);
	bpf_dynptr_read(&ip, sizeof(ip), &packet, 0, 0);
	return ip.protocol == IPPROTO_ICMP ? DENY : ALLOW;
}

SEC("tc")
int first_bytes(struct __sk_buff *skb)
{
	struct bpf_dynptr memory;
	__u32 zero = 0;
	struct value *v = bpf_map_lookup_elem(&values, &zero);
	__u8 first = 0;

	if (!v)
		return TC_ACT_OK;
	bpf_dynptr_from_mem(v, sizeof(*v), 0, &memory);
	bpf_dynptr_read(&first, 1, &memory, 0, 0);
	return first ? TC_ACT_SHOT : TC_ACT_OK;
}

LICENSE;
