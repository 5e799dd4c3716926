package generate

import (
	"math"

	"github.com/statecheck/statecheck/asm"
)

// slotCount is how many slots the frame has.
func (b *builder) slotCount() int {
	if b.functions[b.self].level >= leafLevel {
		return leafSlots
	}
	return numSlots
}

// hasBuffer reports whether the frame has more than slots.
func (b *builder) hasBuffer() bool { return b.functions[b.self].level < leafLevel }

func slotOffset(i int) int16 { return int16(-8 * (i + 1)) }

// spill stores a register or a constant, of any width, mostly at the start of a slot.
func (b *builder) spill() {
	if b.frozenSlots {
		b.fill()
		return
	}
	i, size := b.below(b.slotCount()), pick(b.source, sizes[:])
	off := slotOffset(i)
	if b.oneIn(4) {
		off += int16(b.below(8/size.bytes) * size.bytes)
	}
	var v value
	if b.oneIn(3) {
		imm := b.immediate()
		b.storeAt(storeImm|size.bits, off, 0, imm)
		v = constant(uint64(int64(imm)))
	} else {
		src := b.operand()
		if w := &b.regs[src]; size.bytes == 8 && !w.isConstant() && w.link == 0 {
			b.links++
			w.link = b.links
		}
		v = b.regs[src]
		b.storeAt(store|size.bits, off, src, 0)
	}
	b.slots[i] = slot{}
	if off == slotOffset(i) {
		b.slots[i] = slot{narrow(v, size.bytes), size.bytes}
	}
}

// storeAt stores to the stack, at times by a copy of the frame pointer.
func (b *builder) storeAt(op asm.Opcode, off int16, src asm.Register, imm int32) {
	if b.oneIn(4) {
		base := b.choose(scratchRegs &^ b.frozen &^ b.pinned() &^ registers(src))
		b.frameAddress(base, int32(off))
		b.emit(op, base, src, 0, imm)
		return
	}
	b.emit(op, asm.R10, src, off, imm)
}

// spillContext keeps the pointer to the context on the stack for a while.
func (b *builder) spillContext() {
	if b.frozenSlots {
		b.alu()
		return
	}
	i := b.below(b.slotCount())
	b.emit(storeLong, asm.R10, contextReg, slotOffset(i), 0)
	b.alu()
	b.emit(loadLong, contextReg, asm.R10, slotOffset(i), 0)
	b.emit(storeImm|asm.SizeDW, asm.R10, 0, slotOffset(i), 0)
	b.slots[i] = slot{constant(0), 8}
}

// narrow is the lowest bytes of a number.
func narrow(v value, bytes int) value {
	if bytes == 8 {
		return v
	}
	v.link = 0
	most := uint64(1)<<(8*bytes) - 1
	switch {
	case v.isConstant():
		v.lo &= most
		v.hi &= most
	case v.hi > most:
		v.lo, v.hi = 0, most
	}
	return v
}

// fill loads from a slot, mostly what was spilled there, with and without sign.
func (b *builder) fill() {
	i, size, dst := b.below(b.slotCount()), pick(b.source, sizes[:]), b.writable()
	s := b.slots[i]
	if s.size != 0 && !b.oneIn(4) {
		size.bits, size.bytes = sizeBits(s.size), s.size
	}
	off := slotOffset(i)
	if b.oneIn(6) {
		off += int16(b.below(8/size.bytes) * size.bytes)
	}
	signed := size.bytes < 8 && b.oneIn(3)
	op := load
	if signed {
		op = loadSX
	}
	b.emit(op|size.bits, dst, asm.R10, off, 0)
	v := narrow(anyNumber, size.bytes)
	switch {
	case s.size == size.bytes && off == slotOffset(i):
		v = s.value
	case s.size != 0:
		v.fuzzy = true
	}
	if signed {
		v = signExtend(v, 8*size.bytes)
	}
	b.set(dst, v)
}

// atomics are the atomic operations; those that fetch write the source register.
var atomics = [...]struct {
	imm   int32
	fetch bool
}{
	{asm.AtomicAdd, false}, {asm.AtomicAdd | asm.AtomicFetch, true}, {asm.AtomicOr, false}, {asm.AtomicAnd | asm.AtomicFetch, true},
	{asm.AtomicXor, false}, {asm.AtomicXor | asm.AtomicFetch, true}, {asm.AtomicXchg, true}, {asm.AtomicCmpxchg, false},
}

// exchange is an atomic operation on the stack.
func (b *builder) exchange() {
	if b.frozenSlots {
		b.fill()
		return
	}
	i := b.below(b.slotCount())
	src := b.changeable()
	b.atomicOn(asm.R10, slotOffset(i), src)
	b.slots[i] = slot{}
}

// atomicOn is an atomic operation on memory that may be read and written.
func (b *builder) atomicOn(dst asm.Register, off int16, src asm.Register) {
	row := pick(b.source, atomics[:])
	if row.imm == asm.AtomicCmpxchg && (!b.regs[asm.R0].isNumber() || dst == asm.R0) {
		row = atomics[1]
	}
	size := asm.SizeDW
	if b.coin() {
		size = asm.SizeW
	}
	b.emit(atomic|size, dst, src, off, row.imm)
	switch {
	case row.imm == asm.AtomicCmpxchg:
		b.set(asm.R0, anyNumber)
	case row.fetch:
		b.set(src, anyNumber)
	}
}

// loadContext loads a number from the context.
func (b *builder) loadContext(dst asm.Register) {
	f := pick(b.source, b.typ.loads)
	b.emit(load|sizeBits(f.size), dst, contextReg, f.off, 0)
	b.set(dst, narrow(anyNumber, f.size))
	// The arguments of kernel functions that are drawn are bool and int: compilers use no
	// more of them than that, mostly.
	if b.typ.name == "tracing" && !b.oneIn(8) {
		b.emit(mov32|withReg, dst, dst, 0, 0)
		b.set(dst, narrow(anyNumber, 4))
	}
}

// useContext loads from the context or stores to it.
func (b *builder) useContext() {
	if len(b.typ.stores) > 0 && b.oneIn(4) {
		f := pick(b.source, b.typ.stores)
		b.emit(store|sizeBits(f.size), contextReg, b.operand(), f.off, 0)
		return
	}
	b.loadContext(b.writable())
}

func (b *builder) fitsContext() bool { return b.hasContext() && len(b.typ.loads) > 0 }

// useMemory reads or writes through a pointer to 8 bytes.
func (b *builder) useMemory() {
	p := b.choose(b.holding(memory))
	b.through(p)
}

func (b *builder) fitsMemory() bool { return b.holding(memory) != 0 }

// through loads or stores through a pointer to 8 bytes.
func (b *builder) through(p asm.Register) {
	size := pick(b.source, sizes[:])
	off := int16(b.below(8/size.bytes) * size.bytes)
	switch numbers := b.holding(number); {
	case b.oneIn(4):
		b.emit(storeImm|size.bits, p, 0, off, b.immediate())
	case numbers != 0 && b.oneIn(4):
		b.emit(store|size.bits, p, b.choose(numbers), off, 0)
	default:
		dst := b.choose(b.free() &^ registers(p))
		b.emit(load|size.bits, dst, p, off, 0)
		b.set(dst, narrow(anyNumber, size.bytes))
	}
}

// legacyLoad loads from the packet by LD_ABS or LD_IND, which end the program where
// the packet is too short. The kernel takes what is loaded for any number
// (kernel/bpf/verifier.c:check_ld_abs).
func (b *builder) legacyLoad() {
	size := pick(b.source, sizes[1:])
	mode, src := asm.ModeABS, asm.R0
	if numbers := b.holding(number); numbers != 0 && b.coin() {
		mode, src = asm.ModeIND, b.choose(numbers)
	}
	b.emit(asm.Opcode(asm.ClassLD)|mode|size.bits, 0, src, 0, int32(b.below(64)))
	b.afterCall(anyNumber)
}

func (b *builder) fitsLegacy() bool { return b.typ.legacy && b.self == 0 && b.held == 0 }

// packet loads from the packet after comparing with its end.
func (b *builder) packet() {
	r := asm.R1 + asm.Register(b.below(3))
	data, end, past := r, r+1, r+2
	b.emit(loadWord, data, contextReg, b.typ.data, 0)
	b.emit(loadWord, end, contextReg, b.typ.end, 0)
	b.set(data, value{})
	b.set(end, value{})
	b.set(past, value{})
	switch b.below(4) {
	case 0:
		b.emit(add64, data, 0, 0, int32(b.between(1, 20)))
	case 1:
		// Not so far that the packet could not be that long (MAX_PACKET_OFF).
		if n := b.holding(number) &^ b.frozen &^ b.bigger(math.MaxInt16); n != 0 {
			b.emit(add64|withReg, data, b.choose(n), 0, 0)
		}
	}
	size := int32(b.between(8, 40))
	b.emit(mov64|withReg, past, data, 0, 0)
	b.emit(add64, past, 0, 0, size)
	tooShort := asm.New(jumpIfGt|withReg, past, end, 0, 0)
	if b.coin() {
		tooShort = asm.New(jumpIfLt|withReg, end, past, 0, 0)
	}
	b.insns = append(b.insns, tooShort)
	skip := b.here() - 1
	before := b.state
	for range b.between(1, 3) {
		width := pick(b.source, sizes[:])
		off := int16(b.below(int(size) - 7))
		if b.typ.writesPacket && b.oneIn(4) {
			b.emit(storeImm|width.bits, data, 0, off, b.immediate())
			continue
		}
		dst := b.choose(b.free() &^ registers(data, end, past))
		b.emit(load|width.bits, dst, data, off, 0)
		b.set(dst, narrow(anyNumber, width.bytes))
	}
	if !b.canNest() || !b.oneIn(3) {
		b.land(skip)
		b.meet(&before)
		return
	}
	// The same question again: known where the packet is too short.
	if b.coin() {
		b.branchOn(decision{jump: tooShort, outcome: never})
	}
	over := b.jump()
	b.land(skip)
	long := b.state
	b.state = before
	b.branchOn(decision{jump: tooShort, outcome: always, certain: true})
	b.land(over)
	b.meet(&long)
}

// bigger are the registers whose number may be above a bound, or only fuzzily below it.
func (b *builder) bigger(bound uint64) (s registerSet) {
	for r := range b.regs {
		if v := b.regs[r]; v.hi > bound || v.fuzzy {
			s |= 1 << r
		}
	}
	return s
}

func (b *builder) fitsPacket() bool { return b.hasContext() && b.typ.end != 0 }
