// SPDX-License-Identifier: Apache-2.0
//
// build: classic_loads.o -mcpu=v1
//
// LD_ABS and LD_IND, the packet loads of classic BPF. They read the packet and
// end the program where it is too short: effect none.

#include "bpf.h"

__u64 load_half(void *skb, __u64 off) asm("llvm.bpf.load.half");
__u64 load_byte(void *skb, __u64 off) asm("llvm.bpf.load.byte");

SEC("socket")
int only_dns(struct __sk_buff *skb)
{
	if (load_half(skb, 12) != ETH_P_IP)
		return 0;
	return load_half(skb, 14 + load_byte(skb, 14) % 16 * 4 + 2) == 53 ? -1 : 0;
}

LICENSE;
