package paths_test

import (
	"math/rand/v2"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/machine"
	"github.com/statecheck/statecheck/verifier"
)

// drawing is a program that is being drawn: numbers in r0 and r7 to r9 and on the stack, with
// branches that a walk decides often, loops, and functions that are called and handed to bpf_loop.
// Nothing is read that was not written, but memory. Nearly all are programs that a kernel loads.
//
//	r6           in a function other than the first a pointer to its caller's numbers
//	r10-32...    numbers
//	r10-40-8*i   counter of loop i, where loops are nested
type drawing struct {
	*rand.Rand
	insns    []asm.Instruction
	starts   []int // of the functions; of those that nothing calls that of the next one
	calls    []call
	function int
	loops    int // around the place
	room     int // slots that may still be drawn
}

// call is a slot that refers to a function that comes later.
type call struct{ slot, callee int }

const (
	functions = 4
	numbers   = 32 // bytes
)

// Opcodes without a name in asm.
const (
	opMov   = asm.Opcode(asm.ClassALU64) | asm.ALUMov
	opAdd   = asm.Opcode(asm.ClassALU64) | asm.ALUAdd
	opAnd   = asm.Opcode(asm.ClassALU64) | asm.ALUAnd
	opReg   = asm.Opcode(0x08)
	opLoad  = asm.Opcode(asm.ClassLDX) | asm.ModeMEM
	opStore = asm.Opcode(asm.ClassSTX) | asm.ModeMEM
)

// drawProgram draws the program of a seed.
func drawProgram(seed uint64) *verifier.Program {
	d := &drawing{Rand: rand.New(rand.NewPCG(seed, 0)), room: 150}
	p := &verifier.Program{Type: "kprobe"}
	for d.function = range functions {
		called := d.function == 0
		for _, c := range d.calls {
			called = called || c.callee == d.function
		}
		d.starts = append(d.starts, len(d.insns))
		if !called {
			continue
		}
		p.Functions = append(p.Functions, verifier.Function{Start: len(d.insns), Linkage: verifier.LinkageStatic})
		if d.function > 0 { // as a callback: the round in r1, the pointer in r2
			d.put(opMov|opReg, asm.R6, asm.R2, 0, 0)
			d.put(opMov|opReg, asm.R0, asm.R1, 0, 0)
		} else {
			d.put(opMov, asm.R0, 0, 0, d.small())
		}
		for _, r := range []asm.Register{asm.R7, asm.R8, asm.R9} {
			d.put(opMov, r, 0, 0, d.small())
		}
		d.block(4)
		d.put(opAnd, asm.R0, 0, 0, 1) // as a callback may return
		d.put(asm.Exit, 0, 0, 0, 0)
	}
	for _, c := range d.calls {
		ins := d.insns[c.slot]
		d.insns[c.slot] = asm.New(ins.Opcode(), ins.Dst(), ins.Src(), ins.Off(), int32(d.starts[c.callee]-c.slot-1))
	}
	p.Instructions = d.insns
	return p
}

func (d *drawing) put(op asm.Opcode, dst, src asm.Register, off int16, imm int32) int {
	d.insns = append(d.insns, asm.New(op, dst, src, off, imm))
	return len(d.insns) - 1
}

// jump sets the distance of the jump in that slot, so that it leads here.
func (d *drawing) jump(slot int) {
	ins := d.insns[slot]
	d.insns[slot] = asm.New(ins.Opcode(), ins.Dst(), ins.Src(), int16(len(d.insns)-slot-1), ins.Imm())
}

func (d *drawing) register() asm.Register {
	return []asm.Register{asm.R0, asm.R7, asm.R8, asm.R9}[d.IntN(4)]
}

// small is a number that others meet.
func (d *drawing) small() int32 { return int32(d.IntN(9) - 3) }

// block draws statements, with that many levels of blocks within.
func (d *drawing) block(levels int) {
	for range 1 + d.IntN(6) {
		if d.room -= 4; d.room < 0 {
			return
		}
		d.statement(levels)
	}
}

func (d *drawing) statement(levels int) {
	kind := d.IntN(20)
	switch {
	case kind < 2:
		d.put(opMov, d.register(), 0, 0, d.small())
	case kind < 4:
		d.put(asm.Call, 0, 0, 0, machine.GetPrandomU32)
		if r := d.register(); d.IntN(3) > 0 {
			d.put(opMov|opReg, r, asm.R0, 0, 0)
			d.put(opAnd, r, 0, 0, int32(d.IntN(16)))
		}
	case kind < 7:
		d.arithmetic()
	case kind < 9:
		d.store()
	case kind < 11:
		d.load()
	case kind == 11:
		d.anywhere()
	case kind == 12 && d.function+1 < functions:
		d.call()
	case levels == 0:
		d.put(opMov|opReg, d.register(), d.register(), 0, 0)
	case kind == 13:
		d.loop(levels)
	case kind == 14:
		d.mayGoto(levels)
	default:
		d.branch(levels)
	}
}

var operations = []asm.Opcode{
	asm.ALUAdd, asm.ALUAdd, asm.ALUSub, asm.ALUMul, asm.ALUDiv, asm.ALUOr, asm.ALUAnd, asm.ALUAnd, asm.ALULsh, asm.ALURsh, asm.ALUNeg,
	asm.ALUMod, asm.ALUXor, asm.ALUMov, asm.ALUArsh, asm.ALUEnd,
}

func (d *drawing) arithmetic() {
	op := operations[d.IntN(len(operations))]
	class := asm.Opcode([]asm.Class{asm.ClassALU, asm.ClassALU64, asm.ClassALU64}[d.IntN(3)])
	dst, src, off, imm := d.register(), asm.Register(0), int16(0), d.small()
	switch {
	case op == asm.ALUEnd:
		class, imm = asm.Opcode(asm.ClassALU)|opReg*asm.Opcode(d.IntN(2)), []int32{16, 32, 64}[d.IntN(3)]
	case op == asm.ALUNeg:
		imm = 0
	case d.IntN(2) == 0:
		op, src, imm = op|opReg, d.register(), 0
		if op == asm.ALUMov|opReg {
			off = []int16{0, 0, 8, 16}[d.IntN(4)]
		}
	case op == asm.ALULsh, op == asm.ALURsh, op == asm.ALUArsh:
		imm &= 31
	case op == asm.ALUDiv, op == asm.ALUMod:
		imm |= 1
	}
	if base := op &^ opReg; base == asm.ALUDiv || base == asm.ALUMod {
		off = int16(d.IntN(2))
	}
	d.put(op|class, dst, src, off, imm)
}

// place draws an access of numbers: those of the caller in part.
func (d *drawing) place() (size asm.Opcode, base asm.Register, off int16) {
	i := d.IntN(4)
	size, bytes := []asm.Opcode{asm.SizeB, asm.SizeH, asm.SizeW, asm.SizeDW}[i], 1<<i
	off = int16(bytes * d.IntN(numbers/bytes))
	if d.IntN(2) == 0 { // the start of a slot
		off &^= 7
	}
	if d.function > 0 && d.IntN(2) == 0 {
		return size, asm.R6, off
	}
	return size, asm.R10, off - numbers
}

func (d *drawing) store() {
	size, base, off := d.place()
	switch d.IntN(4) {
	case 0:
		d.put(asm.Opcode(asm.ClassST)|asm.ModeMEM|size, base, 0, off, d.small())
	case 1:
		if size != asm.SizeB && size != asm.SizeH {
			imm := []int32{asm.AtomicAdd, asm.AtomicAdd | asm.AtomicFetch, asm.AtomicXor | asm.AtomicFetch, asm.AtomicXchg, asm.AtomicCmpxchg}[d.IntN(5)]
			d.put(asm.Opcode(asm.ClassSTX)|asm.ModeAtomic|size, base, d.register(), off, imm)
			return
		}
		fallthrough
	default:
		d.put(opStore|size, base, d.register(), off, 0)
	}
}

func (d *drawing) load() {
	size, base, off := d.place()
	mode := asm.ModeMEM
	if size != asm.SizeDW && d.IntN(3) == 0 {
		mode = asm.ModeMEMSX
	}
	d.put(asm.Opcode(asm.ClassLDX)|mode|size, d.register(), base, off, 0)
}

// anywhere loads or stores at a place that is not known, or lets a helper write there.
func (d *drawing) anywhere() {
	d.put(opMov|opReg, asm.R1, d.register(), 0, 0)
	d.put(opAnd, asm.R1, 0, 0, []int32{1, 3, 7, 8, 15, 16, 24}[d.IntN(7)])
	d.put(opMov|opReg, asm.R2, asm.R10, 0, 0)
	d.put(opAdd, asm.R2, 0, 0, -numbers)
	d.put(opAdd|opReg, asm.R2, asm.R1, 0, 0)
	switch d.IntN(3) {
	case 0:
		d.put(opLoad|asm.SizeB, d.register(), asm.R2, 0, 0)
	case 1:
		d.put(opStore|asm.SizeB, asm.R2, d.register(), 0, 0)
	default:
		d.put(opMov|opReg, asm.R1, asm.R2, 0, 0)
		d.put(opMov, asm.R2, 0, 0, int32(1+d.IntN(8)))
		d.put(opMov, asm.R3, 0, 0, 0)
		d.put(asm.Call, 0, 0, 0, machine.ProbeReadKernel)
	}
}

// call calls a later function, or has bpf_loop do it.
func (d *drawing) call() {
	callee := d.function + 1 + d.IntN(functions-d.function-1)
	if d.IntN(2) == 0 {
		d.put(opMov|opReg, asm.R1, d.register(), 0, 0)
		d.pointer(asm.R2)
		d.calls = append(d.calls, call{d.put(asm.Call, 0, asm.PseudoCall, 0, 0), callee})
		return
	}
	d.put(opMov, asm.R1, 0, 0, int32(d.IntN(4)))
	if d.IntN(2) == 0 {
		d.put(opMov|opReg, asm.R1, d.register(), 0, 0)
		d.put(opAnd, asm.R1, 0, 0, 3)
	}
	d.calls = append(d.calls, call{d.put(asm.LoadImm64, asm.R2, asm.PseudoFunc, 0, 0), callee})
	d.put(0, 0, 0, 0, 0)
	d.pointer(asm.R3)
	d.put(opMov, asm.R4, 0, 0, 0)
	d.put(asm.Call, 0, 0, 0, machine.Loop)
}

// pointer makes a pointer to the numbers of this function.
func (d *drawing) pointer(r asm.Register) {
	d.put(opMov|opReg, r, asm.R10, 0, 0)
	d.put(opAdd, r, 0, 0, -numbers)
}

var jumps = []asm.Opcode{
	asm.JumpEQ, asm.JumpEQ, asm.JumpNE, asm.JumpNE, asm.JumpGT, asm.JumpGE, asm.JumpSET, asm.JumpSGT, asm.JumpSGE, asm.JumpLT,
	asm.JumpLE, asm.JumpSLT, asm.JumpSLE,
}

// condition draws a jump, the distance of which is set later.
func (d *drawing) condition() int {
	op := jumps[d.IntN(len(jumps))] | asm.Opcode([]asm.Class{asm.ClassJMP, asm.ClassJMP, asm.ClassJMP32}[d.IntN(3)])
	if d.IntN(3) == 0 {
		return d.put(op|opReg, d.register(), d.register(), 0, 0)
	}
	return d.put(op, d.register(), 0, 0, d.small())
}

func (d *drawing) branch(levels int) {
	over := d.condition()
	d.block(levels - 1)
	if d.IntN(2) == 0 {
		end := d.put(asm.Goto, 0, 0, 0, 0)
		d.jump(over)
		d.block(levels - 1)
		d.jump(end)
	} else {
		d.jump(over)
	}
}

// loop counts rounds on the stack.
func (d *drawing) loop(levels int) {
	at := int16(-numbers - 8 - 8*d.loops)
	d.put(asm.Opcode(asm.ClassST)|asm.ModeMEM|asm.SizeDW, asm.R10, 0, at, 0)
	again := len(d.insns)
	d.loops++
	d.block(levels - 1)
	d.loops--
	d.put(opLoad|asm.SizeDW, asm.R1, asm.R10, at, 0)
	d.put(opAdd, asm.R1, 0, 0, 1)
	d.put(opStore|asm.SizeDW, asm.R10, asm.R1, at, 0)
	d.put(asm.Opcode(asm.ClassJMP)|asm.JumpLT, asm.R1, 0, int16(again-len(d.insns)-1), int32(1+d.IntN(4)))
}

func (d *drawing) mayGoto(levels int) {
	again := d.put(asm.MayGoto, 0, 0, 0, 0)
	d.block(levels - 1)
	d.put(asm.Goto, 0, 0, int16(again-len(d.insns)-1), 0)
	d.jump(again)
}
