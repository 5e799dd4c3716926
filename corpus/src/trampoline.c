// SPDX-License-Identifier: Apache-2.0
//
// Programs at the entry and the return of kernel functions. The arguments and the
// return value so far belong to the call that the invocation is about.

#include "bpf.h"

SEC("fentry/__x64_sys_nanosleep")
int sees_entry(__u64 *ctx)
{
	return 0;
}

SEC("fexit/__x64_sys_nanosleep")
int sees_return(__u64 *ctx)
{
	__u64 value = 0;

	bpf_get_func_ret(ctx, &value);
	return 0;
}

SEC("fmod_ret/security_file_mprotect")
int refuse_execute(__u64 *ctx)
{
	return ctx[1] & 4 /* PROT_EXEC */ ? -EACCES : 0;
}

LICENSE;
