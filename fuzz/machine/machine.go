// Package machine runs programs: it says what a program does with given numbers, where
// the packages that it helps to test say what a program does with any.
package machine

import (
	"github.com/statecheck/statecheck/asm"
)

// Machine runs the instructions of a program and of its subprograms.
type Machine struct {
	Instructions []asm.Instruction
	// Visit is told each slot before it is executed.
	Visit func(slot int)
	// Call returns what a helper or kernel function leaves in r0; false ends the run. nil: the machine
	// knows the helpers of [Helpers].
	Call func(ins asm.Instruction, args [5]uint64) (r0 uint64, ok bool)
	// Unknown returns numbers of which no program knows anything: memory that it has not
	// written, what helpers return, whether a may_goto ends its loop.
	Unknown func() uint64

	frames []*frame
	budget int
}

// Helpers are those that the machine knows.
const (
	GetPrandomU32   = 7
	ProbeReadKernel = 113
	Loop            = 181
)

// Unwritten is what a register holds that was not written in the first function; in the functions that it
// calls it is one more, and so on.
const Unwritten = 0xdead

const (
	maxFrames = 8   // include/linux/bpf_verifier.h: MAX_CALL_FRAMES
	stackSize = 512 // include/linux/filter.h: MAX_BPF_STACK
	// Addresses that the machine gives to stacks and functions.
	stackBase    = 1 << 40
	functionBase = 1 << 41
)

type frame struct {
	regs  [asm.NumRegisters]uint64
	stack [stackSize]byte
}

// Run runs the program with a number in r1, and returns what it returns; false if it ends in another
// way: by more than that many steps, or by what the machine does not do (a load from elsewhere than
// the stack, say), of which the slot was visited.
func (m *Machine) Run(r1 uint64, steps int) (r0 uint64, ok bool) {
	m.frames, m.budget = nil, steps
	var args [5]uint64
	args[0] = r1
	for i := range args[1:] {
		args[1+i] = Unwritten
	}
	return m.function(0, args)
}

// function runs from the entry of a function to its exit.
func (m *Machine) function(slot int, args [5]uint64) (r0 uint64, ok bool) {
	if len(m.frames) == maxFrames {
		return 0, false
	}
	f := new(frame)
	m.frames = append(m.frames, f)
	defer func() { m.frames = m.frames[:len(m.frames)-1] }()
	for i := range f.regs {
		f.regs[i] = Unwritten + uint64(len(m.frames)) - 1
	}
	copy(f.regs[1:6], args[:])
	f.regs[asm.R10] = stackBase + uint64(len(m.frames))*stackSize
	for i := range f.stack {
		f.stack[i] = byte(m.Unknown())
	}
	return m.run(f, slot)
}

// run runs until the function in hand ends.
func (m *Machine) run(f *frame, slot int) (r0 uint64, ok bool) {
	r := &f.regs
	for ; m.budget > 0; m.budget-- {
		if slot < 0 || slot >= len(m.Instructions) {
			return 0, false
		}
		if m.Visit != nil {
			m.Visit(slot)
		}
		ins := m.Instructions[slot]
		op := ins.Opcode()
		if op != asm.LoadImm64 && (ins.Dst() > asm.R10 || ins.Src() > asm.R10) {
			return 0, false
		}
		dst, operand := &r[ins.Dst()], uint64(int64(ins.Imm()))
		if op.SourceX() {
			operand = r[ins.Src()]
		}
		slot++
		switch op.Class() {
		case asm.ClassALU, asm.ClassALU64:
			*dst = ALU(ins, *dst, operand)
			continue
		case asm.ClassLD:
			if op != asm.LoadImm64 || ins.Src() != 0 && !ins.IsFunctionAddress() || slot == len(m.Instructions) {
				return 0, false
			}
			*dst = uint64(uint32(ins.Imm())) | uint64(m.Instructions[slot].Imm())<<32
			if ins.IsFunctionAddress() {
				*dst = functionBase + uint64(slot+int(ins.Imm()))
			}
			slot++
			continue
		case asm.ClassLDX, asm.ClassST, asm.ClassSTX:
			if !m.memory(f, ins) {
				return 0, false
			}
			continue
		}
		switch op.Code() {
		case asm.JumpA:
			distance := int(ins.Off())
			if op == asm.GotoL {
				distance = int(ins.Imm())
			}
			slot += distance
		case asm.JumpCond:
			if m.Unknown()&1 != 0 {
				slot += int(ins.Off())
			}
		case asm.JumpExit:
			return r[asm.R0], true
		case asm.JumpCall:
			if r0, ok = m.call(slot, ins, [5]uint64(r[1:6])); !ok {
				return 0, false
			}
			r[asm.R0] = r0
			clear(r[1:6])
		default:
			if Jumps(op, *dst, operand) {
				slot += int(ins.Off())
			}
		}
	}
	return 0, false
}

// call does a call; next is the slot after it.
func (m *Machine) call(next int, ins asm.Instruction, args [5]uint64) (r0 uint64, ok bool) {
	switch {
	case ins.IsSubprogramCall():
		return m.function(next+int(ins.Imm()), args)
	case m.Call != nil:
		return m.Call(ins, args)
	case !ins.IsHelperCall():
		return 0, false
	}
	switch ins.Imm() {
	case GetPrandomU32:
		return uint64(uint32(m.Unknown())), true
	case ProbeReadKernel: // it can fail, and has written all the same
		for i := range args[1] {
			if b := m.at(args[0]+i, 1); b != nil {
				b[0] = byte(m.Unknown())
			}
		}
		return uint64(-int64(m.Unknown() & 1)), true
	case Loop:
		for i := range args[0] {
			stop, ok := m.function(int(args[1]-functionBase), [5]uint64{i, args[2]})
			if !ok {
				return 0, false
			}
			if stop != 0 {
				return i + 1, true
			}
		}
		return args[0], true
	}
	return 0, false
}

// at returns the bytes at an address, nil where they are not those of a stack.
func (m *Machine) at(address uint64, size int) []byte {
	for i, f := range m.frames {
		low := stackBase + uint64(i)*stackSize // the frame's r10 is where the next one begins
		if address >= low && address-low+uint64(size) <= stackSize {
			return f.stack[address-low:][:size]
		}
	}
	return nil
}

// memory does a load, store or atomic operation.
func (m *Machine) memory(f *frame, ins asm.Instruction) bool {
	op := ins.Opcode()
	size := op.Bytes()
	base := ins.Dst()
	if op.Class() == asm.ClassLDX {
		base = ins.Src()
	}
	b := m.at(f.regs[base]+uint64(int64(ins.Off())), size)
	if b == nil {
		return false
	}
	old := load(b)
	switch {
	case op.Class() == asm.ClassLDX && op.Mode() == asm.ModeMEM:
		f.regs[ins.Dst()] = old
	case op.Class() == asm.ClassLDX && op.Mode() == asm.ModeMEMSX:
		shift := 64 - 8*size
		f.regs[ins.Dst()] = uint64(int64(old<<shift) >> shift)
	case op.Class() == asm.ClassST && op.Mode() == asm.ModeMEM:
		store(b, uint64(int64(ins.Imm())))
	case op.Class() == asm.ClassSTX && op.Mode() == asm.ModeMEM:
		store(b, f.regs[ins.Src()])
	case op.Class() == asm.ClassSTX && op.Mode() == asm.ModeAtomic:
		return atomic(f, ins, b, old)
	default:
		return false
	}
	return true
}

// atomic does an atomic operation (RFC 9669, section 5.3).
func atomic(f *frame, ins asm.Instruction, b []byte, old uint64) bool {
	src, result := f.regs[ins.Src()], ins.Src()
	switch ins.Imm() &^ asm.AtomicFetch {
	case asm.AtomicAdd:
		store(b, old+src)
	case asm.AtomicOr:
		store(b, old|src)
	case asm.AtomicAnd:
		store(b, old&src)
	case asm.AtomicXor:
		store(b, old^src)
	case asm.AtomicXchg &^ asm.AtomicFetch:
		store(b, src)
	case asm.AtomicCmpxchg &^ asm.AtomicFetch:
		result = asm.R0
		expected := f.regs[asm.R0]
		if len(b) == 4 {
			expected = uint64(uint32(expected))
		}
		if old == expected {
			store(b, src)
		}
	default:
		return false
	}
	if ins.Imm()&asm.AtomicFetch != 0 {
		f.regs[result] = old
	}
	return true
}

// load reads a number, lowest byte first.
func load(b []byte) (v uint64) {
	for i := range b {
		v |= uint64(b[i]) << (8 * i)
	}
	return v
}

// store writes one.
func store(b []byte, v uint64) {
	for i := range b {
		b[i] = byte(v >> (8 * i))
	}
}
