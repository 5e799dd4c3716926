package scalar_test

import (
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/machine"
	"github.com/statecheck/statecheck/verifier/paths/scalar"
)

// family is values, and which of the numbers each holds.
type family struct {
	numbers []uint64
	members []member
}

type member struct {
	scalar.Value
	holds []int // indices of numbers
}

// tnums is all tristate numbers of 5 bits, the lowest of which is that one.
func tnums(lowest int) *family {
	f := new(family)
	for x := range uint64(32) {
		f.numbers = append(f.numbers, x<<lowest)
	}
	for mask := range uint64(32) {
		for value := range uint64(32) {
			if value&mask != 0 {
				continue
			}
			m := member{Value: scalar.Unknown()}
			m.Bits = scalar.Tnum{Value: value << lowest, Mask: mask << lowest}
			m.Value = m.Sync()
			for x := range 32 {
				if uint64(x)&^mask == value {
					m.holds = append(m.holds, x)
				}
			}
			f.members = append(f.members, m)
		}
	}
	return f
}

// ranges is all ranges of so many numbers from base on: unsigned, signed or both, as they can be.
func ranges(base uint64, size int) *family {
	f := new(family)
	for i := range size {
		f.numbers = append(f.numbers, base+uint64(i))
	}
	for lo := range size {
		m := member{}
		for hi := lo; hi < size; hi++ {
			m.holds = append(m.holds[:len(m.holds):len(m.holds)], hi)
			m.Value = scalar.Unknown()
			first, last := f.numbers[lo], f.numbers[hi]
			if first <= last {
				m.Umin, m.Umax = first, last
			}
			if int64(first) <= int64(last) {
				m.Smin, m.Smax = int64(first), int64(last)
			}
			m.Value = m.Sync()
			f.members = append(f.members, m)
		}
	}
	return f
}

// hull is the least value that holds some numbers: none at first.
type hull struct {
	scalar.Value
	some bool
}

func (h *hull) join(v scalar.Value) {
	if !h.some {
		h.Value, h.some = v, true
		return
	}
	unknown := h.Bits.Mask | v.Bits.Mask | (h.Bits.Value ^ v.Bits.Value)
	h.Bits = scalar.Tnum{Value: v.Bits.Value &^ unknown, Mask: unknown}
	h.Umin, h.Umax = min(h.Umin, v.Umin), max(h.Umax, v.Umax)
	h.Smin, h.Smax = min(h.Smin, v.Smin), max(h.Smax, v.Smax)
	h.U32min, h.U32max = min(h.U32min, v.U32min), max(h.U32max, v.U32max)
	h.S32min, h.S32max = min(h.S32min, v.S32min), max(h.S32max, v.S32max)
}

func (h *hull) joinAll(other hull) {
	if other.some {
		h.join(other.Value)
	}
}

// pair is two families, at the ends of both widths and where signs change.
type pair struct {
	name string
	v, w *family
	// What is known is all that can be: of the bits of sums and of the operations on bits; of the
	// bounds after branches.
	exactBits, exactBranches bool
}

func pairs() []pair {
	all := ranges(0, 32)
	if testing.Short() {
		all = ranges(0, 12)
	}
	aboutZero, aboutSign := ranges(^uint64(7), 16), ranges(1<<31-8, 16)
	return []pair{
		{"bits", tnums(0), tnums(0), true, false},
		{"bits about 32", tnums(29), tnums(29), true, false},
		{"bits at the top", tnums(59), tnums(59), true, false},
		{"ranges", all, all, false, true},
		{"ranges and bits", ranges(8, 12), tnums(0), false, false},
		{"ranges about 0", aboutZero, aboutZero, false, false},
		{"ranges about 1<<31", aboutSign, aboutSign, false, false},
		{"ranges about 1<<32", ranges(1<<32-8, 16), ranges(1<<32-8, 16), false, false},
		{"ranges about 1<<63", ranges(1<<63-8, 16), ranges(1<<63-8, 16), false, false},
		{"ranges about 1<<31 and 0", aboutSign, aboutZero, false, false},
	}
}

// TestAllPairs holds all operations and jumps on all pairs of values of 5 bits against those on the
// numbers that they hold.
func TestAllPairs(t *testing.T) {
	for _, p := range pairs() {
		t.Run(p.name, func(t *testing.T) {
			for _, op := range operations {
				p.operation(t, alu|op, false)
				p.operation(t, alu64|op, p.exactBits && op != asm.ALUMul)
			}
			for _, op := range conditions {
				p.jump(t, jmp32|op, false)
				p.jump(t, jmp|op, p.exactBranches && op != asm.JumpSET)
			}
		})
	}
}

func (p *pair) operation(t *testing.T, op asm.Opcode, exact bool) {
	results := make([]hull, len(p.v.numbers)) // by number in v
	for _, w := range p.w.members {
		clear(results)
		for i, x := range p.v.numbers {
			for _, j := range w.holds {
				results[i].join(scalar.Const(compute(op, x, p.w.numbers[j])))
			}
		}
		for _, v := range p.v.members {
			var want hull
			for _, i := range v.holds {
				want.joinAll(results[i])
			}
			got := scalar.ALU(op, v.Value, w.Value)
			if !want.Within(got) {
				t.Fatalf("op %#x of %s and %s is %s, and makes %s", op, v, w, got, want)
			}
			if exact && got.Bits != want.Bits && got != scalar.Unknown() {
				t.Fatalf("op %#x of %s and %s is only %s, and makes %s", op, v, w, got, want)
			}
		}
	}
}

func (p *pair) jump(t *testing.T, op asm.Opcode, exact bool) {
	// By number in v: what it meets in w where the jump is taken, and where it is not.
	meets := make([][2]hull, len(p.v.numbers))
	for _, w := range p.w.members {
		clear(meets)
		for i, x := range p.v.numbers {
			for _, j := range w.holds {
				y := p.w.numbers[j]
				meets[i][branch(machine.Jumps(op, x, y))].join(scalar.Const(y))
			}
		}
		for _, v := range p.v.members {
			var dst, src [2]hull
			for _, i := range v.holds {
				for way, met := range meets[i] {
					if met.some {
						dst[way].join(scalar.Const(p.v.numbers[i]))
						src[way].join(met.Value)
					}
				}
			}
			p.check(t, op, exact, v, w, dst, src)
		}
	}
}

const (
	falls = 0
	taken = 1
)

func branch(isTaken bool) int {
	if isTaken {
		return taken
	}
	return falls
}

// check holds what is known of a jump of v and w against the numbers that go there.
func (p *pair) check(t *testing.T, op asm.Opcode, exact bool, v, w member, dst, src [2]hull) {
	outcome := scalar.Branch(op, v.Value, w.Value)
	if dst[taken].some && outcome == scalar.NotTaken || dst[falls].some && outcome == scalar.Taken {
		t.Fatalf("jump %#x of %s and %s has the outcome %d", op, v, w, outcome)
	}
	if outcome != scalar.Undecided {
		return
	}
	if exact && dst[taken].some != dst[falls].some {
		t.Fatalf("jump %#x of %s and %s is not decided", op, v, w)
	}
	takenDst, takenSrc, fallDst, fallSrc := scalar.Refine(op, v.Value, w.Value)
	for _, tt := range []struct {
		name string
		want hull
		got  scalar.Value
	}{
		{"dst, taken", dst[taken], takenDst}, {"src, taken", src[taken], takenSrc},
		{"dst, not taken", dst[falls], fallDst}, {"src, not taken", src[falls], fallSrc},
	} {
		switch want, got := tt.want, tt.got; {
		case !want.some:
		case !want.Within(got):
			t.Fatalf("jump %#x of %s and %s: %s is %s, and has %s", op, v, w, tt.name, got, want)
		case exact && (got.Umin != want.Umin || got.Umax != want.Umax):
			t.Fatalf("jump %#x of %s and %s: %s is only %s, and has %s", op, v, w, tt.name, got, want)
		}
	}
}
