// SPDX-License-Identifier: Apache-2.0
//
// A traffic control action: drops what another has marked. The mark is a field of
// the packet, whoever wrote it.

#include "bpf.h"

SEC("action")
int drop_marked(struct __sk_buff *skb)
{
	return skb->mark == 7 ? TC_ACT_SHOT : TC_ACT_OK;
}

LICENSE;
