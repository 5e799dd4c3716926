// SPDX-License-Identifier: Apache-2.0
//
// A timer whose callback prints. It runs when the invocation is long over, and is
// part of the program all the same.

#include "bpf.h"

struct value { struct bpf_timer timer; };
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

static int print(void *map, __u32 *key, struct value *v)
{
	char format[] = "later";

	bpf_trace_printk(format, sizeof(format));
	return 0;
}

SEC("tc")
int print_later(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct value *v = bpf_map_lookup_elem(&values, &zero);

	if (v)
		bpf_timer_set_callback(&v->timer, print);
	return TC_ACT_OK;
}

LICENSE;
