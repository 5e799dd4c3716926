// SPDX-License-Identifier: Apache-2.0
//
// Tracepoints of three kinds that look at their arguments: the record of one, the
// raw arguments of one, and the buffer of one that programs may write. All are
// what the hook hands out.

#include "bpf.h"

SEC("tracepoint/sched/sched_process_exit")
int is_init(void *ctx)
{
	return *(__s32 *)(ctx + 24) == 1; /* pid */
}

SEC("raw_tp/sys_enter")
int is_read(__u64 *ctx)
{
	return ctx[1] == 0;
}

SEC("raw_tp.w/nbd_send_request")
int change_request(__u64 *ctx)
{
	__u32 *request = (void *)ctx[0];

	request[1] = 0;
	return 0;
}

LICENSE;
