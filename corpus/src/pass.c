// SPDX-License-Identifier: Apache-2.0
//
// build: pass_v1.o -mcpu=v1
// build: pass_v4.o -mcpu=v4
// build: pass_no_btf.o -g0
//
// The smallest program: it looks at nothing and has no effect at all. The
// verdict needs neither a cpu version nor BTF.

#include "bpf.h"

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

LICENSE;
