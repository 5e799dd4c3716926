package paths

import (
	"slices"

	"github.com/statecheck/statecheck/verifier/paths/scalar"
)

// The stack as kernel/bpf/verifier.c tracks it: whole registers where they were
// spilled at the start of a slot, and what each byte is elsewhere.

// slotAt returns the slot that holds the byte at off (negative), nil where nothing was
// written so deep.
func (f *frame) slotAt(off int) *slot {
	if i := (-off - 1) / 8; i < len(f.stack) {
		return &f.stack[i]
	}
	return nil
}

// grow returns the slot that holds the byte at off, -512 to -1.
func (f *frame) grow(off int) *slot {
	i := (-off - 1) / 8
	for i >= len(f.stack) {
		f.stack = append(f.stack, slot{value: value{dep: f.rest}})
	}
	return &f.stack[i]
}

// byteOf returns the index in its slot of the byte at off.
func byteOf(off int) int { return off & 7 }

// inStack clips [low, high) to what a frame can have.
func inStack(low, high int64) (int, int) {
	return int(max(low, -maxStack)), int(min(high, 0))
}

// fixedAccess reports whether an access is one that the kernel allows at a known
// offset: aligned, and inside the frame.
func fixedAccess(off int64, size int) bool {
	return off >= -maxStack && off < 0 && off%int64(size) == 0
}

// read returns what a load of size bytes at off finds, before it is extended
// (check_stack_read_fixed_off).
func (f *frame) read(off, size int) value {
	s := f.slotAt(off)
	if s == nil {
		v := unknownNumber()
		v.dep = f.rest
		return v
	}
	v := s.value
	first := byteOf(off)
	bytes := s.bytes[first : first+size]
	count := func(k byteKind) (n int) {
		for _, b := range bytes {
			if b == k {
				n++
			}
		}
		return n
	}
	if s.spilled() {
		spill := 1
		for spill < 8 && s.bytes[spill] == byteSpill {
			spill++
		}
		switch {
		case size == 8 && spill == 8:
			return v
		case v.kind != number:
			// A part of a pointer is refused; what is not known can be a number.
		case first == 0 && size <= spill:
			if v.width() > 8*size {
				v.unlink()
			}
			return v
		case v.isZero() && count(byteSpill) == size:
			return value{kind: number, num: scalar.Const(0), dep: v.dep}
		}
	}
	out := unknownNumber()
	switch {
	case count(byteZero) == size:
		out = constant(0)
	case count(byteUnknown) > 0 && size == 8:
		out.become(anything)
	case count(byteUnknown) > 0, count(byteSpill) > 0 && v.vague():
		out.blur()
	}
	out.dep = v.dep
	return out
}

// readRange is read where the offset is one of [low, high] (check_stack_read_var_off).
func (f *frame) readRange(low, high int64, size int) value {
	out := constant(0)
	from, to := inStack(low, high+int64(size))
	for off := from; off < to; off++ {
		b := byteUnset
		if s := f.slotAt(off); s == nil {
			out.dep = out.dep.union(f.rest)
		} else {
			b = s.bytes[byteOf(off)]
			out.dep = out.dep.union(s.value.dep)
			if b == byteSpill && (s.value.kind != number || s.value.vague()) {
				b = byteUnknown // the kernel may know the offset, and find the pointer
			}
		}
		switch {
		case b == byteUnknown:
			out.become(anything)
		case b != byteZero && out.kind == number:
			out = value{kind: number, num: scalar.Unknown(), dep: out.dep}
		}
	}
	if out.kind == anything && size < 8 {
		dep := out.dep
		out = vagueNumber()
		out.dep = dep
	}
	return out
}

// scrub makes what special use a slot had ordinary bytes (scrub_special_slot).
func (s *slot) scrub() {
	if !s.spilled() {
		return
	}
	for i, b := range s.bytes {
		if b != byteUnset && b != byteUnknown {
			s.bytes[i] = byteMisc
		}
	}
	s.value = value{dep: s.value.dep}
}

// write stores size bytes at off (check_stack_write_fixed_off). v is changed where the
// kernel links the register to what is spilled of it.
func (w *walker) write(f *frame, off, size int, v *value) {
	s := f.grow(off)
	first := byteOf(off)
	dep := s.value.dep
	if size == 8 {
		dep = demand{}
	}
	dep = dep.union(v.dep)
	switch {
	case first == 0 && v.kind == number:
		fits := v.width() <= 8*size
		if fits {
			w.link(v)
		}
		s.value = *v
		if !fits {
			s.value.unlink()
		}
		s.spill(size)
	case first == 0 && size == 8:
		w.link(v)
		s.value = *v
		s.spill(size)
	case first == 0 && v.kind.unknown(): // a number, if the kernel lets it be
		s.value = unknownNumber()
		if v.vague() {
			s.value.blur()
		}
		s.spill(size)
	default:
		s.scrub()
		kind := byteMisc
		switch {
		case v.isZero():
			kind = byteZero
		case v.vague():
			kind = byteUnknown
		}
		for i := first; i < first+size; i++ {
			s.bytes[i] = kind
		}
	}
	s.value.dep = dep
}

// spill marks the first size bytes as those of the value (save_register_state).
func (s *slot) spill(size int) {
	for i := range s.bytes {
		switch {
		case i < size:
			s.bytes[i] = byteSpill
		case s.bytes[i] == byteSpill:
			s.bytes[i] = byteMisc
		}
	}
}

// writeRange stores at one of the offsets [low, high] (check_stack_write_var_off). vague: the kernel may
// know at which.
func (f *frame) writeRange(low, high int64, size int, v *value, vague bool) {
	zero := v.isZero()
	from, to := inStack(low, high+int64(size))
	for off := from; off < to; off++ {
		s := f.grow(off)
		b := &s.bytes[byteOf(off)]
		s.value.dep = s.value.dep.union(v.dep)
		if zero && !vague && *b == byteSpill && s.value.isZero() {
			continue
		}
		if vague || v.vague() || s.spilled() && s.value.kind != number {
			s.blur()
			continue
		}
		s.scrub()
		if *b != byteUnknown && !(zero && *b == byteZero) {
			*b = byteMisc
		}
	}
}

// blur is for a slot of which the kernel may know what it holds: that it is not written, and a pointer.
func (s *slot) blur() {
	s.value = value{dep: s.value.dep}
	for i := range s.bytes {
		s.bytes[i] = byteUnknown
	}
}

// doubt is for a slot that a call may write: the kernel may know that it does not, and what is there.
func (s *slot) doubt() {
	if s.spilled() || slices.Contains(s.bytes[:], byteZero) {
		s.blur()
	}
}

// clobber makes what a call may have written unknown: bytes [low, high)
// (check_stack_range_initialized). exact: the kernel takes it for written too, also where there was a pointer;
// vague: it may take less for written.
func (f *frame) clobber(low, high int64, exact, vague bool) {
	from, to := inStack(low, high)
	for off := from; off < to; off++ {
		s := f.grow(off)
		if vague {
			s.doubt()
			continue
		}
		if !exact && s.spilled() && s.value.kind != number {
			s.blur()
			continue
		}
		s.scrub()
		if b := &s.bytes[byteOf(off)]; *b != byteUnknown {
			*b = byteMisc
		}
	}
}

// lose makes a whole frame unknown: anything may have been written there.
func (f *frame) lose() {
	f.grow(-maxStack)
	for i := range f.stack {
		f.stack[i].blur()
	}
}

// loseAll makes all frames unknown.
func (s *state) loseAll() {
	for _, f := range s.frames {
		f.lose()
	}
}

// stackOf returns the frame that a pointer to the stack leads to, and the range of
// its offset; nil for one that is no longer there.
func (s *state) stackOf(v *value, off int64) (f *frame, low, high int64) {
	if int(v.frame) >= len(s.frames) {
		return nil, 0, 0
	}
	clip := func(x int64) int64 { return min(max(x, -1<<30), 1<<30) }
	return s.frames[v.frame], clip(v.num.Smin) + v.off + off, clip(v.num.Smax) + v.off + off
}

// load returns what is at a pointer to the stack.
func (w *walker) loadStack(st *state, addr *value, off int64, size int) value {
	f, low, high := st.stackOf(addr, off)
	switch {
	case f == nil:
		v := value{}
		v.become(anything)
		return v
	case addr.num.IsConst() && fixedAccess(low, size):
		return f.read(int(low), size)
	}
	out := f.readRange(low, high, size)
	if addr.vague() {
		out.blur()
	}
	return out
}

// storeStack stores through a pointer to the stack.
func (w *walker) storeStack(st *state, addr *value, off int64, size int, v *value) {
	f, low, high := st.stackOf(addr, off)
	switch {
	case f == nil:
		st.loseAll()
	case addr.num.IsConst() && fixedAccess(low, size):
		w.write(f, int(low), size, v)
	default:
		f.writeRange(low, high, size, v, addr.vague())
	}
}
