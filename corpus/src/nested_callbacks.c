// SPDX-License-Identifier: Apache-2.0
//
// A callback whose callback is a callback. All of them are part of the program, and
// all of them only compute.

#include "bpf.h"

static long inner(__u32 round, void *data) { return round > 3; }
static long outer(__u32 round, void *data) { return bpf_loop(8, inner, NULL, 0) == 0; }

SEC("socket")
int loops_in_loops(struct __sk_buff *skb)
{
	return bpf_loop(skb->len & 7, outer, NULL, 0);
}

LICENSE;
