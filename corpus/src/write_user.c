// SPDX-License-Identifier: Apache-2.0
//
// Writes into the memory of the process that it interrupts, where anyone in that
// process can read it: effect user.

#include "bpf.h"

SEC("raw_tp/sys_enter")
int write_user(__u64 *ctx)
{
	char nul = 0;

	bpf_probe_write_user((void *)ctx[1], &nul, sizeof(nul));
	return 0;
}

LICENSE;
