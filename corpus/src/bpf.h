// SPDX-License-Identifier: Apache-2.0
//
// The little of the BPF user space interface that the corpus needs, written down
// here so that its objects depend on clang alone: helpers by number, contexts by
// layout, in the kernel's words (include/uapi/linux/bpf.h).

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;

#define NULL ((void *)0)
#define SEC(name) __attribute__((section(name), used))
#define __ksym __attribute__((section(".ksyms")))
#define __kconfig __attribute__((section(".kconfig")))
#define __weak __attribute__((weak))
#define __noinline __attribute__((noinline))
#define __inline inline __attribute__((always_inline))
#define __naked __attribute__((naked))
#define __core __attribute__((preserve_access_index))
#define __arena __attribute__((address_space(1)))
#define __tag(text) __attribute__((btf_decl_tag(text)))
#define __uint(name, value) int (*name)[value]
#define __uint64(name, value) enum { map_##name = value } name
#define __type(name, value) typeof(value) *name
#define LICENSE char _license[] SEC("license") = "GPL"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define bpf_htons(x) __builtin_bswap16(x)
#define bpf_htonl(x) __builtin_bswap32(x)
#else
#define bpf_htons(x) (x)
#define bpf_htonl(x) (x)
#endif

// Helpers, by number.
static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static __u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static long (*const bpf_trace_printk)(const char *fmt, __u32 size, ...) = (void *)6;
static __u32 (*const bpf_get_prandom_u32)(void) = (void *)7;
static long (*const bpf_tail_call)(void *ctx, void *map, __u32 index) = (void *)12;
static long (*const bpf_clone_redirect)(void *skb, __u32 ifindex, __u64 flags) = (void *)13;
static long (*const bpf_skb_set_tunnel_key)(void *skb, void *key, __u32 size, __u64 flags) = (void *)21;
static long (*const bpf_redirect)(__u32 ifindex, __u64 flags) = (void *)23;
static __u64 (*const bpf_get_current_task)(void) = (void *)35;
static long (*const bpf_probe_write_user)(void *dst, const void *src, __u32 len) = (void *)36;
static long (*const bpf_xdp_adjust_head)(void *xdp, int delta) = (void *)44;
static long (*const bpf_sock_ops_cb_flags_set)(void *ops, int flags) = (void *)59;
static void *(*const bpf_sk_lookup_tcp)(void *ctx, void *tuple, __u32 size, __u64 netns, __u64 flags) = (void *)84;
static long (*const bpf_sk_release)(void *sk) = (void *)86;
static long (*const bpf_spin_lock)(void *lock) = (void *)93;
static long (*const bpf_spin_unlock)(void *lock) = (void *)94;
static long (*const bpf_sysctl_get_name)(void *ctx, char *buf, __u64 size, __u64 flags) = (void *)101;
static long (*const bpf_send_signal)(__u32 signal) = (void *)109;
static long (*const bpf_seq_write)(void *seq, const void *data, __u32 len) = (void *)127;
static void *(*const bpf_this_cpu_ptr)(const void *percpu) = (void *)154;
static long (*const bpf_timer_init)(void *timer, void *map, __u64 flags) = (void *)169;
static long (*const bpf_timer_set_callback)(void *timer, void *callback) = (void *)170;
static long (*const bpf_timer_start)(void *timer, __u64 nsecs, __u64 flags) = (void *)171;
static long (*const bpf_loop)(__u32 rounds, void *callback, void *data, __u64 flags) = (void *)181;
static long (*const bpf_strncmp)(const char *s1, __u32 size, const char *s2) = (void *)182;

enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2, BPF_MAP_TYPE_PROG_ARRAY = 3, BPF_MAP_TYPE_ARENA = 33 };
enum { BPF_F_MMAPABLE = 1 << 10 };
enum { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };
enum { TC_ACT_OK, TC_ACT_SHOT = 2 };

struct bpf_spin_lock { __u32 val; };
struct bpf_timer { __u64 opaque[2]; } __attribute__((aligned(8)));

// Contexts.
struct xdp_md { __u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex; };

struct __sk_buff {
	__u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto;
	__u32 priority, ingress_ifindex, ifindex, tc_index, cb[5], hash, tc_classid, data, data_end;
};

struct bpf_sock { __u32 bound_dev_if, family, type, protocol, mark, priority; };

struct bpf_sock_addr { __u32 user_family, user_ip4, user_ip6[4], user_port, family, type, protocol; };

struct bpf_sock_ops { __u32 op; };

struct bpf_sysctl { __u32 write, file_pos; };

struct bpf_sock_tuple { __u32 saddr, daddr; __u16 sport, dport; };

struct bpf_tunnel_key { __u32 tunnel_id, remote_ipv4, unused[3]; __u8 tos, ttl; __u16 ext; __u32 label, local_ipv4, more[3]; };

struct bpf_iter_meta { void *seq; __u64 session_id, seq_num; };

// Headers of packets.
struct ethhdr { __u8 h_dest[6], h_source[6]; __u16 h_proto; } __attribute__((packed));
struct iphdr { __u8 ver_ihl, tos; __u16 tot_len, id, frag_off; __u8 ttl, protocol; __u16 check; __u32 saddr, daddr; };
enum { ETH_P_IP = 0x0800, ETH_P_8021Q = 0x8100, ETH_P_IPV6 = 0x86dd };

// ethernet returns the Ethernet header of an XDP packet, or NULL.
static __inline struct ethhdr *ethernet(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	return (void *)(eth + 1) > (void *)(long)ctx->data_end ? NULL : eth;
}
