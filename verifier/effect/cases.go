package effect

import "slices"

// Case is a settled case: it decides where the definition of an effect leaves room.
type Case struct {
	Number int
	Title  string
	Text   string // Markdown
	// Names are rows that rest on it, by name: those that a reader would expect to
	// be judged otherwise, and for case 3 all that take or give back a reference.
	Names []string
}

// Cases lists the settled cases, by number.
func Cases() []Case { return slices.Clone(cases[:]) }

// Settled lists the settled cases that the row of that name rests on.
func Settled(name string) []Case {
	var on []Case
	for _, c := range cases {
		if slices.Contains(c.Names, name) {
			on = append(on, c)
		}
	}
	return on
}

var cases = [...]Case{
	{
		Number: 1, Title: "Worst case",
		Text: "A row is the union over all prototypes behind the number, all flags, arguments and error paths, " +
			"unless the checker itself tests what tells them apart. `bpf_setsockopt` can push queued frames out " +
			"and reach sockets that are not the context, so it is `kernel`.",
		Names: []string{
			"bpf_bind", "bpf_dynptr_from_skb", "bpf_lwt_push_encap", "bpf_map_delete_elem",
			"bpf_map_update_elem", "bpf_setsockopt", "bpf_xdp_get_buff_len",
		},
	},
	{
		Number: 2, Title: "Provenance",
		Text: "How the memory that is passed in was obtained is counted where it was obtained, so that " +
			"`bpf_dynptr_read` is `none`. But what the kernel accepts only on something that lives in a map " +
			"(a timer, a lock, a list) is `map`.",
		Names: []string{
			"bpf_crypto_decrypt", "bpf_crypto_encrypt", "bpf_dynptr_data", "bpf_dynptr_from_mem",
			"bpf_dynptr_read", "bpf_dynptr_write", "bpf_kptr_xchg", "bpf_list_pop_back",
			"bpf_list_pop_front", "bpf_list_push_back_impl", "bpf_list_push_front_impl",
			"bpf_per_cpu_ptr", "bpf_rbtree_add_impl", "bpf_rbtree_first", "bpf_rbtree_remove",
			"bpf_snprintf", "bpf_spin_lock", "bpf_spin_unlock", "bpf_strncmp", "bpf_this_cpu_ptr",
			"bpf_timer_cancel", "bpf_timer_init", "bpf_timer_set_callback", "bpf_timer_start",
			"bpf_wq_init", "bpf_wq_set_callback_impl", "bpf_wq_start",
		},
	},
	{
		Number: 3, Title: "References",
		Text: "To look one up is `ambient`; to create, duplicate or release one is `none`. That each is given " +
			"back is for the kernel's verifier to see to.",
		Names: []string{
			"bpf_cgroup_acquire", "bpf_cgroup_ancestor", "bpf_cgroup_from_id", "bpf_cgroup_release",
			"bpf_cpumask_acquire", "bpf_cpumask_create", "bpf_cpumask_release", "bpf_crypto_ctx_acquire",
			"bpf_crypto_ctx_release", "bpf_ct_release", "bpf_get_task_exe_file", "bpf_key_put",
			"bpf_kfunc_call_memb_release", "bpf_kfunc_call_test_release", "bpf_lookup_system_key",
			"bpf_obj_drop_impl", "bpf_obj_new_impl", "bpf_percpu_obj_drop_impl", "bpf_percpu_obj_new_impl",
			"bpf_put_file", "bpf_refcount_acquire_impl", "bpf_sk_lookup_tcp", "bpf_sk_lookup_udp",
			"bpf_sk_release", "bpf_skb_ct_lookup", "bpf_skc_lookup_tcp", "bpf_task_acquire",
			"bpf_task_from_pid", "bpf_task_get_cgroup1", "bpf_task_release", "bpf_xdp_ct_lookup",
			"bpf_xdp_get_xfrm_state", "bpf_xdp_xfrm_state_release", "hid_bpf_allocate_context",
			"hid_bpf_release_context", "scx_bpf_get_online_cpumask", "scx_bpf_get_possible_cpumask",
			"scx_bpf_put_cpumask", "scx_bpf_put_idle_cpumask",
		},
	},
	{
		Number: 4, Title: "Bookkeeping",
		Text: "What the kernel notes by itself, and into which the program cannot put a value of its choice " +
			"(statistics, caches, lazily assigned ids), is not state. A cursor that the call steers and a " +
			"later caller resumes from is `handoff`.",
		Names: []string{
			"bpf_cpumask_any_and_distribute", "bpf_cpumask_any_distribute", "bpf_get_netns_cookie",
			"bpf_get_prandom_u32", "bpf_get_socket_cookie", "bpf_ima_file_hash",
		},
	},
	{
		Number: 5, Title: "Unspecified bytes",
		Text: "Old bytes that memory can show (uninitialised stack, packet headroom) were left for nobody: to " +
			"read them is `ambient`. statecheck does not follow which bytes of the stack were written, so " +
			"that `pure` lets a read of uninitialised stack pass.",
		Names: []string{
			"bpf_msg_push_data", "bpf_obj_new_impl", "bpf_percpu_obj_new_impl", "bpf_xdp_adjust_head",
			"bpf_xdp_adjust_meta",
		},
	},
	{
		Number: 6, Title: "Kernel objects by pointer",
		Text: "Those that are not the context are `ambient` to read and `kernel` to write. To see one object " +
			"under another type is `ambient`.",
		Names: []string{
			"bpf_bprm_opts_set", "bpf_cast_to_kern_ctx", "bpf_get_listener_sock", "bpf_rdonly_cast",
			"bpf_sk_fullsock", "bpf_skc_to_mptcp_sock", "bpf_skc_to_tcp6_sock",
			"bpf_skc_to_tcp_request_sock", "bpf_skc_to_tcp_sock", "bpf_skc_to_tcp_timewait_sock",
			"bpf_skc_to_udp6_sock", "bpf_skc_to_unix_sock", "bpf_tcp_sock", "load kernel",
		},
	},
	{
		Number: 7, Title: "Shared through the context",
		Text: "What the context only points to and shares with others, such as a route, is not owned. State " +
			"kept in the context object itself is.",
		Names: []string{
			"bpf_msg_apply_bytes", "bpf_msg_cork_bytes", "bpf_skb_get_fou_encap", "bpf_skb_get_tunnel_key",
			"bpf_skb_get_tunnel_opt", "bpf_skb_get_xfrm_info", "bpf_skb_set_fou_encap",
			"bpf_sock_ops_cb_flags_set",
		},
	},
	{
		Number: 8, Title: "Hook parameters",
		Text: "The return value so far belongs to the run. The attach cookie and the address of the function " +
			"are `ambient`. The entry and the return run of a session probe are two invocations, so what one " +
			"writes for the other is `handoff`.",
		Names: []string{
			"bpf_get_attach_cookie", "bpf_get_func_ip", "bpf_get_retval", "bpf_session_cookie",
			"bpf_session_is_return", "bpf_set_retval",
		},
	},
	{
		Number: 9, Title: "Types are not storage",
		Text: "BTF of the kernel, a module or the program is no object in the sense of (a), and neither is a " +
			"device that the program is bound to.",
	},
	{
		Number: 10, Title: "Errors",
		Text: "A diagnostic on misuse is no `output`; an error path that changes kernel state is `kernel`. " +
			"Functions of sched_ext abort the scheduler.",
		Names: []string{
			"scx_bpf_cpu_rq", "scx_bpf_cpuperf_cap", "scx_bpf_cpuperf_cur", "scx_bpf_destroy_dsq",
			"scx_bpf_dispatch_nr_slots", "scx_bpf_dsq_nr_queued", "scx_bpf_get_idle_cpumask",
			"scx_bpf_get_idle_smtmask", "scx_bpf_task_cgroup",
		},
	},
	{
		Number: 11, Title: "Load time",
		Text: "What loading or attaching a program sets up by itself does not count.",
	},
	{
		Number: 12, Title: "Instructions",
		Text: "A load or store is judged by what its pointer can be, as far as the program's type and calls " +
			"tell. `LD_ABS` and `LD_IND` read the context: `none`. Kernel variables are `ambient`, arenas `map`. " +
			"Programs of type `ext`, and those that are given another program to attach to, are `program`.",
		Names: []string{
			"addr_space_cast", "ext", "ld_abs/ld_ind", "ld_imm64 btf_id", "load kernel", "store",
			"store iterator value", "store kernel", "store untyped", "target program",
		},
	},
	{
		Number: 13, Title: "Others' programs",
		Text:  "What a call happens to trigger, such as a program of the socket look-up hook, is theirs.",
		Names: []string{"bpf_sk_lookup_tcp", "bpf_sk_lookup_udp", "bpf_skc_lookup_tcp"},
	},
}
