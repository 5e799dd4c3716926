// SPDX-License-Identifier: Apache-2.0
//
// An exception without a callback of its own: the program ends where it throws, and
// its return value is the cookie. None of that outlives the invocation.

#include "bpf.h"

extern void bpf_throw(__u64 cookie) __ksym __attribute__((noreturn));

SEC("tc")
int pass_or_throw(struct __sk_buff *skb)
{
	if (skb->len > 1500)
		bpf_throw(TC_ACT_SHOT);
	return TC_ACT_OK;
}

LICENSE;
