package paths_test

// apart are so many instructions and jumps that states are compared behind them, at join
// (kernel/bpf/verifier.c:is_state_visited): two jumps and eight instructions, after the same before.
const apart = eight + `
		goto one
	one:
		goto two
	two:
` + eight + `
		goto join
`

const eight = `
		r8 = 1
		r8 = 2
		r8 = 3
		r8 = 4
		r8 = 5
		r8 = 6
		r8 = 7
		r8 = 8
`

// joinCases: two ways come to one place, the second with less known than the first. It
// must be followed all the same where what is not known of it decides something there.
var joinCases = []visitCase{
	{"number", "the first way knows it", `
		call bpf_get_prandom_u32
		r6 = r0
		call bpf_get_prandom_u32
		if r0 == 0 goto join
		r6 = 5` + apart + `
	join:
		if r6 == 5 goto out
		exit
	out:
		exit`},
	{"number that decides nothing", "the way ends at once, and nothing is missed", `
		call bpf_get_prandom_u32
		r6 = r0
		call bpf_get_prandom_u32
		if r0 == 0 goto join
		r6 = 5` + apart + `
	join:
		r7 = 1
		r6 += 1
		if r7 == 1 goto out
		exit // dead
	out:
		exit`},
	{"number from which another is computed", "it decides by that", `
		call bpf_get_prandom_u32
		r6 = r0
		call bpf_get_prandom_u32
		if r0 == 0 goto join
		r6 = 5` + apart + `
	join:
		r7 = r6
		r7 += 2
		*(u64 *)(r10 - 8) = r7
		r1 = *(u64 *)(r10 - 8)
		if r1 == 7 goto out
		exit
	out:
		exit`},
	{"link", "on the second way the numbers are not the same", `
		call bpf_get_prandom_u32
		r6 = r0
		call bpf_get_prandom_u32
		r7 = r0
		call bpf_get_prandom_u32
		if r0 == 0 goto join
		r7 = r6` + apart + `
	join:
		if r6 != 5 goto out
		if r7 == 5 goto out
		exit
	out:
		exit`},
	{"constant added to a link", "on the second way it is another", `
		call bpf_get_prandom_u32
		r6 = r0
		r7 = r6
		r7 += 2
		call bpf_get_prandom_u32
		if r0 == 0 goto join
		r7 = r6
		r7 += 1` + apart + `
	join:
		if r6 != 5 goto out
		if r7 == 6 goto out
		exit
	out:
		exit`},
	{"bytes of 0", "on the second way they are others", `
		r1 = 7
		*(u8 *)(r10 - 7) = r1
		call bpf_get_prandom_u32
		if r0 == 0 goto join
		*(u8 *)(r10 - 7) = 0` + apart + `
	join:
		r0 = *(u8 *)(r10 - 7)
		if r0 == 0 goto out
		exit
	out:
		exit`},
	{"spilled number", "on the second way there are only bytes", `
		r1 = 7
		*(u8 *)(r10 - 7) = r1
		call bpf_get_prandom_u32
		if r0 == 0 goto join
		*(u64 *)(r10 - 8) = 5` + apart + `
	join:
		r0 = *(u64 *)(r10 - 8)
		if r0 == 5 goto out
		exit
	out:
		exit`},
	{"number that is fetched", "on the second way it is unknown (6.18.44 takes it for what the register held before)", `
		call bpf_get_prandom_u32
		*(u64 *)(r10 - 8) = r0
		call bpf_get_prandom_u32
		if r0 == 0 goto join
		*(u64 *)(r10 - 8) = 5` + apart + `
	join:
		r0 = 0
		r1 = 0
		r1 = atomic_fetch_add((u64 *)(r10 - 8), r1)
		if r1 == 5 goto out
		exit
	out:
		exit`},
	{"place of a store", "on the second way it is another", `
		r6 = -8
		call bpf_get_prandom_u32
		*(u64 *)(r10 - 8) = r0
		*(u64 *)(r10 - 16) = r0
		if r0 == 0 goto join
		r6 = -16` + apart + `
	join:
		r1 = r10
		r1 += r6
		*(u64 *)(r1 + 0) = 5
		r0 = *(u64 *)(r10 - 16)
		if r0 == 5 goto out
		exit
	out:
		exit`},
	{"size of what a helper writes", "on the second way it is more", `
		r9 = r1
		r6 = 16
		call bpf_get_prandom_u32
		*(u64 *)(r10 - 8) = 5
		*(u64 *)(r10 - 16) = 5
		if r0 == 0 goto join
		r6 = 8` + apart + `
	join:
		r1 = r9
		r2 = 0
		r3 = r10
		r3 += -16
		r4 = r6
		call bpf_skb_load_bytes
		r0 = *(u64 *)(r10 - 8)
		if r0 == 5 goto out
		exit
	out:
		exit`},
	{"rounds of bpf_loop", "on the second way there are some", `
		r6 = 1
		call bpf_get_prandom_u32
		if r0 == 0 goto join
		r6 = 0` + apart + `
	join:
		r1 = r6
		r2 = f ll
		r3 = 0
		r4 = 0
		call bpf_loop
		r0 = 0
		exit
	.type f,@function
	f:
	#! static
		r0 = 0
		exit`},
	{"pointer", "on the second way it may be 0", `
		r1 = 1
		call bpf_task_from_pid
		r7 = r0
		call bpf_get_prandom_u32
		if r0 == 0 goto join
		if r7 == 0 goto out` + apart + `
	join:
		if r7 == 0 goto none
		r1 = r7
		call bpf_task_release
	out:
		r0 = 0
		exit
	none:
		r0 = 1
		exit`},
	{"number of the caller", "the callee goes on with it", `
		call bpf_get_prandom_u32
		r6 = r0
		call bpf_get_prandom_u32
		if r0 == 0 goto join
		r6 = 5` + apart + `
	join:
		call f
		if r6 == 5 goto out
		exit
	out:
		exit
	.type f,@function
	f:
	#! static
		call bpf_get_prandom_u32
		if r0 == 0 goto back
		r0 = 1
	back:
		exit`},
}
