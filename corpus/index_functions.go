package corpus

import "github.com/statecheck/statecheck/verifier/effect"

// functions are subprograms, callbacks, exceptions and other programs.
var functions = []Case{
	{
		Object: "subprograms.o", Program: "with_subprograms", Section: "xdp",
		Shows: "a static function of the same section, and a global one in .text",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "functions of the program are judged with it, and these only compute",
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
		Object: "callback.o", Program: "loop_with_callback", Section: "xdp",
		Shows: "a clean callback",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: "store", Effects: effect.Context, In: "add"}},
		Reason: "bpf_loop runs a function of the program; what that stores to through its argument is at worst the packet",
	},
	{
		Object: "redirect_in_callback.o", Program: "redirect_in_callback", Section: "xdp",
		Shows: "a stateful call in a callback",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff, In: "forward"}},
		Reason: "a function whose address is taken is part of the program",
	},
	{
		Object: "exception_callback.o", Program: "throws", Section: "tc",
		Shows: "an exception callback, which no instruction refers to",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "bpf_trace_printk", Effects: effect.Ambient | effect.Output, In: "on_throw"},
		},
		Reason:  "the declaration tag makes the callback part of the program",
		Refused: noCallback,
	},
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
		Reason:  "a program of type ext needs another program at load, whatever its instructions (settled case 12)",
		Refused: refusedByOurs,
	},
}
