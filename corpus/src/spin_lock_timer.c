// SPDX-License-Identifier: Apache-2.0
//
// A lock and a timer. Both live in a map value, and the timer's callback runs
// long after the invocation has ended: effects map and handoff, besides the map.

#include "bpf.h"

struct value { struct bpf_spin_lock lock; struct bpf_timer timer; __u64 count; };
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

static int later(void *map, __u32 *key, struct value *v)
{
	return 0;
}

SEC("tc")
int lock_and_timer(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct value *v = bpf_map_lookup_elem(&values, &zero);

	if (!v)
		return TC_ACT_OK;
	bpf_spin_lock(&v->lock);
	v->count++;
	bpf_spin_unlock(&v->lock);
	bpf_timer_init(&v->timer, &values, 1 /* CLOCK_MONOTONIC */);
	bpf_timer_set_callback(&v->timer, later);
	bpf_timer_start(&v->timer, 1000000, 0);
	return TC_ACT_OK;
}

LICENSE;
