// SPDX-License-Identifier: Apache-2.0
//
// A redirect through a map of devices: it needs the map, and leaves the target in a
// slot that the driver reads after the program.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} ports SEC(".maps");

SEC("xdp")
int by_queue(struct xdp_md *ctx)
{
	return bpf_redirect_map(&ports, ctx->rx_queue_index & 3, XDP_PASS);
}

LICENSE;
