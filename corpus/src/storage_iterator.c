// SPDX-License-Identifier: Apache-2.0
//
// Iterators whose value is a map's, over the storage of sockets and over the
// elements of a map. To read it is as harmless as reading the context; to store to
// it changes the map, though the program refers to none.

#include "bpf.h"

struct bpf_iter__bpf_sk_storage_map { struct bpf_iter_meta *meta; void *map, *sk; __u64 *value; };
struct bpf_iter__bpf_map_elem { struct bpf_iter_meta *meta; void *map, *key; __u64 *value; };

SEC("iter/bpf_sk_storage_map")
int reset_sockets(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	if (ctx->value)
		*ctx->value = 0;
	return 0;
}

SEC("iter/bpf_map_elem")
int list_values(struct bpf_iter__bpf_map_elem *ctx)
{
	if (ctx->value)
		bpf_seq_write(ctx->meta->seq, ctx->value, sizeof(*ctx->value));
	return 0;
}

LICENSE;
