// SPDX-License-Identifier: Apache-2.0
//
// One program for each thing that the command has to show.

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp")
int count(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *n = bpf_map_lookup_elem(&counters, &key);

	if (n)
		__sync_fetch_and_add(n, 1);
	return XDP_PASS;
}

// Several places of one construct.
SEC("tc/fan")
int fan(struct __sk_buff *skb)
{
	int verdict = TC_ACT_OK;

	if (skb->mark & 1)
		verdict |= bpf_redirect(11, 0);
	if (skb->mark & 2)
		verdict |= bpf_redirect(12, 0);
	if (skb->mark & 4)
		verdict |= bpf_redirect(13, 0);
	return verdict;
}

// What --profile pure rejects and the others do not.
SEC("tc/time")
int now(struct __sk_buff *skb)
{
	return bpf_ktime_get_ns() & 1;
}

// A subprogram of its own.
static __attribute__((noinline)) int leave(struct __sk_buff *skb, __u32 index)
{
	return bpf_clone_redirect(skb, index, 0);
}

SEC("tc/deep")
int deep(struct __sk_buff *skb)
{
	if (skb->len > 100)
		return TC_ACT_OK;
	return leave(skb, skb->mark) + 1;
}

char _license[] SEC("license") = "Dual BSD/GPL";
