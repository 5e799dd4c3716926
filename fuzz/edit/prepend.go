package edit

import (
	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

// PrependBlock puts instructions before the program, which falls through from them
// into what was its first instruction. Jumps to that one still lead there, calls
// and the program itself start with the block. It reports false where there are no
// instructions, or one of them jumps, exits, or calls or refers to a function.
//
// The context arrives in r1 and the arguments of a global function in r1 to r5: a
// block that leaves these alone changes nothing for the code after it.
func PrependBlock(p oracle.Program, insns []asm.Instruction) (oracle.Program, bool) {
	var head oracle.Program
	head.Instructions = insns
	block, ok := Lift(head)
	if !ok || len(block.Nodes) == 0 {
		return oracle.Program{}, false
	}
	for _, n := range block.Nodes {
		if n.Target != nil || !n.fallsThrough() {
			return oracle.Program{}, false
		}
	}
	b, ok := Lift(p)
	if !ok || len(b.Nodes) == 0 {
		return oracle.Program{}, false
	}
	old, first := b.Nodes[0], block.Nodes[0]
	for _, n := range b.Nodes {
		if n.Target == old && !n.jumps() {
			n.Target = first
		}
	}
	for i, f := range b.Functions {
		if f.Entry == old {
			b.Functions[i].Entry = first
		}
	}
	b.Nodes = append(block.Nodes, b.Nodes...)
	return b.Lower()
}
