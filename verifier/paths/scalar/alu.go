package scalar

import "github.com/statecheck/statecheck/asm"

// ALU is what dst holds after an operation of class ALU or ALU64 other than MOV, whichever
// way the second operand comes: a constant is [Const] of it, sign-extended
// (adjust_scalar_min_max_vals; for NEG and byte swaps check_alu_op, which computes nothing).
//
// The kernel goes on in two states where [Fork] says so; callers ask it before.
func ALU(op asm.Opcode, dst, src Value) Value {
	is32 := op.Class() == asm.ClassALU
	if !computes(op, src) {
		return Unknown() // the upper half too, even if the operation clears it
	}
	low, wide := dst.low(), dst.wide()
	v := dst
	switch op.Code() {
	case asm.ALUAdd:
		v.add(src)
	case asm.ALUSub:
		v.Bits = v.Bits.sub(src.Bits)
		v.setLow(low.sub(src.low()))
		v.setWide(wide.sub(src.wide()))
	case asm.ALUMul:
		v.Bits = v.Bits.mul(src.Bits)
		v.setLow(low.mul(src.low()))
		v.setWide(wide.mul(src.wide()))
	case asm.ALUAnd:
		// The least is the known bits; the greatest is at most either operand.
		v.Bits = v.Bits.and(src.Bits)
		v.bitwise(src,
			fromUnsigned[int32](uint32(v.Bits.Value), min(dst.U32max, src.U32max)),
			fromUnsigned[int64](v.Bits.Value, min(dst.Umax, src.Umax)))
	case asm.ALUOr:
		// The greatest is the bits that can be set; the least is at least either operand.
		v.Bits = v.Bits.or(src.Bits)
		v.bitwise(src,
			fromUnsigned[int32](max(dst.U32min, src.U32min), uint32(v.Bits.Value|v.Bits.Mask)),
			fromUnsigned[int64](max(dst.Umin, src.Umin), v.Bits.Value|v.Bits.Mask))
	case asm.ALUXor:
		v.Bits = v.Bits.xor(src.Bits)
		v.bitwise(src,
			fromUnsigned[int32](uint32(v.Bits.Value), uint32(v.Bits.Value|v.Bits.Mask)),
			fromUnsigned[int64](v.Bits.Value, v.Bits.Value|v.Bits.Mask))
	default:
		if is32 {
			v.shift32(op.Code(), uint64(src.U32min))
		} else {
			v.shift64(op.Code(), src.Umin)
		}
	}
	if is32 {
		v.zext32()
	}
	return v.Sync()
}

// Fork reports whether the kernel splits the state at an AND or OR with a constant, because dst (or its lower
// half) is only known to be -1 or 0, as a comparison without branches leaves it. It goes on at
// this instruction, once with minusOne in dst and once, later, with zero: the latter as from
// another branch to the same slot (maybe_fork_scalars). The link of dst to other registers
// is lost in both, but for the state with zero where only the lower half is split.
func Fork(op asm.Opcode, dst, src Value) (minusOne, zero Value, forks bool) {
	if code := op.Code(); code != asm.ALUAnd && code != asm.ALUOr || !src.IsConst() {
		return dst, dst, false
	}
	switch {
	case dst.Smin == -1 && dst.Smax == 0:
		return Const(^uint64(0)), Const(0), true
	case dst.S32min == -1 && dst.S32max == 0:
		return dst.withLow(^uint32(0)), dst.withLow(0), true
	}
	return dst, dst, false
}

// withLow is v with a constant as its lower half; the bounds of the whole stay (__mark_reg32_known).
func (v Value) withLow(x uint32) Value {
	v.Bits = v.Bits.withLow(Tnum{Value: uint64(x)})
	v.setLow(exactly[int32](x))
	return v
}

// Plus is the value of a register that is linked to one of value v and differs from it by delta. The
// kernel neither syncs nor checks it there (sync_linked_regs).
func (v Value) Plus(delta int32) Value {
	v.add(Const(uint64(delta)))
	return v
}

func (v *Value) add(src Value) {
	v.Bits = v.Bits.add(src.Bits)
	v.setLow(v.low().add(src.low()))
	v.setWide(v.wide().add(src.wide()))
}

// computes reports whether the kernel computes anything of the result: not for NEG, DIV, MOD, END, and not
// for shifts by what may be more than one number, or too many bits
// (is_safe_to_compute_dst_reg_range).
func computes(op asm.Opcode, src Value) bool {
	switch op.Code() {
	case asm.ALUAdd, asm.ALUSub, asm.ALUMul, asm.ALUOr, asm.ALUAnd, asm.ALUXor:
		return true
	case asm.ALULsh, asm.ALURsh, asm.ALUArsh:
		// The whole count is compared with the width, though an operation of 32 bits uses half of it.
		if op.Class() == asm.ClassALU64 {
			return src.Bits.isConst() && src.wide().single() && src.Umax < 64
		}
		return src.Bits.low().isConst() && src.low().single() && src.Umax < 32
	}
	return false
}

// bitwise sets the bounds of an AND, OR or XOR of which v has the bits already
// (scalar_min_max_and and its siblings).
func (v *Value) bitwise(src Value, low lowBounds, wide wideBounds) {
	if v.Bits.low().isConst() && src.Bits.low().isConst() {
		low = exactly[int32](uint32(v.Bits.Value))
	}
	v.setLow(low)
	if v.Bits.isConst() && src.Bits.isConst() {
		*v = Const(v.Bits.Value)
		return
	}
	v.setWide(wide)
	v.boundByBits()
}

// shift64 shifts by n < 64 bits (scalar_min_max_lsh, _rsh, _arsh).
func (v *Value) shift64(code asm.Opcode, n uint64) {
	low := unbounded[int32, uint32]() // the bits tell what comes in from above
	switch code {
	case asm.ALULsh:
		wide := v.wide().lsh(n)
		if n == 32 { // the first half of sign extension by shifts
			wide.smin, wide.smax = int64(v.S32min)<<32, int64(v.S32max)<<32
		}
		low = v.low().lsh(n)
		v.setWide(wide)
		v.Bits = v.Bits.lsh(n)
	case asm.ALURsh:
		v.setWide(v.wide().rsh(n))
		v.Bits = v.Bits.rsh(n)
	case asm.ALUArsh:
		v.setWide(v.wide().arsh(n))
		v.Bits = v.Bits.arsh(n)
	}
	v.setLow(low)
	v.boundByBits()
}

// shift32 shifts the lower half by n < 32 bits, and leaves the upper one to zext32
// (scalar32_min_max_lsh, _rsh, _arsh).
func (v *Value) shift32(code asm.Opcode, n uint64) {
	low := v.low()
	switch code {
	case asm.ALULsh:
		low = low.lsh(n)
		v.Bits = v.Bits.lsh(n).low()
	case asm.ALURsh:
		low = low.rsh(n)
		v.Bits = v.Bits.low().rsh(n)
	case asm.ALUArsh:
		low = low.arsh(n)
		v.Bits = v.Bits.arsh32(n)
	}
	v.setLow(low.boundByBits(uint32(v.Bits.Value), uint32(v.Bits.Mask)))
}

// single reports whether there is one number between the bounds.
func (b bounds[S, U]) single() bool { return b.smin == b.smax && b.umin == b.umax }

// fromUnsigned is the bounds of lo to hi: the signed ones too, if these do not cross
// to negative numbers.
func fromUnsigned[S int32 | int64, U uint32 | uint64](lo, hi U) bounds[S, U] {
	b := unbounded[S, U]()
	b.umin, b.umax = lo, hi
	if S(lo) <= S(hi) {
		b.smin, b.smax = S(lo), S(hi)
	}
	return b
}

func (b bounds[S, U]) add(c bounds[S, U]) bounds[S, U] {
	r := unbounded[S, U]()
	lo, hi := b.smin+c.smin, b.smax+c.smax
	if (b.smin^lo)&(c.smin^lo) >= 0 && (b.smax^hi)&(c.smax^hi) >= 0 { // no overflow
		r.smin, r.smax = lo, hi
	}
	if lo, hi := b.umin+c.umin, b.umax+c.umax; lo >= b.umin && hi >= b.umax {
		r.umin, r.umax = lo, hi
	}
	return r
}

func (b bounds[S, U]) sub(c bounds[S, U]) bounds[S, U] {
	r := unbounded[S, U]()
	lo, hi := b.smin-c.smax, b.smax-c.smin
	if (b.smin^c.smax)&(b.smin^lo) >= 0 && (b.smax^c.smin)&(b.smax^hi) >= 0 { // no overflow
		r.smin, r.smax = lo, hi
	}
	if b.umin >= c.umax {
		r.umin, r.umax = b.umin-c.umax, b.umax-c.umin
	}
	return r
}

// mul knows nothing of products that may be negative, or of factors that need more than half of the width.
func (b bounds[S, U]) mul(c bounds[S, U]) bounds[S, U] {
	r := unbounded[S, U]()
	half := U(1)<<(r.width()/2) - 1
	if b.smin < 0 || c.smin < 0 || b.umax > half || c.umax > half {
		return r
	}
	r.umin, r.umax = b.umin*c.umin, b.umax*c.umax
	if r.umax <= U(r.smax) {
		r.smin, r.smax = S(r.umin), S(r.umax)
	}
	return r
}

// lsh knows nothing if a bit may be shifted out, or into the sign but for a power of 2.
func (b bounds[S, U]) lsh(n uint64) bounds[S, U] {
	r := unbounded[S, U]()
	if top := r.width() - 1; n <= top && b.umax <= 1<<(top-n) {
		r.umin, r.umax = b.umin<<n, b.umax<<n
	}
	return r
}

func (b bounds[S, U]) rsh(n uint64) bounds[S, U] {
	r := unbounded[S, U]()
	r.umin, r.umax = b.umin>>n, b.umax>>n
	return r
}

func (b bounds[S, U]) arsh(n uint64) bounds[S, U] {
	r := unbounded[S, U]()
	r.smin, r.smax = b.smin>>n, b.smax>>n
	return r
}
