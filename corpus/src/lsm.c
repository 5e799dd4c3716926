// SPDX-License-Identifier: Apache-2.0
//
// Security modules. To deny is to return a number. To ask what a kernel object
// says is ambient, and to change one that is not the context is an effect on the
// kernel: the program that is about to run is an argument of the hook.

#include "bpf.h"

enum { PROT_WRITE = 2, PROT_EXEC = 4 };

struct file { __u32 f_flags; } __core;

SEC("lsm/file_mprotect")
int never_write_and_execute(__u64 *ctx)
{
	return (ctx[2] & (PROT_WRITE | PROT_EXEC)) == (PROT_WRITE | PROT_EXEC) ? -EACCES : 0;
}

SEC("lsm/file_open")
int no_direct_io(__u64 *ctx)
{
	struct file *file = (void *)ctx[0];

	return file->f_flags & 040000 /* O_DIRECT */ ? -EPERM : 0;
}

SEC("lsm_cgroup/socket_create")
int no_packet_sockets(__u64 *ctx)
{
	return ctx[0] == 17 /* AF_PACKET */ ? DENY : ALLOW;
}

SEC("lsm/bprm_creds_for_exec")
int secure_exec(__u64 *ctx)
{
	bpf_bprm_opts_set((void *)ctx[0], 1 /* BPF_F_BPRM_SECUREEXEC */);
	return 0;
}

LICENSE;
