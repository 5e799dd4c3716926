// SPDX-License-Identifier: Apache-2.0
//
// Follows a typed pointer from one kernel object to another, with offsets that
// the loader fills in (CO-RE). A load from a kernel object that is not the context
// is ambient. The argument itself is read from the context: none.

#include "bpf.h"

struct task_struct { struct task_struct *real_parent; int tgid; } __core;

SEC("tp_btf/sched_process_exit")
int parent_of_exiting(__u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];

	return task->real_parent->tgid == 1;
}

LICENSE;
