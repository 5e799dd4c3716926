package scalar

import "math/bits"

// Tnum is a tristate number: of each bit it is known that it is 0, that it is 1,
// or nothing. A bit that is set in Mask is unknown, and clear in Value; any other is as in
// Value. The operations are those of Linux 6.12 (kernel/bpf/tnum.c), which
// "Sound, Precise, and Fast Abstract Interpretation with Tristate Numbers"
// (arXiv 2105.05398) explains.
type Tnum struct{ Value, Mask uint64 }

// lowBits are the bits of the lower half, the subregister.
const lowBits = 1<<32 - 1

// tnumRange is the least that holds all of lo to hi: their common prefix
// (tnum_range).
func tnumRange(lo, hi uint64) Tnum {
	below := uint64(1)<<bits.Len64(lo^hi) - 1
	return Tnum{lo &^ below, below}
}

func (t Tnum) isConst() bool { return t.Mask == 0 }

// low is the lower half alone (tnum_subreg).
func (t Tnum) low() Tnum { return Tnum{t.Value & lowBits, t.Mask & lowBits} }

// withLow is t with the lower half of that number (tnum_with_subreg).
func (t Tnum) withLow(low Tnum) Tnum {
	return Tnum{t.Value&^lowBits | low.Value&lowBits, t.Mask&^lowBits | low.Mask&lowBits}
}

// within reports whether every number in t is in old (tnum_in).
func (t Tnum) within(old Tnum) bool {
	return t.Mask&^old.Mask == 0 && t.Value&^old.Mask == old.Value
}

// overlaps reports whether t and u agree in the bits that both know (tnum_overlap).
func (t Tnum) overlaps(u Tnum) bool { return (t.Value^u.Value)&^(t.Mask|u.Mask) == 0 }

// intersect holds what is in both. Where they contradict each other a bit is 1
// (tnum_intersect).
func (t Tnum) intersect(u Tnum) Tnum {
	unknown := t.Mask & u.Mask
	return Tnum{(t.Value | u.Value) &^ unknown, unknown}
}

func (t Tnum) and(u Tnum) Tnum {
	ones := t.Value & u.Value
	return Tnum{ones, (t.Value | t.Mask) & (u.Value | u.Mask) &^ ones}
}

func (t Tnum) or(u Tnum) Tnum {
	ones := t.Value | u.Value
	return Tnum{ones, (t.Mask | u.Mask) &^ ones}
}

func (t Tnum) xor(u Tnum) Tnum {
	unknown := t.Mask | u.Mask
	return Tnum{(t.Value ^ u.Value) &^ unknown, unknown}
}

// add: a bit of the sum is unknown where one of t or u is, and where the carries of
// the least sum and of the greatest differ.
func (t Tnum) add(u Tnum) Tnum {
	least := t.Value + u.Value
	greatest := least + t.Mask + u.Mask
	unknown := (least ^ greatest) | t.Mask | u.Mask
	return Tnum{least &^ unknown, unknown}
}

// sub is add with borrows.
func (t Tnum) sub(u Tnum) Tnum {
	base := t.Value - u.Value
	unknown := ((base + t.Mask) ^ (base - u.Mask)) | t.Mask | u.Mask
	return Tnum{base &^ unknown, unknown}
}

// mul adds a partial product for each bit of t, the known parts apart from the unknown ones,
// which lose less that way. It is not commutative (tnum_mul as Linux 5.14 to 6.17 have it).
func (t Tnum) mul(u Tnum) Tnum {
	known := Tnum{Value: t.Value * u.Value}
	if t.Mask|u.Mask == 0 {
		return known
	}
	var unknown Tnum
	for ; t.Value|t.Mask != 0; t, u = t.rsh(1), u.lsh(1) {
		switch {
		case t.Value&1 != 0:
			unknown = unknown.add(Tnum{Mask: u.Mask})
		case t.Mask&1 != 0:
			unknown = unknown.add(Tnum{Mask: u.Value | u.Mask})
		}
	}
	return known.add(unknown)
}

func (t Tnum) lsh(n uint64) Tnum { return Tnum{t.Value << n, t.Mask << n} }

func (t Tnum) rsh(n uint64) Tnum { return Tnum{t.Value >> n, t.Mask >> n} }

// arsh shifts the top bit in, known or not.
func (t Tnum) arsh(n uint64) Tnum {
	return Tnum{uint64(int64(t.Value) >> n), uint64(int64(t.Mask) >> n)}
}

// arsh32 is arsh of the lower half, whose upper half is 0.
func (t Tnum) arsh32(n uint64) Tnum {
	return Tnum{uint64(uint32(int32(t.Value) >> n)), uint64(uint32(int32(t.Mask) >> n))}
}
