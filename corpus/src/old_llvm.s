// SPDX-License-Identifier: Apache-2.0
//
// build: old_llvm.o -mcpu=v1 -g0
//
// An object in the shape that LLVM 4 to 9 gave it: no BTF, symbols without type or
// size, maps as numbers in the section maps, and what is not global is referred to
// by its section and a distance. Labels look like functions; only a call tells
// which is which.

	.section "xdp","ax",@progbits
	.globl by_symbol
by_symbol:
	r1 = packets ll
	r0 = 2
	exit

	.globl by_section
by_section:
	r1 = hidden ll // section maps, distance 20
	r0 = 2
	exit

	.globl calls_by_section
calls_by_section:
	call second // section .text, distance 16
	exit

	.globl calls_its_neighbour
calls_its_neighbour:
	call neighbour // resolved by the assembler
	exit
neighbour:
	r0 = *(u32 *)(r1 + 16)
	if r0 == 0 goto label
	r0 = 1
	exit
label:
	r0 = 2
	exit

	.text
first:
	r0 = 1
	exit
second:
	r1 = 2
	r2 = 0
	call 23 // bpf_redirect
	exit

	.section "maps","aw",@progbits
	.globl packets
packets:
	.long 2, 4, 8, 1, 0 // type, sizes of key and value, entries, flags
hidden:
	.long 2, 4, 8, 1, 0

	.section "license","aw",@progbits
	.asciz "GPL"
