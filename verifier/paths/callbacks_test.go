package paths_test

// callbackCases: functions that helpers call.
var callbackCases = []visitCase{
	{"bpf_loop", "the callback is visited, with an unknown round", `
		r1 = 10
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
		if r1 == 5 goto out
		exit
	out:
		exit`},
	{"no rounds", "the callback is not visited", `
		r1 = 0
		r2 = f ll
		r3 = 0
		r4 = 0
		call bpf_loop
		r0 = 0
		exit
	.type f,@function
	f:
	#! static
		r0 = 0 // dead
		exit // dead`},
	{"one round", "what it writes the next round would read", `
		*(u64 *)(r10 - 8) = 0
		r1 = 1
		r2 = f ll
		r3 = r10
		r3 += -8
		r4 = 0
		call bpf_loop
		r0 = 0
		exit
	.type f,@function
	f:
	#! static
		r0 = *(u64 *)(r2 + 0)
		if r0 == 1 goto again
		*(u64 *)(r2 + 0) = 1
		r0 = 0
		exit
	again:
		r0 = 0 // dead
		exit // dead`},
	{"two rounds", "the second reads what the first wrote", `
		*(u64 *)(r10 - 8) = 0
		r1 = 2
		r2 = f ll
		r3 = r10
		r3 += -8
		r4 = 0
		call bpf_loop
		r0 = 0
		exit
	.type f,@function
	f:
	#! static
		r0 = *(u64 *)(r2 + 0)
		if r0 == 1 goto again
		*(u64 *)(r2 + 0) = 1
		r0 = 0
		exit
	again:
		r0 = 0
		exit`},
	{"unknown rounds", "none, or any; what a round changes becomes unknown, which 6.12 sees is decided on", `
		*(u64 *)(r10 - 8) = 0
		call bpf_get_prandom_u32
		r1 = r0
		r2 = f ll
		r3 = r10
		r3 += -8
		r4 = 0
		call bpf_loop
		r0 = *(u64 *)(r10 - 8)
		if r0 == 0 goto none
		if r0 == 1 goto some
		r0 = 0 // dead in 6.12
		exit // dead in 6.12
	none:
		exit
	some:
		exit
	.type f,@function
	f:
	#! static
		*(u64 *)(r2 + 0) = 1
		r0 = 0
		exit`},
	{"context of the callback", "it is the argument of the call", `
		r1 = 10
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
		if r2 == 0 goto out
		exit // dead
	out:
		exit`},
	{"saved registers", "r6 is the caller's", `
		r6 = 3
		r1 = 10
		r2 = f ll
		r3 = 0
		r4 = 0
		call bpf_loop
		if r6 == 3 goto out
		exit // dead
	out:
		r0 = 0
		exit
	.type f,@function
	f:
	#! static
		r6 = 4
		r0 = 0
		exit`},
	{"bpf_find_vma", "the same; 6.12 too follows it more than once", `kprobe
		call bpf_get_current_task_btf
		*(u64 *)(r10 - 8) = 0
		r1 = r0
		r2 = 0
		r3 = f ll
		r4 = r10
		r4 += -8
		r5 = 0
		call bpf_find_vma
		r0 = *(u64 *)(r10 - 8)
		if r0 == 0 goto out
		if r0 == 1 goto out
		r0 = 0 // dead in 6.12
		exit // dead in 6.12
	out:
		r0 = 0
		exit
	.type f,@function
	f:
	#! static
		*(u64 *)(r3 + 0) = 1
		r0 = 0
		exit`},
	{"in a dead call", "a callback that nobody is handed is not visited", `
		r0 = 0
		if r0 == 0 goto out
		r1 = 10 // dead
		r2 = f ll // dead
		r3 = 0 // dead
		r4 = 0 // dead
		call bpf_loop // dead
	out:
		r0 = 0
		exit
	.type f,@function
	f:
	#! static
		r0 = 0 // dead
		exit // dead`},
	{"address alone", "nor one of which only the address is taken", `
		r2 = f ll
		r0 = 0
		exit
	.type f,@function
	f:
	#! static
		r0 = 0 // dead
		exit // dead`},
}
