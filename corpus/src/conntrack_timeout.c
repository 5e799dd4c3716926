// SPDX-License-Identifier: Apache-2.0
//
// Changes a connection by a kernel function instead of a store: it stays in the
// table with what the program said.

#include "bpf.h"

struct nf_conn { __u32 mark; } __core;
struct bpf_ct_opts { __s32 netns_id, error; __u8 l4proto, dir, more[2]; };
extern struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *, struct bpf_sock_tuple *, __u32,
					 struct bpf_ct_opts *, __u32) __ksym;
extern int bpf_ct_change_timeout(struct nf_conn *, __u32) __ksym;
extern void bpf_ct_release(struct nf_conn *) __ksym;

SEC("xdp")
int forget_soon(struct xdp_md *ctx)
{
	struct bpf_sock_tuple tuple = { .sport = bpf_htons(80) };
	struct bpf_ct_opts opts = { .netns_id = -1, .l4proto = 6 };
	struct nf_conn *ct = bpf_xdp_ct_lookup(ctx, &tuple, sizeof(tuple), &opts, sizeof(opts));

	if (!ct)
		return XDP_PASS;
	bpf_ct_change_timeout(ct, 1000);
	bpf_ct_release(ct);
	return XDP_PASS;
}

LICENSE;
