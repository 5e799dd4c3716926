// SPDX-License-Identifier: Apache-2.0
//
// Programs at functions of user programs. What they read of the process is
// surroundings. To read it by faulting (bpf_copy_from_user) can also grow a stack
// area of the process, which stays grown: effect kernel.

#include "bpf.h"

SEC("uprobe")
int is_secret(struct pt_regs *ctx)
{
	char name[8] = {};

	bpf_probe_read_user(name, sizeof(name), (void *)ctx->di);
	return name[0] == '.';
}

SEC("uprobe.s")
int is_secret_even_if_swapped_out(struct pt_regs *ctx)
{
	char name[8] = {};

	bpf_copy_from_user(name, sizeof(name), (void *)ctx->di);
	return name[0] == '.';
}

LICENSE;
