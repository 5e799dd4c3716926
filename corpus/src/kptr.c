// SPDX-License-Identifier: Apache-2.0
//
// A kernel object that a program puts away in a map value, for a later invocation
// to find.

#include "bpf.h"

#define __kptr __attribute__((btf_type_tag("kptr")))

struct task_struct { int pid; } __core;
struct value { struct task_struct __kptr *task; };
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} kept SEC(".maps");

extern struct task_struct *bpf_task_acquire(struct task_struct *) __ksym;
extern void bpf_task_release(struct task_struct *) __ksym;

SEC("tp_btf/sched_process_exec")
int keep(__u64 *ctx)
{
	__u32 zero = 0;
	struct value *v = bpf_map_lookup_elem(&kept, &zero);
	struct task_struct *task;

	if (!v)
		return 0;
	task = bpf_task_acquire((void *)ctx[0]);
	if (!task)
		return 0;
	task = bpf_kptr_xchg(&v->task, task);
	if (task)
		bpf_task_release(task);
	return 0;
}

LICENSE;
