// SPDX-License-Identifier: Apache-2.0
//
// build: forms.o -mcpu=v4 -g0
//
// Instructions that compilers seldom write. All of them compute on registers and on
// the stack: none.

	.macro program name
	.section "socket","ax",@progbits
	.globl \name
	.type \name,@function
\name:
	.endm
	.macro done name
	exit
	.size \name, . - \name
	.endm

	// Byte orders, of 16, 32 and 64 bits.
	program byte_orders
	r0 = *(u32 *)(r1 + 0)
	.irp bits, 16, 32, 64
	r0 = be\bits r0
	r0 = le\bits r0
	r0 = bswap\bits r0
	.endr
	done byte_orders

	// A loop without a bound that the kernel can see at once.
	program counts_down
	r0 = 100
	r0 += -1
	if w0 != 0 goto -2
	done counts_down

	// Bits tested by a jump, and by one of 32 bits.
	program tests_bits
	r2 = *(u32 *)(r1 + 0)
	r0 = 1
	if r2 & 1 goto +1
	if w2 & 2 goto +0
	done tests_bits

	// Stores of constants and of 1 to 8 bytes, to the stack.
	program stores
	*(u8 *)(r10 - 1) = 1
	*(u16 *)(r10 - 4) = 2
	*(u32 *)(r10 - 8) = 3
	*(u64 *)(r10 - 16) = 4
	r0 = *(u64 *)(r10 - 16)
	*(u8 *)(r10 - 2) = w0
	done stores

	// Every operation on a number and a register, of 64 and 32 bits.
	program arithmetic
	r0 = *(u32 *)(r1 + 0)
	r2 = 3
	.irp op, +, -, *, /, s/, %, s%, &, |, ^, <<, >>, s>>
	r0 \op\()= 3
	w0 \op\()= 3
	r0 \op\()= r2
	w0 \op\()= w2
	.endr
	r0 = -r0
	w0 = -w0
	done arithmetic

	// Every comparison with a number and a register, of 64 and 32 bits.
	program comparisons
	r0 = *(u32 *)(r1 + 0)
	r2 = *(u32 *)(r1 + 4)
	.irp op, ==, !=, >, >=, <, <=, s>, s>=, s<, s<=, &
	if r0 \op 3 goto +0
	if w0 \op 3 goto +0
	if r0 \op r2 goto +0
	if w0 \op w2 goto +0
	.endr
	done comparisons

	// Parts of a number with their sign, from a register and from the stack.
	program signs
	r2 = *(u32 *)(r1 + 0)
	r0 = (s8)r2
	r0 = (s16)r0
	r0 = (s32)r0
	w0 = (s8)w0
	w0 = (s16)w0
	*(u64 *)(r10 - 8) = r0
	r0 = *(s8 *)(r10 - 8)
	r2 = *(s16 *)(r10 - 8)
	r0 += r2
	r2 = *(s32 *)(r10 - 8)
	r0 += r2
	done signs

	// Atomic operations on the stack.
	program atomics
	r0 = 1
	r1 = 1
	*(u64 *)(r10 - 8) = r1
	.irp op, +, &, |, ^
	lock *(u64 *)(r10 - 8) \op\()= r1
	lock *(u32 *)(r10 - 8) \op\()= w1
	.endr
	.irp op, add, and, or, xor
	r1 = atomic_fetch_\op\()((u64 *)(r10 - 8), r1)
	w1 = atomic_fetch_\op\()((u32 *)(r10 - 8), w1)
	.endr
	r1 = xchg_64(r10 - 8, r1)
	w1 = xchg32_32(r10 - 8, w1)
	r0 = cmpxchg_64(r10 - 8, r0, r1)
	w0 = cmpxchg32_32(r10 - 8, w0, w1)
	done atomics

	// Loads of the packet as classic BPF had them, of 1, 2 and 4 bytes.
	program classic
	r6 = r1
	r7 = 2
	r0 = *(u8 *)skb[0]
	r0 = *(u16 *)skb[2]
	r0 = *(u32 *)skb[4]
	r0 = *(u8 *)skb[r7]
	r0 = *(u16 *)skb[r7]
	r0 = *(u32 *)skb[r7]
	done classic

	.section "license","aw",@progbits
	.asciz "GPL"
