// SPDX-License-Identifier: Apache-2.0
//
// Programs at the entry of a kernel function. Its registers are the context: to
// read them is no effect, and to change what the function returns is a change of
// what the invocation was handed, since it is the return of this very call.

#include "bpf.h"

enum { AT_FDCWD = -100 };

SEC("kprobe/do_unlinkat")
int in_working_directory(struct pt_regs *ctx)
{
	return (int)ctx->di == AT_FDCWD;
}

SEC("kprobe/__x64_sys_reboot")
int refuse_reboot(struct pt_regs *ctx)
{
	bpf_override_return(ctx, -EPERM);
	return 0;
}

LICENSE;
