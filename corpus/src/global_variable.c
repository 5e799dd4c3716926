// SPDX-License-Identifier: Apache-2.0
//
// A global variable is a map in all but name: it lives in .bss or .data, keeps its
// value between runs, and user space can read it. Even the profile sections refuses it.

#include "bpf.h"

__u64 packets;
__u32 limit = 100;

SEC("xdp")
int counts_itself(struct xdp_md *ctx)
{
	return packets++ > limit ? XDP_DROP : XDP_PASS;
}

LICENSE;
