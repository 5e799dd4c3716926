// SPDX-License-Identifier: Apache-2.0
//
// Programs of one type (sched_cls) in three places. The place is no matter.

#include "bpf.h"

SEC("tcx/ingress")
int drop_multicast(struct __sk_buff *skb)
{
	return skb->pkt_type == 2 /* PACKET_MULTICAST */ ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc/egress")
int first_class(struct __sk_buff *skb)
{
	skb->priority = 1;
	return TC_ACT_OK;
}

SEC("netkit/primary")
int drop_vlan(struct __sk_buff *skb)
{
	return skb->vlan_present ? TC_ACT_SHOT : TC_ACT_OK;
}

LICENSE;
