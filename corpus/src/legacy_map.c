// SPDX-License-Identifier: Apache-2.0
//
// build: legacy_map.o -mcpu=v1 -g0
//
// A map as loaders before BTF wanted it, in an object without BTF: a struct of
// numbers in the section maps. It is as much a map as any other.

#include "bpf.h"

struct { __u32 type, key_size, value_size, max_entries, flags; } packets SEC("maps") = {
	BPF_MAP_TYPE_ARRAY, 4, 8, 1,
};

SEC("classifier")
int legacy_map(struct __sk_buff *skb)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&packets, &zero) ? TC_ACT_OK : TC_ACT_SHOT;
}

LICENSE;
