package corpus

import "github.com/statecheck/statecheck/verifier/effect"

// effects are what a program can do without a map, from the mildest to the worst.
var effects = []Case{
	{
		Object: "reflect.o", Program: "reflect", Section: "xdp",
		Shows: "XDP that rewrites the packet",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: "store", Effects: effect.Context}},
		Reason: "the bytes of the packet belong to the invocation",
	},
	{
		Object: "reflect.o", Program: "strip_tag", Section: "xdp",
		Shows: "XDP that moves the front of the packet",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses:   []Use{{Name: "bpf_xdp_adjust_head", Effects: effect.Context | effect.Ambient}},
		Reason: "the packet's limits are its own; that the headroom can show old bytes is ambient (settled case 5)",
	},
	{
		Object: "mark_packet.o", Program: "mark_packet", Section: "tc",
		Shows: "stores to the fields of a packet, cpu v2",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: "store", Effects: effect.Context}},
		Reason: "what later stages find, they find in the packet, which is the context: no handoff",
	},
	{
		Object: "sample.o", Program: "sample", Section: "tc",
		Shows: "random numbers",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses:   []Use{{Name: "bpf_get_prandom_u32", Effects: effect.Ambient}},
		Reason: "drawing a number leaves nothing of the program's choice behind, but the result is no function of the packet",
	},
	{
		Object: "sample.o", Program: "half_second", Section: "tc",
		Shows: "the clock",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses:   []Use{{Name: "bpf_ktime_get_ns", Effects: effect.Ambient}},
		Reason: "reading the clock leaves nothing behind, but the result is no function of the packet",
	},
	{
		Object: "kernel_object.o", Program: "parent_of_exiting", Section: "tp_btf/sched_process_exit",
		Shows: "CO-RE loads through typed kernel pointers",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses:   []Use{{Name: "load kernel", Effects: effect.Ambient}},
		Reason: "a kernel object that is not the context is ambient to read (settled case 6)",
	},
	{
		Object: "percpu_variable.o", Program: "is_cpu_crowded", Section: "raw_tp/sched_switch",
		Shows: "a per-CPU variable of the kernel, by name",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses: []Use{
			{Name: "runqueues", Effects: effect.Ambient},
			{Name: "bpf_this_cpu_ptr", Effects: effect.Ambient},
			{Name: "load kernel", Effects: effect.Ambient},
		},
		Reason:  "kernel variables are surroundings (settled case 12)",
		Refused: "cilium/ebpf v0.22.0 does not read typed kernel variables",
	},
	{
		Object: "find_socket.o", Program: "drop_unless_listening", Section: "tc",
		Shows: "a reference that is taken and released",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses:   []Use{{Name: "bpf_sk_lookup_tcp", Effects: effect.Ambient}},
		Reason: "to look a socket up is ambient and to release it none (settled case 3)",
	},
	{
		Object: "conntrack_lookup.o", Program: "drop_unless_connected", Section: "tc",
		Shows: "kfuncs that take a reference and give it back",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses:   []Use{{Name: "bpf_skb_ct_lookup", Effects: effect.Ambient}},
		Reason: "acquire by look-up is ambient, release is none (settled case 3)",
	},
	{
		Object: "demo.o", Program: "forward_ipv4", Section: "xdp",
		Shows: "bpf_redirect behind two branches",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff}},
		Reason: "the target stays in bpf_redirect_info, which the stack reads after the program has returned",
	},
	{
		Object: "tunnel_key.o", Program: "into_tunnel_7", Section: "tc",
		Shows: "bpf_skb_set_tunnel_key",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_skb_set_tunnel_key", Effects: effect.Context | effect.Handoff}},
		Reason: "the key is written to a metadata_dst of the CPU that all programs share",
	},
	{
		Object: "clone_redirect.o", Program: "mirror", Section: "tc",
		Shows: "a packet that is sent while the program runs",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_clone_redirect", Effects: effect.Context | effect.Ambient | effect.Kernel}},
		Reason: "a copy of the packet is in another device's queue when the helper returns",
	},
	{
		Object: "send_signal.o", Program: "kill_caller", Section: "tracepoint/syscalls/sys_enter_reboot",
		Shows: "a signal",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_send_signal", Effects: effect.Ambient | effect.Handoff | effect.Kernel}},
		Reason: "the signal is pending in the task, or waits in a slot of the CPU, after the program has returned",
	},
	{
		Object: "conntrack_mark.o", Program: "mark_connection", Section: "tc",
		Shows: "a store instruction to a kernel object",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "bpf_skb_ct_lookup", Effects: effect.Ambient},
			{Name: "store kernel", Effects: effect.Kernel},
		},
		Reason: "the mark stays with the connection (settled case 12)",
	},
	{
		Object: "trace_printk.o", Program: "hello", Section: "raw_tp/sys_enter",
		Shows: "a line in the trace buffer, with its format on the stack",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_trace_printk", Effects: effect.Ambient | effect.Output}},
		Reason: "user space reads the line without any map",
	},
	{
		Object: "write_user.o", Program: "write_user", Section: "raw_tp/sys_enter",
		Shows: "a write to user memory",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:    []Use{{Name: "bpf_probe_write_user", Effects: effect.User}},
		Reason:  "the process finds what was written",
		Refused: "a kernel in lockdown has no bpf_probe_write_user (kernel/trace/bpf_trace.c:bpf_tracing_func_proto)",
	},
}
