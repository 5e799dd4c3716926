// SPDX-License-Identifier: Apache-2.0
//
// Nothing to say about this one.

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}
