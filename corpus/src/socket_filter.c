// SPDX-License-Identifier: Apache-2.0
//
// A filter for one socket: it sees the first bytes of large packets, and the
// return value is how many. Copying bytes of the packet to the stack is no effect.

#include "bpf.h"

SEC("socket")
int headers_of_tcp(struct __sk_buff *skb)
{
	__u8 protocol;

	if (bpf_skb_load_bytes(skb, sizeof(struct ethhdr) + 9, &protocol, 1))
		return 0;
	return protocol == IPPROTO_TCP ? 128 : 0;
}

LICENSE;
