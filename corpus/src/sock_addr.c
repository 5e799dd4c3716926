// SPDX-License-Identifier: Apache-2.0
//
// Addresses of sockets, one program for each moment at which a container hands one
// to the kernel. All change or judge what they were handed; only bpf_bind reaches
// further, into the kernel's table of bound ports.

#include "bpf.h"

struct sockaddr_in { __u16 family, port; __u32 addr; __u64 zero; };
struct bpf_sock_addr_kern { __u32 uaddrlen; } __core;

extern void *bpf_cast_to_kern_ctx(void *) __ksym;
extern int bpf_sock_addr_set_sun_path(struct bpf_sock_addr_kern *, const __u8 *path, __u32 len) __ksym;

SEC("cgroup/bind4")
int no_low_ports(struct bpf_sock_addr *ctx)
{
	return bpf_htons(ctx->user_port) < 1024 ? DENY : ALLOW;
}

SEC("cgroup/sendmsg4")
int dns_to_localhost(struct bpf_sock_addr *ctx)
{
	if (ctx->user_port == bpf_htons(53))
		ctx->user_ip4 = bpf_htonl(0x7f000001);
	return ALLOW;
}

SEC("cgroup/getpeername4")
int hide_proxy(struct bpf_sock_addr *ctx)
{
	if (ctx->user_ip4 == bpf_htonl(0x7f000001))
		ctx->user_ip4 = bpf_htonl(0x0a000001);
	return ALLOW;
}

SEC("cgroup/connect4")
int from_fixed_port(struct bpf_sock_addr *ctx)
{
	struct sockaddr_in from = { .family = AF_INET, .port = bpf_htons(4711) };

	bpf_bind(ctx, &from, sizeof(from));
	return ALLOW;
}

SEC("cgroup/connect_unix")
int other_socket(struct bpf_sock_addr *ctx)
{
	__u8 path[] = "/run/other";

	bpf_sock_addr_set_sun_path(bpf_cast_to_kern_ctx(ctx), path, sizeof(path) - 1);
	return ALLOW;
}

LICENSE;
