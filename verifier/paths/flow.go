package paths

import (
	"github.com/statecheck/statecheck/asm"
)

// successors returns where control can go from a slot inside its function: next, and
// with a second one where it branches; -1 for none.
func successors(insns []asm.Instruction, slot int) (next, branch int) {
	ins := insns[slot]
	op := ins.Opcode()
	class := op.Class()
	switch {
	case op == asm.LoadImm64:
		return slot + 2, -1
	case class != asm.ClassJMP && class != asm.ClassJMP32, op == asm.Call, op == asm.CallX:
		return slot + 1, -1
	case op == asm.Exit:
		return -1, -1
	}
	target, _ := ins.Target(slot)
	if op == asm.Goto || op == asm.GotoL {
		return target, -1
	}
	return slot + 1, target
}

// registers is a set of r0 to r9.
type registers uint16

func (r registers) has(reg asm.Register) bool { return r>>reg&1 != 0 }

func set(regs ...asm.Register) (r registers) {
	for _, reg := range regs {
		r |= 1 << reg
	}
	return r
}

var (
	arguments   = set(asm.R1, asm.R2, asm.R3, asm.R4, asm.R5)
	callerSaved = arguments | set(asm.R0)
	calleeSaved = set(asm.R6, asm.R7, asm.R8, asm.R9)
)

// effect returns which registers an instruction reads, and which it leaves without
// what they held before.
func effect(ins asm.Instruction) (reads, writes registers) {
	op, dst, src := ins.Opcode(), set(ins.Dst()), set(ins.Src())
	switch op.Class() {
	case asm.ClassALU, asm.ClassALU64:
		reads = dst
		if op.Code() == asm.ALUMov {
			reads = 0
		}
		if op.SourceX() {
			reads |= src
		}
		return reads, dst
	case asm.ClassLDX:
		return src, dst
	case asm.ClassLD:
		if op.Mode() == asm.ModeIMM {
			return 0, dst
		}
		return src | set(asm.R6), callerSaved
	case asm.ClassST:
		return dst, 0
	case asm.ClassSTX:
		return dst | src | set(asm.R0), 0 // r0: compare and exchange
	}
	switch op.Code() {
	case asm.JumpCall:
		return arguments, callerSaved
	case asm.JumpExit:
		return set(asm.R0), 0
	case asm.JumpA, asm.JumpCond:
		return 0, 0
	}
	if op.SourceX() {
		return dst | src, 0
	}
	return dst, 0
}

// liveness computes for each slot which registers may still be read in its function:
// others need not be compared between states.
func liveness(insns []asm.Instruction) []registers {
	live := make([]registers, len(insns))
	for changed := true; changed; {
		changed = false
		for slot := len(insns) - 1; slot >= 0; slot-- {
			next, branch := successors(insns, slot)
			var after registers
			if next >= 0 && next < len(insns) {
				after = live[next]
			}
			if branch >= 0 && branch < len(insns) {
				after |= live[branch]
			}
			reads, writes := effect(insns[slot])
			if before := after&^writes | reads; before != live[slot] {
				live[slot] = before
				changed = true
			}
		}
	}
	return live
}

// pruning marks the slots at which states are compared, as the kernel's pass over the
// control flow does (kernel/bpf/verifier.c:visit_insn): branches, targets of jumps, and
// calls of functions and what comes after them.
func pruning(insns []asm.Instruction) []bool {
	points := make([]bool, len(insns)+1)
	mark := func(slot int) {
		if slot >= 0 && slot < len(points) {
			points[slot] = true
		}
	}
	for slot := 0; slot < len(insns); slot++ {
		ins := insns[slot]
		op := ins.Opcode()
		class := op.Class()
		switch {
		case op == asm.LoadImm64:
			if ins.IsFunctionAddress() {
				mark(slot)
				mark(slot + 2)
			}
			slot++
		case class != asm.ClassJMP && class != asm.ClassJMP32, op == asm.Exit:
		case op == asm.Call:
			if ins.IsSubprogramCall() {
				mark(slot)
			}
			mark(slot + 1)
		case op == asm.Goto, op == asm.GotoL:
			next, _ := successors(insns, slot)
			mark(next)
		default:
			mark(slot)
		}
	}
	return points
}
