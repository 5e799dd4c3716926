package paths_test

// lookup leaves a socket or 0 in r0, with a reference.
const lookup = `
		r6 = r1
		*(u64 *)(r10 - 8) = 0
		*(u64 *)(r10 - 16) = 0
		r2 = r10
		r2 += -16
		r3 = 12
		r4 = -1
		r5 = 0
		call bpf_sk_lookup_tcp
`

// pointerCases: comparisons of pointers with 0, and what ends what is known of one.
var pointerCases = []visitCase{
	{"result that may be 0", "both ways, once", lookup + `
		if r0 == 0 goto out
		if r0 == 0 goto never
		r1 = r0
		call bpf_sk_release
	out:
		r0 = 0
		exit
	never:
		exit // dead`},
	{"what is 0", "it is the number", lookup + `
		if r0 != 0 goto some
		if r0 == 0 goto out
		exit // dead
	some:
		r1 = r0
		call bpf_sk_release
	out:
		r0 = 0
		exit`},
	{"copy", "the test of one is that of the other", lookup + `
		r7 = r0
		if r0 == 0 goto out
		if r7 == 0 goto never
		r1 = r7
		call bpf_sk_release
	out:
		r0 = 0
		exit
	never:
		exit // dead`},
	{"copy on the stack", "there too", lookup + `
		*(u64 *)(r10 - 24) = r0
		if r0 == 0 goto out
		r7 = *(u64 *)(r10 - 24)
		if r7 == 0 goto never
		r1 = r7
		call bpf_sk_release
	out:
		r0 = 0
		exit
	never:
		exit // dead`},
	{"released", "then it is an unknown number", lookup + `
		if r0 == 0 goto out
		r7 = r0
		r1 = r0
		call bpf_sk_release
		if r7 == 0 goto out
		r0 = 1
		exit
	out:
		r0 = 0
		exit`},
	{"two results", "the test of one says nothing of the other", lookup + `
		r8 = r0
		r1 = r6
		r2 = r10
		r2 += -16
		r3 = 12
		r4 = -1
		r5 = 0
		call bpf_sk_lookup_tcp
		r7 = r0
		if r7 == 0 goto first
		r1 = r7
		call bpf_sk_release
	first:
		if r8 == 0 goto out
		r1 = r8
		call bpf_sk_release
	out:
		r0 = 0
		exit`},
	{"context", "6.12 does not conclude that it is not 0 (reg_not_null)", `
		r0 = 0
		if r1 == 0 goto out
		exit
	out:
		exit`},
	{"stack", "the same", `
		r0 = 0
		if r10 == 0 goto out
		exit
	out:
		exit`},
	{"trusted object", "it is not 0", `
		call bpf_get_current_task_btf
		if r0 == 0 goto out
		r0 = 0
		exit
	out:
		exit // dead`},
	{"trusted object, 32 bits", "its lower half may be", `
		call bpf_get_current_task_btf
		r6 = r0
		r0 = 0
		if w6 == 0 goto out
		exit
	out:
		exit`},
	{"trusted object and a number", "nothing is known of that", `
		call bpf_get_current_task_btf
		r6 = r0
		r0 = 0
		if r6 == 5 goto out
		exit
	out:
		exit`},
	{"reference", "an object with one is not 0, once it is tested", `
		r1 = 1
		call bpf_task_from_pid
		if r0 == 0 goto out
		if r0 == 0 goto never
		r1 = r0
		call bpf_task_release
	out:
		r0 = 0
		exit
	never:
		exit // dead`},
	{"reference that is released", "the copy is an unknown number", `
		r1 = 1
		call bpf_task_from_pid
		if r0 == 0 goto out
		r6 = r0
		r1 = r0
		call bpf_task_release
		if r6 == 0 goto out
		r0 = 1
	out:
		r0 = 0
		exit`},
	{"field of the context", "a socket that may be 0", `
		r6 = *(u64 *)(r1 + 168)
		r0 = 0
		if r6 == 0 goto out
		if r6 == 0 goto never
		exit
	out:
		exit
	never:
		exit // dead`},
	{"field, twice", "each load is one of its own", `
		r6 = *(u64 *)(r1 + 168)
		r7 = *(u64 *)(r1 + 168)
		r0 = 0
		if r6 == 0 goto out
		if r7 == 0 goto other
		exit
	out:
		exit
	other:
		exit`},
	{"pointer computed from", "a difference is a number", `
		r2 = r10
		r2 -= r10
		r0 = 0
		if r2 == 0 goto out
		exit
	out:
		exit`},
	{"section", "a pointer that the section ends with is not followed", `
		call bpf_rcu_read_lock
		call bpf_rcu_read_unlock
		call bpf_get_current_task_btf
		if r0 == 0 goto out
		r0 = 0
		exit
	out:
		exit // dead`},
}
