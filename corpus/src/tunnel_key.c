// SPDX-License-Identifier: Apache-2.0
//
// Sets the tunnel that a packet leaves through. The key goes into a metadata_dst
// that the kernel has one of for each CPU, and all programs share: handoff, as the
// proposal of the flag names it.

#include "bpf.h"

SEC("tc")
int into_tunnel_7(struct __sk_buff *skb)
{
	struct bpf_tunnel_key key = { .tunnel_id = 7, .remote_ipv4 = 0x0a000001, .ttl = 64 };

	return bpf_skb_set_tunnel_key(skb, &key, sizeof(key), 0) ? TC_ACT_SHOT : TC_ACT_OK;
}

LICENSE;
