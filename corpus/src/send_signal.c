// SPDX-License-Identifier: Apache-2.0
//
// Kills the process that makes a system call. A signal stays with the process
// after the program has returned: effect kernel; one that must wait for the end of
// an interrupt is put into a slot of the CPU first: handoff.

#include "bpf.h"

SEC("tracepoint/syscalls/sys_enter_reboot")
int kill_caller(void *ctx)
{
	bpf_send_signal(9);
	return 0;
}

LICENSE;
