// SPDX-License-Identifier: Apache-2.0
//
// build: counter.o
// build: counter_be.o -target bpfeb
//
// Counts packets in a hash map: the most common state of all. The reference to
// the map counts, and each helper that touches it.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} packets SEC(".maps");

SEC("xdp")
int counter(struct xdp_md *ctx)
{
	__u32 queue = ctx->rx_queue_index;
	__u64 one = 1, *count = bpf_map_lookup_elem(&packets, &queue);

	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&packets, &queue, &one, 0);
	return XDP_PASS;
}

LICENSE;
