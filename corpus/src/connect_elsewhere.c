// SPDX-License-Identifier: Apache-2.0
//
// Sends connections to 10.0.0.1:80 to another address. It writes what the hook
// was handed, the address that connect() was called with: context.

#include "bpf.h"

SEC("cgroup/connect4")
int connect_elsewhere(struct bpf_sock_addr *ctx)
{
	if (ctx->user_ip4 != bpf_htonl(0x0a000001) || ctx->user_port != bpf_htons(80))
		return 1;
	ctx->user_ip4 = bpf_htonl(0x7f000001);
	ctx->user_port = bpf_htons(8080);
	return 1;
}

LICENSE;
