package scalar_test

import (
	"math/bits"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/paths/scalar"
)

// A state is what the kernel's walk knows at a slot, as far as the drawn programs need it: numbers
// in r0 to r9 and one that is spilled at r10-8, and which of them are linked, since they are the same or differ by a
// constant (kernel/bpf/verifier.c of 6.12.117: check_alu_op, collect_linked_regs, sync_linked_regs).
type state struct {
	slot   int
	places [places]place
}

const (
	spill  = 10 // place of the spilled number
	places = 11
)

type place struct {
	scalar.Value
	number bool // not a pointer, nor undefined
	id     int  // of what it is linked to; 0: nothing
	plus   bool // its value is that of the others with the id, plus offset (BPF_ADD_CONST)
	offset int32
}

func number(v scalar.Value) place { return place{Value: v, number: true} }

func (p *place) unlink() { p.id, p.plus, p.offset = 0, false, 0 }

// link is assign_scalar_id_before_mov.
func (p *place) link(ids *int) {
	if p.plus {
		p.unlink()
	}
	if p.id == 0 && !p.IsConst() {
		*ids++
		p.id = *ids
	}
}

func (p *place) width() int { return bits.Len64(p.Umax) }

// Opcodes without a name in asm.
const (
	opSpill  asm.Opcode = asm.Opcode(asm.ClassSTX) | asm.ModeMEM | asm.SizeDW
	opMovK   asm.Opcode = alu64 | asm.ALUMov
	opMov32X asm.Opcode = alu | asm.ALUMov | 8
	opMov32K asm.Opcode = alu | asm.ALUMov
)

// step executes the instruction at the state's slot, of which next is the second slot if it has two. Where the
// walk goes on in another state too it is returned: it is visited later.
func (s *state) step(ins, next asm.Instruction, ids *int) *state {
	op := ins.Opcode()
	dst := &s.places[ins.Dst()%places]
	switch op.Class() {
	case asm.ClassALU, asm.ClassALU64:
		if other := s.alu(ins, dst, ids); other != nil {
			return other // at this slot
		}
	case asm.ClassLD:
		*dst = number(scalar.Const(uint64(uint32(ins.Imm())) | uint64(next.Imm())<<32))
		s.slot++
	case asm.ClassSTX:
		src := &s.places[ins.Src()]
		src.link(ids)
		s.places[spill] = *src
	case asm.ClassLDX:
		s.load(ins, dst)
	case asm.ClassJMP, asm.ClassJMP32:
		if op != asm.Exit {
			return s.branch(ins, dst)
		}
	}
	s.slot++
	return nil
}

func (s *state) alu(ins asm.Instruction, dst *place, ids *int) *state {
	op := ins.Opcode()
	srcPlace := &s.places[ins.Src()%places]
	src := scalar.Const(uint64(ins.Imm()))
	if op.SourceX() {
		src = srcPlace.Value
	}
	switch op.Code() {
	case asm.ALUMov:
		wide, from := op.Class() == asm.ClassALU64, int(ins.Off())
		switch {
		case op == opMovK:
			*dst = number(src)
		case op == opMov32K:
			*dst = number(scalar.Const(uint64(uint32(ins.Imm()))))
		case from == 0 && wide:
			srcPlace.link(ids)
			*dst = *srcPlace
			dst.Value = scalar.Mov64(src)
		default:
			same := srcPlace.width() <= 32
			if from != 0 {
				same = srcPlace.Umax < 1<<(from-1)
			}
			if same {
				srcPlace.link(ids)
			}
			*dst = *srcPlace
			if !same {
				dst.unlink()
			}
			if from == 0 {
				dst.Value = scalar.Mov32(src)
			} else {
				dst.Value = scalar.MovSX(src, from, !wide)
			}
		}
	default:
		minusOne, zero, forks := scalar.Fork(op, dst.Value, src)
		if forks {
			other := *s
			other.places[ins.Dst()].Value = zero
			dst.Value = scalar.ALU(op, minusOne, src)
			dst.unlink()
			s.slot++
			return &other
		}
		isConst := src.IsConst()
		dst.Value = scalar.ALU(op, dst.Value, src)
		if op.Class() == asm.ClassALU64 && op.Code() == asm.ALUAdd && dst.id != 0 && isConst &&
			!(op.SourceX() && ins.Src() == ins.Dst()) && !dst.plus && src.Const() <= 1<<31-1 {
			dst.plus, dst.offset = true, int32(src.Const())
		} else {
			dst.unlink()
		}
	}
	return nil
}

// load reads the stack: the spilled number at r10-8, and nothing that is known below it.
func (s *state) load(ins asm.Instruction, dst *place) {
	*dst = number(scalar.Unknown())
	size := map[asm.Opcode]int{asm.SizeB: 1, asm.SizeH: 2, asm.SizeW: 4, asm.SizeDW: 8}[ins.Opcode().Size()]
	if ins.Off() == -8 {
		*dst = s.places[spill]
		if dst.width() > 8*size {
			dst.unlink()
		}
	}
	if ins.Opcode().Mode() == asm.ModeMEMSX {
		dst.Value = scalar.Sext(dst.Value, size)
	} else {
		dst.Value = scalar.Zext(dst.Value, size)
	}
}

func (s *state) branch(ins asm.Instruction, dst *place) *state {
	op := ins.Opcode()
	src := new(place)
	*src = number(scalar.Const(uint64(ins.Imm())))
	if op.SourceX() {
		src = &s.places[ins.Src()]
	}
	target := s.slot + 1 + int(ins.Off())
	s.slot++
	switch scalar.Branch(op, dst.Value, src.Value) {
	case scalar.Taken:
		s.slot = target
		return nil
	case scalar.NotTaken:
		return nil
	}

	// Which places are linked is found before anything is known of them; at most six.
	var linked []int
	for _, p := range []*place{src, dst} {
		id := p.id
		if id == 0 {
			continue
		}
		for i := range s.places {
			if q := &s.places[i]; !q.number || q.id != id {
				continue
			} else if len(linked) < 6 {
				linked = append(linked, i)
			} else {
				q.unlink()
			}
		}
	}
	taken := *s
	taken.slot = target
	otherDst, otherSrc := &taken.places[ins.Dst()], new(place)
	if op.SourceX() {
		otherSrc = &taken.places[ins.Src()]
	}
	if dst == src {
		otherDst.Value, dst.Value = scalar.RefineSame(op, dst.Value)
	} else {
		otherDst.Value, otherSrc.Value, dst.Value, src.Value = scalar.Refine(op, dst.Value, src.Value)
	}
	if op.SourceX() {
		s.sync(int(ins.Src()), linked)
		taken.sync(int(ins.Src()), linked)
	}
	s.sync(int(ins.Dst()), linked)
	taken.sync(int(ins.Dst()), linked)
	return &taken
}

// sync tells the linked places what is known of one (sync_linked_regs).
func (s *state) sync(known int, linked []int) {
	k := s.places[known]
	if k.id == 0 {
		return
	}
	for _, i := range linked {
		p := &s.places[i]
		switch {
		case i == known || p.id != k.id:
		case !p.plus && !k.plus || p.offset == k.offset:
			*p = k
		default:
			p.Value = k.Plus(p.offset - k.offset)
		}
	}
}
