// SPDX-License-Identifier: Apache-2.0
//
// Which socket gets a connection. To refuse low ports needs nothing but the
// look-up at hand; to choose a socket needs the map that holds it, for no helper
// of this hook finds one elsewhere.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} servers SEC(".maps");

SEC("sk_lookup")
int refuse_low_ports(struct bpf_sk_lookup *ctx)
{
	return ctx->local_port < 1024 ? SK_DROP : SK_PASS;
}

SEC("sk_lookup")
int all_to_one(struct bpf_sk_lookup *ctx)
{
	__u32 zero = 0;
	struct bpf_sock *sk = bpf_map_lookup_elem(&servers, &zero);

	if (!sk)
		return SK_PASS;
	bpf_sk_assign(ctx, sk, 0);
	bpf_sk_release(sk);
	return SK_PASS;
}

LICENSE;
