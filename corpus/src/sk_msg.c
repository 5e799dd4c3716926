// SPDX-License-Identifier: Apache-2.0
//
// Verdicts on what a socket sends. How many bytes the verdict is for is kept in
// the message, which is the context.

#include "bpf.h"

SEC("sk_msg")
int by_kilobyte(struct sk_msg_md *msg)
{
	bpf_msg_apply_bytes(msg, 1024);
	return SK_PASS;
}

LICENSE;
