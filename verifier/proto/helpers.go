package proto

// helper is a row: a number of include/uapi/linux/bpf.h, enum bpf_func_id, and the
// kernel's name of it.
type helper struct {
	id        int32
	name      string
	signature Signature
}

// Parts of rows.
var (
	memory         = Arg{Kind: ArgMemory}
	mapKey         = Arg{Kind: ArgMapKey}
	mapValue       = Arg{Kind: ArgMapValue}
	dynptr         = Arg{Kind: ArgDynptr}
	dynptrNew      = Arg{Kind: ArgDynptrNew}
	dynptrReleased = Arg{Kind: ArgDynptrReleased}
	released       = Arg{Kind: ArgReleased}
	lent           = Arg{Kind: ArgLent}

	void               = Return{Kind: ReturnVoid}
	upToArg2           = Return{Bounded: true, Min: -4095, MaxArg: 2} // MAX_ERRNO is 4095
	upToArg3           = Return{Bounded: true, Min: -4095, MaxArg: 3}
	acquiredSockCommon = Return{Kind: ReturnSockCommon, MaybeNull: true, NotNull: true, Acquires: true}
	slice              = Return{Kind: ReturnSlice, MaybeNull: true, NotNull: true}
	readOnlySlice      = Return{Kind: ReturnSlice, MaybeNull: true, NotNull: true, ReadOnly: true}
	sharingSlice       = Return{Kind: ReturnSlice, MaybeNull: true, NotNull: true, Shares: 1}
	mapValueOrNull     = Return{Kind: ReturnMapValue, MaybeNull: true, NotNull: true}
	lookedUp           = Return{Kind: ReturnMapValue, MaybeNull: true, NotNull: true, Acquires: true} // by sockmaps
	acquiredSocket     = Return{Kind: ReturnSocket, MaybeNull: true, NotNull: true, Acquires: true}
	castSocket         = Return{Kind: ReturnSocket, MaybeNull: true, NotNull: true, Shares: 1}
	castObject         = Return{Kind: ReturnObject, MaybeNull: true, Shares: 1}
	objectOrNull       = Return{Kind: ReturnObject, MaybeNull: true}
	trustedOrNull      = Return{Kind: ReturnObject, MaybeNull: true, NotNull: true}
	acquiredMem        = Return{Kind: ReturnMem, MaybeNull: true, NotNull: true, Acquires: true}
	acquired           = Return{Kind: ReturnObject, MaybeNull: true, NotNull: true, Acquires: true}
	acquiredNow        = Return{Kind: ReturnObject, NotNull: true, Acquires: true}
	acquiredOwn        = Return{Kind: ReturnObject, MaybeNull: true, NotNull: true, Acquires: true, Own: true}
	iteratorValue      = Return{Kind: ReturnMem, MaybeNull: true, NotNull: true, Shares: 1, ReadOnly: true}

	// kernel/bpf/verifier.c:set_map_elem_callback_state, set_loop_callback_state,
	// set_find_vma_callback_state, set_user_ringbuf_callback_state, and
	// set_timer_callback_state, which is that of workqueues too.
	eachElementCallback = Callback{Arg: 2, Params: [5]Param{ParamArg1, ParamKey, ParamValue, ParamArg3}}
	loopCallback        = Callback{Arg: 2, LimitArg: 1, Params: [5]Param{ParamScalar, ParamArg3}}
	findVMACallback     = Callback{Arg: 3, Params: [5]Param{ParamArg1, ParamObject, ParamArg4}}
	ringbufCallback     = Callback{Arg: 2, Params: [5]Param{ParamDynptr, ParamArg3}}
	timerCallback       = Callback{Arg: 2, Async: true, Params: [5]Param{ParamMap, ParamKey, ParamValue}}
)

// helpers are the helpers of Linux 6.12, by number; helpers[i] has the number i+1.
// Above each row stand the types of its arguments (struct bpf_func_proto), without
// prefixes and alignment; where types of programs have prototypes of their own, one of them.
var helpers = [...]helper{
	// CONST_MAP_PTR, MAP_KEY
	{1, "bpf_map_lookup_elem", Signature{Args: [5]Arg{1: mapKey}, Return: lookedUp}},
	// CONST_MAP_PTR, MAP_KEY, MAP_VALUE, ANYTHING
	{2, "bpf_map_update_elem", Signature{Args: [5]Arg{1: mapKey, mapValue}}},
	// CONST_MAP_PTR, MAP_KEY
	{3, "bpf_map_delete_elem", Signature{Args: [5]Arg{1: mapKey}}},
	// UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING
	{4, "bpf_probe_read", Signature{Args: [5]Arg{memory}}},
	{5, "bpf_ktime_get_ns", Signature{}},
	// MEM | MEM_RDONLY, CONST_SIZE
	{6, "bpf_trace_printk", Signature{Args: [5]Arg{memory}}},
	{7, "bpf_get_prandom_u32", Signature{}},
	{8, "bpf_get_smp_processor_id", Signature{Return: Return{Bounded: true, Max: 8191}}},
	// CTX, ANYTHING, MEM | MEM_RDONLY, CONST_SIZE, ANYTHING
	{9, "bpf_skb_store_bytes", Signature{Args: [5]Arg{2: memory}, Packet: PacketChanged}},
	// CTX, ANYTHING, ANYTHING, ANYTHING, ANYTHING
	{10, "bpf_l3_csum_replace", Signature{Packet: PacketChanged}},
	// CTX, ANYTHING, ANYTHING, ANYTHING, ANYTHING
	{11, "bpf_l4_csum_replace", Signature{Packet: PacketChanged}},
	// CTX, CONST_MAP_PTR, ANYTHING
	{12, "bpf_tail_call", Signature{Return: void, Packet: PacketChanged}},
	// CTX, ANYTHING, ANYTHING
	{13, "bpf_clone_redirect", Signature{Packet: PacketChanged}},
	{14, "bpf_get_current_pid_tgid", Signature{}},
	{15, "bpf_get_current_uid_gid", Signature{}},
	// UNINIT_MEM, CONST_SIZE
	{16, "bpf_get_current_comm", Signature{Args: [5]Arg{memory}}},
	// CTX
	{17, "bpf_get_cgroup_classid", Signature{}},
	// CTX, ANYTHING, ANYTHING
	{18, "bpf_skb_vlan_push", Signature{Packet: PacketChanged}},
	// CTX
	{19, "bpf_skb_vlan_pop", Signature{Packet: PacketChanged}},
	// CTX, UNINIT_MEM, CONST_SIZE, ANYTHING
	{20, "bpf_skb_get_tunnel_key", Signature{Args: [5]Arg{1: memory}}},
	// CTX, MEM | MEM_RDONLY, CONST_SIZE, ANYTHING
	{21, "bpf_skb_set_tunnel_key", Signature{Args: [5]Arg{1: memory}}},
	// CONST_MAP_PTR, ANYTHING
	{22, "bpf_perf_event_read", Signature{}},
	// ANYTHING, ANYTHING
	{23, "bpf_redirect", Signature{}},
	// CTX
	{24, "bpf_get_route_realm", Signature{}},
	// CTX, CONST_MAP_PTR, ANYTHING, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO
	{25, "bpf_perf_event_output", Signature{Args: [5]Arg{3: memory}}},
	// CTX, ANYTHING, UNINIT_MEM, CONST_SIZE
	{26, "bpf_skb_load_bytes", Signature{Args: [5]Arg{2: memory}}},
	// CTX, CONST_MAP_PTR, ANYTHING
	{27, "bpf_get_stackid", Signature{}},
	// MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING
	{28, "bpf_csum_diff", Signature{Args: [5]Arg{memory, 2: memory}}},
	// CTX, UNINIT_MEM, CONST_SIZE
	{29, "bpf_skb_get_tunnel_opt", Signature{Args: [5]Arg{1: memory}}},
	// CTX, MEM | MEM_RDONLY, CONST_SIZE
	{30, "bpf_skb_set_tunnel_opt", Signature{Args: [5]Arg{1: memory}}},
	// CTX, ANYTHING, ANYTHING
	{31, "bpf_skb_change_proto", Signature{Packet: PacketChanged}},
	// CTX, ANYTHING
	{32, "bpf_skb_change_type", Signature{}},
	// CTX, CONST_MAP_PTR, ANYTHING
	{33, "bpf_skb_under_cgroup", Signature{}},
	// CTX
	{34, "bpf_get_hash_recalc", Signature{}},
	{35, "bpf_get_current_task", Signature{}},
	// ANYTHING, MEM | MEM_RDONLY, CONST_SIZE
	{36, "bpf_probe_write_user", Signature{Args: [5]Arg{1: memory}}},
	// CONST_MAP_PTR, ANYTHING
	{37, "bpf_current_task_under_cgroup", Signature{}},
	// CTX, ANYTHING, ANYTHING
	{38, "bpf_skb_change_tail", Signature{Packet: PacketChanged}},
	// CTX, ANYTHING
	{39, "bpf_skb_pull_data", Signature{Packet: PacketChanged}},
	// CTX, ANYTHING
	{40, "bpf_csum_update", Signature{}},
	// CTX
	{41, "bpf_set_hash_invalid", Signature{}},
	{42, "bpf_get_numa_node_id", Signature{}},
	// CTX, ANYTHING, ANYTHING
	{43, "bpf_skb_change_head", Signature{Packet: PacketChanged}},
	// CTX, ANYTHING
	{44, "bpf_xdp_adjust_head", Signature{Packet: PacketChanged}},
	// UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING
	{45, "bpf_probe_read_str", Signature{Args: [5]Arg{memory}, Return: upToArg2}},
	// BTF_ID_SOCK_COMMON
	{46, "bpf_get_socket_cookie", Signature{}},
	// CTX
	{47, "bpf_get_socket_uid", Signature{}},
	// CTX, ANYTHING
	{48, "bpf_set_hash", Signature{}},
	// BTF_ID_SOCK_COMMON, ANYTHING, ANYTHING, MEM | MEM_RDONLY, CONST_SIZE
	{49, "bpf_setsockopt", Signature{Args: [5]Arg{3: memory}}},
	// CTX, ANYTHING, ANYTHING, ANYTHING
	{50, "bpf_skb_adjust_room", Signature{Packet: PacketChanged}},
	// CONST_MAP_PTR, ANYTHING, ANYTHING
	{51, "bpf_redirect_map", Signature{}},
	// CTX, CONST_MAP_PTR, ANYTHING, ANYTHING
	{52, "bpf_sk_redirect_map", Signature{}},
	// CTX, CONST_MAP_PTR, MAP_KEY, ANYTHING
	{53, "bpf_sock_map_update", Signature{Args: [5]Arg{2: mapKey}}},
	// CTX, ANYTHING
	{54, "bpf_xdp_adjust_meta", Signature{Packet: PacketChanged}},
	// CONST_MAP_PTR, ANYTHING, UNINIT_MEM, CONST_SIZE
	{55, "bpf_perf_event_read_value", Signature{Args: [5]Arg{2: memory}}},
	// CTX, UNINIT_MEM, CONST_SIZE
	{56, "bpf_perf_prog_read_value", Signature{Args: [5]Arg{1: memory}}},
	// BTF_ID_SOCK_COMMON, ANYTHING, ANYTHING, UNINIT_MEM, CONST_SIZE
	{57, "bpf_getsockopt", Signature{Args: [5]Arg{3: memory}}},
	// CTX, ANYTHING
	{58, "bpf_override_return", Signature{}},
	// CTX, ANYTHING
	{59, "bpf_sock_ops_cb_flags_set", Signature{}},
	// CTX, CONST_MAP_PTR, ANYTHING, ANYTHING
	{60, "bpf_msg_redirect_map", Signature{}},
	// CTX, ANYTHING
	{61, "bpf_msg_apply_bytes", Signature{}},
	// CTX, ANYTHING
	{62, "bpf_msg_cork_bytes", Signature{}},
	// CTX, ANYTHING, ANYTHING, ANYTHING
	{63, "bpf_msg_pull_data", Signature{Packet: PacketChanged}},
	// CTX, MEM | MEM_RDONLY, CONST_SIZE
	{64, "bpf_bind", Signature{Args: [5]Arg{1: memory}}},
	// CTX, ANYTHING
	{65, "bpf_xdp_adjust_tail", Signature{Packet: PacketChanged}},
	// CTX, ANYTHING, UNINIT_MEM, CONST_SIZE, ANYTHING
	{66, "bpf_skb_get_xfrm_state", Signature{Args: [5]Arg{2: memory}}},
	// CTX, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING
	{67, "bpf_get_stack", Signature{Args: [5]Arg{1: memory}, Return: upToArg3}},
	// CTX, ANYTHING, UNINIT_MEM, CONST_SIZE, ANYTHING
	{68, "bpf_skb_load_bytes_relative", Signature{Args: [5]Arg{2: memory}}},
	// CTX, MEM, CONST_SIZE, ANYTHING
	{69, "bpf_fib_lookup", Signature{Args: [5]Arg{1: memory}}},
	// CTX, CONST_MAP_PTR, MAP_KEY, ANYTHING
	{70, "bpf_sock_hash_update", Signature{Args: [5]Arg{2: mapKey}}},
	// CTX, CONST_MAP_PTR, MAP_KEY, ANYTHING
	{71, "bpf_msg_redirect_hash", Signature{Args: [5]Arg{2: mapKey}}},
	// CTX, CONST_MAP_PTR, MAP_KEY, ANYTHING
	{72, "bpf_sk_redirect_hash", Signature{Args: [5]Arg{2: mapKey}}},
	// CTX, ANYTHING, MEM | MEM_RDONLY, CONST_SIZE
	{73, "bpf_lwt_push_encap", Signature{Args: [5]Arg{2: memory}, Packet: PacketChanged}},
	// CTX, ANYTHING, MEM | MEM_RDONLY, CONST_SIZE
	{74, "bpf_lwt_seg6_store_bytes", Signature{Args: [5]Arg{2: memory}, Packet: PacketChanged}},
	// CTX, ANYTHING, ANYTHING
	{75, "bpf_lwt_seg6_adjust_srh", Signature{Packet: PacketChanged}},
	// CTX, ANYTHING, MEM | MEM_RDONLY, CONST_SIZE
	{76, "bpf_lwt_seg6_action", Signature{Args: [5]Arg{2: memory}, Packet: PacketChanged}},
	// CTX
	{77, "bpf_rc_repeat", Signature{}},
	// CTX, ANYTHING, ANYTHING, ANYTHING
	{78, "bpf_rc_keydown", Signature{}},
	// CTX
	{79, "bpf_skb_cgroup_id", Signature{}},
	{80, "bpf_get_current_cgroup_id", Signature{}},
	// CONST_MAP_PTR, ANYTHING
	{81, "bpf_get_local_storage", Signature{Return: Return{Kind: ReturnMapValue, NotNull: true}}},
	// CTX, CONST_MAP_PTR, MAP_KEY, ANYTHING
	{82, "bpf_sk_select_reuseport", Signature{Args: [5]Arg{2: mapKey}}},
	// CTX, ANYTHING
	{83, "bpf_skb_ancestor_cgroup_id", Signature{}},
	// CTX, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING
	{84, "bpf_sk_lookup_tcp", Signature{Args: [5]Arg{1: memory}, Return: acquiredSocket}},
	// CTX, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING
	{85, "bpf_sk_lookup_udp", Signature{Args: [5]Arg{1: memory}, Return: acquiredSocket}},
	// BTF_ID_SOCK_COMMON | OBJ_RELEASE
	{86, "bpf_sk_release", Signature{Args: [5]Arg{released}}},
	// CONST_MAP_PTR, MAP_VALUE, ANYTHING
	{87, "bpf_map_push_elem", Signature{Args: [5]Arg{1: mapValue}}},
	// CONST_MAP_PTR, MAP_VALUE | MEM_UNINIT | MEM_WRITE
	{88, "bpf_map_pop_elem", Signature{Args: [5]Arg{1: mapValue}}},
	// CONST_MAP_PTR, MAP_VALUE | MEM_UNINIT | MEM_WRITE
	{89, "bpf_map_peek_elem", Signature{Args: [5]Arg{1: mapValue}}},
	// CTX, ANYTHING, ANYTHING, ANYTHING
	{90, "bpf_msg_push_data", Signature{Packet: PacketChanged}},
	// CTX, ANYTHING, ANYTHING, ANYTHING
	{91, "bpf_msg_pop_data", Signature{Packet: PacketChanged}},
	// CTX, ANYTHING, ANYTHING
	{92, "bpf_rc_pointer_rel", Signature{}},
	// SPIN_LOCK
	{93, "bpf_spin_lock", Signature{Return: void}},
	// SPIN_LOCK
	{94, "bpf_spin_unlock", Signature{Return: void}},
	// SOCK_COMMON
	{95, "bpf_sk_fullsock", Signature{Return: castSocket}},
	// SOCK_COMMON
	{96, "bpf_tcp_sock", Signature{Return: Return{Kind: ReturnTCPSock, MaybeNull: true, NotNull: true, Shares: 1}}},
	// CTX
	{97, "bpf_skb_ecn_set_ce", Signature{}},
	// SOCK_COMMON
	{98, "bpf_get_listener_sock", Signature{Return: Return{Kind: ReturnSocket, MaybeNull: true, NotNull: true}}},
	// CTX, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING, ANYTHING
	{99, "bpf_skc_lookup_tcp", Signature{Args: [5]Arg{1: memory}, Return: acquiredSockCommon}},
	// BTF_ID_SOCK_COMMON, MEM | MEM_RDONLY, CONST_SIZE, MEM | MEM_RDONLY, CONST_SIZE
	{100, "bpf_tcp_check_syncookie", Signature{Args: [5]Arg{1: memory, 3: memory}}},
	// CTX, MEM, CONST_SIZE, ANYTHING
	{101, "bpf_sysctl_get_name", Signature{Args: [5]Arg{1: memory}}},
	// CTX, UNINIT_MEM, CONST_SIZE
	{102, "bpf_sysctl_get_current_value", Signature{Args: [5]Arg{1: memory}}},
	// CTX, UNINIT_MEM, CONST_SIZE
	{103, "bpf_sysctl_get_new_value", Signature{Args: [5]Arg{1: memory}}},
	// CTX, MEM | MEM_RDONLY, CONST_SIZE
	{104, "bpf_sysctl_set_new_value", Signature{Args: [5]Arg{1: memory}}},
	// MEM | MEM_RDONLY, CONST_SIZE, ANYTHING, FIXED_SIZE_MEM | MEM_UNINIT | MEM_WRITE
	{105, "bpf_strtol", Signature{Args: [5]Arg{memory, 3: {ArgFixed, 8}}}},
	// MEM | MEM_RDONLY, CONST_SIZE, ANYTHING, FIXED_SIZE_MEM | MEM_UNINIT | MEM_WRITE
	{106, "bpf_strtoul", Signature{Args: [5]Arg{memory, 3: {ArgFixed, 8}}}},
	// CONST_MAP_PTR, BTF_ID_SOCK_COMMON, MAP_VALUE, ANYTHING
	{107, "bpf_sk_storage_get", Signature{Args: [5]Arg{2: mapValue}, Return: mapValueOrNull}},
	// CONST_MAP_PTR, BTF_ID_SOCK_COMMON
	{108, "bpf_sk_storage_delete", Signature{}},
	// ANYTHING
	{109, "bpf_send_signal", Signature{}},
	// BTF_ID_SOCK_COMMON, MEM | MEM_RDONLY, CONST_SIZE, MEM | MEM_RDONLY, CONST_SIZE
	{110, "bpf_tcp_gen_syncookie", Signature{Args: [5]Arg{1: memory, 3: memory}}},
	// BTF_ID, CONST_MAP_PTR, ANYTHING, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO
	{111, "bpf_skb_output", Signature{Args: [5]Arg{3: memory}}},
	// UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING
	{112, "bpf_probe_read_user", Signature{Args: [5]Arg{memory}}},
	// UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING
	{113, "bpf_probe_read_kernel", Signature{Args: [5]Arg{memory}}},
	// UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING
	{114, "bpf_probe_read_user_str", Signature{Args: [5]Arg{memory}, Return: upToArg2}},
	// UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING
	{115, "bpf_probe_read_kernel_str", Signature{Args: [5]Arg{memory}, Return: upToArg2}},
	// BTF_ID, ANYTHING
	{116, "bpf_tcp_send_ack", Signature{}},
	// ANYTHING
	{117, "bpf_send_signal_thread", Signature{}},
	{118, "bpf_jiffies64", Signature{}},
	// CTX, MEM, CONST_SIZE_OR_ZERO, ANYTHING
	{119, "bpf_read_branch_records", Signature{Args: [5]Arg{1: memory}}},
	// ANYTHING, ANYTHING, UNINIT_MEM, CONST_SIZE
	{120, "bpf_get_ns_current_pid_tgid", Signature{Args: [5]Arg{2: memory}}},
	// BTF_ID, CONST_MAP_PTR, ANYTHING, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO
	{121, "bpf_xdp_output", Signature{Args: [5]Arg{3: memory}}},
	// CTX
	{122, "bpf_get_netns_cookie", Signature{}},
	// ANYTHING
	{123, "bpf_get_current_ancestor_cgroup_id", Signature{}},
	// CTX, BTF_ID_SOCK_COMMON, ANYTHING
	{124, "bpf_sk_assign", Signature{}},
	{125, "bpf_ktime_get_boot_ns", Signature{}},
	// BTF_ID, MEM | MEM_RDONLY, CONST_SIZE, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO
	{126, "bpf_seq_printf", Signature{Args: [5]Arg{1: memory, 3: memory}}},
	// BTF_ID, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO
	{127, "bpf_seq_write", Signature{Args: [5]Arg{1: memory}}},
	// BTF_ID_SOCK_COMMON
	{128, "bpf_sk_cgroup_id", Signature{}},
	// BTF_ID_SOCK_COMMON, ANYTHING
	{129, "bpf_sk_ancestor_cgroup_id", Signature{}},
	// CONST_MAP_PTR, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING
	{130, "bpf_ringbuf_output", Signature{Args: [5]Arg{1: memory}}},
	// CONST_MAP_PTR, CONST_ALLOC_SIZE_OR_ZERO, ANYTHING
	{131, "bpf_ringbuf_reserve", Signature{Return: acquiredMem}},
	// RINGBUF_MEM | OBJ_RELEASE, ANYTHING
	{132, "bpf_ringbuf_submit", Signature{Args: [5]Arg{released}, Return: void}},
	// RINGBUF_MEM | OBJ_RELEASE, ANYTHING
	{133, "bpf_ringbuf_discard", Signature{Args: [5]Arg{released}, Return: void}},
	// CONST_MAP_PTR, ANYTHING
	{134, "bpf_ringbuf_query", Signature{}},
	// CTX, ANYTHING
	{135, "bpf_csum_level", Signature{}},
	// BTF_ID_SOCK_COMMON
	{136, "bpf_skc_to_tcp6_sock", Signature{Return: castObject}},
	// BTF_ID_SOCK_COMMON
	{137, "bpf_skc_to_tcp_sock", Signature{Return: castObject}},
	// BTF_ID_SOCK_COMMON
	{138, "bpf_skc_to_tcp_timewait_sock", Signature{Return: castObject}},
	// BTF_ID_SOCK_COMMON
	{139, "bpf_skc_to_tcp_request_sock", Signature{Return: castObject}},
	// BTF_ID_SOCK_COMMON
	{140, "bpf_skc_to_udp6_sock", Signature{Return: castObject}},
	// BTF_ID, UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING
	{141, "bpf_get_task_stack", Signature{Args: [5]Arg{1: memory}, Return: upToArg3}},
	// CTX, MEM | MEM_WRITE, CONST_SIZE, ANYTHING
	{142, "bpf_load_hdr_opt", Signature{Args: [5]Arg{1: memory}}},
	// CTX, MEM | MEM_RDONLY, CONST_SIZE, ANYTHING
	{143, "bpf_store_hdr_opt", Signature{Args: [5]Arg{1: memory}, Packet: PacketChanged}},
	// CTX, ANYTHING, ANYTHING
	{144, "bpf_reserve_hdr_opt", Signature{}},
	// CONST_MAP_PTR, BTF_ID, MAP_VALUE, ANYTHING
	{145, "bpf_inode_storage_get", Signature{Args: [5]Arg{2: mapValue}, Return: mapValueOrNull}},
	// CONST_MAP_PTR, BTF_ID
	{146, "bpf_inode_storage_delete", Signature{}},
	// BTF_ID, MEM, CONST_SIZE_OR_ZERO
	{147, "bpf_d_path", Signature{Args: [5]Arg{1: memory}}},
	// UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING
	{148, "bpf_copy_from_user", Signature{Args: [5]Arg{memory}}},
	// MEM, CONST_SIZE, MEM | MEM_RDONLY, CONST_SIZE, ANYTHING
	{149, "bpf_snprintf_btf", Signature{Args: [5]Arg{memory, 2: memory}}},
	// BTF_ID, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING
	{150, "bpf_seq_printf_btf", Signature{Args: [5]Arg{1: memory}}},
	// CTX
	{151, "bpf_skb_cgroup_classid", Signature{}},
	// ANYTHING, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING
	{152, "bpf_redirect_neigh", Signature{Args: [5]Arg{1: memory}}},
	// PERCPU_BTF_ID, ANYTHING
	{153, "bpf_per_cpu_ptr", Signature{Return: Return{Kind: ReturnPointer}}},
	// PERCPU_BTF_ID
	{154, "bpf_this_cpu_ptr", Signature{Return: Return{Kind: ReturnPointer}}},
	// ANYTHING, ANYTHING
	{155, "bpf_redirect_peer", Signature{}},
	// CONST_MAP_PTR, BTF_ID, MAP_VALUE, ANYTHING
	{156, "bpf_task_storage_get", Signature{Args: [5]Arg{2: mapValue}, Return: mapValueOrNull}},
	// CONST_MAP_PTR, BTF_ID
	{157, "bpf_task_storage_delete", Signature{}},
	{158, "bpf_get_current_task_btf", Signature{Return: Return{Kind: ReturnObject, NotNull: true}}},
	// BTF_ID, ANYTHING
	{159, "bpf_bprm_opts_set", Signature{}},
	{160, "bpf_ktime_get_coarse_ns", Signature{}},
	// BTF_ID, UNINIT_MEM, CONST_SIZE
	{161, "bpf_ima_inode_hash", Signature{Args: [5]Arg{1: memory}}},
	// BTF_ID
	{162, "bpf_sock_from_file", Signature{Return: objectOrNull}},
	// CTX, ANYTHING, FIXED_SIZE_MEM | MEM_WRITE, ANYTHING, ANYTHING
	{163, "bpf_check_mtu", Signature{Args: [5]Arg{2: {ArgFixed, 4}}}},
	// CONST_MAP_PTR, FUNC, STACK, ANYTHING
	{164, "bpf_for_each_map_elem", Signature{Callback: eachElementCallback}},
	// MEM, CONST_SIZE_OR_ZERO, CONST_STR, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO
	{165, "bpf_snprintf", Signature{Args: [5]Arg{memory, 3: memory}}},
	// ANYTHING, MEM | MEM_RDONLY, CONST_SIZE
	{166, "bpf_sys_bpf", Signature{Args: [5]Arg{1: memory}}},
	// MEM | MEM_RDONLY, CONST_SIZE, ANYTHING, ANYTHING
	{167, "bpf_btf_find_by_name_kind", Signature{Args: [5]Arg{memory}}},
	// ANYTHING
	{168, "bpf_sys_close", Signature{}},
	// TIMER, CONST_MAP_PTR, ANYTHING
	{169, "bpf_timer_init", Signature{}},
	// TIMER, FUNC
	{170, "bpf_timer_set_callback", Signature{Callback: timerCallback}},
	// TIMER, ANYTHING, ANYTHING
	{171, "bpf_timer_start", Signature{}},
	// TIMER
	{172, "bpf_timer_cancel", Signature{}},
	// CTX
	{173, "bpf_get_func_ip", Signature{}},
	// CTX
	{174, "bpf_get_attach_cookie", Signature{}},
	// BTF_ID
	{175, "bpf_task_pt_regs", Signature{Return: Return{Kind: ReturnObject}}},
	// UNINIT_MEM, CONST_SIZE_OR_ZERO
	{176, "bpf_get_branch_snapshot", Signature{Args: [5]Arg{memory}}},
	// MEM | MEM_RDONLY, CONST_SIZE, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO
	{177, "bpf_trace_vprintk", Signature{Args: [5]Arg{memory, 2: memory}}},
	// BTF_ID_SOCK_COMMON
	{178, "bpf_skc_to_unix_sock", Signature{Return: objectOrNull}},
	// MEM, CONST_SIZE_OR_ZERO, ANYTHING, FIXED_SIZE_MEM | MEM_UNINIT | MEM_WRITE
	{179, "bpf_kallsyms_lookup_name", Signature{Args: [5]Arg{memory, 3: {ArgFixed, 8}}}},
	// BTF_ID, ANYTHING, FUNC, STACK, ANYTHING
	{180, "bpf_find_vma", Signature{Callback: findVMACallback}},
	// SCALAR, FUNC, STACK, ANYTHING
	{181, "bpf_loop", Signature{Callback: loopCallback}},
	// MEM | MEM_RDONLY, CONST_SIZE, CONST_STR
	{182, "bpf_strncmp", Signature{Args: [5]Arg{memory}}},
	// CTX, ANYTHING, FIXED_SIZE_MEM | MEM_UNINIT | MEM_WRITE
	{183, "bpf_get_func_arg", Signature{Args: [5]Arg{2: {ArgFixed, 8}}}},
	// CTX, FIXED_SIZE_MEM | MEM_UNINIT | MEM_WRITE
	{184, "bpf_get_func_ret", Signature{Args: [5]Arg{1: {ArgFixed, 8}}}},
	// CTX
	{185, "bpf_get_func_arg_cnt", Signature{}},
	{186, "bpf_get_retval", Signature{}},
	// ANYTHING
	{187, "bpf_set_retval", Signature{}},
	// BTF_ID
	{188, "bpf_xdp_get_buff_len", Signature{}},
	// CTX, ANYTHING, UNINIT_MEM, CONST_SIZE
	{189, "bpf_xdp_load_bytes", Signature{Args: [5]Arg{2: memory}}},
	// CTX, ANYTHING, MEM | MEM_RDONLY, CONST_SIZE
	{190, "bpf_xdp_store_bytes", Signature{Args: [5]Arg{2: memory}}},
	// UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING, BTF_ID, ANYTHING
	{191, "bpf_copy_from_user_task", Signature{Args: [5]Arg{memory}}},
	// CTX, ANYTHING, ANYTHING
	{192, "bpf_skb_set_tstamp", Signature{}},
	// BTF_ID, UNINIT_MEM, CONST_SIZE
	{193, "bpf_ima_file_hash", Signature{Args: [5]Arg{1: memory}}},
	// KPTR_XCHG_DEST, BTF_ID | OBJ_RELEASE
	{194, "bpf_kptr_xchg", Signature{Args: [5]Arg{1: lent}, Return: acquired}},
	// CONST_MAP_PTR, MAP_KEY, ANYTHING
	{195, "bpf_map_lookup_percpu_elem", Signature{Args: [5]Arg{1: mapKey}, Return: mapValueOrNull}},
	// SOCK_COMMON
	{196, "bpf_skc_to_mptcp_sock", Signature{Return: castObject}},
	// UNINIT_MEM, CONST_SIZE_OR_ZERO, ANYTHING, DYNPTR | DYNPTR_TYPE_LOCAL | MEM_UNINIT | MEM_WRITE
	{197, "bpf_dynptr_from_mem", Signature{Args: [5]Arg{memory, 3: dynptrNew}}},
	// CONST_MAP_PTR, ANYTHING, ANYTHING, DYNPTR | DYNPTR_TYPE_RINGBUF | MEM_UNINIT | MEM_WRITE
	{198, "bpf_ringbuf_reserve_dynptr", Signature{Args: [5]Arg{3: dynptrNew}}},
	// DYNPTR | DYNPTR_TYPE_RINGBUF | OBJ_RELEASE, ANYTHING
	{199, "bpf_ringbuf_submit_dynptr", Signature{Args: [5]Arg{dynptrReleased}, Return: void}},
	// DYNPTR | DYNPTR_TYPE_RINGBUF | OBJ_RELEASE, ANYTHING
	{200, "bpf_ringbuf_discard_dynptr", Signature{Args: [5]Arg{dynptrReleased}, Return: void}},
	// UNINIT_MEM, CONST_SIZE_OR_ZERO, DYNPTR | MEM_RDONLY, ANYTHING, ANYTHING
	{201, "bpf_dynptr_read", Signature{Args: [5]Arg{memory, 2: dynptr}}},
	// DYNPTR | MEM_RDONLY, ANYTHING, MEM | MEM_RDONLY, CONST_SIZE_OR_ZERO, ANYTHING
	{202, "bpf_dynptr_write", Signature{Args: [5]Arg{dynptr, 2: memory}, Packet: PacketChangedDynptr}},
	// DYNPTR | MEM_RDONLY, ANYTHING, CONST_ALLOC_SIZE_OR_ZERO
	{203, "bpf_dynptr_data", Signature{Args: [5]Arg{dynptr}, Return: sharingSlice}},
	// FIXED_SIZE_MEM, MEM, CONST_SIZE_OR_ZERO
	{204, "bpf_tcp_raw_gen_syncookie_ipv4", Signature{Args: [5]Arg{{ArgFixed, 20}, memory}}},
	// FIXED_SIZE_MEM, MEM, CONST_SIZE_OR_ZERO
	{205, "bpf_tcp_raw_gen_syncookie_ipv6", Signature{Args: [5]Arg{{ArgFixed, 40}, memory}}},
	// FIXED_SIZE_MEM, FIXED_SIZE_MEM
	{206, "bpf_tcp_raw_check_syncookie_ipv4", Signature{Args: [5]Arg{{ArgFixed, 20}, {ArgFixed, 20}}}},
	// FIXED_SIZE_MEM, FIXED_SIZE_MEM
	{207, "bpf_tcp_raw_check_syncookie_ipv6", Signature{Args: [5]Arg{{ArgFixed, 40}, {ArgFixed, 20}}}},
	{208, "bpf_ktime_get_tai_ns", Signature{}},
	// CONST_MAP_PTR, FUNC, STACK, ANYTHING
	{209, "bpf_user_ringbuf_drain", Signature{Callback: ringbufCallback}},
	// CONST_MAP_PTR, BTF_ID, MAP_VALUE, ANYTHING
	{210, "bpf_cgrp_storage_get", Signature{Args: [5]Arg{2: mapValue}, Return: mapValueOrNull}},
	// CONST_MAP_PTR, BTF_ID
	{211, "bpf_cgrp_storage_delete", Signature{}},
}
