package corpus

import (
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

const (
	stateless = verifier.Stateless
	stateful  = verifier.Stateful
	invalid   = verifier.Invalid
)

// cases is the index: a row a program. The verdicts follow from
// docs/statelessness.md, not from what the checker happens to say; where a row
// and the checker differ, one of them is a bug.
var cases = [...]Case{
	{
		Object: "ip_vrf.o", Program: "bind_to_vrf", Section: "cgroup/sock",
		Shows: "the six instructions that ip vrf exec loads",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: "store", Effects: effect.Context}},
		Reason: "it writes bound_dev_if of the socket that the hook is about, which the invocation owns",
	},

	// No effect at all.
	{
		Object: "pass_v1.o", Program: "pass", Section: "xdp",
		Shows: "the smallest program, cpu v1",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "it returns a constant",
	},
	{
		Object: "pass_v4.o", Program: "pass", Section: "xdp",
		Shows: "the smallest program, cpu v4",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "it returns a constant",
	},
	{
		Object: "pass_no_btf.o", Program: "pass", Section: "xdp",
		Shows: "an object without BTF",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "instructions and symbols are enough for the verdict",
	},
	{
		Object: "demo.o", Program: "drop_ipv6", Section: "xdp",
		Shows: "a filter that decides by the packet alone",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "reading the packet is reading the context: none",
	},
	{
		Object: "vlan_le.o", Program: "drop_vlan_7", Section: "xdp",
		Shows: "little-endian object of a source that is built for both",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "it reads the packet and nothing else",
	},
	{
		Object: "vlan_be.o", Program: "drop_vlan_7", Section: "xdp",
		Shows: "big-endian object of a source that is built for both",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason:  "it reads the packet and nothing else, in any order of bytes",
		Refused: "cilium/ebpf loads objects of the machine's own byte order alone",
	},
	{
		Object: "classic_loads.o", Program: "only_dns", Section: "socket",
		Shows: "LD_ABS and LD_IND",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason:  "they read the packet of the context",
		Settled: 12,
	},
	{
		Object: "version_4.o", Program: "version_4", Section: "xdp",
		Shows: "gotol, signed division, sign extension and bswap of cpu v4",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "they compute on registers, and the load is from the packet",
	},
	{
		Object: "atomics_on_stack.o", Program: "atomics_on_stack", Section: "tc",
		Shows: "atomic add, xor, exchange and compare-and-exchange",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "the stack belongs to the invocation, and nobody else can see it",
	},
	{
		Object: "may_goto.o", Program: "count_to_random", Section: "tc",
		Shows: "a loop that may_goto bounds",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "the counter of may_goto is in the program's own stack",
	},
	{
		Object: "subprograms.o", Program: "with_subprograms", Section: "xdp",
		Shows: "a static function of the same section, and a global one in .text",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "functions of the program are judged with it, and these only compute",
	},

	// Writes what the invocation owns.
	{
		Object: "callback.o", Program: "loop_with_callback", Section: "xdp",
		Shows: "a clean callback",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: "store", Effects: effect.Context, In: "add"}},
		Calls:  []string{"bpf_loop"},
		Reason: "bpf_loop runs a function of the program; what that stores to through its argument is at worst the packet",
	},
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
		Uses:    []Use{{Name: "bpf_xdp_adjust_head", Effects: effect.Context | effect.Ambient}},
		Reason:  "the packet's limits are its own; that the headroom can show old bytes is ambient",
		Settled: 5,
	},
	{
		Object: "mark_packet.o", Program: "mark_packet", Section: "tc",
		Shows: "stores to the fields of a packet, cpu v2",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: "store", Effects: effect.Context}},
		Reason: "what later stages find, they find in the packet, which is the context: no handoff",
	},
	{
		Object: "connect_elsewhere.o", Program: "connect_elsewhere", Section: "cgroup/connect4",
		Shows: "stores to a socket address",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: "store", Effects: effect.Context}},
		Reason: "the address is what the hook was handed",
	},
	{
		Object: "sock_ops_flags.o", Program: "ask_for_rtt", Section: "sockops",
		Shows: "state kept in the context object by a helper",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Uses:    []Use{{Name: "bpf_sock_ops_cb_flags_set", Effects: effect.Context}},
		Reason:  "the flags belong to the socket that the hook is about",
		Settled: 7,
	},

	// Reads surroundings: the profile pure rejects it.
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
		Object: "find_socket.o", Program: "drop_unless_listening", Section: "tc",
		Shows: "a reference that is taken and released",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses:    []Use{{Name: "bpf_sk_lookup_tcp", Effects: effect.Ambient}},
		Calls:   []string{"bpf_sk_release"},
		Reason:  "to look a socket up is ambient and to release it none",
		Settled: 3,
	},
	{
		Object: "kernel_object.o", Program: "parent_of_exiting", Section: "tp_btf/sched_process_exit",
		Shows: "CO-RE loads through typed kernel pointers",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses:    []Use{{Name: "load kernel", Effects: effect.Ambient}},
		Reason:  "a kernel object that is not the context is ambient to read",
		Settled: 6,
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
		Reason:  "kernel variables are surroundings",
		Settled: 12,
		Refused: "cilium/ebpf v0.22.0 does not read typed kernel variables",
	},
	{
		Object: "task_iterator.o", Program: "list_threads", Section: "iter/task",
		Shows: "an iterator that prints",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses: []Use{
			{Name: "load kernel", Effects: effect.Ambient},
			{Name: "bpf_seq_write", Effects: effect.Context},
		},
		Reason: "the seq_file is the invocation's own, and the task is ambient to read",
	},
	{
		Object: "map_iterator.o", Program: "list_maps", Section: "iter/bpf_map",
		Shows: "an iterator over maps that can reach no value of one",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses: []Use{
			{Name: "load kernel", Effects: effect.Ambient},
			{Name: "bpf_seq_write", Effects: effect.Context},
		},
		Reason: "struct bpf_map is a kernel object to read; the program refers to no map",
	},

	// Read-only sections: where flag and sections differ.
	{
		Object: "rodata_string.o", Program: "protect_forwarding", Section: "cgroup/sysctl",
		Shows: "a named string in .rodata",
		Flag:  stateful, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: ".rodata", Effects: effect.Constant}},
		Calls:  []string{"bpf_sysctl_get_name", "bpf_strncmp"},
		Reason: "a map to the kernel, but read-only and frozen: it can be dumped beside the instructions",
	},
	{
		Object: "rodata_string.o", Program: "protect_hostname", Section: "cgroup/sysctl",
		Shows: "a string literal in .rodata.str1.1",
		Flag:  stateful, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: ".rodata.str1.1", Effects: effect.Constant}},
		Calls:  []string{"bpf_sysctl_get_name", "bpf_strncmp"},
		Reason: "every section whose name begins with .rodata is read-only data",
	},
	{
		Object: "kconfig.o", Program: "slow_kernel", Section: "tc",
		Shows: "a value of the kernel's configuration",
		Flag:  stateful, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: ".kconfig", Effects: effect.Constant}},
		Reason: "the loader fills .kconfig in and freezes it: constant",
	},

	// Maps and what lives in them.
	{
		Object: "counter.o", Program: "counter", Section: "xdp",
		Shows: "a hash map with a counter for each queue",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "packets", Effects: effect.Map},
			{Name: "bpf_map_lookup_elem", Effects: effect.Map},
			{Name: "store", Effects: effect.Context},
			{Name: "bpf_map_update_elem", Effects: effect.Map | effect.Kernel},
		},
		Reason: "the map must exist beside the instructions, and keeps what an invocation puts there",
	},
	{
		Object: "legacy_map.o", Program: "legacy_map", Section: "classifier",
		Shows: "a map in the section maps of an object without BTF",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "packets", Effects: effect.Map},
			{Name: "bpf_map_lookup_elem", Effects: effect.Map},
		},
		Reason: "a map, however it is declared",
	},
	{
		Object: "global_variable.o", Program: "counts_itself", Section: "xdp",
		Shows: "global variables in .data and .bss",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: ".data", Effects: effect.Map},
			{Name: ".bss", Effects: effect.Map},
			{Name: "store", Effects: effect.Context},
		},
		Reason: "a global variable is a map value: the next invocation finds what this one left",
	},
	{
		Object: "map_in_dead_code.o", Program: "map_in_dead_code", Section: "xdp",
		Shows: "a map reference behind a branch that is never taken",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "unused", Effects: effect.Map}},
		Reason: "the kernel resolves map references before it walks, and the loaded program holds the map",
	},
	{
		Object: "spin_lock_timer.o", Program: "lock_and_timer", Section: "tc",
		Shows: "a spin lock and a timer in a map value, with a callback",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "values", Effects: effect.Map},
			{Name: "bpf_map_lookup_elem", Effects: effect.Map},
			{Name: "bpf_spin_lock", Effects: effect.Map},
			{Name: "store", Effects: effect.Context},
			{Name: "bpf_spin_unlock", Effects: effect.Map},
			{Name: "bpf_timer_init", Effects: effect.Map},
			{Name: "bpf_timer_set_callback", Effects: effect.Map | effect.Handoff},
			{Name: "bpf_timer_start", Effects: effect.Map | effect.Handoff},
		},
		Reason:  "locks and timers live in maps, and the timer runs after the invocation has ended",
		Settled: 2,
	},
	{
		Object: "arena.o", Program: "fill_page", Section: "syscall",
		Shows: "an arena and addr_space_cast",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "arena", Effects: effect.Map},
			{Name: "bpf_arena_alloc_pages", Effects: effect.Map},
			{Name: "addr_space_cast", Effects: effect.Map},
			{Name: "store", Effects: effect.Context},
		},
		Reason: "an arena is a map whose pages user space sees",
		Refused: "cilium/ebpf v0.22.0 drops the offset of addr_space_cast, and the kernel finds a move " +
			"with reserved bits instead",
	},
	{
		Object: "map_iterator.o", Program: "reset_values", Section: "iter/bpf_map_elem",
		Shows: "a store to a map value without map reference or helper",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:    []Use{{Name: "store iterator value", Effects: effect.Map}},
		Reason:  "the value that this hook hands out is the map's",
		Settled: 12,
	},

	// Other programs.
	{
		Object: "tail_call.o", Program: "dispatch", Section: "tc",
		Shows: "a tail call",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "programs", Effects: effect.Map},
			{Name: "bpf_tail_call", Effects: effect.Map | effect.Program},
		},
		Reason: "needs the map and the program that it holds",
	},
	{
		Object: "freplace.o", Program: "always_ipv4", Section: "freplace/is_ipv4",
		Shows: "a program that replaces a function of another",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:    []Use{{Name: "ext", Effects: effect.Program}},
		Reason:  "a program of type ext needs another program at load, whatever its instructions",
		Settled: 12,
		Refused: "some kernels refuse the type: ours (6.18) says EPERM before it reads an instruction",
	},

	// Leaves something behind without a map.
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
		Calls:   []string{"bpf_ct_release"},
		Reason:  "the mark stays with the connection",
		Settled: 12,
	},
	{
		Object: "conntrack_lookup.o", Program: "drop_unless_connected", Section: "tc",
		Shows: "kfuncs that take a reference and give it back",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses:    []Use{{Name: "bpf_skb_ct_lookup", Effects: effect.Ambient}},
		Calls:   []string{"bpf_ct_release"},
		Reason:  "acquire by look-up is ambient, release is none",
		Settled: 3,
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

	// The stateful call is not where one looks first.
	{
		Object: "redirect_in_callback.o", Program: "redirect_in_callback", Section: "xdp",
		Shows: "a stateful call in a callback",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff, In: "forward"}},
		Calls:  []string{"bpf_loop"},
		Reason: "a function whose address is taken is part of the program",
	},
	{
		Object: "redirect_in_subprogram.o", Program: "in_static_function", Section: "xdp",
		Shows: "a stateful call two static functions deep",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff, In: "to_uplink"}},
		Reason: "functions that the program calls are part of it",
	},
	{
		Object: "redirect_in_subprogram.o", Program: "in_global_function", Section: "xdp",
		Shows: "a stateful call in a global function of .text",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff, In: "to_any"}},
		Reason: "the loader appends functions of .text to the program that calls them",
	},
	{
		Object: "exception_callback.o", Program: "throws", Section: "tc",
		Shows: "an exception callback, which no instruction refers to",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "bpf_trace_printk", Effects: effect.Ambient | effect.Output, In: "on_throw"},
		},
		Calls:  []string{"bpf_throw"},
		Reason: "the declaration tag makes the callback part of the program",
		Refused: "cilium/ebpf v0.22.0 does not append functions that only a declaration tag names, " +
			"and the kernel misses the callback",
	},
	{
		Object: "call_in_dead_code.o", Program: "call_in_dead_code", Section: "xdp",
		Shows: "a stateful call behind a branch on zero",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff}},
		Reason: "precision cfg takes every branch both ways; only the kernel's own walk sees that it is never called",
	},
	{
		Object: "core_guard.o", Program: "redirect_if_field_exists", Section: "tc",
		Shows: "a stateful call behind bpf_core_field_exists",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff}},
		Reason: "the loader decides the branch, by the kernel that it runs on: both outcomes count at any precision",
	},

	// Not in the table.
	{
		Object: "weak_kfunc_guard.o", Program: "call_if_it_exists", Section: "tc",
		Shows: "a weak kernel function that is called if it exists",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "bpf_not_in_any_linux", Effects: effect.Ambient},
			{Name: "bpf_not_in_any_linux", Effects: effect.Unknown},
		},
		Reason: "to ask for its address is ambient; a weak kfunc is judged by its name, and this one no table has",
	},
	{
		Object: "unknown_kfunc.o", Program: "length", Section: "syscall",
		Shows: "a kernel function that came after the kernel of the table",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_strlen", Effects: effect.Unknown}},
		Reason: "what is not in the table is unknown, however harmless its name",
		Since:  "6.17",
	},
	{
		Object: "unknown_helper_in_dead_code.o", Program: "unknown_helpers", Section: "xdp",
		Shows: "helper numbers that Linux does not have, one of them libbpf's poison",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "helper#9999", Effects: effect.Unknown},
			{Name: "0xbad2310", Effects: effect.Unknown},
		},
		Reason: "the kernel looks a helper up when its walk visits the call, and precision cfg visits all: not invalid",
	},
	{
		Object: "irregular_in_dead_code.o", Program: "irregular_in_dead_code", Section: "xdp",
		Shows: "a reserved field that is not zero, behind a branch that is always taken",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "irregular", Effects: effect.Unknown}},
		Reason: "the kernel tests that field when its walk visits the slot, and loads this program: not invalid",
	},

	// Cannot be judged.
	{
		Object: "unreachable_code.o", Program: "unreachable_code", Section: "xdp",
		Shows: "an instruction that no branch leads to",
		Flag:  invalid, Sections: invalid, Pure: invalid,
		Reason:  "the kernel refuses unreachable instructions wherever they stand: malformed",
		Refused: "it is malformed (kernel/bpf/verifier.c:check_cfg)",
	},
	{
		Object: "unresolved_call.o", Program: "unresolved_call", Section: "xdp",
		Shows: "a call of a function that nobody defines",
		Flag:  invalid, Sections: invalid, Pure: invalid,
		Reason:  "no loader can put it together",
		Refused: "no loader can put it together",
	},
	{
		Object: "unresolved_call.o", Program: "neighbour", Section: "xdp",
		Shows: "a sound program beside a broken one",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "an unresolved call makes that program invalid and no other",
	},
}
