// SPDX-License-Identifier: Apache-2.0
//
// Looks a socket up and gives it back. The look-up reads a table of the kernel:
// ambient. The verifier sees to it that the reference is released, so none is left.

#include "bpf.h"

SEC("tc")
int drop_unless_listening(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = { .daddr = bpf_htonl(0x7f000001), .dport = bpf_htons(80) };
	void *sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple), -1, 0);

	if (!sk)
		return TC_ACT_SHOT;
	bpf_sk_release(sk);
	return TC_ACT_OK;
}

LICENSE;
