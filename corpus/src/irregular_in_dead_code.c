// SPDX-License-Identifier: Apache-2.0
//
// A move of a constant with a source register, which must be zero there. The
// kernel tests that only when its walk visits the instruction, and it never
// visits this one: it loads the program. At precision cfg nobody knows, so the
// slot is a finding, and the program is not invalid.

#include "bpf.h"

SEC("xdp")
__naked int irregular_in_dead_code(void)
{
	asm volatile("r0 = 2;"
		     "if r0 == 2 goto 1f;"
		     ".8byte 0x00000001000030b7;" /* r0 = 1, with r3 as source */
		     "1: exit;");
}

LICENSE;
