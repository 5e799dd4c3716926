package paths_test

// unknownCases: what an object does not know, and a loader writes.
var unknownCases = []visitCase{
	{"constant of a relocation", "the loader writes another number; 6.12 sees that of the object", `
		r1 = 5 #! core
		r0 = 0
		if r1 == 5 goto out
		exit // dead in 6.12
	out:
		exit`},
	{"constant added", "the same", `
		r1 = 5
		r1 += 3 #! core
		r0 = 0
		if r1 == 8 goto out
		exit // dead in 6.12
	out:
		exit`},
	{"bits of a relocation", "of 1 they make an odd number; of one that cannot be 6.12 forgets all, and goes both ways", `
		call bpf_get_prandom_u32
		r0 |= 1 #! core
		if r0 < 2 goto out
		if r0 > 2 goto out
		if r0 == 2 goto out
		r1 = 0
	out:
		r0 = 0
		exit`},
	{"bits that are compared", "the same, of a number that is told by a comparison with one from the stack", `
		call bpf_get_prandom_u32
		r6 = r0
		r6 |= 1 #! core
		*(u64 *)(r10 - 8) = r6
		call bpf_get_prandom_u32
		r7 = *(u64 *)(r10 - 8)
		if r0 != r7 goto out
		if r0 < 2 goto out
		if r0 > 2 goto out
		if r0 == 2 goto out
		r1 = 0
	out:
		r0 = 0
		exit`},
	{"order of a constant and a relocation", "which tells nothing of the constant", `
		call bpf_get_prandom_u32
		r0 |= 1 #! core
		r6 = 2
		if r0 < r6 goto out
		if r6 == 2 goto out
		r1 = 0 // dead
	out:
		r0 = 0
		exit`},
	{"constants that are compared with a relocation", "one that is greater or less tells the kernel more of it than is known here", `
		call bpf_get_prandom_u32
		r0 |= 1 #! core
		r6 = 2
		if r0 < r6 goto out
		if r0 > r6 goto out
		if r0 == 2 goto out
		r1 = 0
	out:
		r0 = 0
		exit`},
	{"argument that was compared", "it is a number or a pointer; what the kernel knows of a number it keeps when it is masked", `lsm
	#! attach_type lsm_mac
	#! attach_to file_permission
		r2 = *(u64 *)(r1 + 8)
		if r2 > 2 goto out
		r2 &= 3
		if r2 & 1 goto odd
		goto out
	odd:
		if r2 < 2 goto out
		if r2 < 4 goto out
		r1 = 0
	out:
		r0 = 0
		exit`},
	{"constant of 64 bits", "the same", `
		r1 = 5 ll #! core
		r0 = 0
		if r1 == 5 goto out
		exit // dead in 6.12
	out:
		exit`},
	{"offset of a load", "it may lead to anything; 6.12 is asked with an offset of 0", `
		*(u64 *)(r10 - 8) = 5
		r0 = *(u64 *)(r10 - 8) #! core
		if r0 == 5 goto out
		exit // dead in 6.12
	out:
		exit`},
	{"offset of a store", "it may change all of the stack", `
		*(u64 *)(r10 - 8) = 5
		*(u64 *)(r10 - 16) = 5 #! core
		r0 = *(u64 *)(r10 - 8)
		if r0 == 5 goto out
		exit // dead in 6.12
	out:
		exit`},
	{"address of a variable", "where it is weak it may be 0, and a loader may put it there as a number", `
		r1 = bpf_prog_active ll #! variable bpf_prog_active weak
		r0 = 0
		if r1 == 0 goto out
		exit
	out:
		exit`},
	{"helper that there is none of", "nothing is known after it", `
		*(u64 *)(r10 - 8) = 5
		r6 = 5
		call 4000
		if r6 == 5 goto next
		exit // dead
	next:
		r6 = *(u64 *)(r10 - 8)
		if r6 == 5 goto out
		if r0 == 0 goto out
		exit
	out:
		exit
		// 6.12 refuses: invalid func unknown#4000`},
	{"kfunc that there is none of", "the same", `
		r6 = 5
		call nobody_knows_it #! kfunc nobody_knows_it
		if r6 == 5 goto next
		exit // dead
	next:
		if r0 == 0 goto out
		exit
	out:
		exit
		// 6.12 refuses: nobody_knows_it in the kernel's BTF`},
	{"register that there is none of", "the kernel refuses the instruction, and does not go on", `
		r0 = 0
		if r0 == 0 goto next
		.quad 0x500000bb7 // dead
	next:
		.quad 0x500000bb7
		exit // dead
		// 6.12 refuses: R11 is invalid`},
	{"that register in dead code", "nobody looks at it", `
		r0 = 0
		if r0 == 0 goto next
		.quad 0x500000bb7 // dead
	next:
		exit`},
	{"argument of a kernel function", "an object does not know its type, which tells 6.12 that it is not 0", `lsm
	#! attach_type lsm_mac
	#! attach_to file_open
		r2 = *(u64 *)(r1 + 0)
		r0 = 0
		if r2 == 0 goto out
		exit
	out:
		exit // dead in 6.12`},
	{"number of processors", "an object does not know how many there are, and nothing is decided on it; the guest has one", `
		call bpf_get_smp_processor_id
		if r0 > 8191 goto never
		if r0 > 0 goto out
		exit
	never:
		exit // dead in 6.12
	out:
		exit // dead in 6.12`},
	{"value in a map", "it may be a pointer to an object, which 6.12 knows by the map's type", `
		*(u32 *)(r10 - 4) = 0
		r1 = array ll #! map array map
		r2 = r10
		r2 += -4
		call bpf_map_lookup_elem
		if r0 == 0 goto out
		r1 = *(u64 *)(r0 + 0)
		if r1 > 10 goto out
		if r1 > 20 goto more
	out:
		r0 = 0
		exit
	more:
		r0 = 1 // dead in 6.12
		exit // dead in 6.12`},
}
