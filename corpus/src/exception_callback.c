// SPDX-License-Identifier: Apache-2.0
//
// What runs when the program throws. Nothing in its instructions refers to the
// callback, only a declaration tag in BTF does; it belongs to the program all the
// same, and what it prints is output.

#include "bpf.h"

extern void bpf_throw(__u64 cookie) __ksym __attribute__((noreturn));

__noinline int on_throw(__u64 cookie)
{
	char format[] = "thrown";

	bpf_trace_printk(format, sizeof(format));
	return TC_ACT_OK;
}

SEC("tc")
__tag("exception_callback:on_throw") int throws(struct __sk_buff *skb)
{
	if (skb->len > 1500)
		bpf_throw(1);
	return TC_ACT_OK;
}

LICENSE;
