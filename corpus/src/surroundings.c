// SPDX-License-Identifier: Apache-2.0
//
// More that a program can ask of its surroundings: which CPU runs it, which task
// is current. Each is ambient.

#include "bpf.h"

struct task_struct { int pid; } __core;

SEC("tc")
int only_first_cpu(struct __sk_buff *skb)
{
	return bpf_get_smp_processor_id() ? TC_ACT_OK : TC_ACT_SHOT;
}

SEC("tracepoint/syscalls/sys_enter_kill")
int by_init(void *ctx)
{
	return bpf_get_current_pid_tgid() >> 32 == 1;
}

SEC("raw_tp/sys_exit")
int by_first(void *ctx)
{
	return bpf_get_current_task_btf()->pid == 1;
}

LICENSE;
