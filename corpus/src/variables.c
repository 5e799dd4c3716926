// SPDX-License-Identifier: Apache-2.0
//
// Global variables in their disguises: in a function and a section of its own,
// behind an atomic instruction, and one that is only read. A
// writable section is a map, whatever the program does with it.

#include "bpf.h"

__u32 limit = 1500;
__u64 sum;

SEC("tc")
int in_function(struct __sk_buff *skb)
{
	static __u32 seen SEC(".data.seen");

	return ++seen & 1 ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
int atomic_sum(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&sum, skb->len);
	return TC_ACT_OK;
}

SEC("tc")
int only_reads(struct __sk_buff *skb)
{
	return skb->len > *(volatile __u32 *)&limit ? TC_ACT_SHOT : TC_ACT_OK;
}

LICENSE;
