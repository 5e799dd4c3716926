//go:build linux

package main

import (
	"context"
	"slices"
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

// TestFlag holds the patch against what docs/kernel.md says of it, message by message, and
// the verdict against the patch.
func TestFlag(t *testing.T) {
	g, err := guest.New(t.Context(), guesttest.Kernel(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	type insns = []asm.Instruction
	var (
		zero  = asm.New(0xb7, asm.R0, 0, 0, 0)
		exit  = asm.New(asm.Exit, 0, 0, 0, 0)
		kfunc = asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, 0)
		fill  = asm.New(0x7a, asm.R10, 0, -8, 0)
		// The stack as the first argument.
		frame, below = asm.New(0xbf, asm.R1, asm.R10, 0, 0), asm.New(0x07, asm.R1, 0, 0, -8)
	)
	load := func(dst, src asm.Register, off int16) asm.Instruction { return asm.New(0x79, dst, src, off, 0) }
	ifZero := func(r asm.Register, off int16) asm.Instruction { return asm.New(0x15, r, 0, off, 0) }
	mov := func(r asm.Register, n int32) asm.Instruction { return asm.New(0xb7, r, 0, 0, n) }
	store := func(r asm.Register) asm.Instruction { return asm.New(0x72, r, 0, 0, 7) }
	call := func(helper int32) asm.Instruction { return asm.New(asm.Call, 0, 0, 0, helper) }
	callTo := func(off int32) asm.Instruction { return asm.New(asm.Call, 0, asm.PseudoCall, 0, off) }
	program := func(progType string, code ...asm.Instruction) oracle.Program {
		return oracle.Program{Program: verifier.Program{Type: progType, Instructions: code}}
	}
	refer := func(p oracle.Program, references ...verifier.Reference) oracle.Program {
		p.References = references
		return p
	}
	// iterator and tracepoint start with a pointer to what others share in r1.
	iterator := func(code ...asm.Instruction) oracle.Program {
		p := program("tracing", append(insns{load(1, 1, 24), ifZero(1, int16(slices.Index(code, exit)-1))}, code...)...)
		p.AttachType, p.AttachTo = "trace_iter", "bpf_map_elem"
		return p
	}
	tracepoint := func(code ...asm.Instruction) oracle.Program {
		p := program("tracing", append(insns{load(1, 1, 8), mov(2, 7)}, code...)...)
		p.AttachType, p.AttachTo = "trace_raw_tp", "sched_switch"
		return p
	}
	type function struct {
		signature oracle.Signature
		start     int // slot
	}
	with := func(p oracle.Program, functions ...function) oracle.Program {
		p.TypedArguments = true
		p.Functions, p.Signatures = []verifier.Function{{}}, []oracle.Signature{oracle.Main}
		for _, f := range functions {
			p.Functions = append(p.Functions, verifier.Function{Start: f.start})
			p.Signatures = append(p.Signatures, f.signature)
		}
		return p
	}
	const memory = oracle.GlobalMemory // int f(unsigned long *p, unsigned long a), p not 0
	for _, tt := range []struct {
		name, reason string
		program      oracle.Program
		want         string // without ": BPF_F_ENFORCE_STATELESS"; empty: it loads
	}{
		{"smallest", "there is nothing but its instructions", program("xdp", zero, exit), ""},
		{"dead map", "the program holds it wherever it stands",
			refer(program("xdp", zero, ifZero(0, 2), asm.New(asm.LoadImm64, 1, asm.PseudoMapFD, 0, 0), 0, exit),
				verifier.Reference{Slot: 2, Kind: verifier.RefMap, Name: "array"}),
			"insn 2: map keeps state (map)"},
		{"map by index", "it is in the array of descriptors",
			refer(program("xdp", asm.New(asm.LoadImm64, 1, asm.PseudoMapIdx, 0, 0), 0, zero, exit),
				verifier.Reference{Slot: 0, Kind: verifier.RefMap, Name: "hash"}),
			"insn 0: map keeps state (map)"},
		{"redirect", "it leaves its target to a later stage", program("xdp", mov(1, 1), mov(2, 0), call(23), exit),
			"insn 2: bpf_redirect keeps state (handoff)"},
		{"dead redirect", "the walk does not visit it", program("xdp", zero, ifZero(0, 1), call(23), exit), ""},
		{"clock", "to read the surroundings leaves nothing behind", program("xdp", call(5), exit), ""},
		{"kfunc", "it is in the table, and keeps nothing",
			refer(program("xdp", kfunc, kfunc, zero, exit),
				verifier.Reference{Slot: 0, Kind: verifier.RefKfunc, Name: "bpf_rcu_read_lock"},
				verifier.Reference{Slot: 1, Kind: verifier.RefKfunc, Name: "bpf_rcu_read_unlock"}), ""},
		{"store to an iterator's value", "it is the map's, though no map is named", iterator(store(1), zero, exit),
			"insn 2: store keeps state (map)"},
		{"helper that writes an iterator's value", "the same, by a helper", iterator(mov(2, 16), call(16), zero, exit),
			"insn 3: bpf_get_current_comm keeps state (map)"},
		{"extension", "it needs the program that it extends", program("ext", zero, exit),
			"insn 0: target program keeps state (program)"},

		// Global functions, which the kernel verifies by themselves.
		{"object passed as memory", "the function stores to the object",
			with(tracepoint(callTo(2), zero, exit, store(1), zero, exit), function{memory, 5}),
			"insn 5: store keeps state (kernel)"},
		{"object passed and read", "to read an object leaves nothing behind",
			with(tracepoint(callTo(2), zero, exit, load(3, 1, 0), zero, exit), function{memory, 5}), ""},
		{"own memory passed", "the stack belongs to the program",
			with(tracepoint(fill, frame, below, callTo(2), zero, exit, store(1), zero, exit), function{memory, 8}), ""},
		{"value passed as memory", "the function stores to the value of a map",
			with(iterator(mov(2, 0), callTo(2), zero, exit, store(1), zero, exit), function{memory, 6}),
			"insn 6: store keeps state (map)"},
		{"object passed and written by a helper", "the helper takes what the function takes for memory",
			with(tracepoint(callTo(2), zero, exit, mov(2, 8), call(16), zero, exit), function{memory, 5}),
			"insn 6: bpf_get_current_comm keeps state (kernel)"},
		{"object passed on", "a function hands it to another, which stores",
			with(tracepoint(callTo(2), zero, exit, callTo(2), zero, exit, store(1), zero, exit), function{memory, 5}, function{memory, 8}),
			"insn 8: store keeps state (kernel)"},
		{"object passed after the stack", "the function was verified before with memory of the program's own",
			with(tracepoint(fill, frame, below, callTo(5), mov(1, 0), mov(2, 0), callTo(5), zero, exit,
				store(1), zero, exit, // slot 11
				call(158), asm.New(0xbf, asm.R1, asm.R0, 0, 0), mov(2, 0), callTo(-7), zero, exit),
				function{memory, 11}, function{oracle.Global2, 14}),
			"insn 11: store keeps state (kernel)"},
		{"object passed where states are pruned", "a call does not mark what it passes as read, and another state passes the stack",
			with(tracepoint(asm.New(0xbf, asm.R7, asm.R1, 0, 0), fill, call(7), mov(2, 7), frame, below,
				ifZero(0, 1), asm.New(0x05, 0, 0, 1, 0), asm.New(0xbf, asm.R1, asm.R7, 0, 0),
				callTo(2), zero, exit, store(1), zero, exit), function{memory, 14}),
			"insn 14: store keeps state (kernel)"},
		{"object passed and spilled", "what a function fills from its stack can be its argument",
			with(tracepoint(callTo(2), zero, exit, asm.New(0x7b, asm.R10, asm.R1, -8, 0), load(3, 10, -8), store(3), zero, exit), function{memory, 5}),
			"insn 7: store keeps state (kernel)"},
		{"object passed and exchanged", "an atomic operation can fill a register too",
			with(tracepoint(callTo(2), zero, exit, asm.New(0x7b, asm.R10, asm.R1, -8, 0), mov(3, 0), asm.New(0xdb, asm.R10, asm.R3, -8, asm.AtomicXchg),
				store(3), zero, exit), function{memory, 5}),
			"insn 8: store keeps state (kernel)"},
		{"object passed and returned", "what a static function returns can be its argument",
			with(tracepoint(callTo(2), zero, exit, callTo(3), store(0), zero, exit, asm.New(0xbf, asm.R0, asm.R1, 0, 0), exit), function{memory, 5}, function{oracle.Static, 9}),
			"insn 6: store keeps state (kernel)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answers, err := g.Ask(t.Context(), []guest.Question{{Program: &tt.program, LogLevel: oracle.LogMessages}})
			if err != nil {
				t.Fatal(err)
			}
			got, _, _ := strings.Cut(string(answers[0].Enforced.Log), ": BPF_F_ENFORCE_STATELESS")
			got = got[strings.LastIndexByte(got, '\n')+1:]
			if answers[0].Enforced.Opinion == oracle.Loads {
				got = ""
			}
			if got != tt.want {
				t.Errorf("%q, expected %q: %s\n%+v\n%s", got, tt.want, tt.reason, answers[0], answers[0].Plain.Log)
			}
			if tt.program.Type != "ext" && answers[0].Plain.Opinion != oracle.Loads {
				t.Errorf("without the flag: %s %s", answers[0].Plain.Opinion, answers[0].Plain.Err)
			}
			report := verifier.Check(&tt.program.Program, verifier.Options{Profile: verifier.ProfileFlag})
			if o := outcome(report, answers[0], verifier.PrecisionPaths); o.Disagrees() {
				t.Errorf("%s: the verdict is %s", o, report.Verdict)
			}
		})
	}
}
