package fuzz

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/edit"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// shapes draws what the properties are tested with.
var shapes = rapid.Custom(drawShape)

// properties are tested with programs that are sound in form or not, and with those
// that a kernel takes.
var properties = []struct {
	name string
	prop func(*rapid.Generator[oracle.Program]) func(*rapid.T)
}{
	{"Rename", PropRename},
	{"Nops", PropNops},
	{"Blocks", PropBlocks},
	{"ByteOrder", PropByteOrder},
	{"Split", PropSplit},
	{"Prepend", PropPrepend},
	{"Plain", PropPlain},
}

func TestProperties(t *testing.T) {
	for _, p := range properties {
		t.Run(p.name, func(t *testing.T) {
			rapid.Check(t, p.prop(shapes))
			rapid.Check(t, p.prop(generate.Program()))
		})
	}
}

func TestPaths(t *testing.T) { rapid.Check(t, PropPaths(generate.Program())) }

func FuzzRename(f *testing.F)    { f.Fuzz(rapid.MakeFuzz(PropRename(shapes))) }
func FuzzNops(f *testing.F)      { f.Fuzz(rapid.MakeFuzz(PropNops(shapes))) }
func FuzzBlocks(f *testing.F)    { f.Fuzz(rapid.MakeFuzz(PropBlocks(shapes))) }
func FuzzByteOrder(f *testing.F) { f.Fuzz(rapid.MakeFuzz(PropByteOrder(shapes))) }
func FuzzSplit(f *testing.F)     { f.Fuzz(rapid.MakeFuzz(PropSplit(shapes))) }
func FuzzPrepend(f *testing.F)   { f.Fuzz(rapid.MakeFuzz(PropPrepend(shapes))) }
func FuzzPlain(f *testing.F)     { f.Fuzz(rapid.MakeFuzz(PropPlain(shapes))) }

// TestShares: the properties are about something. Each transformation changes most
// programs, and all three verdicts are common.
func TestShares(t *testing.T) {
	tests := []struct {
		name   string
		change transformation
		least  int // percent; well below what is usual, as only 100 are drawn
	}{
		{"rename", rename, 60},
		{"nops", insertNops, 85},
		{"blocks", reorderBlocks, 45},
		{"split", splitIntoSubprograms, 60},
		{"prepend", prependBlock, 90},
	}
	draws := 0
	changed := make([]int, len(tests))
	verdicts := make(map[verifier.Verdict]int)
	rapid.Check(t, func(t *rapid.T) {
		p := shapes.Draw(t, "program")
		draws++
		verdicts[judge(p, verifier.PrecisionCFG).verdict]++
		for i, tc := range tests {
			q, ok := tc.change(t, p)
			if ok && !slices.Equal(p.Instructions, q.Instructions) {
				changed[i]++
			}
		}
	})
	for i, tc := range tests {
		t.Logf("%-9s changed %d %% of %d programs", tc.name, changed[i]*100/draws, draws)
		if changed[i]*100 < draws*tc.least {
			t.Errorf("%s: expected %d %%", tc.name, tc.least)
		}
	}
	t.Logf("verdicts: %v", verdicts)
	for _, v := range []verifier.Verdict{verifier.Stateless, verifier.Stateful, verifier.Invalid} {
		if verdicts[v]*100 < draws*5 {
			t.Errorf("%s: %d of %d programs", v, verdicts[v], draws)
		}
	}
}

// drawShape draws programs whose form is about right, whatever they do: sound ones,
// half of which have nothing that is stateful whatever it is used for, and ones with
// a fault.
func drawShape(t *rapid.T) oracle.Program {
	below := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(t, label) }
	reg := func() asm.Register {
		return rapid.SampledFrom([]asm.Register{0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}).Draw(t, "reg")
	}
	dst := func() asm.Register { return min(reg(), asm.R9) }
	imm := func() int32 { return rapid.Int32Range(-2, 40).Draw(t, "imm") }
	off := func() int16 { return rapid.SampledFrom([]int16{0, 8, 40, 64, 168, 184, -8}).Draw(t, "off") }
	ins := func(op asm.Opcode, dst, src asm.Register, off int16, imm int32) *edit.Node {
		return &edit.Node{Instruction: asm.New(op, dst, src, off, imm)}
	}
	exit := func() *edit.Node { return ins(asm.Exit, 0, 0, 0, 0) }
	call := func(id int32) *edit.Node { return ins(asm.Call, 0, 0, 0, id) }
	// misplaced gives an instruction, at times, a reference that does not go with it.
	misplaced := func(n *edit.Node) *edit.Node {
		if below(8, "misplaced") == 0 {
			n.References = []verifier.Reference{rapid.SampledFrom([]verifier.Reference{
				{Kind: verifier.RefKfunc, Name: "bpf_rcu_read_lock"}, {Kind: verifier.RefKfunc, Name: "no_such_kfunc"},
				{Kind: verifier.RefVariable, Name: "bpf_prog_active"}, {Kind: verifier.RefCORE},
			}).Draw(t, "reference")}
		}
		return n
	}
	kfunc := func(name string) *edit.Node {
		n := ins(asm.Call, 0, asm.PseudoKfuncCall, 0, imm())
		n.References = []verifier.Reference{{Kind: verifier.RefKfunc, Name: name}}
		return n
	}

	mild := below(2, "mild") == 0
	forms := []string{
		"move", "move", "move", "constant", "add", "alu32", "alu", "load", "load", "store", "store", "put",
		"branch", "branch", "branch", "over", "over", "leave", "leave", "mild", "mild", "writes", "mild kfunc", "wide", "packet", "atomic",
	}
	if !mild {
		forms = append(forms, "helper", "kfunc", "map", "variable", "irregular", "named map")
	}
	functions := make([][]*edit.Node, rapid.SampledFrom([]int{1, 1, 2, 2, 3, 4}).Draw(t, "functions"))
	throws := below(8, "throws") == 0 && len(functions) > 1
	for f := range functions {
		var nodes []*edit.Node
		for range rapid.IntRange(4, 16).Draw(t, "instructions") {
			switch rapid.SampledFrom(forms).Draw(t, "form") {
			case "move":
				nodes = append(nodes, ins(0xbf, dst(), reg(), 0, 0))
			case "constant":
				nodes = append(nodes, ins(0xb7, dst(), 0, 0, imm()))
			case "add":
				nodes = append(nodes, ins(rapid.SampledFrom([]asm.Opcode{0x0f, 0x1f}).Draw(t, "op"), dst(), reg(), 0, 0))
			case "alu32":
				nodes = append(nodes, ins(0xbc, dst(), reg(), 0, 0))
			case "alu":
				nodes = append(nodes, ins(0x57, dst(), 0, 0, imm()))
			case "load":
				nodes = append(nodes, ins(0x79, dst(), reg(), off(), 0))
			case "store":
				nodes = append(nodes, ins(0x7b, reg(), reg(), off(), 0))
			case "put":
				nodes = append(nodes, ins(0x62, reg(), 0, off(), imm()))
			case "atomic":
				op := rapid.SampledFrom([]int32{asm.AtomicAdd, asm.AtomicXchg, asm.AtomicCmpxchg, asm.AtomicLoadAcquire}).Draw(t, "op")
				nodes = append(nodes, ins(0xdb, dst(), dst(), off(), op))
			case "packet":
				if below(4, "packet") == 0 {
					nodes = append(nodes, ins(0x30, 0, 0, 0, imm()))
				}
			case "branch":
				op := rapid.SampledFrom([]asm.Opcode{0x1d, 0x5e, 0x6d}).Draw(t, "op")
				nodes = append(nodes, ins(op, reg(), reg(), 1, 0))
			case "over": // a goto and a jump over it
				nodes = append(nodes, ins(0x15, reg(), 0, 2, imm()), ins(asm.GotoL, 0, 0, 0, 1))
			case "leave":
				nodes = append(nodes, ins(0x55, reg(), 0, 2, imm()), exit())
			case "mild":
				nodes = append(nodes, misplaced(call(rapid.SampledFrom([]int32{5, 7, 8, 14, 15, 26, 28}).Draw(t, "helper"))))
			case "writes":
				nodes = append(nodes, call(rapid.SampledFrom([]int32{4, 16, 45, 112, 165}).Draw(t, "helper")))
			case "mild kfunc":
				nodes = append(nodes, kfunc(rapid.SampledFrom([]string{"bpf_rcu_read_lock", "bpf_rdonly_cast", "bpf_dynptr_slice"}).Draw(t, "kfunc")))
			case "wide":
				n := ins(asm.LoadImm64, dst(), 0, 0, imm())
				n.Second = asm.New(0, 0, 0, 0, imm())
				nodes = append(nodes, n)
			case "helper":
				nodes = append(nodes, misplaced(call(rapid.Int32Range(0, 212).Draw(t, "helper"))))
			case "kfunc":
				nodes = append(nodes, kfunc(rapid.SampledFrom([]string{"bpf_cpumask_acquire", "bpf_xdp_ct_lookup", "no_such_kfunc"}).Draw(t, "kfunc")))
			case "map":
				nodes = append(nodes, misplaced(ins(asm.LoadImm64, dst(), rapid.SampledFrom([]asm.Register{asm.PseudoMapFD, asm.PseudoMapIdx, asm.PseudoMapIdxValue}).Draw(t, "pseudo"), 0, imm())))
			case "named map":
				n := ins(asm.LoadImm64, dst(), asm.PseudoMapValue, 0, 0)
				n.References = []verifier.Reference{{Kind: verifier.RefMap, Name: "m", Map: verifier.MapROData}, {Kind: verifier.RefCORE}}
				nodes = append(nodes, n)
			case "variable":
				nodes = append(nodes, ins(asm.LoadImm64, dst(), asm.PseudoBTFID, 0, imm()))
			case "irregular":
				nodes = append(nodes, ins(0xbf, reg(), asm.Register(below(16, "register")), 0, 1))
			}
		}
		last := f == len(functions)-1
		if !last && !(throws && f == len(functions)-2) { // the next one is called, or its address taken
			n := ins(asm.Call, 0, asm.PseudoCall, 0, 0)
			if below(4, "address") == 0 {
				n = ins(asm.LoadImm64, dst(), asm.PseudoFunc, 0, 0)
			}
			at := below(len(nodes)+1, "site")
			for at > 0 && at < len(nodes) && !goesOn(nodes[at-1]) {
				at++ // not where only a jump leads
			}
			nodes = slices.Insert(nodes, at, n)
		}
		functions[f] = append(nodes, ins(0xb7, 0, 0, 0, 1), exit())
	}

	var b edit.Body
	for f, nodes := range functions {
		for i, n := range nodes {
			op := n.Instruction.Opcode()
			switch {
			case n.Instruction.IsSubprogramCall(), n.Instruction.IsFunctionAddress():
				n.Target = functions[f+1][0]
			case op == asm.GotoL, op.Class() == asm.ClassJMP && op != asm.Call && op != asm.Exit, op.Class() == asm.ClassJMP32:
				n.Target = nodes[below(len(nodes), "target")]
				if i+2 < len(nodes) && !goesOn(nodes[i+1]) {
					n.Target = nodes[i+2]
				}
			}
		}
		b.Nodes = append(b.Nodes, nodes...)
		name := verifier.Function{Name: "f", ExceptionCallback: throws && f == len(functions)-1}
		if below(2, "named") == 0 || f == 0 || name.ExceptionCallback {
			b.Functions = append(b.Functions, edit.Function{Function: name, Entry: nodes[0]})
		}
	}
	if below(5, "fault") == 0 {
		n := b.Nodes[below(len(b.Nodes), "faulty")]
		switch {
		case n.Target != nil:
			n.Target = b.Nodes[below(len(b.Nodes), "target")]
		case below(3, "leaves") == 0:
			n.Instruction = asm.New(asm.Exit, 0, 0, 0, 0)
		case below(2, "calls") == 0:
			n.Instruction, n.Target = asm.New(asm.Call, 0, asm.PseudoCall, 0, 0), b.Nodes[below(len(b.Nodes), "target")]
		default:
			b.Nodes = b.Nodes[:len(b.Nodes)-1-below(2, "cut")]
		}
	}
	p, ok := b.Lower()
	if !ok {
		return oracle.Program{Program: verifier.Program{Instructions: []asm.Instruction{0xff}}}
	}
	p.Name = "p"
	p.Type = rapid.SampledFrom(append(verifier.ProgramTypes(), "xdp", "xdp", "sched_cls", "sched_cls", "socket_filter", "tracing", "lsm")).Draw(t, "type")
	return p
}

func goesOn(n *edit.Node) bool {
	op := n.Instruction.Opcode()
	return op != asm.Exit && op != asm.GotoL
}
