// SPDX-License-Identifier: Apache-2.0
//
// Programs in sections whose names say nothing, so that their type is not known.
// What only computes needs no type. A store through a pointer of unknown origin can
// be to anything then: unknown.

#include "bpf.h"

SEC("my_hook")
int compute(__u64 *ctx)
{
	return ctx[0] > ctx[1];
}

SEC("my_hook")
int store_to_context(__u64 *ctx)
{
	ctx[6] = 0;
	return 0;
}

SEC("my_hook")
int store_somewhere(__u64 **ctx)
{
	*ctx[0] = 0;
	return 0;
}

LICENSE;
