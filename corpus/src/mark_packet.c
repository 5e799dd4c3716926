// SPDX-License-Identifier: Apache-2.0
//
// build: mark_packet.o -mcpu=v2
//
// Writes fields of a packet that tc hands in: its mark, priority and private
// bytes. Later stages see them, but as part of the packet, which the invocation
// owns: context, not handoff.

#include "bpf.h"

SEC("tc")
int mark_packet(struct __sk_buff *skb)
{
	skb->mark = skb->hash & 0xff;
	skb->priority = 3;
	skb->cb[0] = skb->len;
	skb->tc_classid = 0x10001;
	return TC_ACT_OK;
}

LICENSE;
