// SPDX-License-Identifier: Apache-2.0
//
// Writes records to the file that the iterator is read through. The seq_file
// belongs to the invocation: context. The task that it shows is a kernel object:
// ambient to read.

#include "bpf.h"

struct task_struct { int pid, tgid; } __core;
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; };

SEC("iter/task")
int list_threads(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	int pid;

	if (!task || task->pid == task->tgid)
		return 0;
	pid = task->pid;
	bpf_seq_write(ctx->meta->seq, &pid, sizeof(pid));
	return 0;
}

LICENSE;
