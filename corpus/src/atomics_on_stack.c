// SPDX-License-Identifier: Apache-2.0
//
// Atomic instructions on the program's own stack. Who else could see it? Nobody,
// so they have no effect, whatever they are called. On a map value they would still
// be no worse than the map itself.

#include "bpf.h"

SEC("tc")
int atomics_on_stack(struct __sk_buff *skb)
{
	volatile __u64 word = skb->len;
	__u64 old = __sync_fetch_and_add(&word, 5);

	old += __sync_fetch_and_xor(&word, 3);
	old += __sync_val_compare_and_swap(&word, 7, 8);
	old += __sync_lock_test_and_set(&word, 9);
	return old + word > 1000 ? TC_ACT_SHOT : TC_ACT_OK;
}

LICENSE;
