// SPDX-License-Identifier: Apache-2.0
//
// Names for the tests to write over with what acts on a terminal.

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp/section_name")
int function_name(struct xdp_md *ctx)
{
	return bpf_redirect(1, 0); /* source_text */
}
