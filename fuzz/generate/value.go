package generate

import (
	"math"
	"math/bits"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/machine"
)

// kind is what a register or a stack slot holds.
type kind uint8

const (
	unset   kind = iota // nothing, or nothing that may be relied on
	number              // a number
	context             // the pointer to the context
	memory              // a pointer to 8 bytes that may be read and written
	object              // a pointer to what the program shares with others, and may store to
	socket              // such a pointer to a socket, or null
	holder              // a pointer to 8 bytes that hold an object
)

// value is what is known of a register or a stack slot at the place where the
// next instruction goes, whichever way the kernel's walk has come there.
type value struct {
	kind   kind
	fuzzy  bool   // the bounds hold, but not every kernel knows them
	link   uint32 // numbers with the same link, other than 0, are equal
	lo, hi uint64 // bounds of a number, both included
}

var anyNumber = value{kind: number, hi: math.MaxUint64}

func constant(n uint64) value       { return value{kind: number, lo: n, hi: n} }
func upTo(hi uint64) value          { return value{kind: number, hi: hi} }
func (v value) isConstant() bool    { return v.kind == number && v.lo == v.hi }
func (v value) isNumber() bool      { return v.kind == number }
func (v value) fits32() bool        { return v.hi <= math.MaxUint32 }
func (v value) isNonnegative() bool { return v.hi <= math.MaxInt64 }

// join is what holds where two ways meet.
func join(a, b value) value {
	if a.kind != b.kind {
		return value{}
	}
	a.fuzzy = a.fuzzy || b.fuzzy
	a.lo, a.hi = min(a.lo, b.lo), max(a.hi, b.hi)
	if a.link != b.link {
		a.link = 0
	}
	return a
}

// low32 is the lower half of a number.
func low32(v value) value {
	v.link = 0
	switch {
	case v.fits32():
	case v.lo>>32 == v.hi>>32:
		v.lo, v.hi = v.lo&math.MaxUint32, v.hi&math.MaxUint32
	default:
		v.lo, v.hi = 0, math.MaxUint32
	}
	return v
}

// unclear are the operations whose result not every kernel knows, even of two
// constants (kernel/bpf/verifier.c:is_safe_to_compute_dst_reg_range; neg and byte
// swaps never come to adjust_scalar_min_max_vals in Linux 6.12).
var unclear = map[asm.Opcode]bool{asm.ALUDiv: true, asm.ALUMod: true, asm.ALUNeg: true, asm.ALUEnd: true}

// isShift are the operations whose operand must be below the width for a kernel to
// know the result (kernel/bpf/verifier.c:is_safe_to_compute_dst_reg_range).
var isShift = map[asm.Opcode]bool{asm.ALULsh: true, asm.ALURsh: true, asm.ALUArsh: true}

func width(is64 bool) uint64 {
	if is64 {
		return 64
	}
	return 32
}

// compute is the result of an ALU operation on two numbers. The bounds are never
// tighter than those that the kernel's verifier finds, unless the value is fuzzy.
func compute(code asm.Opcode, is64 bool, off int16, a, b value) value {
	if !is64 {
		a, b = low32(a), low32(b)
	}
	v := value{kind: number, fuzzy: a.fuzzy || b.fuzzy || unclear[code] || isShift[code] && b.hi >= width(is64)}
	if a.isConstant() && b.isConstant() {
		n := evaluate(code, is64, off, a.lo, b.lo)
		v.lo, v.hi = n, n
		return v
	}
	v.lo, v.hi = bounds(code, a, b)
	if !is64 && v.hi > math.MaxUint32 {
		v.lo, v.hi = 0, math.MaxUint32
	}
	return v
}

// bounds of an operation on numbers that are not both constant.
func bounds(code asm.Opcode, a, b value) (lo, hi uint64) {
	switch code {
	case asm.ALUAdd:
		if hi, carry := bits.Add64(a.hi, b.hi, 0); carry == 0 {
			return a.lo + b.lo, hi
		}
	case asm.ALUSub:
		if a.lo >= b.hi {
			return a.lo - b.hi, a.hi - b.lo
		}
	case asm.ALUMul:
		if a.fits32() && b.fits32() {
			return a.lo * b.lo, a.hi * b.hi
		}
	case asm.ALUAnd:
		if b.isConstant() {
			return 0, min(a.hi, b.hi)
		}
	case asm.ALUOr, asm.ALUXor:
		return 0, 1<<bits.Len64(a.hi|b.hi) - 1
	case asm.ALURsh:
		if b.isConstant() && b.hi < 32 {
			return a.lo >> b.hi, a.hi >> b.hi
		}
	case asm.ALUMod:
		if b.isConstant() && b.hi != 0 && b.isNonnegative() && a.isNonnegative() {
			return 0, b.hi - 1
		}
	case asm.ALUDiv:
		if b.isConstant() && b.hi != 0 && b.isNonnegative() && a.isNonnegative() {
			return a.lo / b.hi, a.hi / b.hi
		}
	}
	return 0, math.MaxUint64
}

// evaluate is what the machine does with two constants.
func evaluate(code asm.Opcode, is64 bool, off int16, a, b uint64) uint64 {
	class := asm.ClassALU
	if is64 {
		class = asm.ClassALU64
	}
	return machine.ALU(asm.New(asm.Opcode(class)|code, 0, 0, off, 0), a, b)
}

// signExtend is what a sign-extending move or load of so many bits makes of a number.
func signExtend(v value, width int) value {
	v.link = 0
	if v.isConstant() {
		n := uint64(int64(v.lo<<(64-width)) >> (64 - width))
		v.lo, v.hi = n, n
		return v
	}
	if v.hi < 1<<(width-1) {
		return v
	}
	return anyNumber
}

// outcome is where a conditional jump leads.
type outcome uint8

const (
	either outcome = iota
	always
	never
)

func outcomeOf(taken, notTaken bool) outcome {
	switch {
	case taken:
		return always
	case notTaken:
		return never
	}
	return either
}

// decide finds out whether a conditional jump on two numbers is taken.
func decide(code asm.Opcode, is64 bool, a, b value) outcome {
	if !is64 {
		a, b = low32(a), low32(b)
	}
	alo, ahi, blo, bhi := a.lo, a.hi, b.lo, b.hi
	switch code {
	case asm.JumpSGT, asm.JumpSGE, asm.JumpSLT, asm.JumpSLE:
		alo, ahi = signedBounds(alo, ahi, is64)
		blo, bhi = signedBounds(blo, bhi, is64)
	}
	switch code {
	case asm.JumpEQ:
		return outcomeOf(alo == ahi && blo == bhi && alo == blo, ahi < blo || bhi < alo)
	case asm.JumpNE:
		return outcomeOf(ahi < blo || bhi < alo, alo == ahi && blo == bhi && alo == blo)
	case asm.JumpGT, asm.JumpSGT:
		return outcomeOf(alo > bhi, ahi <= blo)
	case asm.JumpGE, asm.JumpSGE:
		return outcomeOf(alo >= bhi, ahi < blo)
	case asm.JumpLT, asm.JumpSLT:
		return outcomeOf(ahi < blo, alo >= bhi)
	case asm.JumpLE, asm.JumpSLE:
		return outcomeOf(ahi <= blo, alo > bhi)
	case asm.JumpSET:
		both := alo == ahi && blo == bhi
		return outcomeOf(both && alo&blo != 0, both && alo&blo == 0)
	}
	return either
}

// signedBounds are bounds in an order in which unsigned comparison is the signed one.
func signedBounds(lo, hi uint64, is64 bool) (uint64, uint64) {
	const half = 1 << 63
	if !is64 {
		lo, hi = uint64(int64(int32(lo))), uint64(int64(int32(hi)))
		if int64(lo) > int64(hi) { // the signs differ: anything of 32 bits
			lo, hi = 0xffffffff_80000000, math.MaxInt32
		}
	} else if lo < half && hi >= half {
		return 0, math.MaxUint64
	}
	return lo ^ half, hi ^ half
}

// assume narrows a number to what it is where a comparison with a constant came out
// as taken or not. It never narrows more than the kernel does.
func assume(v value, code asm.Opcode, is64 bool, n uint64, taken bool) value {
	if !v.isNumber() || !is64 && (!v.fits32() || n > math.MaxUint32) {
		return v
	}
	if !taken {
		code = inverse[code]
	}
	if s, signed := unsigned[code]; signed {
		half := uint64(math.MaxInt64)
		if !is64 {
			half = math.MaxInt32
		}
		if v.hi > half || n > half {
			return v
		}
		code = s
	}
	lo, hi := v.lo, v.hi
	switch code {
	case asm.JumpEQ:
		lo, hi = max(lo, n), min(hi, n)
	case asm.JumpGT:
		if n == math.MaxUint64 {
			return v
		}
		lo = max(lo, n+1)
	case asm.JumpGE:
		lo = max(lo, n)
	case asm.JumpLT:
		if n == 0 {
			return v
		}
		hi = min(hi, n-1)
	case asm.JumpLE:
		hi = min(hi, n)
	}
	if lo > hi { // cannot happen; a kernel that does not see it walks on
		return v
	}
	if lo == hi && code == asm.JumpEQ {
		v.fuzzy = false
	}
	v.lo, v.hi = lo, hi
	return v
}

var inverse = map[asm.Opcode]asm.Opcode{
	asm.JumpEQ: asm.JumpNE, asm.JumpNE: asm.JumpEQ,
	asm.JumpGT: asm.JumpLE, asm.JumpLE: asm.JumpGT, asm.JumpGE: asm.JumpLT, asm.JumpLT: asm.JumpGE,
	asm.JumpSGT: asm.JumpSLE, asm.JumpSLE: asm.JumpSGT, asm.JumpSGE: asm.JumpSLT, asm.JumpSLT: asm.JumpSGE,
}

var unsigned = map[asm.Opcode]asm.Opcode{
	asm.JumpSGT: asm.JumpGT, asm.JumpSLE: asm.JumpLE, asm.JumpSGE: asm.JumpGE, asm.JumpSLT: asm.JumpLT,
}
