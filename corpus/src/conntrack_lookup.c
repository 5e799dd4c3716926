// SPDX-License-Identifier: Apache-2.0
//
// Drops packets for which there is no connection. The look-up takes a reference and
// the program gives it back: it reads surroundings and leaves nothing.

#include "bpf.h"

struct nf_conn { __u32 mark; } __core;
struct bpf_ct_opts { __s32 netns_id, error; __u8 l4proto, dir, more[2]; };
extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *, struct bpf_sock_tuple *, __u32,
					 struct bpf_ct_opts *, __u32) __ksym;
extern void bpf_ct_release(struct nf_conn *) __ksym;

SEC("tc")
int drop_unless_connected(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = { .sport = bpf_htons(80) };
	struct bpf_ct_opts opts = { .netns_id = -1, .l4proto = 6 };
	struct nf_conn *ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple), &opts, sizeof(opts));

	if (!ct)
		return TC_ACT_SHOT;
	bpf_ct_release(ct);
	return TC_ACT_OK;
}

LICENSE;
