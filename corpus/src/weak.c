// SPDX-License-Identifier: Apache-2.0
//
// Names that the kernel may or may not have. To ask is ambient; what stands behind
// the question counts, as nobody knows the answer before the program is loaded.

#include "bpf.h"

struct task_struct { int pid; } __core;

extern struct task_struct *bpf_task_from_pid(int pid) __ksym __weak;
extern void bpf_task_release(struct task_struct *) __ksym __weak;
extern void not_in_any_linux __ksym __weak;

SEC("tp_btf/sys_enter")
int init_lives(void *ctx)
{
	struct task_struct *task;

	if (!bpf_task_from_pid)
		return 0;
	task = bpf_task_from_pid(1);
	if (!task)
		return 0;
	bpf_task_release(task);
	return 1;
}

SEC("tc")
int redirect_if_variable_exists(struct __sk_buff *skb)
{
	return &not_in_any_linux ? bpf_redirect(2, 0) : TC_ACT_OK;
}

LICENSE;
