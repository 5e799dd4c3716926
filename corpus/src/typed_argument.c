// SPDX-License-Identifier: Apache-2.0
//
// A global function whose argument BTF makes a pointer to a kernel object. Its
// callers may pass none, and the kernel verifies it all the same with one.

#include "bpf.h"

struct sock { __u32 __unused; } __core;
struct tcp_sock { __u32 snd_cwnd; } __core;
struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	char name[16];
} __core;

__attribute__((noinline)) int narrow(
	struct tcp_sock *tp __attribute__((btf_decl_tag("arg:trusted"), btf_decl_tag("arg:nullable"))))
{
	if (tp)
		tp->snd_cwnd = 2;
	return 2;
}

SEC("struct_ops/threshold")
__u32 threshold(__u64 *ctx)
{
	return narrow((void *)0);
}

SEC(".struct_ops.link")
struct tcp_congestion_ops statecheck_typed = {
	.ssthresh = (void *)threshold,
	.name = "statecheck_typ",
};

LICENSE;
