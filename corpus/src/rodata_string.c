// SPDX-License-Identifier: Apache-2.0
//
// Compares the name of a sysctl with a string. Clang puts a named one into .rodata
// and a literal into .rodata.str1.1; both are maps to the kernel: the flag refuses. A dump that holds the sections is as good as the instructions,
// so the profiles sections and pure let it pass.

#include "bpf.h"

static const char forwarding[] = "net/ipv4/ip_forward";

SEC("cgroup/sysctl")
int protect_forwarding(struct bpf_sysctl *ctx)
{
	char name[32] = {};

	bpf_sysctl_get_name(ctx, name, sizeof(name), 0);
	return !ctx->write || bpf_strncmp(name, sizeof(name), forwarding);
}

SEC("cgroup/sysctl")
int protect_hostname(struct bpf_sysctl *ctx)
{
	char name[32] = {};

	bpf_sysctl_get_name(ctx, name, sizeof(name), 0);
	return !ctx->write || bpf_strncmp(name, sizeof(name), "kernel/hostname");
}

LICENSE;
