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
		Object: "unused_function.o", Program: "calls_the_other", Section: "tc",
		Shows: "an object with a stateful function that this program does not call",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "a program is what it can reach",
	},
	{
		Object: "unused_function.o", Program: "calls_both", Section: "tc",
		Shows: "two programs with a function in common",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff, In: "to_uplink"}},
		Reason: "the second function that it calls redirects",
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
		Object: "frames.o", Program: "eight_frames", Section: "tc",
		Shows: "calls as deep as the kernel allows",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "functions of the program that only compute",
	},
	{
		Object: "frames.o", Program: "nine_frames", Section: "tc",
		Shows: "calls one frame deeper",
		Flag:  invalid, Sections: invalid, Pure: invalid,
		Reason:  "the kernel refuses more than 8 frames, wherever the calls stand",
		Refused: "the call stack is too deep (kernel/bpf/verifier.c:check_max_stack_depth_subprog)",
	},
	{
		Object: "callback.o", Program: "loop_with_callback", Section: "xdp",
		Shows: "a clean callback",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Uses:   []Use{{Name: "store", Effects: effect.Context, In: "add"}},
		Reason: "bpf_loop runs a function of the program; what that stores to through its argument is at worst the packet",
	},
	{
		Object: "nested_callbacks.o", Program: "loops_in_loops", Section: "socket",
		Shows: "a callback of a callback",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "all of them are functions of the program, and only compute",
	},
	{
		Object: "redirect_in_callback.o", Program: "redirect_in_callback", Section: "xdp",
		Shows: "a stateful call in a callback",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "bpf_redirect", Effects: effect.Handoff, In: "forward"}},
		Reason: "a function whose address is taken is part of the program",
	},
	{
		Object: "find_vma.o", Program: "is_writable", Section: "raw_tp/sys_enter",
		Shows: "a callback that is handed a kernel object",
		Flag:  stateless, Sections: stateless, Pure: stateful,
		Uses: []Use{
			{Name: "bpf_get_current_task_btf", Effects: effect.Ambient},
			{Name: "bpf_find_vma", Effects: effect.Ambient},
			{Name: "load kernel", Effects: effect.Ambient, In: "note"},
			{Name: "store", Effects: effect.Context, In: "note"},
		},
		Reason: "to find it and to look at it is ambient; what it stores to through its argument is at worst its caller's stack",
	},
	{
		Object: "for_each.o", Program: "any_zero", Section: "tc",
		Shows: "a callback for each element of a map",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "values", Effects: effect.Map},
			{Name: "bpf_for_each_map_elem", Effects: effect.Map},
		},
		Reason: "the map is needed, however clean the callback",
	},
	{
		Object: "for_each.o", Program: "take_orders", Section: "raw_tp/sys_enter",
		Shows: "a callback for what user space has sent",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "orders", Effects: effect.Map},
			{Name: "bpf_user_ringbuf_drain", Effects: effect.Map},
		},
		Reason: "the ring buffer is a map",
	},
	{
		Object: "timer_callback.o", Program: "print_later", Section: "tc",
		Shows: "a callback that runs later, and prints",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "values", Effects: effect.Map},
			{Name: "bpf_map_lookup_elem", Effects: effect.Map},
			{Name: "bpf_timer_set_callback", Effects: effect.Map | effect.Handoff},
			{Name: "bpf_trace_printk", Effects: effect.Ambient | effect.Output, In: "print"},
		},
		Reason: "its address is taken, so it is part of the program; the timer lives in a map",
	},
	{
		Object: "throw.o", Program: "pass_or_throw", Section: "tc",
		Shows: "an exception without a callback",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "it ends the invocation, and its value is the return value",
	},
	{
		Object: "clean_exception.o", Program: "throws_length", Section: "tc",
		Shows: "an exception callback that only computes",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason:  "it is part of the program and has no effect",
		Refused: noCallback,
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
		Object: "tail_call_in_function.o", Program: "by_length", Section: "tc",
		Shows: "a tail call in a static function",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses: []Use{
			{Name: "programs", Effects: effect.Map, In: "leave"},
			{Name: "bpf_tail_call", Effects: effect.Map | effect.Program, In: "leave"},
		},
		Reason: "needs the map and the program that it holds, wherever the call stands",
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
