package paths_test

// stackCases: what is known of the stack.
var stackCases = []visitCase{
	{"8 bytes", "a constant is kept", `
		r1 = 5
		*(u64 *)(r10 - 8) = r1
		r0 = *(u64 *)(r10 - 8)
		if r0 == 5 goto out
		exit // dead
	out:
		exit`},
	{"8 bytes of a constant", "stored by the instruction itself", `
		*(u64 *)(r10 - 8) = -5
		r0 = *(u64 *)(r10 - 8)
		if r0 == -5 goto out
		exit // dead
	out:
		exit`},
	{"4 bytes", "a constant is kept, without sign", `
		*(u32 *)(r10 - 8) = -5
		r0 = *(u32 *)(r10 - 8)
		if r0 s> 0 goto out
		exit // dead
	out:
		exit`},
	{"2 bytes", "the same", `
		*(u16 *)(r10 - 8) = 5
		r0 = *(u16 *)(r10 - 8)
		if r0 == 5 goto out
		exit // dead
	out:
		exit`},
	{"1 byte", "the same", `
		*(u8 *)(r10 - 8) = 5
		r0 = *(u8 *)(r10 - 8)
		if r0 == 5 goto out
		exit // dead
	out:
		exit`},
	{"sign-extending load", "255 is -1", `
		*(u8 *)(r10 - 8) = 255
		r0 = *(s8 *)(r10 - 8)
		if r0 == -1 goto out
		exit // dead
	out:
		exit`},
	{"not at the start of 8", "6.12 keeps only that there are bytes", `
		*(u32 *)(r10 - 4) = 5
		r0 = *(u32 *)(r10 - 4)
		if r0 == 5 goto out
		exit
	out:
		exit`},
	{"0 not at the start of 8", "but it knows which are 0", `
		*(u32 *)(r10 - 4) = 0
		r0 = *(u32 *)(r10 - 4)
		if r0 == 0 goto out
		exit // dead
	out:
		exit`},
	{"fewer bytes of it", "the lower ones", `
		r1 = 0x12345 ll
		*(u64 *)(r10 - 8) = r1
		r0 = *(u16 *)(r10 - 8)
		if r0 == 0x2345 goto out
		exit // dead
	out:
		exit`},
	{"its upper bytes", "6.12 does not know them", `
		r1 = 0x12345 ll
		*(u64 *)(r10 - 8) = r1
		r0 = *(u32 *)(r10 - 4)
		if r0 == 0 goto out
		exit
	out:
		exit`},
	{"upper bytes of 0", "they are 0", `
		*(u64 *)(r10 - 8) = 0
		r0 = *(u32 *)(r10 - 4)
		if r0 == 0 goto out
		exit // dead
	out:
		exit`},
	{"more bytes than were stored", "the others were never written", `
		*(u32 *)(r10 - 8) = 0
		*(u32 *)(r10 - 4) = 0
		r0 = *(u64 *)(r10 - 8)
		if r0 == 0 goto out
		exit
	out:
		exit`},
	{"bytes of 0 from two stores", "all that is loaded is 0", `
		*(u16 *)(r10 - 4) = 0
		*(u16 *)(r10 - 2) = 0
		r0 = *(u32 *)(r10 - 4)
		if r0 == 0 goto out
		exit // dead
	out:
		exit`},
	{"overwritten in part", "the number is no longer known", `
		*(u64 *)(r10 - 8) = 5
		*(u8 *)(r10 - 7) = 1
		r0 = *(u64 *)(r10 - 8)
		if r0 == 5 goto out
		exit
	out:
		exit`},
	{"overwritten in whole", "the last one counts", `
		*(u64 *)(r10 - 8) = 5
		*(u64 *)(r10 - 8) = 6
		r0 = *(u64 *)(r10 - 8)
		if r0 == 5 goto out
		exit
	out:
		exit // dead`},
	{"range", "an unknown number keeps its bounds", `
		call bpf_get_prandom_u32
		r0 &= 7
		*(u64 *)(r10 - 8) = r0
		r0 = *(u64 *)(r10 - 8)
		if r0 > 7 goto out
		exit
	out:
		exit // dead`},
	{"never written", "its bytes are unknown", `
		r0 = *(u64 *)(r10 - 8)
		if r0 == 0 goto out
		exit
	out:
		exit`},
	{"0 at an unknown place", "what was 0 stays 0", `
		*(u64 *)(r10 - 8) = 0
		*(u64 *)(r10 - 16) = 0
		call bpf_get_prandom_u32
		r0 &= 8
		r1 = r10
		r1 += -16
		r1 += r0
		*(u8 *)(r1 + 0) = 0
		r0 = *(u64 *)(r10 - 8)
		if r0 == 0 goto out
		exit // dead
	out:
		exit`},
	{"a number at an unknown place", "all that it may have hit is unknown", `
		*(u64 *)(r10 - 8) = 0
		*(u64 *)(r10 - 16) = 0
		call bpf_get_prandom_u32
		r0 &= 8
		r1 = r10
		r1 += -16
		r1 += r0
		*(u8 *)(r1 + 0) = 1
		r0 = *(u64 *)(r10 - 8)
		if r0 == 0 goto out
		exit
	out:
		exit`},
	{"beside the unknown place", "it could not be hit", `
		*(u64 *)(r10 - 8) = 0
		*(u64 *)(r10 - 24) = 5
		*(u64 *)(r10 - 16) = 0
		call bpf_get_prandom_u32
		r0 &= 8
		r1 = r10
		r1 += -16
		r1 += r0
		*(u8 *)(r1 + 0) = 1
		r0 = *(u64 *)(r10 - 24)
		if r0 == 5 goto out
		exit // dead
	out:
		exit`},
	{"load from an unknown place of 0", "every byte there is 0", `
		*(u8 *)(r10 - 1) = 0
		*(u8 *)(r10 - 2) = 0
		call bpf_get_prandom_u32
		r0 &= 1
		r1 = r10
		r1 += -2
		r1 += r0
		r0 = *(u8 *)(r1 + 0)
		if r0 == 0 goto out
		exit // dead
	out:
		exit`},
	{"load from an unknown place", "a number, even if both are 5", `
		*(u64 *)(r10 - 8) = 5
		*(u64 *)(r10 - 16) = 5
		call bpf_get_prandom_u32
		r0 &= 8
		r1 = r10
		r1 += -16
		r1 += r0
		r0 = *(u64 *)(r1 + 0)
		if r0 == 5 goto out
		exit
	out:
		exit`},
	{"helper that writes", "what it may write is unknown", `
		r6 = r1
		*(u64 *)(r10 - 8) = 5
		r1 = r6
		r2 = 0
		r3 = r10
		r3 += -8
		r4 = 4
		call bpf_skb_load_bytes
		r0 = *(u64 *)(r10 - 8)
		if r0 == 5 goto out
		exit
	out:
		exit`},
	{"beside what a helper writes", "it is kept", `
		r6 = r1
		*(u64 *)(r10 - 8) = 0
		*(u64 *)(r10 - 16) = 5
		r1 = r6
		r2 = 0
		r3 = r10
		r3 += -8
		r4 = 8
		call bpf_skb_load_bytes
		r0 = *(u64 *)(r10 - 16)
		if r0 == 5 goto out
		exit // dead
	out:
		exit`},
	{"atomic", "what it fetches is what was there, what it leaves is unknown", `
		*(u64 *)(r10 - 8) = 5
		r1 = 1
		r1 = atomic_fetch_add((u64 *)(r10 - 8), r1)
		if r1 == 5 goto next
		r0 = 1 // dead
	next:
		r0 = *(u64 *)(r10 - 8)
		if r0 == 6 goto out
		exit
	out:
		exit`},
	{"compare and exchange", "r0 is what was there, the other operand stays", `
		*(u64 *)(r10 - 8) = 5
		r0 = 9
		r1 = 7
		r0 = cmpxchg_64(r10 - 8, r0, r1)
		if r0 == 5 goto next
		r0 = 1 // dead
	next:
		if r1 == 7 goto after
		exit // dead
	after:
		r0 = *(u64 *)(r10 - 8)
		if r0 == 5 goto out
		exit
	out:
		exit`},
	{"exchange of 4 bytes", "of what was not stored as such, nothing is known", `
		*(u64 *)(r10 - 8) = 5
		r1 = 7
		w1 = xchg32_32(r10 - 8, w1)
		r0 = *(u64 *)(r10 - 8)
		if r0 == 7 goto out
		exit
	out:
		exit`},
	{"atomic without result", "registers stay what they were", `
		*(u64 *)(r10 - 8) = 5
		r1 = 7
		lock *(u64 *)(r10 - 8) += r1
		if r1 == 7 goto out
		exit // dead
	out:
		r0 = 0
		exit`},
}
