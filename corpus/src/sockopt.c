// SPDX-License-Identifier: Apache-2.0
//
// Options of sockets. The first keeps a container from marking its packets; the
// second answers SO_MARK itself, in the buffer and the return value that the hook
// was handed.

#include "bpf.h"

enum { SOL_SOCKET = 1, SO_MARK = 36 };

SEC("cgroup/setsockopt")
int no_marks(struct bpf_sockopt *ctx)
{
	return ctx->level == SOL_SOCKET && ctx->optname == SO_MARK ? DENY : ALLOW;
}

SEC("cgroup/getsockopt")
int mark_is_zero(struct bpf_sockopt *ctx)
{
	__u32 *value = ctx->optval;

	if (ctx->level != SOL_SOCKET || ctx->optname != SO_MARK || (void *)(value + 1) > ctx->optval_end)
		return ALLOW;
	*value = 0;
	ctx->retval = 0;
	return ALLOW;
}

LICENSE;
