// SPDX-License-Identifier: Apache-2.0
//
// Calls a kernel function that came after the kernel that the table describes
// (Linux 6.17; the table is 6.12). It looks harmless, but the table fails closed:
// unknown, stateful.

#include "bpf.h"

extern int bpf_strlen(const char *text) __ksym;

SEC("syscall")
int length(void *ctx)
{
	char text[8] = "six";

	return bpf_strlen(text);
}

LICENSE;
