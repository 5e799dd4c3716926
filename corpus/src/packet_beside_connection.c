// SPDX-License-Identifier: Apache-2.0
//
// Asks for a connection and writes to the packet. At precision cfg nobody knows
// which of the two a pointer leads to, and the worse counts: effect kernel. The
// kernel's own walk, and so precision paths, knows that it is the packet.

#include "bpf.h"

struct nf_conn { __u32 mark; } __core;
struct bpf_ct_opts { __s32 netns_id, error; __u8 l4proto, dir, more[2]; };
extern struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *, struct bpf_sock_tuple *, __u32,
					 struct bpf_ct_opts *, __u32) __ksym;
extern void bpf_ct_release(struct nf_conn *) __ksym;

SEC("xdp")
int return_if_connected(struct xdp_md *ctx)
{
	struct bpf_sock_tuple tuple = { .sport = bpf_htons(80) };
	struct bpf_ct_opts opts = { .netns_id = -1, .l4proto = 6 };
	struct nf_conn *ct = bpf_xdp_ct_lookup(ctx, &tuple, sizeof(tuple), &opts, sizeof(opts));
	struct ethhdr *eth = ethernet(ctx);

	if (!ct)
		return XDP_PASS;
	bpf_ct_release(ct);
	if (!eth)
		return XDP_PASS;
	eth->h_source[0] = 2;
	return XDP_TX;
}

LICENSE;
