// SPDX-License-Identifier: Apache-2.0
//
// Memory that the program takes and gives back before it ends. It belongs to the
// invocation, though what is in it at first is whatever was there.

#include "bpf.h"

struct pair { __u64 a, b; };

extern void *bpf_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;

SEC("tc")
int larger(struct __sk_buff *skb)
{
	struct pair *p = bpf_obj_new_impl(__builtin_btf_type_id(*(struct pair *)0, 0), NULL);
	int larger;

	if (!p)
		return TC_ACT_OK;
	p->a = skb->len;
	p->b = skb->mark;
	larger = p->a > p->b;
	bpf_obj_drop_impl(p, NULL);
	return larger ? TC_ACT_SHOT : TC_ACT_OK;
}

LICENSE;
