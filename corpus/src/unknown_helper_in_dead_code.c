// SPDX-License-Identifier: Apache-2.0
//
// Calls helper 9999, and what libbpf puts where a CO-RE relocation fails
// (0xbad2310). No kernel has either. What is not in the table is unknown, and what
// is unknown is refused, behind whatever branch it stands.

#include "bpf.h"

static long (*const no_such_helper)(void) = (void *)9999;
static long (*const poisoned)(void) = (void *)0xbad2310;

SEC("xdp")
int unknown_helpers(struct xdp_md *ctx)
{
	int zero;

	asm volatile("%0 = 0" : "=r"(zero));
	if (zero)
		return no_such_helper() + poisoned();
	return XDP_PASS;
}

LICENSE;
