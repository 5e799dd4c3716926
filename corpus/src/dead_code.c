// SPDX-License-Identifier: Apache-2.0
//
// Stateful code that never runs, for three reasons. Precision cfg knows none of
// them; the kernel's own walk, and so precision paths, knows each.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

#define HIDE(x) asm volatile("" : "+r"(x))

SEC("tc")
int never_that_large(struct __sk_buff *skb)
{
	__u64 small = skb->len & 7;

	HIDE(small);
	small &= 7;
	HIDE(small);
	return small > 7 ? bpf_redirect(2, 0) : TC_ACT_OK;
}

SEC("tc")
int never_twice(struct __sk_buff *skb)
{
	__u64 x = skb->len;

	HIDE(x);
	if (x != 7)
		return TC_ACT_OK;
	HIDE(x);
	return x == 8 ? bpf_redirect(2, 0) : TC_ACT_SHOT;
}

SEC("tc")
int never_jumps(struct __sk_buff *skb)
{
	__u64 zero = 0;

	HIDE(zero);
	if (zero)
		bpf_tail_call(skb, &programs, 0);
	return TC_ACT_OK;
}

LICENSE;
