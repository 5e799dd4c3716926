// SPDX-License-Identifier: Apache-2.0
//
// Replaces a value that is too large, in the buffer of this very write: context.

#include "bpf.h"

SEC("cgroup/sysctl")
int at_most_nine(struct bpf_sysctl *ctx)
{
	char value[2] = "9";

	if (ctx->write)
		bpf_sysctl_set_new_value(ctx, value, sizeof(value));
	return ALLOW;
}

LICENSE;
