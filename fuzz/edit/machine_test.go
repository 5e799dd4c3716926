package edit

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/machine"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

// run executes the program with ctx in r1 and returns its trace: what it calls with which arguments, and what
// it returns. Programs that the tests draw end.
func run(p oracle.Program, ctx uint64) []string {
	var trace []string
	m := machine.Machine{
		Instructions: p.Instructions,
		Call: func(ins asm.Instruction, args [5]uint64) (uint64, bool) {
			trace = append(trace, fmt.Sprintf("call %d %v", ins.Imm(), args))
			return uint64(len(trace))*31 ^ args[0], true
		},
		Unknown: func() uint64 { return 0 },
	}
	r0, ok := m.Run(ctx, 100_000)
	if !ok {
		return append(trace, "no end")
	}
	return append(trace, fmt.Sprintf("exit %d", r0))
}

// drawRunnable draws up to four functions of forward jumps, each of which calls
// only those after it: a program that ends.
func drawRunnable(t *rapid.T) oracle.Program {
	reg := func() asm.Register { return asm.Register(rapid.IntRange(0, 9).Draw(t, "reg")) }
	imm := func() int32 { return rapid.Int32Range(0, 3).Draw(t, "imm") }
	var b Body
	var functions [][]*Node
	for range rapid.IntRange(1, 4).Draw(t, "functions") {
		functions = append(functions, nil)
	}
	for f := range functions {
		for range rapid.IntRange(1, 15).Draw(t, "instructions") {
			n := &Node{}
			form := rapid.SampledFrom([]string{"mov", "mov", "add", "branch", "branch", "helper", "helper", "wide", "call", "goto"}).Draw(t, "form")
			isReg := rapid.Bool().Draw(t, "register")
			switch {
			case form == "mov" && isReg:
				n.Instruction = movReg(reg(), reg())
			case form == "mov":
				n.Instruction = mov(reg(), imm())
			case form == "add":
				n.Instruction = addReg(reg(), reg())
			case form == "branch":
				n.Instruction = ifEq(reg(), imm(), 0)
			case form == "goto":
				n.Instruction = goTo(0)
			case form == "wide":
				n.Instruction = asm.New(asm.LoadImm64, reg(), 0, 0, imm())
				n.Second = asm.New(0, 0, 0, 0, imm())
			case form == "call" && f+1 < len(functions):
				n.Instruction = callTo(0)
			default:
				n.Instruction = helper(imm())
			}
			functions[f] = append(functions[f], n)
		}
		functions[f] = append(functions[f], &Node{Instruction: exit})
	}
	for f, nodes := range functions {
		for i, n := range nodes {
			switch {
			case n.Instruction.IsSubprogramCall():
				n.Target = functions[rapid.IntRange(f+1, len(functions)-1).Draw(t, "callee")][0]
			case fieldOf(n.Instruction) == inOff:
				n.Target = nodes[rapid.IntRange(i+1, len(nodes)-1).Draw(t, "target")]
			}
		}
		b.Nodes = append(b.Nodes, nodes...)
	}
	p, ok := b.Lower()
	if !ok {
		t.Fatal("not lowered")
	}
	return p
}

// TestBehaviour: no edit that claims so changes what a program does, and each is
// made nearly always.
func TestBehaviour(t *testing.T) {
	indices := func(t *rapid.T, p oracle.Program) []int {
		return rapid.SliceOfN(rapid.IntRange(0, len(p.Instructions)-1), 5, 20).Draw(t, "at")
	}
	tests := []struct {
		name string
		edit func(t *rapid.T, p oracle.Program) (oracle.Program, bool)
		// share of draws that must have changed the instructions, in percent: well
		// below what is usual, as only 100 are drawn
		share int
	}{
		{"rename", func(t *rapid.T, p oracle.Program) (oracle.Program, bool) {
			perm := rapid.Permutation([]asm.Register{asm.R6, asm.R7, asm.R8, asm.R9}).Draw(t, "perm")
			return RenameRegisters(p, [4]asm.Register(perm))
		}, 55},
		{"nops", func(t *rapid.T, p oracle.Program) (oracle.Program, bool) {
			return InsertNops(p, indices(t, p))
		}, 90},
		{"blocks", func(t *rapid.T, p oracle.Program) (oracle.Program, bool) {
			return ReorderBlocks(p, func(n int) []int {
				perm := make([]int, n)
				for i := range perm {
					perm[i] = i
				}
				return rapid.Permutation(perm).Draw(t, "order")
			})
		}, 55},
		{"split", func(t *rapid.T, p oracle.Program) (oracle.Program, bool) {
			return SplitIntoSubprograms(p, indices(t, p))
		}, 40},
		{"prepend", func(t *rapid.T, p oracle.Program) (oracle.Program, bool) {
			return PrependBlock(p, []asm.Instruction{asm.New(0x07, 0, 0, 0, 0)}) // r0 += 0
		}, 90},
		{"unreachable", func(t *rapid.T, p oracle.Program) (oracle.Program, bool) {
			return DropUnreachable(p)
		}, 50},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			draws, changed := 0, 0
			rapid.Check(t, func(t *rapid.T) {
				p := drawRunnable(t)
				q, ok := tc.edit(t, p)
				draws++
				if !ok || slices.Equal(p.Instructions, q.Instructions) {
					return
				}
				changed++
				for ctx := range uint64(4) {
					if before, after := run(p, ctx), run(q, ctx); !slices.Equal(before, after) {
						t.Fatalf("context %d\nbefore %q\nafter  %q\n%#v", ctx, before, after, q.Instructions)
					}
				}
			})
			t.Logf("%d of %d programs changed", changed, draws)
			if changed*100 < draws*tc.share {
				t.Errorf("%d of %d programs changed, expected %d %%", changed, draws, tc.share)
			}
		})
	}
}
