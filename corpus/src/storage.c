// SPDX-License-Identifier: Apache-2.0
//
// Storage that hangs on a socket or on a task. It is found through the object, but
// the map that it belongs to must exist.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} by_socket SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} by_task SEC(".maps");

SEC("cgroup_skb/egress")
int count_by_socket(struct __sk_buff *skb)
{
	__u64 *count;

	if (!skb->sk)
		return ALLOW;
	count = bpf_sk_storage_get(&by_socket, skb->sk, NULL, 1 /* BPF_SK_STORAGE_GET_F_CREATE */);
	if (count)
		++*count;
	return ALLOW;
}

SEC("tp_btf/sys_enter")
int count_by_task(__u64 *ctx)
{
	__u64 *count = bpf_task_storage_get(&by_task, bpf_get_current_task_btf(), NULL, 1);

	if (count)
		++*count;
	return 0;
}

LICENSE;
