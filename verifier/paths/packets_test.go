package paths_test

// start leaves the packet in r2 and r4, its end in r3.
const start = `
		r6 = r1
		r2 = *(u32 *)(r1 + 76)
		r3 = *(u32 *)(r1 + 80)
		r0 = 0
		r4 = r2
		r4 += 8
`

// packetCases: comparisons of the packet with its end (kernel/bpf/verifier.c:is_pkt_ptr_branch_taken).
var packetCases = []visitCase{
	{"past the end", "it stays past the end", start + `
		if r4 > r3 goto short
		exit
	short:
		if r4 > r3 goto out
		exit // dead
	out:
		exit`},
	{"copy of what is past", "6.12 marks the register alone", start + `
		r5 = r4
		if r4 > r3 goto short
		exit
	short:
		if r5 > r3 goto out
		exit
	out:
		exit`},
	{"within", "6.12 does not conclude that a pointer within is not past", start + `
		if r4 > r3 goto out
		if r4 > r3 goto never
		exit
	never:
		exit
	out:
		exit`},
	{"at the end", "not before the end is not past it", start + `
		if r4 < r3 goto out
		if r4 < r3 goto never
		if r4 > r3 goto out
		exit
	never:
		exit // dead
	out:
		exit`},
	{"operands swapped", "the same comparison", start + `
		if r3 < r4 goto short
		exit
	short:
		if r4 > r3 goto out
		exit // dead
	out:
		exit`},
	{"helper that moves the packet", "pointers are numbers afterwards", start + `
		r7 = r4
		r8 = r3
		r1 = r6
		r2 = 0
		call bpf_skb_pull_data
		r0 = 0
		if r7 > r8 goto short
		exit
	short:
		if r7 > r8 goto out
		exit
	out:
		exit`},
	{"helper that does not", "what is known is kept", start + `
		r7 = r4
		r8 = r3
		if r7 > r8 goto short
		exit
	short:
		call bpf_get_prandom_u32
		r0 = 0
		if r7 > r8 goto out
		exit // dead
	out:
		exit`},
	{"LD_ABS", "pointers to the packet are kept, r1 to r5 are not", start + `
		r7 = r4
		r8 = r3
		if r7 > r8 goto short
		exit
	short:
		r0 = *(u8 *)skb[0]
		if r7 > r8 goto out
		exit // dead
	out:
		r0 = 0
		exit`},
}
