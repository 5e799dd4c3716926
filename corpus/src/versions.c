// SPDX-License-Identifier: Apache-2.0
//
// build: versions_v1.o -mcpu=v1
// build: versions_v2.o -mcpu=v2
// build: versions_v3.o -mcpu=v3
// build: versions_v4.o -mcpu=v4
//
// One source for each cpu version: comparisons that v2 has more of, 32-bit
// registers of v3, sign extension of v4. What it does is the same in all.

#include "bpf.h"

SEC("socket")
int is_quiet(struct __sk_buff *skb)
{
	__s32 level = (__s16)skb->cb[0], limit = skb->cb[1];

	if (level < limit)
		return 0;
	return skb->len > 100 && skb->len <= 1000 ? level * 3 : limit;
}

LICENSE;
