// SPDX-License-Identifier: Apache-2.0
//
// A library function that redirects, and two programs. Loaders append to a program
// what it calls, so only the one that calls it has the effect.

#include "bpf.h"

__noinline int to_uplink(int flags) { return bpf_redirect(2, flags); }
__noinline int is_large(struct __sk_buff *skb) { return skb->len > 1000; }

SEC("tc")
int calls_the_other(struct __sk_buff *skb)
{
	return is_large(skb) ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
int calls_both(struct __sk_buff *skb)
{
	return is_large(skb) ? to_uplink(0) : TC_ACT_OK;
}

LICENSE;
