// SPDX-License-Identifier: Apache-2.0
//
// build: raw.o -g0
//
// References by number, as they stand in a program that is loaded already or that
// was written by hand: no relocation says what they are. The pseudo source in the
// instruction tells: a map by file descriptor (1), its value (2), a kernel
// variable (3), a map by its place in a list of descriptors (5), its value (6).

	.macro reference name, source, number, offset
	.section "socket","ax",@progbits
	.globl \name
	.type \name,@function
\name:
	.8byte 0x18 | 1 << 8 | \source << 12 | \number << 32 // r1 = ...
	.8byte \offset << 32
	r0 = 0
	exit
	.size \name, . - \name
	.endm

	reference map_by_descriptor, 1, 7, 0
	reference value_by_descriptor, 2, 7, 8
	reference variable_by_type, 3, 7, 0
	reference map_by_index, 5, 0, 0
	reference value_by_index, 6, 0, 8

	.section "license","aw",@progbits
	.asciz "GPL"
