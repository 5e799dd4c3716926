package paths_test

// branchCases: which comparisons of numbers are decided. r0 of bpf_get_prandom_u32 is an unknown
// number of 64 bits.
var branchCases = []visitCase{
	{"equal constants", "the jump is taken", `
		r0 = 1
		if r0 == 1 goto out
		r0 = 2 // dead
	out:
		exit`},
	{"other constants", "the jump is not taken", `
		r0 = 1
		if r0 == 2 goto out
		r0 = 2
		exit
	out:
		exit // dead`},
	{"unknown", "both ways", `
		call bpf_get_prandom_u32
		if r0 == 1 goto out
		r0 = 2
	out:
		exit`},
	{"a constant of 64 bits", "its upper half counts", `
		r0 = 0x100000000 ll
		if r0 == 0 goto out
		r0 = 2
		exit
	out:
		exit // dead`},
	{"its lower half", "a jump of 32 bits sees nothing else", `
		r0 = 0x100000000 ll
		if w0 == 0 goto out
		r0 = 2 // dead
	out:
		exit`},
	{"two registers", "as with a constant", `
		r0 = 1
		r1 = 1
		if r0 == r1 goto out
		r0 = 2 // dead
	out:
		exit`},
	{"mask", "the greatest number is that of the bits", `
		call bpf_get_prandom_u32
		r0 &= 7
		if r0 > 7 goto out
		exit
	out:
		exit // dead`},
	{"mask, one less", "7 is greater than 6", `
		call bpf_get_prandom_u32
		r0 &= 7
		if r0 > 6 goto out
		exit
	out:
		exit`},
	{"ranges that do not meet", "the least of one is the greatest of the other", `
		call bpf_get_prandom_u32
		r6 = r0
		r6 &= 7
		call bpf_get_prandom_u32
		r0 &= 7
		r0 += 8
		if r6 >= r0 goto out
		exit
	out:
		exit // dead`},
	{"a bit that is set", "known bits decide a test of bits", `
		call bpf_get_prandom_u32
		r0 |= 4
		if r0 & 4 goto out
		r0 = 2 // dead
	out:
		exit`},
	{"a bit that is not set", "known bits decide a test of bits", `
		call bpf_get_prandom_u32
		r0 &= -5
		if r0 & 4 goto out
		exit
	out:
		exit // dead`},
	{"equality by bits", "an even number is not 1", `
		call bpf_get_prandom_u32
		r0 &= 6
		if r0 == 1 goto out
		exit
	out:
		exit // dead`},
	{"learnt from a jump", "up to 10 on one way, from 11 on the other", `
		call bpf_get_prandom_u32
		if r0 > 10 goto more
		if r0 > 20 goto out
		exit
	more:
		if r0 < 11 goto out
		exit
	out:
		exit // dead`},
	{"learnt from equality", "a constant on the way where it holds", `
		call bpf_get_prandom_u32
		if r0 != 3 goto out
		if r0 == 3 goto out
		exit // dead
	out:
		exit`},
	{"learnt from a test of bits", "none of them is set where it is not taken", `
		call bpf_get_prandom_u32
		if r0 & 3 goto out
		if r0 & 1 goto out
		r0 &= 3
		if r0 == 0 goto out
		exit // dead
	out:
		exit`},
	{"signed", "-1 is less than 0", `
		r0 = -1
		if r0 s< 0 goto out
		exit // dead
	out:
		exit`},
	{"unsigned", "-1 is the greatest", `
		r0 = -1
		if r0 < 1 goto out
		exit
	out:
		exit // dead`},
	{"signed range", "from -5 to 5 are all less than 6", `
		call bpf_get_prandom_u32
		if r0 s> 5 goto more
		if r0 s< -5 goto more
		if r0 s>= 6 goto out
		exit
	more:
		exit
	out:
		exit // dead`},
	{"signs are exchanged", "from 0 to 5, signed, is so unsigned too", `
		call bpf_get_prandom_u32
		if r0 s> 5 goto more
		if r0 s< 0 goto more
		if r0 > 5 goto out
		exit
	more:
		exit
	out:
		exit // dead`},
	{"32 bits", "the lower half alone is known", `
		call bpf_get_prandom_u32
		if w0 > 10 goto more
		if w0 > 20 goto out
		exit
	more:
		exit
	out:
		exit // dead`},
	{"32 bits tell nothing of 64", "the upper half may be anything", `
		call bpf_get_prandom_u32
		if w0 != 5 goto more
		if r0 == 5 goto out
		exit
	more:
		exit
	out:
		exit`},
	{"32 bits of what has no more", "then they tell it", `
		call bpf_get_prandom_u32
		w0 = w0
		if w0 != 5 goto more
		if r0 != 5 goto out
		exit
	more:
		exit
	out:
		exit // dead`},
	{"signed, 32 bits", "0xffffffff is -1 there", `
		w0 = -1
		if w0 s< 0 goto next
		exit // dead
	next:
		if r0 s< 0 goto out
		exit
	out:
		exit // dead`},
	{"a number and itself", "6.12 does not know that they are equal", `
		call bpf_get_prandom_u32
		if r0 == r0 goto out
		exit
	out:
		exit`},
	{"sums", "known bounds are added", `
		call bpf_get_prandom_u32
		r0 &= 7
		r0 += 10
		if r0 < 10 goto out
		if r0 > 17 goto out
		exit
	out:
		exit // dead`},
	{"products, shifts", "of known bounds, known ones", `
		call bpf_get_prandom_u32
		r0 &= 7
		r0 *= 3
		r0 <<= 1
		if r0 > 42 goto out
		r0 >>= 3
		if r0 > 5 goto out
		exit
	out:
		exit // dead`},
	{"sign extension", "255 is -1 as one byte", `
		r0 = 255
		r0 = (s8)r0
		if r0 == -1 goto out
		exit // dead
	out:
		exit`},
	{"quotient", "6.12 does not compute it, even of constants", `
		r0 = 10
		r0 /= 2
		if r0 == 5 goto out
		exit
	out:
		exit`},
	{"remainder", "the same", `
		r0 = 10
		r0 %= 3
		if r0 == 1 goto out
		exit
	out:
		exit`},
	{"negation", "the same", `
		r0 = 5
		r0 = -r0
		if r0 == -5 goto out
		exit
	out:
		exit`},
	{"byte order", "the same", `
		r0 = 5
		r0 = be16 r0
		if r0 == 5 goto out
		exit
	out:
		exit`},
	{"difference to itself", "6.12 does not know that it is 0", `
		call bpf_get_prandom_u32
		r0 -= r0
		if r0 == 0 goto out
		exit
	out:
		exit`},
	{"-1 or 0", "6.12 goes on once with each (maybe_fork_scalars)", `
		call bpf_get_prandom_u32
		r0 s>>= 63
		r0 &= 8
		if r0 == 8 goto out
		if r0 == 0 goto out
		exit // dead
	out:
		exit`},
	{"bounds of a load", "a byte has 8 bits", `
		r0 = *(u32 *)(r1 + 0)
		*(u32 *)(r10 - 4) = w0
		r0 = *(u8 *)(r10 - 3)
		if r0 > 255 goto out
		exit
	out:
		exit // dead`},
	{"bounds of a helper", "its return value is at most its argument (do_refine_retval_range)", `kprobe
		r1 = r10
		r1 += -16
		r2 = 16
		r3 = 0
		call bpf_probe_read_kernel_str
		if r0 s> 16 goto out
		r0 = 0
		exit
	out:
		exit // dead`},
	{"two ways to one place", "it is visited with what either way knows", `
		call bpf_get_prandom_u32
		r6 = 1
		if r0 == 0 goto join
		r6 = 2
	join:
		if r6 == 1 goto out
		if r6 == 2 goto out
		exit // dead
	out:
		exit`},
	{"a third way", "what no way knows is not visited", `
		call bpf_get_prandom_u32
		r6 = 1
		if r0 == 0 goto join
		r6 = 2
		if r0 == 1 goto join
		r6 = 3
	join:
		r6 *= 2
		if r6 == 2 goto out
		if r6 == 4 goto out
		if r6 == 5 goto deep
		exit
	deep:
		exit // dead
	out:
		exit`},
}
