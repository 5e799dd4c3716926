// SPDX-License-Identifier: Apache-2.0
//
// A loop that the verifier bounds by itself: may_goto leaves it after so many
// rounds. The number of rounds left is kept in the program's own stack: none.

#include "bpf.h"

SEC("tc")
int count_to_random(struct __sk_buff *skb)
{
	__u32 rounds = 0;

	while (rounds < skb->len) {
		asm volatile goto("may_goto %l[out]" :::: out);
		rounds++;
	}
out:
	return rounds & 1 ? TC_ACT_SHOT : TC_ACT_OK;
}

LICENSE;
