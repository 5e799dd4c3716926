//go:build linux

package main

import (
	"context"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/fuzz/kernel/guest/guesttest"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// TestGuestAgrees compares a few programs, and the corpus.
func TestGuestAgrees(t *testing.T) {
	subjects, err := fromCorpus()
	if err != nil {
		t.Fatal(err)
	}
	drawn := generate.Program()
	for i := range 500 {
		subjects = append(subjects, fromProgram(i, drawn.Example(i)))
	}
	for _, tt := range []struct {
		precision verifier.Precision
		outcomes  []fuzz.Outcome // of which there must be some
	}{
		{verifier.PrecisionCFG, []fuzz.Outcome{fuzz.BothStateless, fuzz.BothStateful, fuzz.Stricter}},
		{verifier.PrecisionPaths, []fuzz.Outcome{fuzz.BothStateless, fuzz.BothStateful}},
	} {
		t.Run(string(tt.precision), func(t *testing.T) {
			c := comparison{
				Kernel: guesttest.Kernel(t), Guests: 1, Programs: len(subjects), Draw: func(i int) subject { return subjects[i] },
				Precision: tt.precision, Found: func(s subject, r result) { t.Error(describe(s, r)) },
			}
			table, err := c.run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("\n%s", table)
			for _, o := range tt.outcomes {
				if table.outcomes[o] < 20 {
					t.Errorf("%d programs: %s, expected 20 at least", table.outcomes[o], o)
				}
			}
		})
	}
}

// TestFlag holds the patch against what docs/kernel.md says of it, message by message.
func TestFlag(t *testing.T) {
	g, err := guest.New(t.Context(), guesttest.Kernel(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	var (
		zero = asm.New(0xb7, asm.R0, 0, 0, 0)
		exit = asm.New(asm.Exit, 0, 0, 0, 0)
	)
	load := func(dst, src asm.Register, off int16) asm.Instruction { return asm.New(0x79, dst, src, off, 0) }
	ifZero := func(r asm.Register, off int16) asm.Instruction { return asm.New(0x15, r, 0, off, 0) }
	store := func(r asm.Register) asm.Instruction { return asm.New(0x72, r, 0, 0, 7) }
	kfunc := asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, 0)
	type insns = []asm.Instruction
	for _, tt := range []struct {
		name, reason string
		program      verifier.Program
		want         string // without ": BPF_F_ENFORCE_STATELESS"; empty: it loads
	}{
		{"smallest", "there is nothing but its instructions",
			verifier.Program{Type: "xdp", Instructions: insns{zero, exit}}, ""},
		{"dead map", "the program holds it wherever it stands",
			verifier.Program{Type: "xdp", Instructions: insns{zero, ifZero(0, 2), asm.New(asm.LoadImm64, 1, asm.PseudoMapFD, 0, 0), 0, exit},
				References: []verifier.Reference{{Slot: 2, Kind: verifier.RefMap, Name: "array"}}},
			"insn 2: map keeps state (map)"},
		{"map by index", "it is in the array of descriptors",
			verifier.Program{Type: "xdp", Instructions: insns{asm.New(asm.LoadImm64, 1, asm.PseudoMapIdx, 0, 0), 0, zero, exit},
				References: []verifier.Reference{{Slot: 0, Kind: verifier.RefMap, Name: "hash"}}},
			"insn 0: map keeps state (map)"},
		{"redirect", "it leaves its target to a later stage",
			verifier.Program{Type: "xdp", Instructions: insns{asm.New(0xb7, 1, 0, 0, 1), asm.New(0xb7, 2, 0, 0, 0), asm.New(asm.Call, 0, 0, 0, 23), exit}},
			"insn 2: bpf_redirect keeps state (handoff)"},
		{"dead redirect", "the walk does not visit it",
			verifier.Program{Type: "xdp", Instructions: insns{zero, ifZero(0, 1), asm.New(asm.Call, 0, 0, 0, 23), exit}}, ""},
		{"clock", "to read the surroundings leaves nothing behind",
			verifier.Program{Type: "xdp", Instructions: insns{asm.New(asm.Call, 0, 0, 0, 5), exit}}, ""},
		{"kfunc", "it is in the table, and keeps nothing",
			verifier.Program{Type: "xdp", Instructions: insns{kfunc, kfunc, zero, exit}, References: []verifier.Reference{
				{Slot: 0, Kind: verifier.RefKfunc, Name: "bpf_rcu_read_lock"}, {Slot: 1, Kind: verifier.RefKfunc, Name: "bpf_rcu_read_unlock"}}}, ""},
		{"store to an iterator's value", "it is the map's, though no map is named",
			verifier.Program{Type: "tracing", AttachType: "trace_iter", AttachTo: "bpf_map_elem",
				Instructions: insns{load(2, 1, 24), ifZero(2, 1), store(2), zero, exit}},
			"insn 2: store keeps state (map)"},
		{"helper that writes an iterator's value", "the same, by a helper",
			verifier.Program{Type: "tracing", AttachType: "trace_iter", AttachTo: "bpf_map_elem",
				Instructions: insns{load(1, 1, 24), ifZero(1, 2), asm.New(0xb7, 2, 0, 0, 16), asm.New(asm.Call, 0, 0, 0, 16), zero, exit}},
			"insn 3: bpf_get_current_comm keeps state (map)"},
		{"extension", "it needs the program that it extends",
			verifier.Program{Type: "ext", Instructions: insns{zero, exit}},
			"insn 0: target program keeps state (program)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers, err := g.Ask(t.Context(), []guest.Question{{Program: &oracle.Program{Program: tt.program}, LogLevel: oracle.LogMessages}})
			if err != nil {
				t.Fatal(err)
			}
			got, _, _ := strings.Cut(string(answers[0].Enforced.Log), ": BPF_F_ENFORCE_STATELESS")
			if answers[0].Enforced.Opinion == oracle.Loads {
				got = ""
			}
			if got != tt.want {
				t.Errorf("%q, expected %q: %s\n%+v", got, tt.want, tt.reason, answers[0])
			}
			if tt.program.Type != "ext" && answers[0].Plain.Opinion != oracle.Loads {
				t.Errorf("without the flag: %s %s", answers[0].Plain.Opinion, answers[0].Plain.Err)
			}
		})
	}
}
