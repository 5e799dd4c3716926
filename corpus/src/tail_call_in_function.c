// SPDX-License-Identifier: Apache-2.0
//
// A tail call two functions away from the program. The map it goes through counts
// as the program's, and so does the program that it goes to.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} programs SEC(".maps");

static __noinline int leave(struct __sk_buff *skb, int where)
{
	bpf_tail_call(skb, &programs, where);
	return TC_ACT_OK;
}

SEC("tc")
int by_length(struct __sk_buff *skb)
{
	return leave(skb, skb->len & 3);
}

LICENSE;
