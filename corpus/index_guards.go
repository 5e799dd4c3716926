package corpus

import "github.com/statecheck/statecheck/verifier/effect"

// guards are what is known of a branch before the program is loaded.
var guards = []Case{
	{
		Object: "call_in_dead_code.o", Program: "call_in_dead_code", Section: "xdp",
		Shows: "a stateful call behind a branch on zero",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff}},
		Reason: "precision cfg takes every branch both ways; only the kernel's own walk sees that it is never called",
	},
	{
		Object: "map_in_dead_code.o", Program: "map_in_dead_code", Section: "xdp",
		Shows: "a map reference behind a branch that is never taken",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "unused", Effects: effect.Map}},
		Reason: "the kernel resolves map references before it walks, and the loaded program holds the map",
	},
	{
		Object: "core_guard.o", Program: "redirect_if_field_exists", Section: "tc",
		Shows: "a stateful call behind bpf_core_field_exists",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff}},
		Reason: "the loader decides the branch, by the kernel that it runs on: both outcomes count at any precision",
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
		Reason: "the kernel looks a helper up when its walk visits the call, and precision cfg visits all: not invalid",
	},
}
