// SPDX-License-Identifier: Apache-2.0
//
// Marks the connection that a packet belongs to. The mark is written with a plain
// store instruction, through a pointer that a kernel function handed out: nothing
// but what the pointer is makes it a change of a kernel object.

#include "bpf.h"

struct nf_conn { __u32 mark; } __core;
struct bpf_ct_opts { __s32 netns_id, error; __u8 l4proto, dir, more[2]; };
extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *, struct bpf_sock_tuple *, __u32,
					 struct bpf_ct_opts *, __u32) __ksym;
extern void bpf_ct_release(struct nf_conn *) __ksym;

SEC("tc")
int mark_connection(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = { .sport = bpf_htons(80) };
	struct bpf_ct_opts opts = { .netns_id = -1, .l4proto = 6 };
	struct nf_conn *ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple), &opts, sizeof(opts));

	if (!ct)
		return TC_ACT_OK;
	ct->mark = 7;
	bpf_ct_release(ct);
	return TC_ACT_OK;
}

LICENSE;
