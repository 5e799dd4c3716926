// SPDX-License-Identifier: Apache-2.0
//
// Netfilter programs get typed pointers to the hook's state and to the packet.
// What those lead to is a kernel object to the kernel's verifier, and only it
// knows which: ambient to read.

#include "bpf.h"

enum { NF_DROP, NF_ACCEPT };

struct nf_hook_state { __u8 hook, pf; } __core;
struct bpf_nf_ctx { const struct nf_hook_state *state; void *skb; } __core;

SEC("netfilter")
int drop_ipv6(struct bpf_nf_ctx *ctx)
{
	return ctx->state->pf == 10 /* NFPROTO_IPV6 */ ? NF_DROP : NF_ACCEPT;
}

LICENSE;
