// Package scalar holds what the verifier of Linux 6.12 knows of a number in a register, and how
// it comes to know it: for each instruction and each branch as much as 6.12.117 does and never
// more, so that a walk over such values visits all that the kernel visits. The functions named in
// comments are those of kernel/bpf/verifier.c in that release.
//
// A value may hold no number at all, in a branch that is dead though the kernel does not see it.
// Then the parts contradict each other. The kernel notices some of these
// contradictions after an instruction and forgets all bounds (reg_bounds_sanity_check without the flag
// BPF_F_TEST_REG_INVARIANTS); so do the exported functions here.
package scalar

import "math/bits"

// Value is what is known of a 64-bit number: its bits, and bounds, both included, of the
// number and of its lower half as signed and unsigned numbers (struct bpf_reg_state:
// var_off and what follows it). Values are comparable; the zero Value is none that means anything.
type Value struct {
	Bits           Tnum
	Smin, Smax     int64
	Umin, Umax     uint64
	S32min, S32max int32
	U32min, U32max uint32
}

// Unknown is any number (__mark_reg_unknown).
func Unknown() Value {
	v := Value{Bits: Tnum{0, ^uint64(0)}}
	v.forget()
	return v
}

// Const is one number (__mark_reg_known).
func Const(x uint64) Value {
	v := Value{Bits: Tnum{Value: x}}
	v.setWide(exactly[int64](x))
	v.setLow(exactly[int32](uint32(x)))
	return v
}

// Range is a signed number from min to max, of which the kernel knows the same of the lower half:
// what the calls return of which it knows something (do_refine_retval_range, __mark_reg_s32_range).
// Where a bound does not fit in 32 bits, its upper half is lost there as it is in the kernel.
func Range(min, max int64) Value {
	v := Unknown()
	v.Smin, v.Smax = min, max
	v.S32min, v.S32max = int32(min), int32(max)
	return v.Sync()
}

// IsConst reports whether all bits are known (tnum_is_const).
func (v Value) IsConst() bool { return v.Bits.isConst() }

// Const is the number, if [Value.IsConst].
func (v Value) Const() uint64 { return v.Bits.Value }

// Within reports whether all of v's bits and bounds are within those of old, so that whatever follows
// of old follows of v (range_within and tnum_in).
func (v Value) Within(old Value) bool {
	return v.wide().within(old.wide()) && v.low().within(old.low()) && v.Bits.within(old.Bits)
}

// Sync lets bits and bounds learn from each other, and forgets the bounds if they contradict each other
// (reg_bounds_sync and reg_bounds_sanity_check). In rare cases the kernel loses something by it: of a number from
// -1<<31-1 to 0 that is at most 1 without a sign it knows only that it is 0 or 1.
func (v Value) Sync() Value {
	v.deduce()
	v.check()
	return v
}

// rounds is how often the kernel lets the bounds learn from each other. More would find more.
const rounds = 3

// deduce is reg_bounds_sync: it does not always reach a fixed point, and does not look for contradictions.
func (v *Value) deduce() {
	v.boundByBits()
	for range rounds {
		before := *v
		v.deduceLow()
		v.setWide(v.wide().exchange())
		v.deduceWide()
		if *v == before {
			break // as are the rounds that are left
		}
	}
	v.Bits = v.Bits.intersect(tnumRange(v.Umin, v.Umax))
	v.Bits = v.Bits.withLow(v.Bits.low().intersect(tnumRange(uint64(v.U32min), uint64(v.U32max))))
	v.boundByBits()
}

// boundByBits narrows the bounds to the least and the greatest number of such bits (__update_reg_bounds).
func (v *Value) boundByBits() {
	v.setLow(v.low().boundByBits(uint32(v.Bits.Value), uint32(v.Bits.Mask)))
	v.setWide(v.wide().boundByBits(v.Bits.Value, v.Bits.Mask))
}

// deduceLow narrows the bounds of the lower half (__reg32_deduce_bounds).
func (v *Value) deduceLow() {
	b := v.low()
	// The lower halves of a range are a range if the upper half is the same in all of it. Those of
	// a range whose lower bound has a lower half above its upper bound's are none.
	if v.Umin>>32 == v.Umax>>32 {
		b = b.narrowU(uint32(v.Umin), uint32(v.Umax))
		if int32(v.Umin) <= int32(v.Umax) {
			b = b.narrowS(int32(v.Umin), int32(v.Umax))
		}
	}
	if v.Smin>>32 == v.Smax>>32 {
		if uint32(v.Smin) <= uint32(v.Smax) {
			b = b.narrowU(uint32(v.Smin), uint32(v.Smax))
		}
		if int32(v.Smin) <= int32(v.Smax) {
			b = b.narrowS(int32(v.Smin), int32(v.Smax))
		}
	}
	// They are a signed range also if the upper half steps once, where the lower one goes
	// from -1 to 0.
	steps := func(lo, hi uint64) bool {
		return uint32(lo>>32)+1 == uint32(hi>>32) && int32(lo) < 0 && int32(hi) >= 0
	}
	if steps(v.Umin, v.Umax) {
		b = b.narrowS(int32(v.Umin), int32(v.Umax))
	}
	if steps(uint64(v.Smin), uint64(v.Smax)) {
		b = b.narrowS(int32(v.Smin), int32(v.Smax))
	}
	v.setLow(b.exchange())
}

// deduceWide narrows the bounds of the number by those of its lower half (__reg_deduce_mixed_bounds).
func (v *Value) deduceWide() {
	b := narrowByLow(v.wide(), v.U32min, v.U32max)
	if uint32(v.S32min) <= uint32(v.S32max) {
		b = narrowByLow(b, uint32(v.S32min), uint32(v.S32max))
	}
	v.setWide(b)
	// A number that fits in 32 signed bits and whose lower half has no sign is that half.
	if v.S32min >= 0 && v.Smin >= -1<<31 && v.Smax <= 1<<31-1 {
		v.Smin, v.Smax = int64(v.S32min), int64(v.S32max)
		v.Umin, v.Umax = uint64(v.Smin), uint64(v.Smax)
		v.Bits = v.Bits.intersect(tnumRange(v.Umin, v.Umax))
	}
}

// narrowByLow puts bounds of the lower half in the place of the lower halves of b's.
func narrowByLow(b wideBounds, lo, hi uint32) wideBounds {
	b = b.narrowU(b.umin&^lowBits|uint64(lo), b.umax&^lowBits|uint64(hi))
	return b.narrowS(b.smin&^lowBits|int64(lo), b.smax&^lowBits|int64(hi))
}

// check forgets the bounds if they contradict each other or a number that the bits make
// constant (reg_bounds_sanity_check).
func (v *Value) check() {
	wide, low := v.wide(), v.low()
	if wide.empty() || low.empty() ||
		v.Bits.isConst() && wide != exactly[int64](v.Bits.Value) ||
		v.Bits.low().isConst() && low != exactly[int32](uint32(v.Bits.Value)) {
		v.forget()
	}
}

// forget leaves the bits alone (__mark_reg_unbounded).
func (v *Value) forget() {
	v.setWide(unbounded[int64, uint64]())
	v.setLow(unbounded[int32, uint32]())
}

// bounds are those of one width. Nearly all that the kernel does with them is the same in both.
type bounds[S int32 | int64, U uint32 | uint64] struct {
	smin, smax S
	umin, umax U
}

type (
	wideBounds = bounds[int64, uint64]
	lowBounds  = bounds[int32, uint32]
)

func (v *Value) wide() wideBounds { return wideBounds{v.Smin, v.Smax, v.Umin, v.Umax} }
func (v *Value) low() lowBounds   { return lowBounds{v.S32min, v.S32max, v.U32min, v.U32max} }

func (v *Value) setWide(b wideBounds) {
	v.Smin, v.Smax, v.Umin, v.Umax = b.smin, b.smax, b.umin, b.umax
}
func (v *Value) setLow(b lowBounds) {
	v.S32min, v.S32max, v.U32min, v.U32max = b.smin, b.smax, b.umin, b.umax
}

func unbounded[S int32 | int64, U uint32 | uint64]() bounds[S, U] {
	top := S(^U(0) >> 1)
	return bounds[S, U]{^top, top, 0, ^U(0)}
}

func exactly[S int32 | int64, U uint32 | uint64](x U) bounds[S, U] {
	return bounds[S, U]{S(x), S(x), x, x}
}

// width is in bits.
func (b bounds[S, U]) width() uint64 { return uint64(bits.Len64(uint64(^U(0)))) }

func (b bounds[S, U]) within(old bounds[S, U]) bool {
	return old.umin <= b.umin && b.umax <= old.umax && old.smin <= b.smin && b.smax <= old.smax
}

func (b bounds[S, U]) empty() bool { return b.umin > b.umax || b.smin > b.smax }

func (b bounds[S, U]) narrowU(lo, hi U) bounds[S, U] {
	b.umin, b.umax = max(b.umin, lo), min(b.umax, hi)
	return b
}

func (b bounds[S, U]) narrowS(lo, hi S) bounds[S, U] {
	b.smin, b.smax = max(b.smin, lo), min(b.smax, hi)
	return b
}

// boundByBits narrows to the numbers with these bits: the sign is least if it is set.
func (b bounds[S, U]) boundByBits(value, mask U) bounds[S, U] {
	others := ^U(0) >> 1
	b = b.narrowS(S(value|mask&^others), S(value|mask&others))
	return b.narrowU(value, value|mask)
}

// exchange lets signed and unsigned bounds learn from each other. A range that does not cross from the
// greatest to the least number of the other kind is the same range in it
// (__reg64_deduce_bounds, and the end of __reg32_deduce_bounds).
func (b bounds[S, U]) exchange() bounds[S, U] {
	if S(b.umin) <= S(b.umax) {
		b = b.narrowS(S(b.umin), S(b.umax))
	}
	switch {
	case U(b.smin) <= U(b.smax):
		b = b.narrowU(U(b.smin), U(b.smax))
	// The signed range crosses from -1 to 0: two unsigned ones, up from 0 and up to the
	// greatest number. The unsigned range may meet only one of them.
	case b.umax < U(b.smin):
		b.smin, b.umax = S(b.umin), min(b.umax, U(b.smax))
	case U(b.smax) < b.umin:
		b.smax, b.umin = S(b.umax), max(b.umin, U(b.smin))
	}
	return b
}
