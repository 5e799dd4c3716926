// SPDX-License-Identifier: Apache-2.0
//
// The six instructions that "ip vrf exec" loads (prog_load in iproute2's
// ip/ipvrf.c), with 42 as the index of the VRF device. They write a field of the
// socket that the hook is about, which is the program's context: stateless.

#include "bpf.h"

SEC("cgroup/sock")
__naked int bind_to_vrf(void)
{
	asm volatile("r6 = r1;"
		     "r3 = 42;"
		     "r2 = %[off];"
		     "*(u32 *)(r1 + %[off]) = r3;"
		     "r0 = 1;"
		     "exit;" ::[off] "i"(__builtin_offsetof(struct bpf_sock, bound_dev_if)));
}

LICENSE;
