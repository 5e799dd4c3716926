package paths

import (
	"math/bits"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/paths/scalar"
)

func bitLen(x uint64) int { return bits.Len64(x) }

// newID returns a link that no value has.
func (w *walker) newID() uint32 {
	w.lastID++
	return w.lastID
}

// link makes sure that a number that is about to be copied has a link
// (kernel/bpf/verifier.c:assign_scalar_id_before_mov).
func (w *walker) link(v *value) {
	if v.kind != number && !v.kind.unknown() {
		return
	}
	if v.flags&added != 0 {
		v.unlink()
	}
	if v.id == 0 && !v.num.IsConst() {
		v.id = w.newID()
	}
}

// arithmetic does an ALU or ALU64 instruction (kernel/bpf/verifier.c:check_alu_op).
func (w *walker) arithmetic(st *state, slot int, ins asm.Instruction) {
	if ins.Dst() > asm.R9 {
		return
	}
	op := ins.Opcode()
	regs := st.regs()
	dst := &regs[ins.Dst()]
	wide := op.Class() == asm.ClassALU64
	switch op.Code() {
	case asm.ALUNeg, asm.ALUEnd:
		*dst = value{kind: number, num: scalar.Unknown(), dep: dst.dep}
		return
	case asm.ALUMov:
		if op.SourceX() {
			w.move(dst, &regs[ins.Src()], ins)
			return
		}
		if wide {
			*dst = constant(uint64(int64(ins.Imm())))
		} else {
			*dst = constant(uint64(uint32(ins.Imm())))
		}
		if w.p.Unknown[slot] {
			*dst = vagueNumber()
		}
		return
	}
	src := constant(uint64(int64(ins.Imm())))
	if op.SourceX() {
		src = regs[ins.Src()]
	} else if w.p.Unknown[slot] {
		src = vagueNumber()
	}
	dep := dst.dep.union(src.dep)
	vague := dst.vague() || src.vague()
	if dst.kind == number && src.kind == number {
		w.fork(st, slot, ins, dst, src.num)
	}
	w.compute(dst, src, ins)
	if vague {
		dst.blur()
	}
	dst.dep = dep
}

// fork splits the state where the kernel does so at an AND or OR: dst is -1 here, and 0
// in another state at the same instruction (kernel/bpf/verifier.c:maybe_fork_scalars).
func (w *walker) fork(st *state, slot int, ins asm.Instruction, dst *value, src scalar.Value) {
	minusOne, zero, forks := scalar.Fork(ins.Opcode(), dst.num, src)
	if !forks {
		return
	}
	st.parent.need(dst.dep)
	other := st.clone()
	other.slot = slot
	other.regs()[ins.Dst()].num = zero
	other.regs()[ins.Dst()].unlink()
	w.push(other)
	dst.num = minusOne
}

// move does MOV of a register.
func (w *walker) move(dst, src *value, ins asm.Instruction) {
	wide := ins.Opcode().Class() == asm.ClassALU64
	from := int(ins.Off()) // bits, of a sign extension
	switch {
	case wide && from == 0:
		w.link(src)
		*dst = *src
		if dst.kind == number {
			dst.num = scalar.Mov64(dst.num)
		}
		return
	case from != 0 && from != 8 && from != 16 && !(wide && from == 32):
		// A cast to or from an arena, or refused.
		*dst = value{dep: src.dep}
		dst.become(outside)
		return
	case src.kind != number:
		vague := src.vague()
		*dst = value{kind: number, num: scalar.Unknown(), dep: src.dep}
		if !wide {
			dst.num = scalar.Mov32(dst.num)
		}
		if vague {
			dst.blur()
		}
		return
	}
	same := src.width() <= 32 // as many bits as are kept, without the sign
	if from != 0 {
		same = src.num.Umax < 1<<(from-1)
	}
	if same {
		w.link(src)
	}
	*dst = *src
	if !same {
		dst.unlink()
	}
	if from == 0 {
		dst.num = scalar.Mov32(dst.num)
	} else {
		dst.num = scalar.MovSX(dst.num, from, !wide)
	}
	if dst.vague() {
		dst.blur()
	}
}

// compute does all other operations (kernel/bpf/verifier.c:adjust_reg_min_max_vals).
func (w *walker) compute(dst *value, src value, ins asm.Instruction) {
	op := ins.Opcode()
	wide := op.Class() == asm.ClassALU64
	code := op.Code()
	switch {
	case dst.kind == number && src.kind == number:
		w.computeNumbers(dst, src, ins)
	case wide && (code == asm.ALUAdd || code == asm.ALUSub):
		*dst = sum(*dst, src, code == asm.ALUSub, w)
	case !wide && code == asm.ALUSub:
		// Of a pointer the kernel makes an unknown number, of 64 bits.
		*dst = unknownNumber()
	default:
		// Pointers are refused, so that these are numbers.
		a, b := scalar.Unknown(), scalar.Unknown()
		if dst.kind == number {
			a = dst.num
		}
		if src.kind == number {
			b = src.num
		}
		*dst = value{kind: number, num: scalar.ALU(op, a, b)}
	}
}

// computeNumbers computes with two numbers, and keeps the link of one to which a
// constant is added.
func (w *walker) computeNumbers(dst *value, src value, ins asm.Instruction) {
	op := ins.Opcode()
	dst.num = scalar.ALU(op, dst.num, src.num)
	const maxAdded = 1<<31 - 1
	if op.Class() == asm.ClassALU64 && op.Code() == asm.ALUAdd && dst.id != 0 && src.isConst() &&
		!(op.SourceX() && ins.Src() == ins.Dst()) &&
		dst.flags&added == 0 && src.num.Const() <= maxAdded {
		dst.flags |= added
		dst.off = int64(src.num.Const())
		return
	}
	dst.unlink()
}

// sum adds or subtracts where one at least may be a pointer
// (kernel/bpf/verifier.c:adjust_ptr_min_max_vals).
func sum(dst, src value, subtract bool, w *walker) value {
	var out value
	switch {
	case dst.kind.pointer() && src.kind.pointer():
		return unknownNumber() // the difference; sums are refused
	case dst.kind == anything || src.kind == anything:
		out.become(anything)
		return out
	case dst.kind.pointer() && src.kind.unknown():
		// Another pointer is refused, or makes a number.
		if subtract {
			out.become(outside)
			if dst.kind == stackPtr {
				out.become(anything)
			}
			return out
		}
		return offset(dst, unknownNumber(), false, w)
	case src.kind.pointer() && dst.kind.unknown():
		if subtract {
			out.become(outside)
			return out
		}
		return offset(src, unknownNumber(), false, w)
	case dst.kind.unknown(), src.kind.unknown():
		if dst.kind == argument || src.kind == argument {
			out.become(argument)
		} else {
			out.become(outside)
		}
		if dst.kind.unknown() {
			out.id = dst.id // where it is a number, and so is what it was copied to
		}
		return out
	case dst.kind.pointer() && src.kind == number:
		return offset(dst, src, subtract, w)
	case src.kind.pointer() && dst.kind == number && !subtract:
		return offset(src, dst, false, w)
	}
	return unknownNumber() // refused
}

// offset moves a pointer by a number.
func offset(ptr, by value, subtract bool, w *walker) value {
	ptr.dep = demand{}
	if by.num.IsConst() {
		k := int64(by.num.Const())
		if subtract {
			k = -k
		}
		if off := ptr.off + k; k > -1<<32 && k < 1<<32 && off == int64(int32(off)) {
			ptr.off = off
			return ptr
		}
	}
	ptr.num = moved(ptr.num, by.num, subtract)
	if ptr.kind == packetPtr || ptr.kind == metaPtr {
		ptr.id = w.newID()
		if !subtract || by.num.Smin < 0 {
			ptr.end = 0
		}
	}
	return ptr
}

// moved computes the variable part of a pointer's offset. The kernel keeps no 32-bit
// bounds of it.
func moved(a, b scalar.Value, subtract bool) scalar.Value {
	op := asm.Opcode(asm.ClassALU64) | asm.ALUAdd
	if subtract {
		op = asm.Opcode(asm.ClassALU64) | asm.ALUSub
	}
	full := scalar.Unknown()
	a.S32min, a.S32max, a.U32min, a.U32max = full.S32min, full.S32max, full.U32min, full.U32max
	b.S32min, b.S32max, b.U32min, b.U32max = full.S32min, full.S32max, full.U32min, full.U32max
	return scalar.ALU(op, a, b)
}
