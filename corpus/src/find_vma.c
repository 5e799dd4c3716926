// SPDX-License-Identifier: Apache-2.0
//
// A callback that sees a kernel object: the memory area of an address. To find it
// is no effect on it, and to look at it is ambient.

#include "bpf.h"

struct vm_area_struct { __u64 vm_flags; } __core;
struct found { __u64 flags; };

static long note(void *task, struct vm_area_struct *vma, struct found *found)
{
	found->flags = vma->vm_flags;
	return 0;
}

SEC("raw_tp/sys_enter")
int is_writable(__u64 *ctx)
{
	struct found found = {};

	bpf_find_vma(bpf_get_current_task_btf(), 0x400000, note, &found, 0);
	return found.flags & 2 /* VM_WRITE */;
}

LICENSE;
