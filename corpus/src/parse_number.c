// SPDX-License-Identifier: Apache-2.0
//
// Helpers that only compute: from text to a number. The program needs no effect
// but the one of its return value.

#include "bpf.h"

SEC("cgroup/sysctl")
int is_small(struct bpf_sysctl *ctx)
{
	char name[8] = {}, digits[4] = "512";
	long value = 0;

	bpf_sysctl_get_name(ctx, name, sizeof(name), 1 /* BPF_F_SYSCTL_BASE_NAME */);
	bpf_strtol(digits, sizeof(digits), 0, &value);
	return value > name[0] ? ALLOW : DENY;
}

LICENSE;
