// SPDX-License-Identifier: Apache-2.0
//
// Which of the sockets that share a port gets a packet. To leave the choice to the
// kernel or to refuse needs nothing; to choose needs the map that holds the
// sockets.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} workers SEC(".maps");

SEC("sk_reuseport")
int drop_empty(struct sk_reuseport_md *ctx)
{
	return ctx->len <= 8 ? SK_DROP : SK_PASS;
}

SEC("sk_reuseport/migrate")
int choose_by_hash(struct sk_reuseport_md *ctx)
{
	__u32 worker = ctx->hash & 3;

	return bpf_sk_select_reuseport(ctx, &workers, &worker, 0) ? SK_DROP : SK_PASS;
}

LICENSE;
