package corpus

import "github.com/statecheck/statecheck/verifier/effect"

// forms are instruction forms, references by number, irregular and malformed slots.
var forms = []Case{
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
		Object: "classic_loads.o", Program: "only_dns", Section: "socket",
		Shows: "LD_ABS and LD_IND",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "they read the packet of the context (settled case 12)",
	},
	{
		Object: "may_goto.o", Program: "count_to_random", Section: "tc",
		Shows: "a loop that may_goto bounds",
		Flag:  stateless, Sections: stateless, Pure: stateless,
		Reason: "the counter of may_goto is in the program's own stack",
	},
	{
		Object: "irregular_in_dead_code.o", Program: "irregular_in_dead_code", Section: "xdp",
		Shows: "a reserved field that is not zero, behind a branch that is always taken",
		Flag:  stateful, Sections: stateful, Pure: stateful,
		Uses:   []Use{{Name: "irregular", Effects: effect.Unknown}},
		Reason: "the kernel tests that field when its walk visits the slot, and loads this program: not invalid",
	},
	{
		Object: "unreachable_code.o", Program: "unreachable_code", Section: "xdp",
		Shows: "an instruction that no branch leads to",
		Flag:  invalid, Sections: invalid, Pure: invalid,
		Reason:  "the kernel refuses unreachable instructions wherever they stand: malformed",
		Refused: "it is malformed (kernel/bpf/verifier.c:check_cfg)",
	},
}
