// SPDX-License-Identifier: Apache-2.0
//
// Constants in a section of their own: a switch that the loader sets, a table, a
// format of a message. The section is a
// map to the kernel, but a frozen one. What a switch guards counts, for the loader
// may turn it on.

#include "bpf.h"

const volatile _Bool forward = 0;

SEC("tc")
int forward_if_told(struct __sk_buff *skb)
{
	return forward ? bpf_redirect(2, 0) : TC_ACT_OK;
}

SEC("tc")
int by_table(struct __sk_buff *skb)
{
	static const __u32 class[8] = { 31, 41, 59, 26, 53, 58, 97, 93 };

	skb->priority = class[skb->priority & 7];
	return TC_ACT_OK;
}

SEC("tc")
int say_length(struct __sk_buff *skb)
{
	static const char format[] = "%d bytes on %d";
	__u64 values[] = { skb->len, skb->ifindex };

	bpf_trace_vprintk(format, sizeof(format), values, sizeof(values));
	return TC_ACT_OK;
}

LICENSE;
