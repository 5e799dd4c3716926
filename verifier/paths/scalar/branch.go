package scalar

import (
	"math/bits"

	"github.com/statecheck/statecheck/asm"
)

// Outcome is what is known of a conditional jump.
type Outcome int8

const (
	Undecided Outcome = iota // either way
	Taken
	NotTaken
)

// A claim is that dst and src are in a relation, or src and dst if swapped.
type claim struct {
	relation relation
	swapped  bool
}

// A relation is between two numbers, or their lower halves: what one of them has to do with the other.
type relation uint8

const (
	none relation = iota
	equal
	unequal
	someBit // they have a 1 in common
	noBit
	below // unsigned
	belowOrEqual
	less // signed
	lessOrEqual
)

// jumps is what each jump claims if it is taken and if it is not, by its operation (rev_opcode, flip_opcode).
var jumps = [16]struct{ taken, fall claim }{
	asm.JumpEQ >> 4:  {claim{equal, false}, claim{unequal, false}},
	asm.JumpNE >> 4:  {claim{unequal, false}, claim{equal, false}},
	asm.JumpSET >> 4: {claim{someBit, false}, claim{noBit, false}},
	asm.JumpLT >> 4:  {claim{below, false}, claim{belowOrEqual, true}},
	asm.JumpGE >> 4:  {claim{belowOrEqual, true}, claim{below, false}},
	asm.JumpGT >> 4:  {claim{below, true}, claim{belowOrEqual, false}},
	asm.JumpLE >> 4:  {claim{belowOrEqual, false}, claim{below, true}},
	asm.JumpSLT >> 4: {claim{less, false}, claim{lessOrEqual, true}},
	asm.JumpSGE >> 4: {claim{lessOrEqual, true}, claim{less, false}},
	asm.JumpSGT >> 4: {claim{less, true}, claim{lessOrEqual, false}},
	asm.JumpSLE >> 4: {claim{lessOrEqual, false}, claim{less, true}},
}

// Branch decides a conditional jump (class JMP or JMP32) between two scalars, if the kernel does. The constant of a
// jump that has one is [Const] of it, sign-extended (is_scalar_branch_taken). That dst and src may be the
// same register the kernel does not notice here. Of other opcodes the outcome is Undecided.
func Branch(op asm.Opcode, dst, src Value) Outcome {
	c := jumps[op>>4].taken
	if c.swapped {
		dst, src = src, dst
	}
	is32 := op.Class() == asm.ClassJMP32
	t, u := dst.half(is32), src.half(is32)
	switch c.relation {
	case equal, unequal:
		apart := !t.overlaps(u) || dst.low().apart(src.low()) || !is32 && dst.wide().apart(src.wide())
		switch {
		case t.isConst() && u.isConst():
			return outcome((t.Value == u.Value) == (c.relation == equal))
		case apart:
			return outcome(c.relation == unequal)
		}
	case someBit:
		if !u.isConst() {
			t, u = u, t
		}
		switch {
		case !u.isConst():
		case t.Value&u.Value != 0:
			return Taken
		case (t.Value|t.Mask)&u.Value == 0:
			return NotTaken
		}
	default:
		if is32 {
			return dst.low().decide(c.relation, src.low())
		}
		return dst.wide().decide(c.relation, src.wide())
	}
	return Undecided
}

func outcome(taken bool) Outcome {
	if taken {
		return Taken
	}
	return NotTaken
}

// Refine is what dst and src hold where a conditional jump that [Branch] does not decide is taken,
// and where it is not (reg_set_min_max). If they are the same register it is [RefineSame].
func Refine(op asm.Opcode, dst, src Value) (takenDst, takenSrc, fallDst, fallSrc Value) {
	j, is32 := &jumps[op>>4], op.Class() == asm.ClassJMP32
	takenDst, takenSrc = j.taken.narrow(is32, dst, src)
	fallDst, fallSrc = j.fall.narrow(is32, dst, src)
	return takenDst.Sync(), takenSrc.Sync(), fallDst.Sync(), fallSrc.Sync()
}

// RefineSame is [Refine] of a register that is compared with itself, which the kernel narrows as both of two
// operands: of a successor that cannot be it may know that there is nothing.
func RefineSame(op asm.Opcode, v Value) (taken, fall Value) {
	j, is32 := &jumps[op>>4], op.Class() == asm.ClassJMP32
	return j.taken.narrowSame(is32, v), j.fall.narrowSame(is32, v)
}

// narrowSame narrows the same register twice, and syncs it twice before it is checked.
func (c claim) narrowSame(is32 bool, v Value) Value {
	as, other := c.narrow(is32, v, v)
	as.setLow(as.low().narrowU(other.U32min, other.U32max).narrowS(other.S32min, other.S32max))
	as.setWide(as.wide().narrowU(other.Umin, other.Umax).narrowS(other.Smin, other.Smax))
	as.deduce()
	return as.Sync()
}

// narrow is what the claim tells of two values, without a sync (regs_refine_cond_op).
func (c claim) narrow(is32 bool, dst, src Value) (Value, Value) {
	a, b := &dst, &src
	if c.swapped {
		a, b = b, a
	}
	switch c.relation {
	case unequal, someBit, noBit: // tell something only of what is compared with a constant
		if !b.half(is32).isConst() {
			a, b = b, a
		}
		if x := b.half(is32); x.isConst() {
			a.narrowByConst(c.relation, is32, x.Value)
		}
		return dst, src
	case equal:
		both := a.half(is32).intersect(b.half(is32))
		if is32 {
			a.Bits, b.Bits = a.Bits.withLow(both), b.Bits.withLow(both)
		} else {
			a.Bits, b.Bits = both, both
		}
	}
	if is32 {
		l, m := a.low().narrow(c.relation, b.low())
		a.setLow(l)
		b.setLow(m)
	} else {
		l, m := a.wide().narrow(c.relation, b.wide())
		a.setWide(l)
		b.setWide(m)
	}
	return dst, src
}

// narrowByConst is for the relations of bits and for unequal, which no other constant than a bound tells of.
func (v *Value) narrowByConst(r relation, is32 bool, x uint64) {
	switch {
	case r == unequal && is32:
		v.setLow(v.low().without(uint32(x)))
	case r == unequal:
		v.setWide(v.wide().without(x))
	case r == someBit && bits.OnesCount64(x) == 1: // it must be that one; x has no upper half if is32
		v.Bits = v.Bits.or(Tnum{Value: x})
	case r == noBit:
		v.forget() // as the kernel does, which need not contradict itself in a dead branch then
		v.Bits = v.Bits.and(Tnum{Value: ^x})
	}
}

// half is the bits that a jump compares.
func (v *Value) half(is32 bool) Tnum {
	if is32 {
		return v.Bits.low()
	}
	return v.Bits
}

// apart reports whether no number is within both.
func (b bounds[S, U]) apart(c bounds[S, U]) bool {
	return b.umin > c.umax || b.umax < c.umin || b.smin > c.smax || b.smax < c.smin
}

// decide tells whether a relation of order holds.
func (b bounds[S, U]) decide(r relation, c bounds[S, U]) Outcome {
	switch {
	case r == below && b.umax < c.umin, r == belowOrEqual && b.umax <= c.umin,
		r == less && b.smax < c.smin, r == lessOrEqual && b.smax <= c.smin:
		return Taken
	case r == below && b.umin >= c.umax, r == belowOrEqual && b.umin > c.umax,
		r == less && b.smin >= c.smax, r == lessOrEqual && b.smin > c.smax:
		return NotTaken
	}
	return Undecided
}

// narrow is what is left of b and c if b is in that relation to c.
func (b bounds[S, U]) narrow(r relation, c bounds[S, U]) (bounds[S, U], bounds[S, U]) {
	switch r {
	case equal:
		b = b.narrowU(c.umin, c.umax).narrowS(c.smin, c.smax)
		return b, b
	case below:
		b.umax, c.umin = min(b.umax, c.umax-1), max(c.umin, b.umin+1)
	case belowOrEqual:
		b.umax, c.umin = min(b.umax, c.umax), max(c.umin, b.umin)
	case less:
		b.smax, c.smin = min(b.smax, c.smax-1), max(c.smin, b.smin+1)
	case lessOrEqual:
		b.smax, c.smin = min(b.smax, c.smax), max(c.smin, b.smin)
	}
	return b, c
}

// without is what is left without x: less, if x is a bound.
func (b bounds[S, U]) without(x U) bounds[S, U] {
	if b.umin == x {
		b.umin++
	}
	if b.umax == x {
		b.umax--
	}
	if b.smin == S(x) {
		b.smin++
	}
	if b.smax == S(x) {
		b.smax--
	}
	return b
}
