package generate

import "github.com/statecheck/statecheck/asm"

// operations are the ALU operations with an operand, and the offsets that select a
// variant.
var operations = [...]struct {
	code asm.Opcode
	off  int16
}{
	{asm.ALUAdd, 0}, {asm.ALUAnd, 0}, {asm.ALUSub, 0}, {asm.ALUMul, 0},
	{asm.ALUOr, 0}, {asm.ALUXor, 0}, {asm.ALULsh, 0}, {asm.ALURsh, 0},
	{asm.ALUArsh, 0}, {asm.ALUMov, 0}, {asm.ALUDiv, 0}, {asm.ALUMod, 0},
	{asm.ALUDiv, 1}, {asm.ALUMod, 1}, {asm.ALUAnd, 0}, {asm.ALUAdd, 0},
}

// alu computes something.
func (b *builder) alu() {
	switch b.below(16) {
	case 0:
		b.negate()
	case 1:
		b.swap()
	case 2:
		b.extend()
	case 3, 4:
		b.move(b.writable(), b.operand())
	case 5:
		b.fresh()
	default:
		b.operate()
	}
}

// operate is an operation with an operand.
func (b *builder) operate() {
	row := pick(b.source, operations[:])
	dst := b.changeable()
	is64 := b.coin()
	op := asm.Opcode(asm.ClassALU) | row.code
	if is64 {
		op = asm.Opcode(asm.ClassALU64) | row.code
	}
	if b.oneIn(3) {
		src := b.operand()
		if row.code != asm.ALUMov || src != dst { // a mov of a pointer's half is not what this is for
			b.emit(op|withReg, dst, src, row.off, 0)
			b.result(dst, row.code, is64, row.off, b.regs[src])
			return
		}
	}
	imm := b.immediate()
	switch row.code {
	case asm.ALULsh, asm.ALURsh, asm.ALUArsh:
		imm &= 31
	case asm.ALUDiv, asm.ALUMod:
		if imm == 0 {
			imm = 3
		}
	}
	b.emit(op, dst, 0, row.off, imm)
	b.result(dst, row.code, is64, row.off, constant(uint64(int64(imm))))
}

// result says what an operation leaves in dst.
func (b *builder) result(dst asm.Register, code asm.Opcode, is64 bool, off int16, src value) {
	if code == asm.ALUMov {
		if !is64 {
			src = low32(src)
		}
		src.link = 0
		b.set(dst, src)
		return
	}
	v := compute(code, is64, off, b.regs[dst], src)
	v.link = 0
	b.set(dst, v)
}

func (b *builder) negate() {
	dst, is64 := b.changeable(), b.coin()
	op := asm.Opcode(asm.ClassALU) | asm.ALUNeg
	if is64 {
		op = asm.Opcode(asm.ClassALU64) | asm.ALUNeg
	}
	b.emit(op, dst, 0, 0, 0)
	b.result(dst, asm.ALUNeg, is64, 0, constant(0))
}

// swaps are the byte swaps: to little endian, to big endian, always.
var swaps = [...]asm.Opcode{
	asm.Opcode(asm.ClassALU) | asm.ALUEnd,
	asm.Opcode(asm.ClassALU) | asm.ALUEnd | withReg,
	asm.Opcode(asm.ClassALU64) | asm.ALUEnd,
}

func (b *builder) swap() {
	dst := b.changeable()
	width := 16 << b.below(3)
	b.emit(pick(b.source, swaps[:]), dst, 0, 0, int32(width))
	v := anyNumber
	if width < 64 {
		v.hi = 1<<width - 1
	}
	v.fuzzy = true
	b.set(dst, v)
}

// extensions are the sign-extending moves; the 32-bit wide ones leave the upper half 0.
var extensions = [...]struct {
	op  asm.Opcode
	off int16
}{
	{mov64 | withReg, 8}, {mov64 | withReg, 16}, {mov64 | withReg, 32}, {mov32 | withReg, 8}, {mov32 | withReg, 16},
}

func (b *builder) extend() {
	row := pick(b.source, extensions[:])
	src, dst := b.operand(), b.writable()
	b.emit(row.op, dst, src, row.off, 0)
	v := signExtend(b.regs[src], int(row.off))
	if row.op.Class() == asm.ClassALU {
		v = low32(v)
	}
	b.set(dst, v)
}
