package corpus

import "github.com/statecheck/statecheck/verifier/effect"

// mapsAndSections are maps, what lives in them, and the sections that loaders make maps of.
var mapsAndSections = []Case{
	{
		Object: "rodata_string.o", Program: "protect_forwarding", Section: "cgroup/sysctl",
		Shows: "a named string in .rodata",
		Flag:  stateful, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: ".rodata", Effects: effect.Constant}},
		Reason: "a map to the kernel, but read-only and frozen: it can be dumped beside the instructions",
	},
	{
		Object: "rodata_string.o", Program: "protect_hostname", Section: "cgroup/sysctl",
		Shows: "a string literal in .rodata.str1.1",
		Flag:  stateful, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: ".rodata.str1.1", Effects: effect.Constant}},
		Reason: "every section whose name begins with .rodata is read-only data",
	},
	{
		Object: "kconfig.o", Program: "slow_kernel", Section: "tc",
		Shows: "a value of the kernel's configuration",
		Flag:  stateful, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: ".kconfig", Effects: effect.Constant}},
		Reason: "the loader fills .kconfig in and freezes it: constant",
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
		Reason: "locks and timers live in maps (settled case 2), and the timer runs after the invocation has ended",
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
		Reason:  "an arena is a map whose pages user space sees",
		Refused: noArenaCasts,
	},
	{
		Object: "map_iterator.o", Program: "reset_values", Section: "iter/bpf_map_elem",
		Shows: "a store to a map value without map reference or helper",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "store iterator value", Effects: effect.Map}},
		Reason: "the value that this hook hands out is the map's (settled case 12)",
	},
}
