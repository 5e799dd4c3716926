// SPDX-License-Identifier: Apache-2.0
//
// build: arena.o -mcpu=v4
//
// Stores to an arena, memory that the program shares with user space. The pointer
// comes from an instruction, addr_space_cast, which has a form for each direction,
// and the program refers to the arena so that the kernel knows which: all of them
// are effect map.

#include "bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint64(map_extra, 1ull << 44); /* where user space will see it */
} arena SEC(".maps");

extern void __arena *bpf_arena_alloc_pages(void *map, void __arena *addr, __u32 count, int node, __u64 flags) __ksym;

SEC("syscall")
int fill_page(void *ctx)
{
	__u32 __arena *page = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0);

	if (page)
		page[0] = 1;
	return 0;
}

SEC("syscall")
int point_to_itself(void *ctx)
{
	__u64 __arena *page = bpf_arena_alloc_pages(&arena, NULL, 1, -1, 0);
	__u64 *mine = (__u64 *)page;

	asm volatile("" : "+r"(mine));
	if (page)
		*mine = (__u64)(__u64 __arena *)mine; /* as user space sees it */
	return 0;
}

LICENSE;
