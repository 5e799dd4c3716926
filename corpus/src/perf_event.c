// SPDX-License-Identifier: Apache-2.0
//
// A program for each sample of a perf event. The registers are the context.

#include "bpf.h"

SEC("perf_event")
int in_kernel(struct bpf_perf_event_data *ctx)
{
	return (ctx->regs.cs & 3) == 0;
}

LICENSE;
