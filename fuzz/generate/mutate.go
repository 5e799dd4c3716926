package generate

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// Mutant draws programs of a corpus with a few changes, most of which a kernel
// refuses. Without a corpus it changes drawn programs. The corpus is not changed.
func Mutant(corpus []oracle.Program) *rapid.Generator[oracle.Program] {
	return rapid.Custom(func(t *rapid.T) oracle.Program {
		m := mutant{source: source{t}}
		if len(corpus) == 0 {
			m.p, m.donor = drawProgram(t), drawProgram(t)
		} else {
			m.p, m.donor = pick(m.source, corpus), pick(m.source, corpus)
			m.p.Instructions = slices.Clone(m.p.Instructions)
			m.p.References = slices.Clone(m.p.References)
			m.p.Functions = slices.Clone(m.p.Functions)
			m.p.Signatures = slices.Clone(m.p.Signatures)
		}
		for range m.between(1, 4) {
			pick(m.source, mutations[:])(&m)
		}
		if m.coin() { // without BTF more of it comes to the verifier
			m.p.Signatures = nil
			for i := range m.p.Functions {
				m.p.Functions[i].Linkage, m.p.Functions[i].Arguments = verifier.LinkageStatic, nil
			}
		}
		return m.p
	})
}

// mutant is a program that is being changed.
type mutant struct {
	source
	p     oracle.Program
	donor oracle.Program // another one, to take slots from
}

var mutations = [...]func(*mutant){
	(*mutant).flip, (*mutant).registers, (*mutant).offset, (*mutant).immediateField,
	(*mutant).opcode, (*mutant).retarget, (*mutant).call, (*mutant).swap,
	(*mutant).remove, (*mutant).duplicate, (*mutant).splice, (*mutant).becomeIrregular,
}

// slot draws one.
func (m *mutant) slot() int { return m.below(max(1, len(m.p.Instructions))) }

// change replaces a slot by what is made of it.
func (m *mutant) change(f func(asm.Instruction) asm.Instruction) {
	if len(m.p.Instructions) > 0 {
		i := m.slot()
		m.p.Instructions[i] = f(m.p.Instructions[i])
	}
}

func (m *mutant) flip() {
	m.change(func(ins asm.Instruction) asm.Instruction { return ins ^ 1<<m.below(64) })
}

func (m *mutant) registers() {
	m.change(func(ins asm.Instruction) asm.Instruction {
		dst, src := ins.Dst(), ins.Src()
		if m.coin() {
			dst = asm.Register(m.below(12))
		} else {
			src = asm.Register(m.below(12))
		}
		return asm.New(ins.Opcode(), dst, src, ins.Off(), ins.Imm())
	})
}

func (m *mutant) offset() {
	m.change(func(ins asm.Instruction) asm.Instruction {
		off := ins.Off() + int16(m.between(-8, 8))
		if m.oneIn(4) {
			off = int16(m.literal())
		}
		return asm.New(ins.Opcode(), ins.Dst(), ins.Src(), off, ins.Imm())
	})
}

func (m *mutant) immediateField() {
	m.change(func(ins asm.Instruction) asm.Instruction {
		return asm.New(ins.Opcode(), ins.Dst(), ins.Src(), ins.Off(), m.immediate())
	})
}

// opcode changes the operation, or the class or size besides.
func (m *mutant) opcode() {
	m.change(func(ins asm.Instruction) asm.Instruction {
		op := ins.Opcode()&0x0f | asm.Opcode(m.below(16)<<4)
		if m.oneIn(4) {
			op = asm.Opcode(m.below(256))
		}
		return asm.New(op, ins.Dst(), ins.Src(), ins.Off(), ins.Imm())
	})
}

// retarget makes a jump lead elsewhere, mostly into the program.
func (m *mutant) retarget() {
	n := len(m.p.Instructions)
	jumps := make([]int, 0, n)
	for i := 0; i < n; i++ {
		if _, ok := target(m.p.Instructions, i); ok {
			jumps = append(jumps, i)
		}
		if m.p.Instructions[i].IsWide() {
			i++
		}
	}
	if len(jumps) > 0 {
		aim(m.p.Instructions, pick(m.source, jumps), m.below(n+1))
	}
}

func (m *mutant) call() {
	m.change(func(ins asm.Instruction) asm.Instruction {
		return asm.New(asm.Call, 0, 0, 0, int32(m.below(213)))
	})
}

func (m *mutant) swap() {
	if insns := m.p.Instructions; len(insns) > 0 {
		i, j := m.slot(), m.slot()
		insns[i], insns[j] = insns[j], insns[i]
	}
}

func (m *mutant) remove() {
	if len(m.p.Instructions) > 1 {
		m.edit(m.slot(), 1, nil)
	}
}

func (m *mutant) duplicate() {
	if len(m.p.Instructions) > 0 {
		i := m.slot()
		m.edit(i, 0, []asm.Instruction{m.p.Instructions[i]})
	}
}

// splice puts a few slots of another program here. What they refer to does not come along.
func (m *mutant) splice() {
	if from := m.donor.Instructions; len(from) > 0 {
		i := m.below(len(from))
		m.edit(m.slot(), 0, slices.Clone(from[i:min(len(from), i+m.between(1, 6))]))
	}
}

func (m *mutant) becomeIrregular() {
	m.change(func(asm.Instruction) asm.Instruction { return pick(m.source, irregular[:]) })
}

// edit removes slots and puts others in their place; jumps, calls, references and
// functions keep pointing at what they pointed at.
func (m *mutant) edit(at, removed int, inserted []asm.Instruction) {
	old := m.p.Instructions
	moved := func(slot int) int {
		if slot <= at {
			return slot
		}
		return max(at, slot+len(inserted)-removed)
	}
	targets := make(map[int]int)
	for i := range old {
		if t, ok := target(old, i); ok && (i < at || i >= at+removed) {
			from := i
			if i >= at { // the slot itself gives way too
				from = i + len(inserted) - removed
			}
			targets[from] = moved(t)
		}
	}
	m.p.Instructions = slices.Concat(old[:at], inserted, old[at+removed:])
	for from, t := range targets {
		aim(m.p.Instructions, from, t)
	}
	shifted := make([]verifier.Reference, 0, len(m.p.References))
	for _, r := range m.p.References {
		switch {
		case r.Slot >= at+removed:
			r.Slot += len(inserted) - removed
		case r.Slot >= at:
			continue
		}
		shifted = append(shifted, r)
	}
	m.p.References = shifted
	m.moveFunctions(moved)
}

// moveFunctions moves the starts of the functions and drops those that have become empty.
func (m *mutant) moveFunctions(moved func(int) int) {
	var functions []verifier.Function
	var signatures []oracle.Signature
	for i, f := range m.p.Functions {
		f.Start = moved(f.Start)
		if f.Start >= len(m.p.Instructions) || len(functions) > 0 && f.Start <= functions[len(functions)-1].Start {
			continue
		}
		functions = append(functions, f)
		if i < len(m.p.Signatures) {
			signatures = append(signatures, m.p.Signatures[i])
		}
	}
	m.p.Functions, m.p.Signatures = functions, signatures
}

// target returns where the jump, call or function address in a slot leads.
func target(insns []asm.Instruction, slot int) (int, bool) {
	ins := insns[slot]
	if ins.IsFunctionAddress() {
		return slot + 1 + int(ins.Imm()), true
	}
	return ins.Target(slot)
}

// aim makes it lead to another slot.
func aim(insns []asm.Instruction, slot, target int) {
	ins, distance := insns[slot], target-slot-1
	off, imm := ins.Off(), ins.Imm()
	if ins.Opcode() == asm.GotoL || ins.Opcode() == asm.Call || ins.IsWide() {
		imm = int32(distance)
	} else {
		off = int16(distance)
	}
	insns[slot] = asm.New(ins.Opcode(), ins.Dst(), ins.Src(), off, imm)
}
