// SPDX-License-Identifier: Apache-2.0
//
// Finds the transport header of IPv4 packets without options. The flow keys are
// what this hook is handed to fill in: context.

#include "bpf.h"

SEC("flow_dissector")
int plain_ipv4(struct __sk_buff *skb)
{
	struct bpf_flow_keys *keys = skb->flow_keys;
	struct iphdr ip;

	if (keys->n_proto != bpf_htons(ETH_P_IP) || bpf_skb_load_bytes(skb, keys->nhoff, &ip, sizeof(ip)))
		return BPF_FLOW_DISSECTOR_CONTINUE;
	if (ip.ver_ihl != 0x45)
		return BPF_FLOW_DISSECTOR_CONTINUE;
	keys->thoff = keys->nhoff + sizeof(ip);
	keys->ip_proto = ip.protocol;
	return BPF_OK;
}

LICENSE;
