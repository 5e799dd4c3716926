// SPDX-License-Identifier: Apache-2.0
//
// Records for user space, through a ring buffer and through a perf event. Both are
// reached by a map; what is written to the second is output too.

#include "bpf.h"

struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int to_ring(__u64 *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (record) {
		*record = ctx[1];
		bpf_ringbuf_submit(record, 0);
	}
	return 0;
}

SEC("raw_tp/sys_enter")
int to_perf(__u64 *ctx)
{
	__u64 number = ctx[1];

	bpf_perf_event_output(ctx, &events, 0xffffffff /* BPF_F_CURRENT_CPU */, &number, sizeof(number));
	return 0;
}

LICENSE;
