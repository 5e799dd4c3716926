// SPDX-License-Identifier: Apache-2.0
//
// build: core_guard.o
// build: core_guard_be.o -target bpfeb
//
// Redirects if the running kernel has a field. Clang writes the answer of its own
// machine into the instruction, and the loader rewrites it: until then it is not
// known, and both branches count, however constant they look.

#include "bpf.h"

struct sk_buff { __u8 tstamp_type; } __core;

SEC("tc")
int redirect_if_field_exists(struct __sk_buff *skb)
{
	struct sk_buff *kernel = 0;

	if (__builtin_preserve_field_info(kernel->tstamp_type, 2 /* BPF_FIELD_EXISTS */))
		return bpf_redirect(2, 0);
	return TC_ACT_OK;
}

LICENSE;
