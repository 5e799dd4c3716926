package paths_test

// globalCases: functions that the kernel verifies by themselves, and those of which nothing says
// whether it does.
var globalCases = []visitCase{
	{"number", "the caller's constant is not known", `
		r1 = 5
		call f
		exit
	.type f,@function
	f:
	#! global (number)
		r0 = 0
		if r1 == 5 goto out
		exit
	out:
		exit`},
	{"result", "the caller knows nothing of it", `
		call f
		if r0 == 7 goto out
		exit
	out:
		exit
	.type f,@function
	f:
	#! global ()
		r0 = 7
		exit`},
	{"context", "it can be read, and has a packet", `
		r2 = 3
		call f
		exit
	.type f,@function
	f:
	#! global (context,number)
		r0 = 0
		r2 = *(u32 *)(r1 + 76)
		r3 = *(u32 *)(r1 + 80)
		r4 = r2
		r4 += 8
		if r4 > r3 goto short
		exit
	short:
		if r4 > r3 goto out
		exit // dead
	out:
		exit`},
	{"memory", "of what is not modelled nothing is known; 6.12 knows that it is not 0", `
		*(u64 *)(r10 - 8) = 3
		r1 = r10
		r1 += -8
		r2 = 0
		call f
		exit
	.type f,@function
	f:
	#! global (unknown,number)
		r0 = 0
		if r1 == 0 goto out
		exit
	out:
		exit // dead in 6.12`},
	{"stack that is passed", "the function may have written it", `
		*(u64 *)(r10 - 8) = 3
		r1 = r10
		r1 += -8
		r2 = 0
		call f
		r0 = *(u64 *)(r10 - 8)
		if r0 == 3 goto out
		exit
	out:
		exit
	.type f,@function
	f:
	#! global (unknown,number)
		r0 = 0
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
	#! global ()
		r0 = 7
		exit`},
	{"not called", "then the kernel does not look at it (do_check_subprogs)", `
		r0 = 0
		if r0 == 0 goto out
		call f // dead
	out:
		exit
	.type f,@function
	f:
	#! global ()
		r0 = 7 // dead
		exit // dead`},
	{"called by another", "that one must be called itself", `
		call f
		exit
	.type f,@function
	f:
	#! global ()
		call g
		exit
	.type g,@function
	g:
	#! global ()
		r0 = 7
		exit`},
	{"called before its caller", "the functions are gone through again", `
		call g
		exit
	.type f,@function
	f:
	#! global ()
		r0 = 7
		exit
	.type g,@function
	g:
	#! global ()
		call f
		exit`},
	{"not called by another that is not", "neither is looked at", `
		r0 = 0
		if r0 == 0 goto out
		call f // dead
	out:
		exit
	.type f,@function
	f:
	#! global ()
		call g // dead
		exit // dead
	.type g,@function
	g:
	#! global ()
		r0 = 7 // dead
		exit // dead`},
	{"static function of a global one", "it is followed from there", `
		r1 = 5
		call f
		exit
	.type f,@function
	f:
	#! global (number)
		call g
		exit
	.type g,@function
	g:
	#! static
		r0 = 0
		if r1 == 5 goto out
		exit
	out:
		exit`},
	{"unknown linkage", "by itself, since it may be so; this is what a static one shows in 6.12", `
		r1 = 5
		call f
		if r0 == 7 goto out
		exit // dead in 6.12
	out:
		exit
	.type f,@function
	f:
		r0 = 7
		if r1 == 5 goto back
		exit // dead in 6.12
	back:
		exit`},
}

// exceptionCases: bpf_throw and its callback.
var exceptionCases = []visitCase{
	{"callback", "it is looked at though nothing calls it, with an unknown number", `
		r0 = 0
		exit
	.type f,@function
	f:
	#! exception_callback
		r0 = 0
		if r1 == 5 goto out
		exit
	out:
		exit`},
	{"throw", "nothing comes behind it", `
		call bpf_get_prandom_u32
		if r0 == 0 goto out
		r1 = 0
		call bpf_throw
		r0 = 1 // dead
	out:
		r0 = 0
		exit
	.type f,@function
	f:
	#! exception_callback
		r0 = 0
		exit`},
	{"throw in a subprogram", "the caller is not come back to", `
		call f
		exit // dead
	.type f,@function
	f:
	#! static
		r1 = 0
		call bpf_throw
		r0 = 0 // dead
		exit // dead
	.type g,@function
	g:
	#! exception_callback
		r0 = 0
		exit`},
}
