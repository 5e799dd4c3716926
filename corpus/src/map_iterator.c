// SPDX-License-Identifier: Apache-2.0
//
// Two iterators. The first sets the values of the map that it walks to zero: no
// map reference, no helper, just a store through a pointer of its context, and only
// the name of the hook tells that it leads into a map. The second lists maps, and
// can reach none of their values.

#include "bpf.h"

struct bpf_map { __u32 id; } __core;
struct bpf_iter__bpf_map_elem { struct bpf_iter_meta *meta; struct bpf_map *map; void *key; __u64 *value; };
struct bpf_iter__bpf_map { struct bpf_iter_meta *meta; struct bpf_map *map; };

SEC("iter/bpf_map_elem")
int reset_values(struct bpf_iter__bpf_map_elem *ctx)
{
	if (ctx->value)
		*ctx->value = 0;
	return 0;
}

SEC("iter/bpf_map")
int list_maps(struct bpf_iter__bpf_map *ctx)
{
	if (ctx->map)
		bpf_seq_write(ctx->meta->seq, &ctx->map->id, 4);
	return 0;
}

LICENSE;
