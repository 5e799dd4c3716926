package paths_test

// pruningCases: states that look alike at a slot. Where a walk ends at a state that it has seen, code behind
// it may be missed.
var pruningCases = []visitCase{
	{"frames of other sizes", "what a callee decides on was demanded of another register where the caller's frame had more slots", `
		call bpf_get_prandom_u32
		r1 = 1
		if r0 == 3 goto second
	callf:
		call f
		goto out
	out:
		r0 = 0
		exit
	second:
		call bpf_get_prandom_u32
		r7 = 1
		if r0 == 4 goto third
		r1 = 0
		r2 = 0
		r3 = 0
		r4 = 0
		r5 = 0
		goto +0
		goto +0
	check:
		r0 = 0
		r0 = 0
		goto +0
		r0 = 0
		r1 = r7
		*(u64 *)(r10 - 72) = 0
		goto callf
	third:
		r7 = 2
		goto check
	.type f,@function
	f:
	#! static
		r6 = r1
		r1 = 0
		r0 = 0
		r0 = 0
		r0 = 0
		r0 = 0
		r0 = 0
		goto +0
		goto +0
		goto +0
		if r6 == 2 goto found
		r0 = 0
		exit
	found:
		r0 = 99
		exit`},
	{"contradiction", "6.12 forgets bounds that contradict each other: of less it may know less", `
		call bpf_get_prandom_u32
		r7 = r0
		r7 &= 7
		call bpf_get_prandom_u32
		r8 = r0
		r8 &= 7
		call bpf_get_prandom_u32
		r6 = 0
		if r0 > 5 goto other
		goto join
	other:
		r6 = r10
		r7 &= 6
		if r7 < 5 goto out
		if r7 > 7 goto out
		r8 &= 5
		if r8 < 4 goto out
		goto +0
		goto +0
	join:
		r1 = 0
		r2 = 0
		r3 = 0
		r0 = 0
		r0 = 0
		r0 = 0
		r0 = 0
		r0 = 0
		goto +0
		goto +0
		*(u64 *)(r10 - 8) = r6
		if r7 == r8 goto same
	out:
		r0 = 0
		exit
	same:
		if r7 > 100 goto found
		r0 = 0
		exit
	found:
		r0 = 99
		exit`},
	{"arguments of a callback's call", "the caller's r3 is read again in the next round; 6.12 forgets that", `
		*(u64 *)(r10 - 16) = 0
		*(u64 *)(r10 - 8) = 5
		*(u64 *)(r10 - 32) = 0
		*(u64 *)(r10 - 24) = 7
		call bpf_get_prandom_u32
		r3 = r10
		if r0 > 5 goto other
		r3 += -16
		*(u64 *)(r10 - 32) = 1
		goto join
	other:
		r3 += -32
		*(u64 *)(r10 - 16) = 1
	join:
		r1 = 2
		r2 = f ll
		r4 = 0
		call bpf_loop
		r0 = 0
		exit
	.type f,@function
	f:
	#! static
		r0 = *(u64 *)(r2 + 0)
		if r0 == 1 goto second
		*(u64 *)(r2 + 0) = 1
		r2 = 0
		r1 = 0
		r3 = 0
		r0 = 0
		goto +0
		goto +0
		goto +0
		goto +0
		goto +0
		goto +0
		goto +0
		goto +0
		goto +0
		r0 = 0
		exit
	second:
		r0 = *(u64 *)(r2 + 8)
		if r0 != 7 goto out
		r1 = 99 // dead in 6.12
	out:
		r0 = 0
		exit`},
	{"other round before", "what the kernel widens depends on the round before, which two ways to the same state may not share", `
		r1 = r10
		r1 += -16
		r2 = 0
		r3 = 10
		call bpf_iter_num_new
		r1 = r10
		r1 += -8
		r2 = 0
		r3 = 10
		call bpf_iter_num_new
		r7 = 6
		r8 = 0
		r1 = r10
		r1 += -16
		call bpf_iter_num_next
		if r0 != 0 goto other
		goto head
	other:
		r7 = 5
	head:
		r1 = r10
		r1 += -8
		call bpf_iter_num_next
		if r0 == 0 goto done
		r0 = 0
		r1 = 0
		r2 = 0
		r3 = 0
		r4 = 0
		r5 = 0
		goto +0
		goto +0
		if r8 == 0 goto first
		if r7 != 6 goto found
	first:
		goto +0
		r7 = 6
		r8 = 1
		goto head
	done:
		r1 = r10
		r1 += -8
		call bpf_iter_num_destroy
		r1 = r10
		r1 += -16
		call bpf_iter_num_destroy
		r0 = 0
		exit
	found:
		r9 = 99
		goto first`},
}
