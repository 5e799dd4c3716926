// SPDX-License-Identifier: Apache-2.0
//
// Keeps one packet in 128 by chance, or those in the first half of each second. Random numbers and the clock are surroundings: reading them leaves
// nothing behind, so the flag lets it pass. It is no function of its packet
// though, so the profile pure does not.

#include "bpf.h"

SEC("tc")
int sample(struct __sk_buff *skb)
{
	return bpf_get_prandom_u32() & 127 ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
int half_second(struct __sk_buff *skb)
{
	return bpf_ktime_get_ns() % 1000000000 < 500000000 ? TC_ACT_OK : TC_ACT_SHOT;
}

LICENSE;
