// SPDX-License-Identifier: Apache-2.0
//
// Programs of a socket map: one says where a message ends, one decides what
// becomes of it. They hang on a map, but as long as their instructions name none,
// they need none.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} peers SEC(".maps");

SEC("sk_skb/stream_parser")
int all_at_once(struct __sk_buff *skb)
{
	return skb->len;
}

SEC("sk_skb/stream_verdict")
int drop_long(struct __sk_buff *skb)
{
	return skb->len > 4096 ? SK_DROP : SK_PASS;
}

SEC("sk_skb/stream_verdict")
int to_peer(struct __sk_buff *skb)
{
	return bpf_sk_redirect_map(skb, &peers, 0, 0);
}

LICENSE;
