package edit

import (
	"slices"

	"github.com/statecheck/statecheck/fuzz/oracle"
)

// Remove takes out the nodes i to j-1. What led to one of them leads to the next
// that is left; a function none of which is left is gone. It reports false where
// something leads to the end and nothing is left there.
func Remove(p oracle.Program, i, j int) (oracle.Program, bool) {
	b, ok := Lift(p)
	if !ok || i < 0 || i >= j || j > len(b.Nodes) {
		return oracle.Program{}, false
	}
	gone := make(map[*Node]bool)
	for _, n := range b.Nodes[i:j] {
		gone[n] = true
	}
	if !b.remove(gone) {
		return oracle.Program{}, false
	}
	return b.Lower()
}

// DropUnreachable takes out the nodes that control flow cannot reach from the
// program's start and its exception callback, and the functions of which nothing
// is left.
func DropUnreachable(p oracle.Program) (oracle.Program, bool) {
	b, ok := Lift(p)
	if !ok || len(b.Nodes) == 0 {
		return oracle.Program{}, false
	}
	next := make(map[*Node]*Node)
	for i, n := range b.Nodes[1:] {
		next[b.Nodes[i]] = n
	}
	work := []*Node{b.Nodes[0]}
	for _, f := range b.Functions {
		if f.ExceptionCallback {
			work = append(work, f.Entry)
		}
	}
	reached := make(map[*Node]bool)
	for len(work) > 0 {
		n := work[len(work)-1]
		work = work[:len(work)-1]
		if n == nil || reached[n] {
			continue
		}
		reached[n] = true
		work = append(work, n.Target)
		if n.fallsThrough() {
			work = append(work, next[n])
		}
	}
	gone := make(map[*Node]bool)
	for _, n := range b.Nodes {
		if !reached[n] {
			gone[n] = true
		}
	}
	if !b.remove(gone) {
		return oracle.Program{}, false
	}
	return b.Lower()
}

// remove takes nodes out, and reports false where a jump or call has nowhere left
// to lead to.
func (b *Body) remove(gone map[*Node]bool) bool {
	to := make(map[*Node]*Node) // for nodes that are gone: the next one left, nil for none
	var left []*Node
	var next *Node
	for _, n := range slices.Backward(b.Nodes) {
		if gone[n] {
			to[n] = next
		} else {
			next = n
			left = append(left, n)
		}
	}
	slices.Reverse(left)
	for _, n := range left {
		if n.Target != nil && gone[n.Target] && to[n.Target] == nil {
			return false
		}
	}
	b.Nodes = left
	b.divert(to)
	b.mergeFunctions()
	return true
}

// mergeFunctions drops functions that have no entry left, or that of a later one:
// nothing of them is left. But what the first one has come to is the program.
func (b *Body) mergeFunctions() {
	var left []Function
	for i, f := range b.Functions {
		same := func(g Function) bool { return g.Entry == f.Entry }
		isProgram := i == 0
		switch {
		case f.Entry == nil:
		case !isProgram && same(b.Functions[0]):
		case !isProgram && slices.ContainsFunc(b.Functions[i+1:], same):
		default:
			left = append(left, f)
		}
	}
	b.Functions = left
}
