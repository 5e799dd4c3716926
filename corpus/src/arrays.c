// SPDX-License-Identifier: Apache-2.0
//
// Maps of other kinds. One that programs may only read still holds what someone
// put there, and must exist beside the instructions.

#include "bpf.h"

struct prefix { __u32 len, address; };
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
	__uint(max_entries, 16);
	__type(key, struct prefix);
	__type(value, __u32);
} blocked SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} bytes SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_QUEUE); __uint(max_entries, 16); __type(value, __u32); } lengths SEC(".maps");
struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u32); __type(value, __u32); } one SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	struct inner *values[];
} many SEC(".maps") = { .values = { &one } };

SEC("cgroup_skb/ingress")
int not_blocked(struct __sk_buff *skb)
{
	struct prefix from = { 32 };

	bpf_skb_load_bytes(skb, 12, &from.address, 4);
	return bpf_map_lookup_elem(&blocked, &from) ? DENY : ALLOW;
}

SEC("cgroup_skb/ingress")
int count_bytes(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&bytes, &zero);

	if (count)
		*count += skb->len;
	return ALLOW;
}

SEC("cgroup_skb/ingress")
int queue_length(struct __sk_buff *skb)
{
	__u32 len = skb->len;

	bpf_map_push_elem(&lengths, &len, 0);
	return ALLOW;
}

SEC("cgroup_skb/ingress")
int map_in_map(struct __sk_buff *skb)
{
	__u32 zero = 0;
	void *inner = bpf_map_lookup_elem(&many, &zero);

	return inner && bpf_map_lookup_elem(inner, &zero) ? ALLOW : DENY;
}

LICENSE;
