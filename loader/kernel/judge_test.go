package kernel

import (
	"strings"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// TestJudge judges what no test on a running kernel comes by, or only with other settings.
func TestJudge(t *testing.T) {
	var (
		exit    = asm.New(asm.Exit, 0, 0, 0, 0)
		zero    = asm.New(0xb7, 0, 0, 0, 0)
		call    = func(distance int32) asm.Instruction { return asm.New(asm.Call, 0, 0, 0, distance) }
		refers  = []asm.Instruction{asm.New(asm.LoadImm64, 1, asm.PseudoMapFD, 0, 7), 0, zero, exit}
		blind   = []asm.Instruction{asm.New(0xb7, registerAX, 0, 0, 5), asm.New(0xa7, registerAX, 0, 0, 9), asm.New(asm.MovX, 0, registerAX, 0, 0), exit}
		store   = asm.New(0x7b, 2, 3, 0, 0)
		nothing = []asm.Instruction{zero, exit}
	)
	for _, tt := range []struct {
		name, reason string
		program      Program
		hidden       bool // addresses
		release      string
		profile      verifier.Profile
		verdict      string
		says         string // of findings or unknowns
	}{
		{"nothing", "it does nothing", Program{Instructions: nothing}, false, "", "", "stateless", ""},
		{"redirect", "by its address", Program{Instructions: []asm.Instruction{call(0x100), exit}}, false, "", "", "stateful", "bpf_redirect"},
		{"look-up", "ambient", Program{Instructions: []asm.Instruction{call(-0x100), exit}}, false, "", "", "stateless", ""},
		{"hidden address", "kptr_restrict: the kernel shows 0", Program{Instructions: []asm.Instruction{call(0), exit}}, false, "", "", "undecided", "hides"},
		{"no symbols", "whatever the distance is", Program{Instructions: []asm.Instruction{call(0x100), exit}}, true, "", "", "undecided", "hides"},
		{"unknown function", "a helper of a newer kernel, or one that takes the place of another", Program{Instructions: []asm.Instruction{call(0x200), exit}}, false, "", "", "undecided", "bpf_strange"},
		{"no function", "nothing begins at the address", Program{Instructions: []asm.Instruction{call(0x101), exit}}, false, "", "", "undecided", "without a symbol"},
		{"far kfunc", "the number is not a distance, and what is there is something else", Program{Instructions: []asm.Instruction{asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, -0x100), exit}}, false, "", "", "undecided", "on this architecture"},
		{"far helper", "helpers are at a distance everywhere", Program{Instructions: []asm.Instruction{call(-0x100), exit}}, false, "", "", "stateless", ""},
		{"tail call", "the kernel shows it as the call that it was", Program{Instructions: []asm.Instruction{call(helperTail), exit}}, false, "", "", "stateful", "bpf_tail_call"},
		{"map", "an instruction refers to it", Program{Instructions: refers, Maps: []Map{{7, "seen", verifier.MapPlain}}}, false, "", "", "stateful", "seen"},
		{"unknown map", "gone from the list, which is read at another time", Program{Instructions: refers}, false, "", "", "stateful", "map#7"},
		{"bound map", "no instruction refers to it", Program{Instructions: nothing, Maps: []Map{{7, "bound", verifier.MapPlain}}}, false, "", "", "stateless", ""},
		{"bound arena", "casts into it look like moves", Program{Instructions: nothing, Maps: []Map{{7, "arena", verifier.MapArena}}}, false, "", "", "undecided", "arena"},
		{"blinded, with a map", "the reference may be among the constants", Program{Instructions: blind, Maps: []Map{{7, "bound", verifier.MapPlain}}}, false, "", "", "undecided", "blinded"},
		{"blinded, without a map", "there is none to refer to", Program{Instructions: blind}, false, "", "", "stateless", ""},
		{"exchange", "what is left of bpf_kptr_xchg", Program{Instructions: []asm.Instruction{asm.New(0xdb, 1, 0, 0, asm.AtomicXchg), exit}}, false, "", "", "undecided", "bpf_kptr_xchg"},
		{"cast", "what is left of bpf_rdonly_cast, and a store", Program{Type: "xdp", GPL: true, Instructions: []asm.Instruction{asm.New(asm.MovX, 0, 1, 0, 0), store, exit}}, false, "", "", "undecided", "bpf_rdonly_cast"},
		{"no cast", "kfuncs are for programs under the GPL", Program{Type: "xdp", Instructions: []asm.Instruction{asm.New(asm.MovX, 0, 1, 0, 0), store, exit}}, false, "", "", "stateless", ""},
		{"cast of a type that stores nowhere", "btf_struct_access is not there", Program{Type: "cgroup_skb", GPL: true, Instructions: []asm.Instruction{asm.New(asm.MovX, 0, 1, 0, 0), store, exit}}, false, "", "", "stateless", ""},
		{"speculation barrier", "the kernel's own instruction", Program{Instructions: []asm.Instruction{asm.New(opNospec, 0, 0, 0, 0), zero, exit}}, false, "", "", "stateless", ""},
		{"per-CPU address", "of bpf_get_smp_processor_id", Program{Instructions: []asm.Instruction{asm.New(asm.MovX, 0, 0, asm.OffAddrPercpu, 0), exit}}, false, "", "", "stateless", ""},
		{"cast to user", "an arena is written", Program{Instructions: []asm.Instruction{asm.New(asm.MovX, 1, 1, asm.OffAddrSpaceCast, 1<<16), zero, exit}}, false, "", "", "stateful", "addr_space_cast"},
		{"function", "the distance is in off, a number in imm", Program{Instructions: []asm.Instruction{asm.New(asm.Call, 0, asm.PseudoCall, 1, 1), exit, zero, exit}}, false, "", "", "stateless", ""},
		{"struct_ops", "stores to the context look like stores to the kernel", Program{Type: "struct_ops", Instructions: []asm.Instruction{asm.New(0x79, 2, 1, 0, 0), store, zero, exit}}, false, "", "", "undecided", "kernel object"},
		{"type of a newer kernel", "nothing is known of its pointers", Program{Type: "", Instructions: []asm.Instruction{asm.New(0x79, 2, 1, 0, 0), store, zero, exit}}, false, "", "", "undecided", "type is not known"},
		{"target program", "it depends on another", Program{Type: "tracing", TargetProgram: true, Instructions: nothing}, false, "", "", "stateful", "target program"},
		{"newer kernel", "nobody has read what it inlines", Program{Instructions: nothing}, false, "99.0", "", "undecided", "may inline"},
		{"no release", "uname says nothing that is known", Program{Instructions: nothing}, false, "none", "", "undecided", "may inline"},
		{"pure", "reads of context and kernel look the same", Program{Instructions: nothing}, false, "", verifier.ProfilePure, "undecided", "look the same"},
		{"extended", "another program stands in the place of a function", Program{Instructions: nothing, Extensions: []uint32{5}}, false, "", "", "stateful", "program 5"},
		{"extended, kept back", "it is so whatever the instructions are", Program{Hidden: "the kernel hides the instructions", Extensions: []uint32{5}}, false, "", "", "stateful", "program 5"},
		{"extended or not", "links may not be listed", Program{Instructions: nothing, ExtensionsHidden: "listing links"}, false, "", "", "undecided", "listing links"},
		{"kept back", "no CAP_BPF", Program{Hidden: "the kernel hides the instructions"}, false, "", "", "undecided", "hides"},
		{"no form", "what the kernel appends for exceptions", Program{Instructions: []asm.Instruction{zero, exit, exit}}, false, "", "", "undecided", "unreachable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			known := symbols(t)
			known.farKfuncs = strings.HasPrefix(tt.name, "far ")
			if tt.hidden {
				known = nil
			}
			if tt.release == "" {
				tt.release = "6.12.1-test"
			}
			if tt.program.Type == "" && !strings.Contains(tt.name, "newer kernel") {
				tt.program.Type = "socket_filter"
			}
			j := Judge(&tt.program, known, tt.release, verifier.Options{Profile: tt.profile})
			if got := judged(j); got != tt.verdict {
				t.Errorf("%s, expected %s: %s: %v", got, tt.verdict, tt.reason, j)
			}
			said := strings.Join(j.Unknown, "\n")
			for _, f := range j.Findings {
				said += f.Name + "\n"
			}
			if !strings.Contains(said, tt.says) {
				t.Errorf("says %q, expected %q: %s", said, tt.says, tt.reason)
			}
		})
	}
}

// judged is the verdict that a judgement amounts to.
func judged(j Judgement) string {
	switch {
	case len(j.Findings) > 0:
		return "stateful"
	case len(j.Unknown) > 0:
		return "undecided"
	}
	return "stateless"
}
