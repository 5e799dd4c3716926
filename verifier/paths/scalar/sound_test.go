package scalar_test

import (
	"math/bits"
	"testing"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/machine"
	"github.com/statecheck/statecheck/verifier/paths/scalar"
)

// These tests hold operations on values against operations on numbers: what is done to a number that
// a value holds must be in what is done to the value. That they are no more precise than Linux 6.12, and
// no less, is for the golden file and the guest.

func holds(v scalar.Value, x uint64) bool {
	return (x^v.Bits.Value)&^v.Bits.Mask == 0 && v.Umin <= x && x <= v.Umax && v.Smin <= int64(x) && int64(x) <= v.Smax &&
		v.U32min <= uint32(x) && uint32(x) <= v.U32max && v.S32min <= int32(x) && int32(x) <= v.S32max
}

const (
	alu   = asm.Opcode(asm.ClassALU)
	alu64 = asm.Opcode(asm.ClassALU64)
	jmp   = asm.Opcode(asm.ClassJMP)
	jmp32 = asm.Opcode(asm.ClassJMP32)
)

var operations = []asm.Opcode{
	asm.ALUAdd, asm.ALUSub, asm.ALUMul, asm.ALUDiv, asm.ALUOr, asm.ALUAnd, asm.ALULsh, asm.ALURsh, asm.ALUNeg,
	asm.ALUMod, asm.ALUXor, asm.ALUArsh,
}

// compute returns what an operation makes of two numbers.
func compute(op asm.Opcode, x, y uint64) uint64 {
	return machine.ALU(asm.New(op, 0, 0, 0, 0), x, y)
}

// anyNumber draws numbers near to where something happens.
var anyNumber = rapid.Custom(func(t *rapid.T) uint64 {
	edges := rapid.SampledFrom([]uint64{0, 0, 1 << 8, 1 << 16, 1 << 31, 1 << 32, 1 << 63, 1<<64 - 1<<31, 1<<64 - 1<<32})
	near := rapid.Custom(func(t *rapid.T) uint64 {
		return edges.Draw(t, "edge") + uint64(rapid.Int64Range(-40, 40).Draw(t, "from there"))
	})
	return rapid.OneOf(near, rapid.Uint64()).Draw(t, "number")
})

// holder draws a value that holds a number.
func holder(t *rapid.T, x uint64) scalar.Value {
	v := scalar.Unknown()
	if mask := anyNumber.Draw(t, "mask"); rapid.Bool().Draw(t, "bits") {
		v.Bits = scalar.Tnum{Value: x &^ mask, Mask: mask}
	}
	far := func(what string) uint64 {
		return rapid.Uint64().Draw(t, what) >> rapid.Uint8Range(0, 63).Draw(t, "less")
	}
	if rapid.Bool().Draw(t, "unsigned") {
		v.Umin, v.Umax = x-min(x, far("below")), x+min(^x, far("above"))
	}
	if rapid.Bool().Draw(t, "signed") {
		toSign := x ^ 1<<63 // as an unsigned number in the order of signed ones
		v.Smin = int64((toSign - min(toSign, far("below"))) ^ 1<<63)
		v.Smax = int64((toSign + min(^toSign, far("above"))) ^ 1<<63)
	}
	low := uint32(x)
	if rapid.Bool().Draw(t, "unsigned half") {
		v.U32min, v.U32max = low-min(low, uint32(far("below"))), low+min(^low, uint32(far("above")))
	}
	if rapid.Bool().Draw(t, "signed half") {
		toSign := low ^ 1<<31
		v.S32min = int32((toSign - min(toSign, uint32(far("below")))) ^ 1<<31)
		v.S32max = int32((toSign + min(^toSign, uint32(far("above")))) ^ 1<<31)
	}
	return v
}

func propSync(t *rapid.T) {
	x := anyNumber.Draw(t, "x")
	v := holder(t, x)
	s := v.Sync()
	if !holds(s, x) {
		t.Fatalf("%#x is in %s, and not in its sync %s", x, v, s)
	}
	if again, err := parse(s.String()); err != nil || again != s {
		t.Fatalf("%s is read as %s: %v", s, again, err)
	}
}

// propWithin: what is within another value has none but its numbers.
func propWithin(t *rapid.T) {
	x := anyNumber.Draw(t, "x")
	v, old := holder(t, x).Sync(), holder(t, anyNumber.Draw(t, "y")).Sync()
	if v.Within(old) && !holds(old, x) {
		t.Fatalf("%#x is in %s, which is within %s", x, v, old)
	}
	wider := v
	switch rapid.IntRange(0, 8).Draw(t, "what is wider") {
	case 0:
		grow := rapid.Uint64().Draw(t, "mask")
		wider.Bits = scalar.Tnum{Value: v.Bits.Value &^ grow, Mask: v.Bits.Mask | grow}
	case 1:
		wider.Umin /= 2
	case 2:
		wider.Umax |= 1 << 63
	case 3:
		wider.Smin = min(v.Smin, 0)
	case 4:
		wider.Smax = max(v.Smax, 0)
	case 5:
		wider.U32min /= 2
	case 6:
		wider.U32max |= 1 << 31
	case 7:
		wider.S32min = min(v.S32min, 0)
	case 8:
		wider.S32max = max(v.S32max, 0)
	}
	if !v.Within(v) || !v.Within(wider) || v != wider && wider.Within(v) {
		t.Fatalf("%s and the wider %s: within itself %v, one in the other %v, the other in it %v",
			v, wider, v.Within(v), v.Within(wider), wider.Within(v))
	}
}

func propALU(t *rapid.T) {
	x, y := anyNumber.Draw(t, "x"), anyNumber.Draw(t, "y")
	op := rapid.SampledFrom(operations).Draw(t, "op") | rapid.SampledFrom([]asm.Opcode{alu, alu64}).Draw(t, "class")
	v, w := holder(t, x).Sync(), holder(t, y).Sync()
	if rapid.Bool().Draw(t, "constant") {
		y %= 64
		w = scalar.Const(y)
	}
	if r, z := scalar.ALU(op, v, w), compute(op, x, y); !holds(r, z) {
		t.Fatalf("op %#x: %#x and %#x make %#x, but %s and %s make %s", op, x, y, z, v, w, r)
	}
	if c := scalar.Const(x); !c.IsConst() || c.Const() != x || !holds(c, x) {
		t.Fatalf("the constant %#x is %s", x, c)
	}
	if minusOne, zero, forks := scalar.Fork(op, v, w); forks && !holds(minusOne, x) && !holds(zero, x) {
		t.Fatalf("op %#x: %#x is in %s, and not in %s or %s", op, x, v, minusOne, zero)
	}
	delta := rapid.Int32().Draw(t, "delta")
	if z := x + uint64(delta); !holds(v.Plus(delta), z) {
		t.Fatalf("%#x is in %s, and %#x not in %s", x, v, z, v.Plus(delta))
	}
}

func propJump(t *rapid.T) {
	x, y := anyNumber.Draw(t, "x"), anyNumber.Draw(t, "y")
	op := rapid.SampledFrom(conditions).Draw(t, "op") | rapid.SampledFrom([]asm.Opcode{jmp, jmp32}).Draw(t, "class")
	v, w := holder(t, x).Sync(), holder(t, y).Sync()
	if rapid.Bool().Draw(t, "constant") {
		w = scalar.Const(y)
	}
	into, outcome := machine.Jumps(op, x, y), scalar.Branch(op, v, w)
	if into && outcome == scalar.NotTaken || !into && outcome == scalar.Taken {
		t.Fatalf("jump %#x of %#x and %#x: taken %v, but of %s and %s the outcome is %d", op, x, y, into, v, w, outcome)
	}
	a, b, fallA, fallB := scalar.Refine(op, v, w)
	if !into {
		a, b = fallA, fallB
	}
	if outcome == scalar.Undecided && (!holds(a, x) || !holds(b, y)) {
		t.Fatalf("jump %#x of %#x and %#x: taken %v, but not in %s and %s, of %s and %s", op, x, y, into, a, b, v, w)
	}
	taken, falls := scalar.RefineSame(op, v)
	if same := machine.Jumps(op, x, x); same && !holds(taken, x) || !same && !holds(falls, x) {
		t.Fatalf("jump %#x of %#x and itself: taken %v, but not in %s or %s", op, x, same, taken, falls)
	}
}

func propCasts(t *rapid.T) {
	x := anyNumber.Draw(t, "x")
	v := holder(t, x).Sync()
	sx := func(from int) uint64 { return uint64(int64(x) << (64 - from) >> (64 - from)) }
	for _, tt := range []struct {
		name  string
		value scalar.Value
		want  uint64
	}{
		{"zero extension of 8 bits", scalar.Zext(v, 1), x & 0xff},
		{"zero extension of 16 bits", scalar.Zext(v, 2), x & 0xffff},
		{"zero extension of 32 bits", scalar.Zext(v, 4), x & 0xffffffff},
		{"a load of 64 bits", scalar.Zext(v, 8), x},
		{"MOV of 64 bits", scalar.Mov64(v), x},
		{"MOV of 32 bits", scalar.Mov32(v), x & 0xffffffff},
		{"sign extension of 8 bits", scalar.Sext(v, 1), sx(8)},
		{"sign extension of 16 bits", scalar.Sext(v, 2), sx(16)},
		{"sign extension of 32 bits", scalar.Sext(v, 4), sx(32)},
		{"MOV of 8 bits to 64", scalar.MovSX(v, 8, false), sx(8)},
		{"MOV of 32 bits to 64", scalar.MovSX(v, 32, false), sx(32)},
		{"MOV of 8 bits to 32", scalar.MovSX(v, 8, true), uint64(uint32(sx(8)))},
		{"MOV of 16 bits to 32", scalar.MovSX(v, 16, true), uint64(uint32(sx(16)))},
		{"a byte swap", scalar.ALU(alu64|asm.ALUEnd, v, scalar.Const(64)), bits.ReverseBytes64(x)},
	} {
		if !holds(tt.value, tt.want) {
			t.Fatalf("%s of %#x is %#x, of %s it is %s", tt.name, x, tt.want, v, tt.value)
		}
	}
	limit := int64(rapid.Int32().Draw(t, "limit"))
	lo, hi := min(limit, int64(int32(x))), max(limit, int64(int32(x)))
	if v := scalar.Range(lo, hi); !holds(v, uint64(int64(int32(x)))) || v.Smin != lo || v.Smax != hi {
		t.Fatalf("range of %d to %d is %s", lo, hi, v)
	}
}

// TestSyncLoses: that a sync loses nothing is not so of Linux 6.12, and so not of us.
func TestSyncLoses(t *testing.T) {
	v := scalar.Unknown()
	v.Smin, v.Smax, v.Umax = -1<<31-1, 0, 1
	if s := v.Sync(); s.Smax != 1 {
		t.Errorf("%s becomes %s: __reg_deduce_mixed_bounds makes smax s32max, which is 1 in the first round", v, s)
	}
}

func TestSync(t *testing.T)   { rapid.Check(t, propSync) }
func TestWithin(t *testing.T) { rapid.Check(t, propWithin) }
func TestALU(t *testing.T)    { rapid.Check(t, propALU) }
func TestJump(t *testing.T)   { rapid.Check(t, propJump) }
func TestCasts(t *testing.T)  { rapid.Check(t, propCasts) }

func FuzzALU(f *testing.F)  { f.Fuzz(rapid.MakeFuzz(propALU)) }
func FuzzJump(f *testing.F) { f.Fuzz(rapid.MakeFuzz(propJump)) }
