// SPDX-License-Identifier: Apache-2.0
//
// build: ordered.o -g0
//
// Load-acquire and store-release, which are newer than clang-19 and than Linux
// 6.12. On the stack they are as harmless as any other access.

	.section "socket","ax",@progbits
	.globl ordered
	.type ordered,@function
ordered:
	r1 = 0
	r0 = 0
	*(u64 *)(r10 - 8) = r1
	.irp size, 0xc3, 0xcb, 0xd3, 0xdb // 4, 2, 1 and 8 bytes
	.8byte \size | 10 << 8 | 1 << 12 | 0xfff8 << 16 | 0x110 << 32 // store_release(r10 - 8, r1)
	.8byte \size | 0 << 8 | 10 << 12 | 0xfff8 << 16 | 0x100 << 32 // r0 = load_acquire(r10 - 8)
	.endr
	exit
	.size ordered, . - ordered

	.section "license","aw",@progbits
	.asciz "GPL"
