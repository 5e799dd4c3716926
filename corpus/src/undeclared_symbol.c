// SPDX-License-Identifier: Apache-2.0
//
// A constant that inline assembly leaves to whoever loads the program. libbpf refuses
// a symbol that nothing declares; cilium/ebpf loads what stands there.

#include "bpf.h"

SEC("socket")
int constant_of_the_loader(void *ctx)
{
	int limit;

	asm volatile("%0 = LIMIT ll" : "=r"(limit));
	return limit;
}

LICENSE;
