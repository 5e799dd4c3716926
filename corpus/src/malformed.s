// SPDX-License-Identifier: Apache-2.0
//
// build: malformed.o -g0
//
// What the kernel refuses wherever it stands, each program for a reason of its own.
// They cannot be judged: invalid.

	.macro program name
	.section "socket","ax",@progbits
	.globl \name
	.type \name,@function
\name:
	.endm
	.macro done name
	.size \name, . - \name
	.endm

	program jump_out
	r0 = 0
	if r0 == 0 goto +100
	exit
	done jump_out

	program falls_off_the_end
	r0 = 0
	if r0 == 0 goto +1
	exit
	r0 = 1
	done falls_off_the_end

	program unknown_opcode
	r0 = 0
	.8byte 0xff
	exit
	done unknown_opcode

	program indirect_call
	r0 = 0
	.8byte 0x8d | 1 << 8 // callx r1
	exit
	done indirect_call

	program into_the_middle
	r0 = 0
	if r0 == 0 goto +1
	r1 = 0x100000000 ll
	exit
	done into_the_middle

	program unknown_reference
	.8byte 0x18 | 1 << 8 | 7 << 12
	.8byte 0
	r0 = 0
	exit
	done unknown_reference

	program load_with_number
	.8byte 0x61 | 1 << 12 | 1 << 32 // r0 = *(u32 *)(r1 + 0), with a number
	exit
	done load_with_number

	.section "license","aw",@progbits
	.asciz "GPL"
