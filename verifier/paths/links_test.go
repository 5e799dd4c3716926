package paths_test

// linkCases: what a comparison tells of other registers that hold the same number, or one that
// differs by a constant (kernel/bpf/verifier.c:sync_linked_regs).
var linkCases = []visitCase{
	{"copy", "what is known of the one is known of the other", `
		call bpf_get_prandom_u32
		r6 = r0
		if r6 != 5 goto out
		if r0 == 5 goto out
		exit // dead
	out:
		exit`},
	{"the other way round", "the source of a copy, too", `
		call bpf_get_prandom_u32
		r6 = r0
		if r0 != 5 goto out
		if r6 == 5 goto out
		exit // dead
	out:
		exit`},
	{"written since", "then they differ", `
		call bpf_get_prandom_u32
		r6 = r0
		call bpf_get_prandom_u32
		if r0 != 5 goto out
		if r6 == 5 goto out
		exit
	out:
		exit`},
	{"32 bits of more", "the upper half is not the same", `
		call bpf_get_prandom_u32
		w6 = w0
		if r6 != 5 goto out
		if r0 == 5 goto out
		exit
	out:
		exit`},
	{"32 bits of as many", "it is the same number", `
		call bpf_get_prandom_u32
		w0 = w0
		w6 = w0
		if r6 != 5 goto out
		if r0 == 5 goto out
		exit // dead
	out:
		exit`},
	{"sign extension of few bits", "the number does not change", `
		call bpf_get_prandom_u32
		r0 &= 127
		r6 = (s8)r0
		if r6 != 5 goto out
		if r0 == 5 goto out
		exit // dead
	out:
		exit`},
	{"sign extension", "it may change", `
		call bpf_get_prandom_u32
		r0 &= 255
		r6 = (s8)r0
		if r6 != 5 goto out
		if r0 == 5 goto out
		exit
	out:
		exit`},
	{"a constant added", "it is added to what is learnt", `
		call bpf_get_prandom_u32
		r6 = r0
		r6 += 3
		if r0 != 5 goto out
		if r6 == 8 goto out
		exit // dead
	out:
		exit`},
	{"subtracted from what is learnt", "the other way round", `
		call bpf_get_prandom_u32
		r6 = r0
		r6 += 3
		if r6 != 8 goto out
		if r0 == 5 goto out
		exit // dead
	out:
		exit`},
	{"two constants added", "6.12 follows one alone", `
		call bpf_get_prandom_u32
		r6 = r0
		r6 += 3
		r6 += 3
		if r0 != 5 goto out
		if r6 == 11 goto out
		exit
	out:
		exit`},
	{"a constant subtracted", "6.12 follows sums alone", `
		call bpf_get_prandom_u32
		r6 = r0
		r6 -= 3
		if r0 != 5 goto out
		if r6 == 2 goto out
		exit
	out:
		exit`},
	{"copy of a sum", "it is a link of its own", `
		call bpf_get_prandom_u32
		r6 = r0
		r6 += 3
		r7 = r6
		if r0 != 5 goto out
		if r7 == 8 goto out
		exit
	out:
		exit`},
	{"six linked", "6.12 keeps as many (LINKED_REGS_MAX)", `
		call bpf_get_prandom_u32
		r1 = r0
		r2 = r0
		r3 = r0
		r4 = r0
		r5 = r0
		if r0 != 5 goto out
		if r5 == 5 goto out
		exit // dead
	out:
		exit`},
	{"seven linked", "the last one loses its link", `
		call bpf_get_prandom_u32
		r1 = r0
		r2 = r0
		r3 = r0
		r4 = r0
		r5 = r0
		r6 = r0
		if r0 != 5 goto out
		if r6 == 5 goto out
		exit
	out:
		exit`},
	{"spilled", "a copy on the stack is linked", `
		call bpf_get_prandom_u32
		*(u64 *)(r10 - 8) = r0
		if r0 != 5 goto out
		r6 = *(u64 *)(r10 - 8)
		if r6 == 5 goto out
		exit // dead
	out:
		exit`},
	{"spilled in part", "only where no bits are lost", `
		call bpf_get_prandom_u32
		*(u32 *)(r10 - 8) = w0
		w6 = w0
		*(u32 *)(r10 - 16) = w6
		if r0 != 5 goto out
		r7 = *(u32 *)(r10 - 8)
		if r7 == 5 goto out
		exit
	out:
		exit`},
	{"spilled with 32 bits", "no bits are lost", `
		call bpf_get_prandom_u32
		w0 = w0
		*(u32 *)(r10 - 8) = w0
		if r0 != 5 goto out
		r7 = *(u32 *)(r10 - 8)
		if r7 == 5 goto out
		exit // dead
	out:
		exit`},
	{"two numbers", "both are linked to others", `
		call bpf_get_prandom_u32
		r6 = r0
		r8 = r0
		call bpf_get_prandom_u32
		r7 = r0
		r0 &= 3
		if r0 != 3 goto out
		r7 &= 3
		r9 = r7
		if r6 != r7 goto out
		if r8 > 3 goto never
		exit
	never:
		exit // dead
	out:
		exit`},
	{"in the caller's frame", "what the callee learns of its argument the caller knows", `
		call bpf_get_prandom_u32
		r6 = r0
		r1 = r0
		call f
		if r0 == 0 goto out
		if r6 == 5 goto out
		exit // dead
	out:
		exit
	.type f,@function
	f:
	#! static
		r0 = 0
		if r1 != 5 goto back
		r0 = 1
	back:
		exit`},
}
