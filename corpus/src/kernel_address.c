// SPDX-License-Identifier: Apache-2.0
//
// The address of a kernel symbol whose type nobody says. The loader puts a plain
// number there, which looks like any other; the symbol tells that it is ambient.

#include "bpf.h"

extern void schedule __ksym;

SEC("perf_event")
int while_scheduling(struct bpf_perf_event_data *ctx)
{
	return ctx->regs.ip - (__u64)&schedule < 256;
}

LICENSE;
