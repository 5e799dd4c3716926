package machine

import (
	"math/bits"

	"github.com/statecheck/statecheck/asm"
)

// ALU returns what an instruction of the classes ALU and ALU64 makes of its operands, the second of
// which is the register or the constant (RFC 9669, section 4.1 and 4.2).
func ALU(ins asm.Instruction, x, y uint64) uint64 {
	op := ins.Opcode()
	wide := op.Class() == asm.ClassALU64
	signed := ins.Off() == 1 // division and remainder
	if op.Code() == asm.ALUEnd {
		return swap(op, x, ins.Imm())
	}
	if !wide {
		x, y = uint64(uint32(x)), uint64(uint32(y))
	}
	width := uint64(64)
	sx, sy := int64(x), int64(y)
	if !wide {
		width, sx, sy = 32, int64(int32(x)), int64(int32(y))
	}
	r := x // of a division by 0 the remainder
	switch op.Code() {
	case asm.ALUAdd:
		r = x + y
	case asm.ALUSub:
		r = x - y
	case asm.ALUMul:
		r = x * y
	case asm.ALUDiv:
		switch {
		case y == 0:
			r = 0
		case signed:
			r = uint64(sx / sy)
		default:
			r = x / y
		}
	case asm.ALUMod:
		switch {
		case y == 0:
		case signed:
			r = uint64(sx % sy)
		default:
			r = x % y
		}
	case asm.ALUOr:
		r = x | y
	case asm.ALUAnd:
		r = x & y
	case asm.ALUXor:
		r = x ^ y
	case asm.ALULsh:
		r = x << (y & (width - 1))
	case asm.ALURsh:
		r = x >> (y & (width - 1))
	case asm.ALUArsh:
		r = uint64(sx >> (y & (width - 1)))
	case asm.ALUNeg:
		r = -x
	case asm.ALUMov:
		r = y
		if from := ins.Off(); op.SourceX() && from != 0 {
			r = uint64(int64(y<<(64-from)) >> (64 - from))
		}
	}
	if !wide {
		r = uint64(uint32(r))
	}
	return r
}

// swap changes the byte order of the lower bits of a number, and cuts off the others. The machine is little-endian.
func swap(op asm.Opcode, x uint64, width int32) uint64 {
	if op.Class() == asm.ClassALU64 || op.SourceX() { // bswap, and to big endian
		x = bits.ReverseBytes64(x) >> (64 - width)
	}
	return x << (64 - width) >> (64 - width)
}

// Jumps reports whether a conditional jump is taken (RFC 9669, section 4.3).
func Jumps(op asm.Opcode, x, y uint64) bool {
	s, u := int64(x), int64(y)
	if op.Class() == asm.ClassJMP32 {
		x, y = uint64(uint32(x)), uint64(uint32(y))
		s, u = int64(int32(x)), int64(int32(y))
	}
	switch op.Code() {
	case asm.JumpEQ:
		return x == y
	case asm.JumpNE:
		return x != y
	case asm.JumpSET:
		return x&y != 0
	case asm.JumpGT:
		return x > y
	case asm.JumpGE:
		return x >= y
	case asm.JumpLT:
		return x < y
	case asm.JumpLE:
		return x <= y
	case asm.JumpSGT:
		return s > u
	case asm.JumpSGE:
		return s >= u
	case asm.JumpSLT:
		return s < u
	}
	return s <= u
}
