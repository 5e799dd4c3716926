package paths

import (
	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/paths/scalar"
)

// maxLinked is how many numbers the kernel keeps linked when one of them is compared
// (kernel/bpf/verifier.c: LINKED_REGS_MAX). The others lose their link.
const maxLinked = 6

// branch does a conditional jump (kernel/bpf/verifier.c:check_cond_jmp_op): one way
// where it is decided; else the way behind it, and the other one later.
func (w *walker) branch(st *state, slot int, ins asm.Instruction) {
	op := ins.Opcode()
	regs := st.regs()
	dst := &regs[ins.Dst()]
	imm := constant(uint64(int64(ins.Imm())))
	src := &imm
	if op.SourceX() {
		src = &regs[ins.Src()]
	}
	target, _ := ins.Target(slot)
	if o := outcome(op, dst, src); o != scalar.Undecided {
		st.parent.need(dst.dep.union(src.dep))
		taken := o == scalar.Taken
		b := Branch{Slot: slot, Taken: taken, Decided: true}
		b.Dst = Range{dst.num.Smin, dst.num.Smax, dst.kind != number}
		b.Src = Range{src.num.Smin, src.num.Smax, src.kind != number}
		st.path = st.path.then(b)
		if taken {
			st.slot = target
		}
		return
	}

	if dst.vague() || src.vague() || dst.kind.unknown() || src.kind.unknown() {
		st.blur(op, dst, src)
		if op.SourceX() {
			st.blur(op, src, dst)
		}
	}
	kept := 0
	if op.SourceX() {
		kept = st.boundLinks(src, 0)
	}
	st.boundLinks(dst, kept)
	dep := dst.dep.union(src.dep)
	if dst.kind != number || src.kind != number {
		// Had they been numbers, the kernel would have learned of each of them.
		if op.SourceX() {
			dst.dep, src.dep = dep, dep
		}
		if dst.kind.packet() || src.kind.packet() {
			st.parent.need(dep)
		}
	}

	other := st.clone()
	other.slot = target
	other.path = st.path.then(Branch{Slot: slot, Taken: true})
	st.path = st.path.then(Branch{Slot: slot})
	dstThere := &other.regs()[ins.Dst()]
	immThere := imm
	srcThere := &immThere
	if op.SourceX() {
		srcThere = &other.regs()[ins.Src()]
	}
	if dst.kind == number && src.kind == number && !dst.vague() && !src.vague() {
		if dst == src {
			dstThere.num, dst.num = scalar.RefineSame(op, dst.num)
		} else {
			dstThere.num, srcThere.num, dst.num, src.num = scalar.Refine(op, dst.num, src.num)
			for _, v := range [...]*value{dst, src, dstThere, srcThere} {
				v.dep = dep
			}
		}
	}
	if op.SourceX() {
		st.sync(src)
		other.sync(srcThere)
	}
	st.sync(dst)
	other.sync(dstThere)

	if op.Class() == asm.ClassJMP {
		if op.SourceX() {
			comparePointers(op, st, other, dst, src, dstThere, srcThere)
			comparePacket(op, st, other, dst, src, dstThere, srcThere)
		} else if ins.Imm() == 0 && dst.flags&maybeNull != 0 {
			switch op.Code() {
			case asm.JumpEQ:
				other.null(*dst, true)
				st.null(*dst, false)
			case asm.JumpNE:
				other.null(*dst, false)
				st.null(*dst, true)
			}
		}
	}
	w.push(other)
}

// outcome is what the kernel knows of a comparison (is_branch_taken).
func outcome(op asm.Opcode, dst, src *value) scalar.Outcome {
	switch {
	case dst.kind == number && src.kind == number:
		return scalar.Branch(op, dst.num, src.num)
	case op.Class() == asm.ClassJMP32:
		return scalar.Undecided
	case dst.kind.packet() && src.kind.packet():
		return packetOutcome(op, dst, src)
	}
	// A pointer that is not 0, and 0.
	pointer, zero := dst, src
	if !zero.isConst() {
		pointer, zero = src, dst
	}
	if !zero.isZero() || !pointer.notNull() {
		return scalar.Undecided
	}
	switch op.Code() {
	case asm.JumpEQ:
		return scalar.NotTaken
	case asm.JumpNE:
		return scalar.Taken
	}
	return scalar.Undecided
}

// packetOutcome compares a pointer to the packet, of which an earlier comparison has told
// where it is, with the packet's end (is_pkt_ptr_branch_taken).
func packetOutcome(op asm.Opcode, dst, src *value) scalar.Outcome {
	code := op.Code()
	packet := dst
	switch {
	case src.kind == endPtr:
	case dst.kind == endPtr:
		packet = src
		code = flipped[code>>4]
	default:
		return scalar.Undecided
	}
	decided := func(taken bool) scalar.Outcome {
		if taken {
			return scalar.Taken
		}
		return scalar.NotTaken
	}
	switch code {
	case asm.JumpLE, asm.JumpGT:
		if packet.end == beyondEnd {
			return decided(code == asm.JumpGT)
		}
	case asm.JumpLT, asm.JumpGE:
		if packet.end != 0 {
			return decided(code == asm.JumpGE)
		}
	}
	return scalar.Undecided
}

// flipped are the operations with their operands swapped.
var flipped = [16]asm.Opcode{
	asm.JumpGT >> 4: asm.JumpLT, asm.JumpLT >> 4: asm.JumpGT,
	asm.JumpGE >> 4: asm.JumpLE, asm.JumpLE >> 4: asm.JumpGE,
}

// boundLinks takes the link from numbers that are linked to v beyond those that the kernel keeps linked,
// of which there are some already (collect_linked_regs): it goes from the frame that runs to the
// outermost. It returns how many there are then.
func (s *state) boundLinks(v *value, kept int) int {
	if v.kind != number || v.id == 0 {
		return kept
	}
	link := v.id
	visit := func(v *value) {
		if v.kind != number || v.id != link {
			return
		}
		if kept == maxLinked {
			v.unlink()
			return
		}
		kept++
	}
	for i := len(s.frames) - 1; i >= 0; i-- {
		f := s.frames[i]
		for reg := range f.regs[:asm.R10] {
			visit(&f.regs[reg])
		}
		for j := range f.stack {
			if f.stack[j].spilled() {
				visit(&f.stack[j].value)
			}
		}
	}
	return kept
}

// blur makes what may be a number vague that is compared with another value, and what is linked to it. A
// comparison of order that is not decided tells nothing of a constant.
func (s *state) blur(op asm.Opcode, v, with *value) {
	equality := op.Code() == asm.JumpEQ || op.Code() == asm.JumpNE
	if v.kind.pointer() || v.isConst() && !equality {
		return
	}
	link, dep := v.id, v.dep.union(with.dep)
	v.blur()
	v.dep = dep
	s.each(func(o *value) {
		if link != 0 && o.id == link {
			o.blur()
			o.dep = o.dep.union(dep)
		}
	})
}

// sync tells the numbers that are linked to one what is known of it
// (kernel/bpf/verifier.c:sync_linked_regs).
func (s *state) sync(known *value) {
	if known.kind != number || known.id == 0 {
		return
	}
	s.each(func(v *value) {
		if v == known || v.kind != number || v.id != known.id {
			return
		}
		dep := v.dep.union(known.dep)
		if v.off == known.off {
			*v = *known
		} else {
			v.num = known.num.Plus(int32(v.off) - int32(known.off))
			if known.vague() {
				v.blur()
			}
		}
		v.dep = dep
	})
}

// null tells all copies of a pointer that it is 0, or is not
// (kernel/bpf/verifier.c:mark_ptr_or_null_regs).
func (s *state) null(pointer value, is bool) {
	s.each(func(v *value) {
		if v.flags&maybeNull == 0 || v.id != pointer.id {
			return
		}
		dep := v.dep.union(pointer.dep)
		if is {
			*v = constant(0)
		} else {
			v.flags &^= maybeNull
		}
		v.dep = dep
	})
}

// comparePointers learns from the comparison of two pointers that one of them is not 0
// if the other is not.
func comparePointers(op asm.Opcode, st, other *state, dst, src, dstThere, srcThere *value) {
	if !dst.kind.pointer() || !src.kind.pointer() || dst.kind == objectPtr || src.kind == objectPtr {
		return
	}
	d, s := dst, src
	switch op.Code() {
	case asm.JumpEQ:
		d, s = dstThere, srcThere
	case asm.JumpNE:
	default:
		return
	}
	dep := dst.dep.union(src.dep)
	dstKnown, srcKnown := dst.notNull(), src.notNull()
	if dstKnown && s.flags&maybeNull != 0 {
		s.flags &^= maybeNull
		s.dep = dep
	}
	if srcKnown && d.flags&maybeNull != 0 {
		d.flags &^= maybeNull
		d.dep = dep
	}
}

// comparePacket learns from the comparison of a pointer to the packet with its end
// (kernel/bpf/verifier.c:try_match_pkt_pointers).
func comparePacket(op asm.Opcode, st, other *state, dst, src, dstThere, srcThere *value) {
	code := op.Code()
	here, there := dst, dstThere // the pointer, where the jump is not taken and where it is
	switch {
	case (dst.kind == packetPtr && src.kind == endPtr) || dst.kind == metaPtr && src.isPacketStart():
	case dst.kind == endPtr && src.kind == packetPtr, dst.isPacketStart() && src.kind == metaPtr:
		here, there = src, srcThere
		code = flipped[code>>4]
	default:
		return
	}
	kind := here.kind
	dep := dst.dep.union(src.dep)
	mark := func(v *value, end int8) {
		if kind == packetPtr {
			v.end, v.dep = end, dep
		}
	}
	// Where the pointer is not past the end, a range is known of all pointers that
	// differ from it by a constant, and what was known of their end is forgotten.
	found := func(s *state) {
		s.each(func(v *value) {
			if v.kind == kind && v.end != 0 {
				v.end = 0
			}
		})
	}
	switch code {
	case asm.JumpGT:
		found(st)
		mark(there, beyondEnd)
	case asm.JumpGE:
		found(st)
		mark(there, atEnd)
	case asm.JumpLT:
		found(other)
		mark(here, atEnd)
	case asm.JumpLE:
		found(other)
		mark(here, beyondEnd)
	}
}

// isPacketStart reports whether the value points to the first byte of the packet
// (kernel/bpf/verifier.c:reg_is_init_pkt_pointer).
func (v *value) isPacketStart() bool {
	return v.kind == packetPtr && v.id == 0 && v.off == 0 && v.num.IsConst() && v.num.Const() == 0
}
