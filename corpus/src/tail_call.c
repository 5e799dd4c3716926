// SPDX-License-Identifier: Apache-2.0
//
// Jumps into whatever program a map holds. It needs the map and the other
// program beside its instructions: effects map and program.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
} programs SEC(".maps");

SEC("tc")
int dispatch(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &programs, skb->protocol & 3);
	return TC_ACT_SHOT;
}

LICENSE;
