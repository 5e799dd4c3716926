// SPDX-License-Identifier: Apache-2.0
//
// Asks to be called again for this connection. The flags are kept in the socket
// that the hook is about (settled case 7), so they belong to the context.

#include "bpf.h"

SEC("sockops")
int ask_for_rtt(struct bpf_sock_ops *ops)
{
	if (ops->op == 4) /* BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB */
		bpf_sock_ops_cb_flags_set(ops, 8 /* BPF_SOCK_OPS_RTT_CB_FLAG */);
	return 1;
}

LICENSE;
