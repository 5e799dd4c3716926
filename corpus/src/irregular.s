// SPDX-License-Identifier: Apache-2.0
//
// build: irregular.o -g0
//
// Slots with bits that no compiler sets. What the kernel tests only when its walk
// comes by is irregular: behind a branch that is always taken it loads, and where
// the walk comes by it does not. Statecheck takes every branch both ways, says
// unknown, and never that the program is invalid.

	.macro program name
	.section "socket","ax",@progbits
	.globl \name
	.type \name,@function
\name:
	.endm
	.macro done name
	r0 = 0
	exit
	.size \name, . - \name
	.endm

	program shift_too_far
	r0 = 0
	if r0 == 0 goto +1
	.8byte 0x67 | 64 << 32 // r0 <<= 64
	done shift_too_far

	program register_11
	r0 = 0
	if r0 == 0 goto +1
	.8byte 0xb7 | 11 << 8 // r11 = 0
	done register_11

	program writes_frame_pointer
	r0 = 0
	if r0 == 0 goto +1
	.8byte 0xb7 | 10 << 8 // r10 = 0
	done writes_frame_pointer

	program call_of_no_kind
	r0 = 0
	if r0 == 0 goto +1
	.8byte 0x85 | 3 << 12 | 23 << 32 // call 23, with source 3
	done call_of_no_kind

	program exit_with_number
	r0 = 0
	if r0 == 0 goto +1
	.8byte 0x95 | 1 << 32 // exit 1
	done exit_with_number

	program visited
	r0 = 0
	.8byte 0x67 | 64 << 32 // r0 <<= 64
	done visited

	.section "license","aw",@progbits
	.asciz "GPL"
