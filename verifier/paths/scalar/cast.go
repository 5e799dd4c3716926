package scalar

// Mov64 is what a MOV of class ALU64 leaves: the same, but the kernel checks it then, which it has not done
// with what comes of [Value.Plus] (check_alu_op).
func Mov64(src Value) Value {
	src.check()
	return src
}

// Mov32 is what a MOV of class ALU leaves: the lower half, and 0 above it (check_alu_op).
func Mov32(src Value) Value {
	src.zext32()
	return src.Sync()
}

// MovSX is what a sign-extending MOV leaves: the lowest 8, 16 or 32 bits sign-extended to 64, or
// those 8 or 16 to 32, and 0 above (check_alu_op).
func MovSX(src Value, from int, to32 bool) Value {
	if !to32 {
		return Sext(src, from/8)
	}
	src.sext32(uint64(from))
	src.zext32()
	return src.Sync()
}

// Zext is what a load of 1, 2, 4 or 8 bytes leaves of a value of which these are the lowest
// (coerce_reg_to_size, then check_load_mem).
func Zext(v Value, size int) Value {
	if size == 8 {
		v.check()
		return v
	}
	mask := uint64(1)<<(8*size) - 1
	v.Bits = Tnum{v.Bits.Value & mask, v.Bits.Mask & mask}
	lo, hi := uint64(0), mask
	if v.Umin&^mask == v.Umax&^mask {
		lo, hi = v.Umin&mask, v.Umax&mask
	}
	v.setWide(wideBounds{int64(lo), int64(hi), lo, hi})
	if size < 4 {
		v.setLow(unbounded[int32, uint32]())
	}
	return v.Sync()
}

// Sext is what a sign-extending load of 1, 2 or 4 bytes leaves of a value of which these are the
// lowest (coerce_reg_to_size_sx, which does not sync, then check_load_mem).
func Sext(v Value, size int) Value {
	n := uint64(8 * size)
	if v.IsConst() {
		return Const(uint64(signExtend(int64(v.Bits.Value), n)))
	}
	if b, ok := v.wide().sext(n); ok {
		v.Bits = tnumRange(b.umin, b.umax)
		v.setWide(b)
		v.setLow(lowBounds{int32(b.smin), int32(b.smax), uint32(b.umin), uint32(b.umax)})
	} else {
		v = Unknown()
		v.Smin, v.Smax = -1<<(n-1), 1<<(n-1)-1
		v.S32min, v.S32max = int32(v.Smin), int32(v.Smax)
	}
	v.check()
	return v
}

// sext32 sign-extends n bits to the lower half, and leaves the upper one to zext32 (coerce_subreg_to_size_sx).
func (v *Value) sext32(n uint64) {
	if v.IsConst() {
		x := uint32(signExtend(int64(v.Bits.Value), n))
		v.Bits = Tnum{Value: uint64(x)}
		v.setLow(exactly[int32](x))
	} else if b, ok := v.low().sext(n); ok {
		v.Bits = tnumRange(uint64(b.umin), uint64(b.umax))
		v.setLow(b)
	} else {
		v.Bits = Tnum{Mask: lowBits}
		v.setLow(unbounded[int32, uint32]())
		v.S32min, v.S32max = -1<<(n-1), 1<<(n-1)-1
	}
}

// zext32 makes the upper half 0 (zext_32_to_64).
func (v *Value) zext32() {
	v.Bits = v.Bits.low()
	v.setWide(wideBounds{0, lowBits, uint64(v.U32min), uint64(v.U32max)})
	if v.S32min >= 0 && v.S32max >= 0 {
		v.Smin, v.Smax = int64(v.S32min), int64(v.S32max)
	}
}

// sext is the bounds after sign extension of the lowest n bits; not ok if the bits above are not the same in
// the whole range, or the sign is not.
func (b bounds[S, U]) sext(n uint64) (_ bounds[S, U], ok bool) {
	lo, hi := S(signExtend(int64(b.smin), n)), S(signExtend(int64(b.smax), n))
	lo, hi = min(lo, hi), max(lo, hi)
	return bounds[S, U]{lo, hi, U(lo), U(hi)}, U(b.smin)>>n == U(b.smax)>>n && (lo >= 0) == (hi >= 0)
}

func signExtend(x int64, n uint64) int64 { return x << (64 - n) >> (64 - n) }
