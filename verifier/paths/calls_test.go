package paths_test

// callCases: functions that the kernel verifies in the frames of their callers.
var callCases = []visitCase{
	{"argument", "the callee knows what it is passed", `
		r1 = 5
		call f
		exit
	.type f,@function
	f:
	#! static
		r0 = 0
		if r1 == 5 goto out
		exit // dead
	out:
		exit`},
	{"arguments of two calls", "each call is followed", `
		r1 = 5
		call f
		r1 = 6
		call f
		exit
	.type f,@function
	f:
	#! static
		r0 = 0
		if r1 == 5 goto five
		if r1 == 6 goto six
		exit // dead
	five:
		exit
	six:
		exit`},
	{"result", "the caller knows it", `
		call f
		if r0 == 7 goto out
		exit // dead
	out:
		exit
	.type f,@function
	f:
	#! static
		r0 = 7
		exit`},
	{"two results", "each is followed", `
		call f
		if r0 == 7 goto out
		if r0 == 8 goto out
		exit // dead
	out:
		exit
	.type f,@function
	f:
	#! static
		call bpf_get_prandom_u32
		if r0 == 1 goto other
		r0 = 7
		exit
	other:
		r0 = 8
		exit`},
	{"saved registers", "r6 is the caller's", `
		r6 = 3
		call f
		if r6 == 3 goto out
		exit // dead
	out:
		exit
	.type f,@function
	f:
	#! static
		r6 = 4
		r0 = 0
		exit`},
	{"stack of the caller", "the callee reads and writes it", `
		*(u64 *)(r10 - 8) = 3
		r1 = r10
		r1 += -8
		call f
		r0 = *(u64 *)(r10 - 8)
		if r0 == 4 goto out
		exit // dead
	out:
		exit
	.type f,@function
	f:
	#! static
		r0 = *(u64 *)(r1 + 0)
		if r0 == 3 goto go
		exit // dead
	go:
		*(u64 *)(r1 + 0) = 4
		exit`},
	{"stack of its own", "a frame starts with nothing written", `
		*(u64 *)(r10 - 8) = 3
		call f
		exit
	.type f,@function
	f:
	#! static
		r0 = *(u64 *)(r10 - 8)
		if r0 == 3 goto out
		exit
	out:
		exit`},
	{"call within a call", "constants go down and come up", `
		r1 = 1
		call f
		if r0 == 3 goto out
		exit // dead
	out:
		exit
	.type f,@function
	f:
	#! static
		r1 += 1
		call g
		exit
	.type g,@function
	g:
	#! static
		r0 = r1
		r0 += 1
		if r0 == 3 goto back
		exit // dead
	back:
		exit`},
	{"not called", "of a call that is dead the function is so too", `
		r0 = 0
		if r0 == 0 goto out
		call f // dead
	out:
		exit
	.type f,@function
	f:
	#! static
		r0 = 7 // dead
		exit // dead`},
	{"LD_ABS in a subprogram", "it may end there, and then returns 0", `
		r6 = r1
		call f
		if r0 == 0 goto out
		exit
	out:
		exit
	.type f,@function
	f:
	#! static
		r6 = r1
		r0 = *(u8 *)skb[0]
		r0 = 1
		exit`},
	{"LD_ABS in a subprogram, the other way", "what it loads is unknown", `
		r6 = r1
		call f
		if r0 == 1 goto out
		exit
	out:
		exit
	.type f,@function
	f:
	#! static
		r6 = r1
		r0 = *(u8 *)skb[0]
		if r0 == 9 goto nine
		r0 = 1
		exit
	nine:
		r0 = 2
		exit`},
}
