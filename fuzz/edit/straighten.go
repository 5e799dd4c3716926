package edit

import "github.com/statecheck/statecheck/fuzz/oracle"

// Straighten makes the conditional jump at node i a goto. It reports false where
// there is none.
func Straighten(p oracle.Program, i int) (oracle.Program, bool) {
	b, ok := Lift(p)
	if !ok || i < 0 || i >= len(b.Nodes) {
		return oracle.Program{}, false
	}
	n := b.Nodes[i]
	if !n.jumps() || !n.fallsThrough() {
		return oracle.Program{}, false
	}
	n.Instruction = newGoto(nil).Instruction
	return b.Lower()
}
