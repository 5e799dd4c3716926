// SPDX-License-Identifier: Apache-2.0
//
// More questions that the loader answers (CO-RE). The size of a kernel type is only
// a number. A guard counts both ways, whether it asks for a type or for a value.

#include "bpf.h"

struct sk_buff { __u32 len; } __core;
enum bpf_func_id { BPF_FUNC_redirect_neigh = 152 };

SEC("tc")
int larger_than_its_description(struct __sk_buff *skb)
{
	return skb->len > __builtin_preserve_type_info(*(struct sk_buff *)0, 1 /* BPF_TYPE_SIZE */) ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
int redirect_if_type_exists(struct __sk_buff *skb)
{
	if (__builtin_preserve_type_info(*(struct sk_buff *)0, 0 /* BPF_TYPE_EXISTS */))
		return bpf_redirect(2, 0);
	return TC_ACT_OK;
}

SEC("tc")
int redirect_if_value_exists(struct __sk_buff *skb)
{
	if (__builtin_preserve_enum_value(*(enum bpf_func_id *)BPF_FUNC_redirect_neigh, 0 /* BPF_ENUMVAL_EXISTS */))
		return bpf_redirect(2, 0);
	return TC_ACT_OK;
}

LICENSE;
