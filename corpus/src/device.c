// SPDX-License-Identifier: Apache-2.0
//
// The devices that a container may use, as constants in the instructions: an
// allow-list that needs no map.

#include "bpf.h"

SEC("cgroup/dev")
int memory_devices(struct bpf_cgroup_dev_ctx *ctx)
{
	if ((ctx->access_type & 0xffff) != 2 /* BPF_DEVCG_DEV_CHAR */ || ctx->major != 1)
		return DENY;
	switch (ctx->minor) {
	case 3: /* null */
	case 5: /* zero */
	case 8: /* random */
	case 9: /* urandom */
		return ALLOW;
	}
	return DENY;
}

LICENSE;
