// SPDX-License-Identifier: Apache-2.0
//
// A socket after it was bound, and when it goes. It is the context of both.

#include "bpf.h"

SEC("cgroup/post_bind4")
int only_loopback(struct bpf_sock *sk)
{
	return sk->src_ip4 == bpf_htonl(0x7f000001) ? ALLOW : DENY;
}

SEC("cgroup/sock_release")
int nothing_at_the_end(struct bpf_sock *sk)
{
	return ALLOW;
}

LICENSE;
