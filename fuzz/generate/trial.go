package generate

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/statecheck/statecheck/asm"
)

// trial is a run of a few instructions from some numbers that they may begin with:
// what many of them have in common is what a kernel may find out by its analysis.
type trial struct {
	regs  [asm.NumRegisters]uint64
	stack [8 * numSlots]byte // r10-64 to r10-1
}

// numTrials is how many runs there are.
const numTrials = 48

// inputs are the numbers from which they begin: the edges, and others at random, the
// same for all programs.
var inputs = func() (list [numTrials]uint64) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range list {
		// As many of each length; the low ones are what a mask leaves.
		list[i] = random.Uint64() >> random.IntN(64)
	}
	copy(list[:], edges)
	return list
}()

// begin is the state of trial i where a register holds a number between these bounds.
// What the other registers and the stack hold is different in each trial.
func begin(i int, r asm.Register, v value) (t trial) {
	for j := range t.regs {
		t.regs[j] = inputs[(i+j)%numTrials] * 0x9e3779b97f4a7c15
	}
	for j := range numSlots {
		binary.LittleEndian.PutUint64(t.stack[8*j:], t.regs[j]^inputs[i])
	}
	switch n := inputs[i]; {
	case i == 0:
		t.regs[r] = v.lo
	case i == 1:
		t.regs[r] = v.hi
	case v.hi-v.lo+1 == 0: // any number
		t.regs[r] = n
	default:
		t.regs[r] = v.lo + n%(v.hi-v.lo+1)
	}
	return t
}

// operand is what an instruction computes with: its constant, or its source.
func (t *trial) operand(ins asm.Instruction) uint64 {
	if ins.Opcode().SourceX() {
		return t.regs[ins.Src()]
	}
	return uint64(int64(ins.Imm()))
}

// step runs an instruction: an operation that is no byte swap, or a load or store of
// the stack by r10.
func (t *trial) step(ins asm.Instruction) {
	op := ins.Opcode()
	bytes := op.Bytes()
	switch op.Class() {
	case asm.ClassALU, asm.ClassALU64:
		is64, n := op.Class() == asm.ClassALU64, t.operand(ins)
		if op.Code() == asm.ALUMov && ins.Off() != 0 {
			n = signExtend(constant(n), int(ins.Off())).lo
		}
		t.regs[ins.Dst()] = evaluate(op.Code(), is64, ins.Off(), t.regs[ins.Dst()], n)
	case asm.ClassLDX:
		var word [8]byte
		copy(word[:bytes], t.at(ins.Off()))
		n := binary.LittleEndian.Uint64(word[:])
		if op.Mode() == asm.ModeMEMSX {
			n = signExtend(constant(n), 8*bytes).lo
		}
		t.regs[ins.Dst()] = n
	case asm.ClassST, asm.ClassSTX:
		n := uint64(int64(ins.Imm()))
		if op.Class() == asm.ClassSTX {
			n = t.regs[ins.Src()]
		}
		word := binary.LittleEndian.AppendUint64(nil, n)
		copy(t.at(ins.Off()), word[:bytes])
	}
}

func (t *trial) at(off int16) []byte { return t.stack[len(t.stack)+int(off):] }

// takes reports whether the trial takes a conditional jump.
func (t *trial) takes(jump asm.Instruction) bool {
	is64 := jump.Opcode().Class() == asm.ClassJMP
	a, b := constant(t.regs[jump.Dst()]), constant(t.operand(jump))
	return decide(jump.Opcode().Code(), is64, a, b) == always
}
