//go:build ignore

// SPDX-License-Identifier: Apache-2.0
//
// Passes IPv4 and ARP and drops the rest: a decision on the packet alone. What it needs
// of the kernel's headers is spelled out, so that it builds wherever clang is.

#define SEC(name) __attribute__((section(name), used))
#define ETHERTYPE(n) ((unsigned short)__builtin_bswap16(n))

enum { XDP_DROP = 1, XDP_PASS = 2 };

struct xdp_md {
	unsigned int data, data_end;
};

struct ethhdr {
	unsigned char to[6], from[6];
	unsigned short type; // big-endian
};

SEC("xdp")
int ipv4_only(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > end)
		return XDP_DROP;
	if (eth->type == ETHERTYPE(0x0800) || eth->type == ETHERTYPE(0x0806))
		return XDP_PASS;
	return XDP_DROP;
}
