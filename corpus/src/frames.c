// SPDX-License-Identifier: Apache-2.0
//
// Functions that call functions, as deep as the kernel allows (8 frames), and one
// frame deeper. That is refused wherever the calls stand.

#include "bpf.h"

#define CALLS(name, callee) static __noinline int name(int x) { asm volatile("" : "+r"(x)); return callee(x) + 1; }

static __noinline int leaf(int x) { asm volatile("" : "+r"(x)); return x; }
CALLS(two, leaf)
CALLS(three, two)
CALLS(four, three)
CALLS(five, four)
CALLS(six, five)
CALLS(seven, six)
CALLS(eight, seven)

SEC("tc")
int eight_frames(struct __sk_buff *skb)
{
	return seven(skb->len);
}

SEC("tc")
int nine_frames(struct __sk_buff *skb)
{
	return eight(skb->len);
}

LICENSE;
