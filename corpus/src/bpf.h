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
struct task_struct;
struct pt_regs;
static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static __u64 (*const bpf_ktime_get_ns)(void) = (void *)5;
static long (*const bpf_trace_printk)(const char *fmt, __u32 size, ...) = (void *)6;
static __u32 (*const bpf_get_prandom_u32)(void) = (void *)7;
static __u32 (*const bpf_get_smp_processor_id)(void) = (void *)8;
static long (*const bpf_skb_store_bytes)(void *skb, __u32 offset, const void *from, __u32 len, __u64 flags) = (void *)9;
static long (*const bpf_l3_csum_replace)(void *skb, __u32 offset, __u64 from, __u64 to, __u64 size) = (void *)10;
static long (*const bpf_l4_csum_replace)(void *skb, __u32 offset, __u64 from, __u64 to, __u64 flags) = (void *)11;
static long (*const bpf_tail_call)(void *ctx, void *map, __u32 index) = (void *)12;
static long (*const bpf_clone_redirect)(void *skb, __u32 ifindex, __u64 flags) = (void *)13;
static __u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static long (*const bpf_skb_vlan_push)(void *skb, __u16 proto, __u16 tci) = (void *)18;
static long (*const bpf_skb_set_tunnel_key)(void *skb, void *key, __u32 size, __u64 flags) = (void *)21;
static long (*const bpf_redirect)(__u32 ifindex, __u64 flags) = (void *)23;
static long (*const bpf_perf_event_output)(void *ctx, void *map, __u64 flags, void *data, __u64 size) = (void *)25;
static long (*const bpf_skb_load_bytes)(const void *skb, __u32 offset, void *to, __u32 len) = (void *)26;
static __s64 (*const bpf_csum_diff)(__u32 *from, __u32 from_size, __u32 *to, __u32 to_size, __u32 seed) = (void *)28;
static long (*const bpf_skb_set_tunnel_opt)(void *skb, void *opt, __u32 size) = (void *)30;
static long (*const bpf_probe_write_user)(void *dst, const void *src, __u32 len) = (void *)36;
static long (*const bpf_skb_change_tail)(void *skb, __u32 len, __u64 flags) = (void *)38;
static long (*const bpf_xdp_adjust_head)(void *xdp, int delta) = (void *)44;
static long (*const bpf_setsockopt)(void *ctx, int level, int name, void *value, int len) = (void *)49;
static long (*const bpf_redirect_map)(void *map, __u64 key, __u64 flags) = (void *)51;
static long (*const bpf_sk_redirect_map)(void *skb, void *map, __u32 key, __u64 flags) = (void *)52;
static long (*const bpf_override_return)(struct pt_regs *regs, __u64 value) = (void *)58;
static long (*const bpf_sock_ops_cb_flags_set)(void *ops, int flags) = (void *)59;
static long (*const bpf_msg_apply_bytes)(void *msg, __u32 bytes) = (void *)61;
static long (*const bpf_bind)(void *ctx, void *addr, int len) = (void *)64;
static long (*const bpf_fib_lookup)(void *ctx, void *params, int size, __u32 flags) = (void *)69;
static long (*const bpf_lwt_push_encap)(void *skb, __u32 type, void *header, __u32 len) = (void *)73;
static long (*const bpf_lwt_seg6_store_bytes)(void *skb, __u32 offset, const void *from, __u32 len) = (void *)74;
static long (*const bpf_rc_keydown)(void *ctx, __u32 protocol, __u64 scancode, __u32 toggle) = (void *)78;
static long (*const bpf_sk_select_reuseport)(void *ctx, void *map, void *key, __u64 flags) = (void *)82;
static void *(*const bpf_sk_lookup_tcp)(void *ctx, void *tuple, __u32 size, __u64 netns, __u64 flags) = (void *)84;
static long (*const bpf_sk_release)(void *sk) = (void *)86;
static long (*const bpf_map_push_elem)(void *map, const void *value, __u64 flags) = (void *)87;
static long (*const bpf_spin_lock)(void *lock) = (void *)93;
static long (*const bpf_spin_unlock)(void *lock) = (void *)94;
static void *(*const bpf_sk_fullsock)(void *sk) = (void *)95;
static long (*const bpf_sysctl_get_name)(void *ctx, char *buf, __u64 size, __u64 flags) = (void *)101;
static long (*const bpf_sysctl_set_new_value)(void *ctx, const char *buf, __u64 size) = (void *)104;
static long (*const bpf_strtol)(const char *buf, __u64 size, __u64 flags, long *result) = (void *)105;
static void *(*const bpf_sk_storage_get)(void *map, void *sk, void *value, __u64 flags) = (void *)107;
static long (*const bpf_send_signal)(__u32 signal) = (void *)109;
static long (*const bpf_probe_read_user)(void *to, __u32 size, const void *from) = (void *)112;
static long (*const bpf_sk_assign)(void *ctx, void *sk, __u64 flags) = (void *)124;
static long (*const bpf_seq_write)(void *seq, const void *data, __u32 len) = (void *)127;
static void *(*const bpf_ringbuf_reserve)(void *ringbuf, __u64 size, __u64 flags) = (void *)131;
static void (*const bpf_ringbuf_submit)(void *data, __u64 flags) = (void *)132;
static long (*const bpf_copy_from_user)(void *to, __u32 size, const void *from) = (void *)148;
static void *(*const bpf_this_cpu_ptr)(const void *percpu) = (void *)154;
static void *(*const bpf_task_storage_get)(void *map, void *task, void *value, __u64 flags) = (void *)156;
static struct task_struct *(*const bpf_get_current_task_btf)(void) = (void *)158;
static long (*const bpf_bprm_opts_set)(void *bprm, __u64 flags) = (void *)159;
static long (*const bpf_for_each_map_elem)(void *map, void *callback, void *data, __u64 flags) = (void *)164;
static long (*const bpf_sys_bpf)(__u32 cmd, void *attr, __u32 size) = (void *)166;
static long (*const bpf_timer_init)(void *timer, void *map, __u64 flags) = (void *)169;
static long (*const bpf_timer_set_callback)(void *timer, void *callback) = (void *)170;
static long (*const bpf_timer_start)(void *timer, __u64 nsecs, __u64 flags) = (void *)171;
static long (*const bpf_trace_vprintk)(const char *fmt, __u32 size, const void *data, __u32 len) = (void *)177;
static long (*const bpf_find_vma)(void *task, __u64 addr, void *callback, void *data, __u64 flags) = (void *)180;
static long (*const bpf_loop)(__u32 rounds, void *callback, void *data, __u64 flags) = (void *)181;
static long (*const bpf_strncmp)(const char *s1, __u32 size, const char *s2) = (void *)182;
static long (*const bpf_get_func_ret)(void *ctx, __u64 *value) = (void *)184;
static long (*const bpf_xdp_load_bytes)(void *xdp, __u32 offset, void *to, __u32 len) = (void *)189;
static void *(*const bpf_kptr_xchg)(void *to, void *from) = (void *)194;
static long (*const bpf_dynptr_from_mem)(void *data, __u32 size, __u64 flags, void *dynptr) = (void *)197;
static long (*const bpf_dynptr_read)(void *to, __u32 len, const void *dynptr, __u32 offset, __u64 flags) = (void *)201;
static long (*const bpf_user_ringbuf_drain)(void *map, void *callback, void *data, __u64 flags) = (void *)209;

enum {
	BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PROG_ARRAY, BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6, BPF_MAP_TYPE_LPM_TRIE = 11, BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_DEVMAP = 14,
	BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY = 20, BPF_MAP_TYPE_QUEUE = 22, BPF_MAP_TYPE_SK_STORAGE = 24,
	BPF_MAP_TYPE_RINGBUF = 27, BPF_MAP_TYPE_TASK_STORAGE = 29, BPF_MAP_TYPE_USER_RINGBUF = 31, BPF_MAP_TYPE_ARENA = 33,
};
enum { BPF_F_NO_PREALLOC = 1 << 0, BPF_F_RDONLY_PROG = 1 << 7, BPF_F_MMAPABLE = 1 << 10 };
enum { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };
enum { TC_ACT_OK, TC_ACT_SHOT = 2 };
enum { BPF_OK, BPF_DROP = 2, BPF_FLOW_DISSECTOR_CONTINUE = 129 };
enum { SK_DROP, SK_PASS };
enum { DENY, ALLOW }; /* cgroup programs */
enum { EPERM = 1, EACCES = 13 };

struct bpf_spin_lock { __u32 val; };
struct bpf_timer { __u64 opaque[2]; } __attribute__((aligned(8)));

// Contexts.
struct xdp_md { __u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex; };

struct __sk_buff {
	__u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto;
	__u32 priority, ingress_ifindex, ifindex, tc_index, cb[5], hash, tc_classid, data, data_end;
	__u32 napi_id, family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port, data_meta;
	struct bpf_flow_keys *flow_keys;
	__u64 tstamp;
	__u32 wire_len, gso_segs;
	struct bpf_sock *sk;
};

struct bpf_flow_keys { __u16 nhoff, thoff, addr_proto; __u8 is_frag, is_first_frag, is_encap, ip_proto; __u16 n_proto; };

struct bpf_sock { __u32 bound_dev_if, family, type, protocol, mark, priority, src_ip4, src_ip6[4], src_port; };

struct bpf_sock_addr { __u32 user_family, user_ip4, user_ip6[4], user_port, family, type, protocol; };

struct bpf_sock_ops { __u32 op; };

struct bpf_sockopt { struct bpf_sock *sk; void *optval, *optval_end; __s32 level, optname, optlen, retval; };

struct sk_msg_md { void *data, *data_end; __u32 family; };

struct sk_reuseport_md { void *data, *data_end; __u32 len, eth_protocol, ip_protocol, bind_inany, hash; };

struct bpf_sk_lookup {
	struct bpf_sock *sk;
	__u32 family, protocol, remote_ip4, remote_ip6[4], remote_port, local_ip4, local_ip6[4], local_port;
};

struct bpf_sysctl { __u32 write, file_pos; };

struct bpf_cgroup_dev_ctx { __u32 access_type, major, minor; };

struct pt_regs { __u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss; };

struct bpf_perf_event_data { struct pt_regs regs; __u64 sample_period, addr; };

struct bpf_iter_meta { void *seq; __u64 session_id, seq_num; };

// What helpers take.
struct bpf_sock_tuple { __u32 saddr, daddr; __u16 sport, dport; };

struct bpf_tunnel_key { __u32 tunnel_id, remote_ipv4, unused[3]; __u8 tos, ttl; __u16 ext; __u32 label, local_ipv4, more[3]; };

struct bpf_dynptr { __u64 opaque[2]; } __attribute__((aligned(8)));

// Headers of packets.
struct ethhdr { __u8 h_dest[6], h_source[6]; __u16 h_proto; } __attribute__((packed));
struct iphdr { __u8 ver_ihl, tos; __u16 tot_len, id, frag_off; __u8 ttl, protocol; __u16 check; __u32 saddr, daddr; };
struct ipv6hdr { __u32 ver_tc_flow; __u16 payload_len; __u8 nexthdr, hop_limit, saddr[16], daddr[16]; };
struct tcphdr { __u16 source, dest; __u32 seq, ack_seq; __u16 flags, window, check, urg_ptr; };
enum { ETH_P_IP = 0x0800, ETH_P_8021Q = 0x8100, ETH_P_IPV6 = 0x86dd };
enum { IPPROTO_ICMP = 1, IPPROTO_TCP = 6 };
enum { AF_INET = 2 };

// ethernet returns the Ethernet header of an XDP packet, or NULL.
static __inline struct ethhdr *ethernet(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	return (void *)(eth + 1) > (void *)(long)ctx->data_end ? NULL : eth;
}
