// SPDX-License-Identifier: Apache-2.0
//
// Infrared remote controls. One program only looks at the pulse that it was handed;
// the other presses a key, which everyone who reads input events sees.

#include "bpf.h"

SEC("lirc_mode2")
int is_space(__u32 *sample)
{
	return (*sample >> 24) == 0;
}

SEC("lirc_mode2")
int press_key(__u32 *sample)
{
	if ((*sample & 0xffffff) > 500)
		bpf_rc_keydown(sample, 1, 42, 0);
	return 0;
}

LICENSE;
