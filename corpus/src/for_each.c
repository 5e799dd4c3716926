// SPDX-License-Identifier: Apache-2.0
//
// Callbacks that helpers run over what is in a map, and over what user space has
// put into a ring buffer. The map is needed, whatever the callback does.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} values SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_USER_RINGBUF); __uint(max_entries, 4096); } orders SEC(".maps");

static long is_zero(void *map, __u32 *key, __u64 *value, void *data) { return *value == 0; }
static long take(void *dynptr, void *data) { return 0; }

SEC("tc")
int any_zero(struct __sk_buff *skb)
{
	return bpf_for_each_map_elem(&values, is_zero, NULL, 0) == 4 ? TC_ACT_OK : TC_ACT_SHOT;
}

SEC("raw_tp/sys_enter")
int take_orders(void *ctx)
{
	return bpf_user_ringbuf_drain(&orders, take, NULL, 0);
}

LICENSE;
