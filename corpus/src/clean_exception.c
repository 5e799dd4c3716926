// SPDX-License-Identifier: Apache-2.0
//
// An exception callback that only computes. It is part of the program and has no
// effect, so the program has none.

#include "bpf.h"

extern void bpf_throw(__u64 cookie) __ksym __attribute__((noreturn));

__noinline int drop_if_odd(__u64 cookie)
{
	return cookie & 1 ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
__tag("exception_callback:drop_if_odd") int throws_length(struct __sk_buff *skb)
{
	if (skb->len > 1500)
		bpf_throw(skb->len);
	return TC_ACT_OK;
}

LICENSE;
