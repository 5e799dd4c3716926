package corpus

import "github.com/statecheck/statecheck/verifier/effect"

// guards are what is known of a branch before the program is loaded.
var guards = []Case{
	{
		Object: "call_in_dead_code.o", Program: "call_in_dead_code", Section: "xdp",
		Shows: "a stateful call behind a branch on zero",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:      []Use{{Name: "bpf_redirect", Effects: effect.Handoff}},
		Unvisited: []string{"bpf_redirect"},
		Reason:    "precision cfg takes every branch both ways; only the kernel's own walk sees that it is never called",
	},
	{
		Object: "dead_code.o", Program: "never_that_large", Section: "tc",
		Shows: "a redirect if x&7 is more than 7",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:      []Use{{Name: "bpf_redirect", Effects: effect.Handoff}},
		Unvisited: []string{"bpf_redirect"},
		Reason:    "cfg takes every branch both ways",
	},
	{
		Object: "dead_code.o", Program: "never_twice", Section: "tc",
		Shows: "a redirect if what is 7 is 8",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:      []Use{{Name: "bpf_redirect", Effects: effect.Handoff}},
		Unvisited: []string{"bpf_redirect"},
		Reason:    "cfg takes every branch both ways",
	},
	{
		Object: "dead_code.o", Program: "never_jumps", Section: "tc",
		Shows: "a tail call behind a branch on zero",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "programs", Effects: effect.Map},
			{Name: "bpf_tail_call", Effects: effect.Map | effect.Program},
		},
		Reason: "the map counts wherever it stands, at any precision: the loaded program holds it",
	},
	{
		Object: "map_in_dead_code.o", Program: "map_in_dead_code", Section: "xdp",
		Shows: "a map reference behind a branch that is never taken",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "unused", Effects: effect.Map}},
		Reason: "the kernel resolves map references before it walks, and the loaded program holds the map",
	},
	{
		Object: "core.o", Program: "larger_than_its_description", Section: "tc",
		Shows: "the size of a kernel type",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "a number that the loader writes into the instruction",
	},
	{
		Object: "core_guard.o", Program: "redirect_if_field_exists", Section: "tc",
		Shows: "a stateful call behind bpf_core_field_exists",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff}},
		Reason: "the loader decides the branch, by the kernel that it runs on: both outcomes count at any precision",
	},
	{
		Object: "core.o", Program: "redirect_if_type_exists", Section: "tc",
		Shows: "a redirect if a kernel type exists",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff}},
		Reason: "the loader decides the branch: both outcomes count at any precision",
	},
	{
		Object: "core.o", Program: "redirect_if_value_exists", Section: "tc",
		Shows: "a redirect if an enum has a value",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff}},
		Reason: "the loader decides the branch: both outcomes count at any precision",
	},
	{
		Object: "weak.o", Program: "init_lives", Section: "tp_btf/sys_enter",
		Shows: "a weak kernel function that the table knows",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses:   []Use{{Name: "bpf_task_from_pid", Effects: effect.Ambient}},
		Calls:  []string{"bpf_task_release"},
		Reason: "to ask for its address and to call it are ambient, and the reference is given back",
	},
	{
		Object: "weak.o", Program: "redirect_if_variable_exists", Section: "tc",
		Shows: "a redirect if a kernel symbol exists",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "not_in_any_linux", Effects: effect.Ambient},
			{Name: "bpf_redirect", Effects: effect.Handoff},
		},
		Reason: "the loader decides the branch: both outcomes count at any precision",
	},
	{
		Object: "weak_kconfig.o", Program: "redirect_if_configured", Section: "tc",
		Shows: "a redirect if a setting exists",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: ".kconfig", Effects: effect.Constant},
			{Name: "bpf_redirect", Effects: effect.Handoff},
		},
		Reason:  "the loader decides the branch: both outcomes count at any precision",
		Refused: "cilium/ebpf v0.22.0 knows no weak setting",
	},
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
		Unvisited: []string{"helper#9999", "0xbad2310"},
		Reason:    "the kernel looks a helper up when its walk visits the call, and precision cfg visits all: not invalid",
	},
	{
		Object: "undeclared_symbol.o", Program: "constant_of_the_loader", Section: "socket",
		Shows: "a constant that inline assembly leaves to the loader",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses:   []Use{{Name: "LIMIT", Effects: effect.Ambient}},
		Reason: "nothing declares the symbol, so it may be a kernel's address; cilium/ebpf loads what stands there, so it is not invalid",
	},
}
