// SPDX-License-Identifier: Apache-2.0
//
// Counts the time to live down as a router does, and checks the header's sum by a
// helper that computes on what it is given. Then a look into the routing table:
// that is ambient, and leaves nothing behind.

#include "bpf.h"

struct bpf_fib_lookup {
	__u8 family, l4_protocol; __u16 sport, dport, tot_len; __u32 ifindex, tos;
	__u32 src[4], dst[4]; __u16 vlan[2]; __u8 smac[6], dmac[6];
};

static __inline struct iphdr *ipv4(struct xdp_md *ctx)
{
	struct ethhdr *eth = ethernet(ctx);
	struct iphdr *ip = (void *)(eth + 1);

	if (!eth || eth->h_proto != bpf_htons(ETH_P_IP) || (void *)(ip + 1) > (void *)(long)ctx->data_end)
		return NULL;
	return ip;
}

SEC("xdp")
int has_right_sum(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);
	__u64 sum;

	if (!ip)
		return XDP_PASS;
	sum = bpf_csum_diff(NULL, 0, (__u32 *)ip, sizeof(*ip), 0);
	sum = (sum & 0xffff) + (sum >> 16);
	return ((sum & 0xffff) + (sum >> 16)) == 0xffff ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int one_hop_less(struct xdp_md *ctx)
{
	struct iphdr *ip = ipv4(ctx);

	if (!ip)
		return XDP_PASS;
	if (ip->ttl <= 1)
		return XDP_DROP;
	ip->ttl--;
	ip->check += bpf_htons(0x0100);
	return XDP_PASS;
}

SEC("xdp")
int only_if_reverse_path(struct xdp_md *ctx)
{
	struct bpf_fib_lookup route = { .family = AF_INET, .ifindex = ctx->ingress_ifindex };
	struct iphdr *ip = ipv4(ctx);

	if (!ip)
		return XDP_PASS;
	route.src[0] = ip->daddr;
	route.dst[0] = ip->saddr;
	if (bpf_fib_lookup(ctx, &route, sizeof(route), 0))
		return XDP_DROP;
	return route.ifindex == ctx->ingress_ifindex ? XDP_PASS : XDP_DROP;
}

LICENSE;
