// SPDX-License-Identifier: Apache-2.0
//
// build: half_constant.o -g0
//
// The first slot of a constant of 64 bits, and then something else than its second:
// malformed. It stands alone because some readers give up on the whole object.

	.section "socket","ax",@progbits
	.globl half_a_constant
	.type half_a_constant,@function
half_a_constant:
	r0 = 0
	.8byte 0x18 | 1 << 8
	exit
	.size half_a_constant, . - half_a_constant

	.section "license","aw",@progbits
	.asciz "GPL"
