// SPDX-License-Identifier: Apache-2.0
//
// A map and a function that another object could define instead (weak symbols, for
// objects that are linked). In this object they are what they are.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} shared SEC(".maps") __weak;

__weak __noinline int verdict(struct __sk_buff *skb)
{
	return skb->mark ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
int with_weak_function(struct __sk_buff *skb)
{
	return verdict(skb);
}

SEC("tc")
int with_weak_map(struct __sk_buff *skb)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&shared, &zero) ? TC_ACT_OK : TC_ACT_SHOT;
}

LICENSE;
