package paths_test

// loopCases: loops that are followed round by round, and those of iterators and may_goto, which
// end when nothing new comes of a round.
var loopCases = []visitCase{
	{"counter", "each round is followed, so that its end is known", `
		r6 = 0
	again:
		r6 += 1
		if r6 < 10 goto again
		if r6 == 10 goto out
		exit // dead
	out:
		r0 = 0
		exit`},
	{"one round of it", "a number that the counter comes by", `
		r6 = 0
	again:
		r6 += 1
		if r6 != 5 goto next
		r7 = 0
	next:
		if r6 == 11 goto never
		if r6 < 10 goto again
		r0 = 0
		exit
	never:
		exit // dead`},
	{"steps of two", "it comes by no odd number", `
		r6 = 0
	again:
		r6 += 2
		if r6 == 5 goto five
		if r6 < 10 goto again
		r0 = 0
		exit
	five:
		exit // dead`},
	{"of two ways", "both in every round", `
		r6 = 0
		r7 = 0
	again:
		call bpf_get_prandom_u32
		if r0 == 0 goto skip
		r7 += 1
	skip:
		r6 += 1
		if r6 < 3 goto again
		if r7 == 3 goto three
		if r7 > 3 goto never
		r0 = 0
		exit
	three:
		exit
	never:
		exit // dead`},
	{"iterator", "the body is visited, and what comes after", `
		r1 = r10
		r1 += -8
		r2 = 0
		r3 = 10
		call bpf_iter_num_new
	again:
		r1 = r10
		r1 += -8
		call bpf_iter_num_next
		if r0 == 0 goto out
		goto again
	out:
		r1 = r10
		r1 += -8
		call bpf_iter_num_destroy
		r0 = 0
		exit`},
	{"element of an iterator", "on the way with one it is not 0", `
		r1 = r10
		r1 += -8
		r2 = 0
		r3 = 10
		call bpf_iter_num_new
	again:
		r1 = r10
		r1 += -8
		call bpf_iter_num_next
		if r0 == 0 goto out
		if r0 == 0 goto never
		goto again
	never:
		goto again // dead
	out:
		r1 = r10
		r1 += -8
		call bpf_iter_num_destroy
		r0 = 0
		exit`},
	{"constant around an iterator", "what no round changes is known behind it", `
		r6 = 3
		r1 = r10
		r1 += -8
		r2 = 0
		r3 = 10
		call bpf_iter_num_new
	again:
		r1 = r10
		r1 += -8
		call bpf_iter_num_next
		if r0 == 0 goto out
		r7 = r6
		goto again
	out:
		r1 = r10
		r1 += -8
		call bpf_iter_num_destroy
		if r6 == 3 goto end
		exit // dead
	end:
		r0 = 0
		exit`},
	{"number of an iterator's rounds", "what differs between rounds becomes unknown; 6.12 keeps it if something was decided on it", `
		r6 = 0
		r1 = r10
		r1 += -8
		r2 = 0
		r3 = 10
		call bpf_iter_num_new
	again:
		r1 = r10
		r1 += -8
		call bpf_iter_num_next
		if r0 == 0 goto out
		if r6 > 2 goto again
		r6 += 1
		goto again
	out:
		r1 = r10
		r1 += -8
		call bpf_iter_num_destroy
		r0 = 0
		if r6 == 4 goto end
		exit
	end:
		exit // dead in 6.12`},
	{"number that cannot be", "6.12 keeps that r6 is odd, on which something was decided; of one that cannot be it forgets all, and goes both ways", `
		r6 = 1
		r1 = r10
		r1 += -8
		r2 = 0
		r3 = 10
		call bpf_iter_num_new
	again:
		r1 = r10
		r1 += -8
		call bpf_iter_num_next
		if r0 == 0 goto out
		if r6 == 0 goto zero
		if r6 == 1 goto one
		if r6 < 2 goto again
		if r6 > 2 goto again
		if r6 == 2 goto again
		r7 = 0
		goto again
	one:
		call bpf_get_prandom_u32
		r6 = r0
		r6 |= 1
		goto again
	zero:
		goto again // dead in 6.12
	out:
		r1 = r10
		r1 += -8
		call bpf_iter_num_destroy
		r0 = 0
		exit`},
	{"round that 6.12 drops", "more than 64 ways leave the second round, so that it compares the third with the first, where r6 is another", `
		r9 = *(u64 *)(r1 + 168)
		if r9 != 0 goto start
		r0 = 0
		exit
	start:
		r6 = 0
		r7 = 0
		r8 = 0
		*(u64 *)(r10 - 16) = 0
		r1 = r10
		r1 += -8
		r2 = 0
		r3 = 10
		call bpf_iter_num_new
	again:
		r1 = r10
		r1 += -8
		call bpf_iter_num_next
		if r0 == 0 goto out
		if r7 != 0 goto later
		call bpf_get_prandom_u32
		if r0 > 7 goto again
		r6 = 1
		r7 = r9
		goto again
	later:
		r1 = *(u64 *)(r10 - 16)
		if r1 != 0 goto third
		r6 = 1
		r8 = 0
		call bpf_get_prandom_u32
		if r0 > 5 goto b0
		r8 += 1
	b0:
		call bpf_get_prandom_u32
		if r0 > 5 goto b1
		r8 += 2
	b1:
		call bpf_get_prandom_u32
		if r0 > 5 goto b2
		r8 += 4
	b2:
		call bpf_get_prandom_u32
		if r0 > 5 goto b3
		r8 += 8
	b3:
		call bpf_get_prandom_u32
		if r0 > 5 goto b4
		r8 += 16
	b4:
		call bpf_get_prandom_u32
		if r0 > 5 goto b5
		r8 += 32
	b5:
		call bpf_get_prandom_u32
		if r0 > 5 goto b6
		r8 += 64
	b6:
		*(u64 *)(r10 - 16) = r9
		goto again
	third:
		call bpf_get_prandom_u32
		if r0 > 7 goto reset
		if r6 == 0 goto dropped
		goto again
	reset:
		r6 = 0
		r7 = 0
		r8 = 0
		*(u64 *)(r10 - 16) = 0
		r1 = 0
		goto again
	dropped:
		goto again
	out:
		r1 = r10
		r1 += -8
		call bpf_iter_num_destroy
		r0 = 0
		exit`},
	{"may_goto", "the loop may end at any time", `
		r6 = 0
	again:
		may_goto out
		r6 = 1
		goto again
	out:
		if r6 == 0 goto none
		if r6 == 1 goto some
		r0 = 0 // dead
		exit // dead
	none:
		r0 = 0
		exit
	some:
		r0 = 0
		exit`},
	{"number of rounds of may_goto", "the same", `
		r6 = 0
	again:
		may_goto out
		if r6 > 2 goto again
		r6 += 1
		goto again
	out:
		r0 = 0
		if r6 == 4 goto end
		exit
	end:
		exit // dead in 6.12`},
}
