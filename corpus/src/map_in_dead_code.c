// SPDX-License-Identifier: Apache-2.0
//
// Refers to a map behind a branch that is never taken. The kernel resolves map
// references before it looks at any branch, and the loaded program holds the map:
// stateful at any precision, unlike a call in the same place.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} unused SEC(".maps");

SEC("xdp")
int map_in_dead_code(struct xdp_md *ctx)
{
	void *map = NULL;
	int zero;

	asm volatile("%0 = 0" : "=r"(zero));
	if (zero)
		asm volatile("%0 = %1 ll" : "=r"(map) : "i"(&unused));
	return map ? XDP_DROP : XDP_PASS;
}

LICENSE;
