package edit

import (
	"slices"

	"github.com/statecheck/statecheck/fuzz/oracle"
)

// ReorderBlocks cuts each function into its basic blocks and puts them in another
// order. The entry stays first, for it is what calls lead to; for the n others,
// order(n) says which comes when: a permutation of 0 to n-1. A block that fell
// through into one that does not follow it any more gets a goto.
//
// It reports false where order returns no permutation, and where the program's
// last block falls off the end, which nothing but being last can express.
func ReorderBlocks(p oracle.Program, order func(n int) []int) (oracle.Program, bool) {
	b, ok := Lift(p)
	if !ok || len(b.Nodes) == 0 || b.Nodes[len(b.Nodes)-1].fallsThrough() {
		return oracle.Program{}, false
	}
	after := make(map[*Node]*Node) // the node that was next
	for i, n := range b.Nodes[1:] {
		after[b.Nodes[i]] = n
	}
	var blocks [][]*Node
	for _, f := range b.cut() {
		perm := order(len(f) - 1)
		if !isPermutation(perm, len(f)-1) {
			return oracle.Program{}, false
		}
		blocks = append(blocks, f[0])
		for _, i := range perm {
			blocks = append(blocks, f[1+i])
		}
	}
	b.Nodes = nil
	for i, block := range blocks {
		b.Nodes = append(b.Nodes, block...)
		last := block[len(block)-1]
		if !last.fallsThrough() {
			continue
		}
		if i+1 == len(blocks) || blocks[i+1][0] != after[last] {
			b.Nodes = append(b.Nodes, newGoto(after[last]))
		}
	}
	return b.Lower()
}

// cut returns the basic blocks of each function.
func (b *Body) cut() [][][]*Node {
	entries := b.entries()
	leaders := make(map[*Node]bool)
	for i, n := range b.Nodes {
		if n.jumps() {
			leaders[n.Target] = true
		}
		if (n.jumps() || !n.fallsThrough()) && i+1 < len(b.Nodes) {
			leaders[b.Nodes[i+1]] = true
		}
	}
	var functions [][][]*Node
	for _, n := range b.Nodes {
		if entries[n] {
			functions = append(functions, nil)
		}
		f := &functions[len(functions)-1]
		if entries[n] || leaders[n] {
			*f = append(*f, nil)
		}
		block := &(*f)[len(*f)-1]
		*block = append(*block, n)
	}
	return functions
}

func isPermutation(perm []int, n int) bool {
	sorted := slices.Sorted(slices.Values(perm))
	for i, v := range sorted {
		if v != i {
			return false
		}
	}
	return len(perm) == n
}
