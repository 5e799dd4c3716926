// SPDX-License-Identifier: Apache-2.0
//
// Sets an option of the socket that the hook is about. Most options are kept in the
// socket; but some of them send queued packets or reach other sockets, and the
// number of an option is no part of the table: the worst case counts.

#include "bpf.h"

SEC("sockops")
int no_delay(struct bpf_sock_ops *ctx)
{
	int one = 1;

	bpf_setsockopt(ctx, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one, sizeof(one));
	return 1;
}

LICENSE;
