// SPDX-License-Identifier: Apache-2.0
//
// Asks for a value of the kernel's configuration. The loader puts it into
// .kconfig, a read-only map: constant. It is not known before the program is
// loaded, so both branches count.

#include "bpf.h"

extern int CONFIG_HZ __kconfig;

SEC("tc")
int slow_kernel(struct __sk_buff *skb)
{
	return CONFIG_HZ < 250 ? TC_ACT_SHOT : TC_ACT_OK;
}

LICENSE;
