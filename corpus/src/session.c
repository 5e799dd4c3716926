// SPDX-License-Identifier: Apache-2.0
//
// A session probe runs at the entry and at the return of a function, and has 8
// bytes to pass from one run to the other. Those are two invocations, so what is
// put there is left for another: effect handoff.

#include "bpf.h"

extern __u64 *bpf_session_cookie(void) __ksym;

SEC("kprobe.session/do_unlinkat")
int note_time(struct pt_regs *ctx)
{
	*bpf_session_cookie() = bpf_ktime_get_ns();
	return 0;
}

LICENSE;
