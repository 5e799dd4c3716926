// SPDX-License-Identifier: Apache-2.0
//
// Two operations of a congestion control. The first computes half the window of
// the socket. The second sets it. That socket is what the hook is about, but a
// program can get at other sockets in the same way, and at precision cfg nobody
// knows which one a typed pointer leads to: the worse counts, effect kernel.

#include "bpf.h"

struct sock { __u32 __unused; } __core;
struct tcp_sock { __u32 snd_cwnd; } __core;
struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	char name[16];
} __core;

SEC("struct_ops/half")
__u32 half(__u64 *ctx)
{
	struct tcp_sock *tp = (void *)ctx[0];

	return tp->snd_cwnd / 2;
}

SEC("struct_ops/fixed")
void fixed(__u64 *ctx)
{
	struct tcp_sock *tp = (void *)ctx[0];

	tp->snd_cwnd = 10;
}

SEC(".struct_ops.link")
struct tcp_congestion_ops statecheck = {
	.ssthresh = (void *)half,
	.cong_avoid = (void *)fixed,
	.name = "statecheck",
};

LICENSE;
