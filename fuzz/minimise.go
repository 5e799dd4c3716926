package fuzz

import (
	"context"
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/edit"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

// maxQuestions bounds how often Minimise asks: a question may be a program that a
// kernel loads.
const maxQuestions = 5_000

// Minimise makes a program smaller for as long as keeps says that it still shows
// what it is kept for, as p does. It takes out ever smaller runs of instructions
// together with what cannot be reached without them, makes branches gotos, sets
// constants to 0 or 1, and drops references and functions.
//
// Unless the questions run out or ctx is done, nothing of this works on the result
// any more; in particular no single instruction can be taken out. The same program
// and answers give the same result.
func Minimise(ctx context.Context, p oracle.Program, keeps func(oracle.Program) bool) oracle.Program {
	return minimise(ctx, p, keeps, maxQuestions)
}

func minimise(ctx context.Context, p oracle.Program, keeps func(oracle.Program) bool, questions int) oracle.Program {
	m := &minimiser{ctx: ctx, keeps: keeps, least: p, questions: questions}
	for before := -1; before != m.steps; {
		before = m.steps
		m.removeRuns()
		m.straighten()
		m.simplifyConstants()
		m.dropReferences()
		m.dropFunctions()
	}
	return m.least
}

// minimiser holds the smallest program that was kept. Every step from one to the
// next takes something away that no later one gives back, so that they end.
type minimiser struct {
	ctx       context.Context
	keeps     func(oracle.Program) bool
	least     oracle.Program
	steps     int // how often a smaller program was kept
	questions int // how many are left
}

// more reports whether there is still something to ask, and somebody to ask it.
func (m *minimiser) more() bool { return m.questions > 0 && m.ctx.Err() == nil }

// try asks whether a program, if the edit that made it was possible, is to be kept.
func (m *minimiser) try(p oracle.Program, possible bool) bool {
	if !possible || !m.more() {
		return false
	}
	m.questions--
	if !m.keeps(p) {
		return false
	}
	m.least = p
	m.steps++
	return true
}

// tryReachable tries a program without what cannot be reached in it, which the
// kernel would refuse, and then as it is.
func (m *minimiser) tryReachable(p oracle.Program, possible bool) bool {
	if !possible {
		return false
	}
	reachable, ok := edit.DropUnreachable(p)
	if m.try(reachable, ok) {
		return true
	}
	same := ok && len(reachable.Instructions) == len(p.Instructions)
	return !same && m.try(p, true)
}

// nodes counts the instructions, LD_IMM64 as one.
func (m *minimiser) nodes() int {
	b, ok := edit.Lift(m.least)
	if !ok {
		return 0
	}
	return len(b.Nodes)
}

func (m *minimiser) removeRuns() {
	n := m.nodes()
	for size := max(n/2, 1); size > 0; size /= 2 {
		for i := 0; i < n && m.more(); {
			if m.tryReachable(edit.Remove(m.least, i, min(i+size, n))) {
				n = m.nodes()
			} else {
				i += size
			}
		}
	}
}

func (m *minimiser) straighten() {
	for i := 0; m.more() && i < m.nodes(); i++ {
		m.tryReachable(edit.Straighten(m.least, i))
	}
}

func (m *minimiser) simplifyConstants() {
	for i := 0; m.more() && i < m.nodes(); i++ {
		for _, constant := range []int32{0, 1} {
			b, _ := edit.Lift(m.least)
			if setConstant(b.Nodes[i], constant) && m.try(b.Lower()) {
				break
			}
		}
	}
}

// setConstant sets the constant of an instruction, and reports false where that
// makes nothing simpler or it is not one: the number of a function, or a distance.
func setConstant(n *edit.Node, constant int32) bool {
	ins, second := n.Instruction, n.Second
	if ins.Opcode() == asm.Call || n.Target != nil {
		return false
	}
	if second.Imm() == 0 && (ins.Imm() == 0 || ins.Imm() == constant) {
		return false
	}
	n.Instruction = asm.New(ins.Opcode(), ins.Dst(), ins.Src(), ins.Off(), constant)
	n.Second = asm.New(second.Opcode(), second.Dst(), second.Src(), second.Off(), 0)
	return true
}

func (m *minimiser) dropReferences() {
	for i := len(m.least.References) - 1; i >= 0; i-- {
		p := m.least
		p.References = slices.Delete(slices.Clone(p.References), i, i+1)
		m.try(p, true)
	}
}

// dropFunctions keeps the program itself for as long as there are others.
func (m *minimiser) dropFunctions() {
	for i := len(m.least.Functions) - 1; i >= 0; i-- {
		p := m.least
		if i == 0 && len(p.Functions) > 1 {
			return
		}
		p.Functions = slices.Delete(slices.Clone(p.Functions), i, i+1)
		if len(p.Signatures) > i {
			p.Signatures = slices.Delete(slices.Clone(p.Signatures), i, i+1)
		}
		m.tryReachable(p, true)
	}
}
