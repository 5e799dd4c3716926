package corpus

import "github.com/statecheck/statecheck/verifier/effect"

// tracing are program types that are about functions of the kernel, tasks and devices.
var tracing = []Case{
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
}
