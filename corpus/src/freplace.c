// SPDX-License-Identifier: Apache-2.0
//
// Replaces is_ipv4 of subprograms.c. Its instructions do nothing of note, but it
// cannot be loaded without the program that it goes into: effect program, from the
// section's name alone.

#include "bpf.h"

SEC("freplace/is_ipv4")
int always_ipv4(__u32 proto)
{
	return 1;
}

LICENSE;
