package graph

import "github.com/statecheck/statecheck/verifier"

// mark marks the blocks and edges by which the findings are reached.
func (p *Program) mark(from *verifier.Program, findings []verifier.Finding) {
	entries := []int{0}
	for _, f := range from.Functions {
		if f.ExceptionCallback {
			entries = append(entries, p.block(f.Start))
		}
	}
	w := walker{
		program: p, before: make([]step, len(p.Blocks)), run: make([]int, len(p.Blocks)),
		function: make([]int, len(p.Blocks)), callers: make(map[int][]int),
	}
	for _, f := range p.Functions {
		for i := f.First; i < f.End; i++ {
			w.function[i] = f.First
			for _, ins := range p.Blocks[i].Instructions {
				if ins.Calls {
					w.callers[ins.Refers] = append(w.callers[ins.Refers], i)
				}
			}
		}
	}
	for _, f := range findings {
		if f.PathOmitted {
			continue
		}
		at := entries
		for _, branch := range f.Path {
			b := p.block(branch.Slot)
			w.walk(at, b)
			for i := range p.Blocks[b].Edges {
				if e := &p.Blocks[b].Edges[i]; e.Jump == branch.Taken {
					e.OnPath = true
					at = []int{e.To}
				}
			}
		}
		w.walk(at, p.block(f.Slot))
	}
}

// walker finds the way between two blocks that takes no decision. The report names
// the decisions alone. A call leads into the function and past it, and the end of a
// function back to where the way has come from.
type walker struct {
	program  *Program
	function []int         // by block: the first of its function
	callers  map[int][]int // by first block of a function: the blocks that refer to it
	runs     int
	run      []int  // by block: the run that came by last
	before   []step // by block, of that run: where it was come from
}

// step is how a block was come to: by an edge of the block, by a call in it, or as its
// function's end.
type step struct {
	block int // -1: the way begins here
	edge  *Edge
}

// walk marks the way.
func (w *walker) walk(from []int, to int) {
	w.runs++
	var queue []int
	visit := func(block int, s step) {
		if w.run[block] != w.runs {
			w.run[block], w.before[block] = w.runs, s
			queue = append(queue, block)
		}
	}
	for _, block := range from {
		visit(block, step{block: -1})
	}
	for i := 0; i < len(queue) && w.run[to] != w.runs; i++ {
		at := queue[i]
		b := &w.program.Blocks[at]
		for _, ins := range b.Instructions {
			if ins.Calls {
				visit(ins.Refers, step{block: at})
			}
		}
		switch len(b.Edges) {
		case 0:
			for _, caller := range w.callers[w.function[at]] {
				if w.program.Blocks[caller].OnPath {
					visit(caller, step{block: at})
				}
			}
		case 1:
			visit(b.Edges[0].To, step{at, &b.Edges[0]})
		}
	}
	if w.run[to] != w.runs {
		return
	}
	for at := to; at >= 0; at = w.before[at].block {
		w.program.Blocks[at].OnPath = true
		if e := w.before[at].edge; e != nil {
			e.OnPath = true
		}
	}
}
