package edit

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

func mov(dst asm.Register, imm int32) asm.Instruction { return asm.New(0xb7, dst, 0, 0, imm) }
func movReg(dst, src asm.Register) asm.Instruction    { return asm.New(0xbf, dst, src, 0, 0) }
func addReg(dst, src asm.Register) asm.Instruction    { return asm.New(0x0f, dst, src, 0, 0) }
func helper(id int32) asm.Instruction                 { return asm.New(asm.Call, 0, 0, 0, id) }
func kfunc(id int32) asm.Instruction {
	return asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, id)
}
func callTo(distance int32) asm.Instruction {
	return asm.New(asm.Call, 0, asm.PseudoCall, 0, distance)
}
func goTo(distance int16) asm.Instruction  { return asm.New(asm.Goto, 0, 0, distance, 0) }
func goToL(distance int32) asm.Instruction { return asm.New(asm.GotoL, 0, 0, 0, distance) }
func ifEq(dst asm.Register, imm int32, distance int16) asm.Instruction {
	return asm.New(0x15, dst, 0, distance, imm)
}
func address(dst asm.Register, distance int32) asm.Instruction {
	return asm.New(asm.LoadImm64, dst, asm.PseudoFunc, 0, distance)
}
func mapFD(dst asm.Register) asm.Instruction {
	return asm.New(asm.LoadImm64, dst, asm.PseudoMapFD, 0, 3)
}

var (
	exit   = asm.New(asm.Exit, 0, 0, 0, 0)
	second = asm.New(0, 0, 0, 0, 0)
)

// program has something of everything that must stay together: a jump over a
// LD_IMM64, one back, a call, a function's address, references and functions.
func program() oracle.Program {
	var p oracle.Program
	p.Name, p.Type = "p", "xdp"
	p.Instructions = []asm.Instruction{
		/* 0 */ ifEq(1, 0, 3),
		/* 1 */ mapFD(6), second,
		/* 3 */ kfunc(7),
		/* 4 */ address(2, 5), second,
		/* 6 */ callTo(5),
		/* 7 */ ifEq(6, 1, -7),
		/* 8 */ goToL(0),
		/* 9 */ exit,
		/* 10: callback */ mov(0, 1),
		/* 11 */ exit,
		/* 12: sub */ movReg(0, 1),
		/* 13 */ exit,
	}
	p.Functions = []verifier.Function{{Name: "p"}, {Name: "callback", Start: 10}, {Name: "sub", Start: 12}}
	p.Signatures = []oracle.Signature{oracle.Main, oracle.Static, oracle.Global1}
	p.References = []verifier.Reference{
		{Slot: 1, Kind: verifier.RefMap, Name: "array", Map: verifier.MapPlain},
		{Slot: 3, Kind: verifier.RefCORE},
		{Slot: 3, Kind: verifier.RefKfunc, Name: "bpf_rcu_read_lock"},
	}
	return p
}

// of is a program of these instructions alone.
func of(insns ...asm.Instruction) oracle.Program {
	var p oracle.Program
	p.Instructions = insns
	return p
}

func diff(t *testing.T, got, want oracle.Program) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// must unwraps the result of an edit that is possible.
func must(t *testing.T) func(oracle.Program, bool) oracle.Program {
	return func(p oracle.Program, ok bool) oracle.Program {
		t.Helper()
		if !ok {
			t.Fatal("not possible")
		}
		return p
	}
}

func TestLiftLower(t *testing.T) {
	b, ok := Lift(program())
	if !ok {
		t.Fatal("not lifted")
	}
	if n := len(b.Nodes); n != 12 {
		t.Errorf("%d nodes, expected 12", n)
	}
	diff(t, must(t)(b.Lower()), program())
}

func TestLiftRefuses(t *testing.T) {
	tests := []struct {
		name   string
		reason string
		change func(p *oracle.Program)
	}{
		{"jump beyond the end", "no node there", func(p *oracle.Program) { p.Instructions[9] = goTo(4) }},
		{"jump before the start", "no node there", func(p *oracle.Program) { p.Instructions[0] = goTo(-2) }},
		{"jump into LD_IMM64", "a second slot is no node", func(p *oracle.Program) { p.Instructions[0] = goTo(1) }},
		{"long jump out", "imm holds its distance", func(p *oracle.Program) { p.Instructions[8] = goToL(math.MaxInt32) }},
		{"call out", "no function there", func(p *oracle.Program) { p.Instructions[6] = callTo(-8) }},
		{"address of a second slot", "no function there", func(p *oracle.Program) { p.Instructions[4] = address(2, -3) }},
		{"unknown opcode", "nobody knows what it does", func(p *oracle.Program) { p.Instructions[9] = asm.New(0xff, 0, 0, 0, 0) }},
		{"callx", "no kernel accepts it", func(p *oracle.Program) { p.Instructions[9] = asm.New(asm.CallX, 0, 0, 0, 0) }},
		{"half a LD_IMM64", "the second slot is missing", func(p *oracle.Program) { p.Instructions[13] = mapFD(1) }},
		{"may_goto +0", "a distance that means something", func(p *oracle.Program) { p.Instructions[9] = asm.New(asm.MayGoto, 0, 0, 0, 0) }},
		{"function beyond the end", "no node there", func(p *oracle.Program) { p.Functions[2].Start = 14 }},
		{"reference to a second slot", "no node there", func(p *oracle.Program) { p.References[0].Slot = 2 }},
		{"signatures", "one is missing", func(p *oracle.Program) { p.Signatures = p.Signatures[:2] }},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := program()
			tc.change(&p)
			if _, ok := Lift(p); ok {
				t.Errorf("lifted, though %s", tc.reason)
			}
		})
	}
}

// TestLowerRefuses: 32,768 is one more than off can hold.
func TestLowerRefuses(t *testing.T) {
	insns := []asm.Instruction{ifEq(1, 0, math.MaxInt16)}
	for range math.MaxInt16 {
		insns = append(insns, mov(0, 0))
	}
	p := of(append(insns, exit)...)
	if _, ok := InsertNops(p, []int{0}); !ok {
		t.Error("no room before the jump")
	}
	if _, ok := InsertNops(p, []int{1}); ok {
		t.Error("a jump of 32,768 slots")
	}
	if _, ok := (&Body{}).Lower(); ok {
		t.Error("a program without instructions")
	}
}

func TestRemove(t *testing.T) {
	p := must(t)(Remove(program(), 1, 3)) // the LD_IMM64 and the kfunc
	want := program()
	want.Instructions = []asm.Instruction{
		ifEq(1, 0, 0),
		address(2, 5), second, callTo(5), ifEq(6, 1, -4), goToL(0), exit,
		mov(0, 1), exit,
		movReg(0, 1), exit,
	}
	want.References = nil
	want.Functions[1].Start, want.Functions[2].Start = 7, 9
	diff(t, p, want)

	// All of the callback: its address becomes that of the function after it.
	p = must(t)(Remove(program(), 8, 10))
	want = program()
	want.Instructions = slices.Delete(want.Instructions, 10, 12)
	want.Instructions[6] = callTo(3)
	want.Functions = []verifier.Function{{Name: "p"}, {Name: "sub", Start: 10}}
	want.Signatures = []oracle.Signature{oracle.Main, oracle.Global1}
	diff(t, p, want)

	// All of the program: what is left is the program.
	p = must(t)(Remove(program(), 0, 8))
	want = program()
	want.Instructions = want.Instructions[10:]
	want.References = nil
	want.Functions = []verifier.Function{{Name: "p"}, {Name: "sub", Start: 2}}
	want.Signatures = []oracle.Signature{oracle.Main, oracle.Global1}
	diff(t, p, want)

	if _, ok := Remove(program(), 10, 12); ok {
		t.Error("the call of the last function leads nowhere")
	}
	if _, ok := Remove(of(mov(0, 0), exit), 0, 2); ok {
		t.Error("nothing left")
	}
}

func TestDropUnreachable(t *testing.T) {
	p := program()
	p.Instructions[6] = goTo(2) // the call
	p.Instructions[4] = mapFD(2)
	want := program()
	want.Instructions = []asm.Instruction{
		ifEq(1, 0, 3), mapFD(6), second, kfunc(7), mapFD(2), second, goTo(0), exit,
	}
	want.Functions, want.Signatures = want.Functions[:1], want.Signatures[:1]
	diff(t, must(t)(DropUnreachable(p)), want)

	p.Functions[1].ExceptionCallback = true
	want.Instructions = append(want.Instructions, mov(0, 1), exit)
	want.Functions = []verifier.Function{{Name: "p"}, {Name: "callback", Start: 8, ExceptionCallback: true}}
	want.Signatures = []oracle.Signature{oracle.Main, oracle.Static}
	diff(t, must(t)(DropUnreachable(p)), want)
}

func TestStraighten(t *testing.T) {
	want := program()
	want.Instructions[7] = goTo(-7)
	diff(t, must(t)(Straighten(program(), 5)), want)
	for _, i := range []int{-1, 4, 6, 7, 12} {
		if _, ok := Straighten(program(), i); ok {
			t.Errorf("node %d is no conditional jump", i)
		}
	}
}

func TestRenameRegisters(t *testing.T) {
	perm := [4]asm.Register{asm.R7, asm.R8, asm.R9, asm.R6}
	kfunc6 := asm.New(asm.Call, 0, asm.PseudoMapIdxValue, 0, 1) // 6 is no register here
	value := asm.New(asm.LoadImm64, 9, asm.PseudoMapIdxValue, 0, 1)
	p := must(t)(RenameRegisters(of(movReg(6, 9), addReg(1, 7), kfunc6, value, second, ifEq(8, 6, 0), exit), perm))
	value = asm.New(asm.LoadImm64, 6, asm.PseudoMapIdxValue, 0, 1)
	diff(t, p, of(movReg(7, 6), addReg(1, 8), kfunc6, value, second, ifEq(9, 6, 0), exit))

	packet := of(asm.New(0x30, 0, 0, 0, 12), movReg(7, 0), exit) // ldabsb
	if _, ok := RenameRegisters(packet, perm); ok {
		t.Error("LD_ABS reads r6")
	}
	p = must(t)(RenameRegisters(packet, [4]asm.Register{asm.R6, asm.R8, asm.R7, asm.R9}))
	diff(t, p, of(asm.New(0x30, 0, 0, 0, 12), movReg(8, 0), exit))
	if _, ok := RenameRegisters(packet, [4]asm.Register{asm.R6, asm.R6, asm.R7, asm.R9}); ok {
		t.Error("two registers of one name")
	}
}

func TestInsertNops(t *testing.T) {
	p := must(t)(InsertNops(program(), []int{1, 8, 100}))
	want := program()
	want.Instructions = slices.Insert(want.Instructions, 10, goTo(0))
	want.Instructions[0] = ifEq(1, 0, 4)
	want.Instructions[6] = callTo(6)
	want.Instructions[7] = ifEq(6, 1, -8)
	want.Instructions = slices.Insert(want.Instructions, 1, goTo(0))
	want.Functions[1].Start, want.Functions[2].Start = 11, 14
	for i := range want.References {
		want.References[i].Slot++
	}
	diff(t, p, want)
}

func TestReorderBlocks(t *testing.T) {
	reverse := func(n int) []int {
		perm := make([]int, n)
		for i := range perm {
			perm[i] = n - 1 - i
		}
		return perm
	}
	p := must(t)(ReorderBlocks(program(), reverse))
	want := program()
	// Blocks of main: [0] [1 3] [4 6 7] [8] [9].
	want.Instructions = []asm.Instruction{
		/* 0 */ ifEq(1, 0, 3),
		/* 1 */ goTo(7),
		/* 2 */ exit,
		/* 3 */ goToL(-2),
		/* 4 */ address(2, 8), second,
		/* 6 */ callTo(8),
		/* 7 */ ifEq(6, 1, 1),
		/* 8 */ goTo(-6),
		/* 9 */ mapFD(6), second,
		/* 11 */ kfunc(7),
		/* 12 */ goTo(-9),
		/* 13 */ mov(0, 1), exit,
		/* 15 */ movReg(0, 1), exit,
	}
	want.Functions[1].Start, want.Functions[2].Start = 13, 15
	want.References[0].Slot, want.References[1].Slot, want.References[2].Slot = 9, 11, 11
	diff(t, p, want)

	if _, ok := ReorderBlocks(of(ifEq(1, 0, 0), mov(0, 0)), reverse); ok {
		t.Error("the last block must stay last to fall off the end")
	}
	if _, ok := ReorderBlocks(program(), func(n int) []int { return make([]int, n) }); ok {
		t.Error("no permutation")
	}
}

func TestSplitIntoSubprograms(t *testing.T) {
	all := func(p oracle.Program) []int {
		at := make([]int, len(p.Instructions))
		for i := range at {
			at[i] = i
		}
		return at
	}
	tests := []struct {
		name     string
		reason   string
		from, to []asm.Instruction // no to: left alone
	}{
		{"helper and exit", "the exit reads the helper's r0, so it stays",
			[]asm.Instruction{mov(1, 0), helper(7), exit},
			[]asm.Instruction{callTo(1), exit, mov(1, 0), helper(7), exit}},
		{"exit", "r0 and exit go together",
			[]asm.Instruction{mov(0, 1), exit},
			[]asm.Instruction{callTo(1), exit, mov(0, 1), exit}},
		{"callee-saved argument", "r6 is not passed",
			[]asm.Instruction{movReg(1, 6), helper(7), exit},
			[]asm.Instruction{movReg(1, 6), callTo(1), exit, helper(7), exit}},
		{"stack", "the frame pointer is another one there",
			[]asm.Instruction{movReg(1, 10), mov(2, 8), helper(7), exit},
			[]asm.Instruction{movReg(1, 10), callTo(1), exit, mov(2, 8), helper(7), exit}},
		{"result kept", "r6 written there is not r6 here",
			[]asm.Instruction{mov(6, 1), helper(7), exit},
			[]asm.Instruction{mov(6, 1), callTo(1), exit, helper(7), exit}},
		{"callee-saved up to the exit", "nothing comes after",
			[]asm.Instruction{mov(6, 1), movReg(0, 6), exit},
			[]asm.Instruction{callTo(1), exit, mov(6, 1), movReg(0, 6), exit}},
		{"jumped into", "the piece starts where the jump leads, and the jump leads to the call",
			[]asm.Instruction{ifEq(1, 0, 1), mov(1, 0), helper(7), exit},
			[]asm.Instruction{ifEq(1, 0, 1), mov(1, 0), callTo(1), exit, helper(7), exit}},
		{"packet", "LD_ABS reads r6", []asm.Instruction{asm.New(0x30, 0, 0, 0, 12), exit}, nil},
		{"atomic", "cmpxchg reads r0",
			[]asm.Instruction{asm.New(0xdb, 1, 2, 0, asm.AtomicCmpxchg), exit}, nil},
		{"calls", "no leaf: the frames of its callees would be one more each",
			[]asm.Instruction{callTo(1), exit, addReg(0, 6), exit}, nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			p := of(tc.from...)
			got, ok := SplitIntoSubprograms(p, all(p))
			if !ok {
				got = of()
			}
			if !slices.Equal(got.Instructions, tc.to) {
				t.Errorf("%#v\nexpected %#v\n%s", got.Instructions, tc.to, tc.reason)
			}
		})
	}
}

func TestSplitNamesFunctions(t *testing.T) {
	p := must(t)(SplitIntoSubprograms(program(), []int{1, 2, 8}))
	want := program()
	want.Instructions = []asm.Instruction{
		/* 0 */ ifEq(1, 0, 3),
		/* 1 */ mapFD(6), second,
		/* 3 */ callTo(10),
		/* 4 */ address(2, 5), second,
		/* 6 */ callTo(5),
		/* 7 */ ifEq(6, 1, -7),
		/* 8 */ goToL(0),
		/* 9 */ exit,
		/* 10 */ callTo(5), exit,
		/* 12 */ movReg(0, 1), exit,
		/* 14 */ kfunc(7), exit,
		/* 16 */ mov(0, 1), exit,
	}
	want.Functions = append(want.Functions, verifier.Function{Name: "piece_3", Start: 14, Linkage: verifier.LinkageStatic}, verifier.Function{Name: "piece_4", Start: 16, Linkage: verifier.LinkageStatic})
	want.Signatures = append(want.Signatures, oracle.Static, oracle.Static)
	want.References[1].Slot, want.References[2].Slot = 14, 14
	diff(t, p, want)
}

// TestSplitKeepsFrames: eight functions may be a chain of eight calls.
func TestSplitKeepsFrames(t *testing.T) {
	chain := func(n int) (p oracle.Program, last int) {
		for range n - 1 {
			p.Instructions = append(p.Instructions, callTo(1), exit)
		}
		p.Instructions = append(p.Instructions, mov(0, 0), exit)
		return p, len(p.Instructions) - 2
	}
	p, last := chain(7)
	p = must(t)(SplitIntoSubprograms(p, []int{last}))
	if r := verifier.Check(&p.Program, verifier.Options{}); r.Verdict != verifier.Stateless {
		t.Errorf("%s: %v", r.Verdict, r.Err)
	}
	p, last = chain(8)
	if _, ok := SplitIntoSubprograms(p, []int{last}); ok {
		t.Error("a ninth frame")
	}
}

func TestSwapByteOrder(t *testing.T) {
	diff(t, must(t)(SwapByteOrder(program())), program())
}

func TestPrependBlock(t *testing.T) {
	loop := of(mov(2, 0), ifEq(1, 0, -2), address(3, -3), second, exit)
	loop.Functions = []verifier.Function{{Name: "p"}}
	p := must(t)(PrependBlock(loop, []asm.Instruction{mapFD(2), second}))
	want := of(mapFD(2), second, mov(2, 0), ifEq(1, 0, -2), address(3, -5), second, exit)
	want.Functions = []verifier.Function{{Name: "p"}}
	diff(t, p, want)
	for _, insns := range [][]asm.Instruction{nil, {exit}, {goTo(0)}, {callTo(0)}, {mapFD(1)}} {
		if _, ok := PrependBlock(loop, insns); ok {
			t.Errorf("prepended %#v", insns)
		}
	}
}
