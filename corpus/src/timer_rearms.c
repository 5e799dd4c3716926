// SPDX-License-Identifier: Apache-2.0
//
// A timer whose callback sets itself again, as timers that go on do. The callback
// takes its own address, which would be recursion if it ran on its caller's stack;
// it runs later, on its own.

#include "bpf.h"

struct value { struct bpf_timer timer; };
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

static int again(void *map, __u32 *key, struct value *v)
{
	bpf_timer_set_callback(&v->timer, again);
	return 0;
}

SEC("tc")
int keep_ticking(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct value *v = bpf_map_lookup_elem(&values, &zero);

	if (v)
		bpf_timer_set_callback(&v->timer, again);
	return TC_ACT_OK;
}

LICENSE;
