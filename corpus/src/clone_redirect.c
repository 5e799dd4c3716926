// SPDX-License-Identifier: Apache-2.0
//
// Sends a copy of the packet out of another device before it returns. The copy is
// gone from the invocation's hands: effect kernel, though no map is near.

#include "bpf.h"

SEC("tc")
int mirror(struct __sk_buff *skb)
{
	bpf_clone_redirect(skb, 2, 0);
	return TC_ACT_OK;
}

LICENSE;
