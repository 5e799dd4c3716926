// SPDX-License-Identifier: Apache-2.0
//
// A setting that the running kernel may not have, in which case the loader writes
// zero. It is a value of .kconfig like any other, and what it guards counts.

#include "bpf.h"

extern int CONFIG_NOT_IN_ANY_LINUX __kconfig __weak;

SEC("tc")
int redirect_if_configured(struct __sk_buff *skb)
{
	return CONFIG_NOT_IN_ANY_LINUX ? bpf_redirect(2, 0) : TC_ACT_OK;
}

LICENSE;
