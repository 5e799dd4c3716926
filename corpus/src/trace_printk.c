// SPDX-License-Identifier: Apache-2.0
//
// Prints a line. The format is on the stack, so that no section is needed; still
// the line stays in the trace buffer until user space reads it: output.

#include "bpf.h"

SEC("raw_tp/sys_enter")
int hello(void *ctx)
{
	char format[] = "hello";

	bpf_trace_printk(format, sizeof(format));
	return 0;
}

LICENSE;
