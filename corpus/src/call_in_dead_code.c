// SPDX-License-Identifier: Apache-2.0
//
// Redirects behind a branch on zero. Inline assembly keeps clang from seeing it,
// and so does precision cfg, which takes every branch both ways: stateful. The
// kernel's own walk sees the zero and never visits the call.

#include "bpf.h"

SEC("xdp")
int call_in_dead_code(struct xdp_md *ctx)
{
	int zero;

	asm volatile("%0 = 0" : "=r"(zero));
	if (zero)
		return bpf_redirect(2, 0);
	return XDP_PASS;
}

LICENSE;
