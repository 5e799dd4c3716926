// SPDX-License-Identifier: Apache-2.0
//
// Calls a kernel function if there is one of that name, and there is none. Until
// the program is loaded nobody knows, so the call counts; and as no table names
// the function, its effect is unknown.

#include "bpf.h"

extern int bpf_not_in_any_linux(int) __ksym __weak;

SEC("tc")
int call_if_it_exists(struct __sk_buff *skb)
{
	if (bpf_not_in_any_linux)
		return bpf_not_in_any_linux(skb->len);
	return TC_ACT_OK;
}

LICENSE;
