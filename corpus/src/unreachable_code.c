// SPDX-License-Identifier: Apache-2.0
//
// A call that no branch leads to, unlike one in dead code, where a branch leads
// that is never taken. The kernel refuses such a program as malformed before it
// looks at what it does: invalid, under every profile.

#include "bpf.h"

SEC("xdp")
__naked int unreachable_code(void)
{
	asm volatile("r0 = 2;"
		     "exit;"
		     "call 23;" /* bpf_redirect */
		     "exit;");
}

LICENSE;
