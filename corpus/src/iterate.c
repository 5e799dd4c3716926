// SPDX-License-Identifier: Apache-2.0
//
// Loops in open code. The iterator over numbers lives on the stack and nothing else
// is behind it; the one over tasks reads surroundings.

#include "bpf.h"

struct bpf_iter_num { __u64 opaque; } __attribute__((aligned(8)));
struct bpf_iter_task { __u64 opaque[3]; } __attribute__((aligned(8)));
struct task_struct { int pid; } __core;

extern int bpf_iter_num_new(struct bpf_iter_num *, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *) __ksym;
extern int bpf_iter_task_new(struct bpf_iter_task *, struct task_struct *, unsigned int flags) __ksym;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task *) __ksym;

SEC("socket")
int parity(struct __sk_buff *skb)
{
	__u32 bits = skb->mark, odd = 0;
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 32);
	while (bpf_iter_num_next(&it)) {
		odd ^= bits & 1;
		bits >>= 1;
	}
	bpf_iter_num_destroy(&it);
	return odd;
}

SEC("raw_tp/sys_enter")
int lives_42(void *ctx)
{
	struct bpf_iter_task it;
	struct task_struct *task;
	int found = 0;

	bpf_iter_task_new(&it, NULL, 0);
	while ((task = bpf_iter_task_next(&it)))
		if (task->pid == 42)
			found = 1;
	bpf_iter_task_destroy(&it);
	return found;
}

LICENSE;
