// SPDX-License-Identifier: Apache-2.0
//
// Reads a per-CPU variable of the kernel by its name. Kernel variables are
// surroundings: ambient. The instruction that takes the address looks like one
// that takes a map's; only its pseudo source and the symbol tell them apart.

#include "bpf.h"

struct rq { __u32 nr_running; } __core;
extern const struct rq runqueues __ksym;

SEC("raw_tp/sched_switch")
int is_cpu_crowded(void *ctx)
{
	const struct rq *rq = bpf_this_cpu_ptr(&runqueues);

	return rq->nr_running > 8;
}

LICENSE;
