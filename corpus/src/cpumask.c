// SPDX-License-Identifier: Apache-2.0
//
// A mask of CPUs that the program makes and gives back is its own. To pick a CPU by
// turns is not: the cursor stays where the call has left it, for the next caller.

#include "bpf.h"

struct cpumask { __u64 bits[1]; } __core;
struct bpf_cpumask { struct cpumask cpumask; } __core;

extern struct bpf_cpumask *bpf_cpumask_create(void) __ksym;
extern void bpf_cpumask_release(struct bpf_cpumask *) __ksym;
extern void bpf_cpumask_set_cpu(__u32, struct bpf_cpumask *) __ksym;
extern __u32 bpf_cpumask_first(const struct cpumask *) __ksym;
extern __u32 bpf_cpumask_any_distribute(const struct cpumask *) __ksym;

SEC("syscall")
int first(void *ctx)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();
	__u32 cpu;

	if (!mask)
		return 0;
	bpf_cpumask_set_cpu(1, mask);
	cpu = bpf_cpumask_first((const struct cpumask *)mask);
	bpf_cpumask_release(mask);
	return cpu;
}

SEC("syscall")
int next_in_turn(void *ctx)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();
	__u32 cpu;

	if (!mask)
		return 0;
	cpu = bpf_cpumask_any_distribute((const struct cpumask *)mask);
	bpf_cpumask_release(mask);
	return cpu;
}

LICENSE;
