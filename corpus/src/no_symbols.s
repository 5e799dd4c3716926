// SPDX-License-Identifier: Apache-2.0
//
// build: no_symbols.o -mcpu=v1 -g0
//
// A section of code without any symbol, as some tools write. The program goes by the
// name of the section.

	.section "xdp","ax",@progbits
	r0 = *(u32 *)(r1 + 16)
	if r0 == 0 goto +1
	r0 = 1
	r0 += 1
	exit
