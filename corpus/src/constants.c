// SPDX-License-Identifier: Apache-2.0
//
// Numbers of 64 bits stand in an instruction of two slots, the same that refers to
// maps. A number is no effect, even one that looks like an address.

#include "bpf.h"

SEC("tc")
int one_of_many(struct __sk_buff *skb)
{
	__u64 hash = (skb->hash ^ 0xffff888000000000ull) * 0x9e3779b97f4a7c15ull;

	return hash >> 60 ? TC_ACT_OK : TC_ACT_SHOT;
}

LICENSE;
