package edit

import (
	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

// InsertNops puts "goto +0" before each of the nodes that at lists. What led to the
// node leads to the no-op. Indices that are no node are passed over; it reports
// false where nothing was inserted.
func InsertNops(p oracle.Program, at []int) (oracle.Program, bool) {
	b, ok := Lift(p)
	if !ok {
		return oracle.Program{}, false
	}
	nops := make(map[*Node]*Node)
	for _, i := range at {
		if i >= 0 && i < len(b.Nodes) {
			n := b.Nodes[i]
			nops[n] = newGoto(n)
		}
	}
	if len(nops) == 0 {
		return oracle.Program{}, false
	}
	b.divert(nops)
	var nodes []*Node
	for _, n := range b.Nodes {
		if nop := nops[n]; nop != nil {
			nodes = append(nodes, nop)
		}
		nodes = append(nodes, n)
	}
	b.Nodes = nodes
	return b.Lower()
}

func newGoto(to *Node) *Node {
	return &Node{Instruction: asm.New(asm.Goto, 0, 0, 0, 0), Target: to}
}
