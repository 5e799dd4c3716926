package generate

import (
	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// Segments about what the program shares with others without any map: objects of
// the kernel to which some types may store, kfuncs that change something, and what
// has an address in the kernel.

// objectTypes may store through pointers that are neither the context nor a packet:
// struct_ops to a socket, the iterator to the map's value, the others to a
// connection (btf_struct_access of their bpf_verifier_ops; kernel/bpf/map_iter.c).
const objectTypes = structOps | mapIterator | schedCls | xdp

// Members that may be stored to (net/ipv4/bpf_tcp_ca.c:bpf_tcp_ca_btf_struct_access,
// net/netfilter/nf_conntrack_bpf.c:_nf_conntrack_btf_struct_access), all of 4 bytes.
// Kernels differ in their offsets.
var (
	socketMembers     = []string{"tcp_sock.snd_cwnd", "tcp_sock.snd_cwnd_cnt", "tcp_sock.snd_ssthresh", "tcp_sock.app_limited"}
	connectionMembers = []string{"nf_conn.mark"}
)

// valueAt is where the context of the map's iterator has the value (struct bpf_iter__bpf_map_elem).
const valueAt = 24

// fitsObject: stores to objects belong here, and there is one to be had.
func (b *builder) fitsObject() bool {
	if b.typ.set&objectTypes == 0 || !b.mood.stores && !(b.suspect && b.mood.dead) {
		return false
	}
	switch {
	case b.hasObject():
		return true
	case b.typ.set == mapIterator:
		return b.hasContext()
	case b.typ.set == structOps:
		return false
	}
	return b.hasContext() && b.hasBuffer() && b.held == 0
}

// fitsObjectCall: an object can be handed to a function.
func (b *builder) fitsObjectCall() bool { return b.canCall() && b.fitsObject() && b.hasObject() }

// hasObject reports whether loadObject can load one.
func (b *builder) hasObject() bool {
	return b.holding(object) != 0 || b.typ.set == structOps && b.hasContext()
}

// fitsMemoryObject: an object can be handed to a global function as memory of 8 bytes. Of
// a connection no member has that size.
func (b *builder) fitsMemoryObject() bool {
	return b.typ.set&(structOps|mapIterator) != 0 && b.fitsObject() && b.hasObject()
}

// loadObject puts a pointer to an object into a register.
func (b *builder) loadObject(dst asm.Register) {
	if held := b.holding(object); held != 0 && (!b.hasContext() || b.typ.set != structOps || b.coin()) {
		b.emit(mov64|withReg, dst, b.choose(held), 0, 0)
	} else {
		b.emit(loadLong, dst, contextReg, 0, 0)
	}
	b.set(dst, value{kind: object})
}

// useObject gets a pointer to an object, if there is none, and goes through it.
func (b *builder) useObject() {
	switch held := b.holding(object); {
	case held != 0 && b.coin():
		b.touch(b.choose(held))
	case b.hasObject():
		p := b.writable()
		b.loadObject(p)
		b.touch(p)
		if savedRegs&registers(p) == 0 || b.holding(object)&savedRegs != registers(p) || b.coin() {
			b.set(p, value{})
		}
	case b.typ.set == mapIterator:
		p := b.writable()
		b.emit(loadLong, p, contextReg, valueAt, 0)
		b.set(p, value{})
		b.emit(jumpIfEq, p, 0, 0, 0) // null behind the last element
		skip, before := b.here()-1, b.state
		b.set(p, value{kind: object})
		b.touch(p)
		if savedRegs&registers(p) != 0 && b.canCall() && b.coin() {
			b.call() // which may hand it on
		}
		b.set(p, value{})
		b.land(skip)
		b.meet(&before)
	default:
		b.connection()
	}
}

// connection looks up a connection, or makes one, uses it and lets go of it.
func (b *builder) connection() {
	kind := "bpf_skb_ct_"
	if b.typ.set == xdp {
		kind = "bpf_xdp_ct_"
	}
	alloc := b.fitsStateful() && b.coin()
	b.emit(mov64|withReg, asm.R1, contextReg, 0, 0)
	b.emit(storeImm|asm.SizeDW, asm.R10, 0, buffer, b.immediate())
	b.frameAddress(asm.R2, buffer)
	b.load64(asm.R3, 12)
	b.frameAddress(asm.R4, buffer+16)
	b.load64(asm.R5, 12)
	if alloc {
		b.kfunc(kind + "alloc")
	} else {
		b.kfunc(kind + "lookup")
	}
	b.afterCall(value{})
	b.held++
	b.unlessNull(func() {
		b.set(asm.R0, value{kind: object})
		p := asm.R0
		if saved := savedRegs &^ b.frozen &^ b.pinned(); saved != 0 && b.coin() {
			p = b.choose(saved)
			b.move(p, asm.R0)
			b.set(asm.R0, value{})
		}
		b.touch(p)
		b.emit(mov64|withReg, asm.R1, p, 0, 0)
		b.set(p, value{})
		if alloc {
			b.kfunc("bpf_ct_insert_entry")
			b.afterCall(value{})
			b.emit(jumpIfEq, asm.R0, 0, 2, 0)
			b.emit(mov64|withReg, asm.R1, asm.R0, 0, 0)
		}
		b.kfunc("bpf_ct_release")
		b.afterCall(value{})
	})
	b.held--
}

// touch loads and stores through a pointer to an object, or a copy of it.
func (b *builder) touch(p asm.Register) {
	for range b.between(1, 2) {
		switch b.below(8) {
		case 0:
			q := b.writable()
			b.emit(mov64|withReg, q, p, 0, 0)
			b.throughOnce(q, 0)
		case 1, 2:
			b.moved(p)
		case 3:
			b.filled(p)
		case 4:
			b.exchanged(p)
		default:
			b.access(p, 0)
		}
	}
}

// throughOnce goes through a register once, and forgets it.
func (b *builder) throughOnce(q asm.Register, off int16) {
	b.set(q, value{kind: object})
	b.access(q, off)
	b.set(q, value{})
}

// moved goes through a pointer that arithmetic has moved.
func (b *builder) moved(p asm.Register) {
	q := b.writable()
	b.emit(mov64|withReg, q, p, 0, 0)
	b.set(q, value{kind: object})
	n := int32(8 * b.below(16))
	op := add64
	if b.typ.set != mapIterator && b.oneIn(3) { // no offset before a buffer
		op = asm.Opcode(asm.ClassALU64) | asm.ALUSub
	}
	if b.coin() {
		b.emit(op, q, 0, 0, n)
	} else {
		r := b.writable()
		b.load64(r, uint64(n))
		b.emit(op|withReg, q, r, 0, 0)
	}
	switch {
	case op != add64:
		b.throughOnce(q, int16(n))
	case b.typ.set == mapIterator:
		b.throughOnce(q, 0)
	default:
		b.throughOnce(q, int16(-n))
	}
}

// filled goes through a pointer that was spilled.
func (b *builder) filled(p asm.Register) {
	if b.frozenSlots {
		b.access(p, 0)
		return
	}
	i := b.keep(p)
	q := b.writable()
	b.emit(loadLong, q, asm.R10, slotOffset(i), 0)
	b.clear(i)
	b.throughOnce(q, 0)
}

// keep spills a pointer, and returns the slot.
func (b *builder) keep(p asm.Register) int {
	i := b.below(b.slotCount())
	b.emit(storeLong, asm.R10, p, slotOffset(i), 0)
	b.slots[i] = slot{}
	return i
}

// clear overwrites a slot in which a pointer was.
func (b *builder) clear(i int) {
	b.emit(storeImm|asm.SizeDW, asm.R10, 0, slotOffset(i), 0)
	b.slots[i] = slot{constant(0), 8}
}

// exchanged goes through a pointer that an atomic operation fetched from the stack.
func (b *builder) exchanged(p asm.Register) {
	if b.frozenSlots {
		b.access(p, 0)
		return
	}
	i := b.keep(p)
	q := b.writable()
	b.load64(q, 0)
	imm := pick(b.source, []int32{asm.AtomicXchg, asm.AtomicAdd | asm.AtomicFetch, asm.AtomicCmpxchg, asm.AtomicXchg})
	fetched := q
	if imm == asm.AtomicCmpxchg {
		if (b.frozen|b.pinned())&registers(asm.R0) != 0 {
			imm = asm.AtomicXchg
		} else {
			b.load64(asm.R0, 0)
			fetched = asm.R0
		}
	}
	b.emit(atomic|asm.SizeDW, asm.R10, q, slotOffset(i), imm)
	b.clear(i)
	b.throughOnce(fetched, 0)
}

// access loads or stores through a pointer to an object, that is so many bytes before
// where the object begins.
func (b *builder) access(p asm.Register, off int16) {
	size := pick(b.source, sizes[:])
	members := socketMembers
	switch b.typ.set {
	case mapIterator:
		members = nil
		off += int16(8 * b.below(4))
	case schedCls, xdp:
		members = connectionMembers
	}
	if members != nil && size.bytes == 8 {
		size.bits, size.bytes = asm.SizeW, 4
	}
	var op asm.Opcode
	var dst, src asm.Register = p, asm.R0
	var imm int32
	switch b.below(8) {
	case 0, 1, 2:
		op, imm = storeImm, b.immediate()
	case 3, 4:
		op, src = store, b.operand()
	case 5, 6:
		op, src = atomic, b.changeable()
		if size.bytes < 4 {
			size.bits = asm.SizeW
		}
		row := pick(b.source, atomics[:len(atomics)-1])
		imm = row.imm
		if row.fetch {
			b.set(src, anyNumber)
		}
	default:
		op, dst, src = load, b.writable(), p
		b.set(dst, narrow(anyNumber, size.bytes))
	}
	if members != nil {
		b.refer(verifier.Reference{Kind: verifier.RefCORE, Name: pick(b.source, members)})
	}
	b.emit(op|size.bits, dst, src, off, imm)
}

// useParams goes through the arguments that lead to objects, while they are still in
// their registers.
func (b *builder) useParams() {
	for r := asm.R1; r <= asm.R5; r++ {
		switch b.regs[r].kind {
		case object:
			if !b.oneIn(3) {
				b.access(r, 0)
			}
		case socket:
			b.set(r, value{})
			b.emit(jumpIfEq, r, 0, 0, 0)
			skip, before := b.here()-1, b.state
			b.set(r, value{kind: object})
			b.touch(r)
			b.set(r, value{})
			b.land(skip)
			b.meet(&before)
		case holder:
			b.emit(loadLong, r, r, 0, 0)
			b.set(r, value{kind: object})
			b.touch(r)
		}
	}
}

// takeBack overwrites what was handed to a function for its use.
func (b *builder) takeBack(params []value) {
	for _, p := range params {
		if p.kind == holder {
			b.emit(storeImm|asm.SizeDW, asm.R10, 0, buffer, 0)
		}
	}
}

// throwers may throw exceptions (kernel/bpf/helpers.c:kfunc_init), and load on most kernels.
const throwers = schedCls | xdp | structOps | cgroupSkb | rawTP | iterator | mapIterator

// canThrow reports whether an exception may be thrown here.
func (b *builder) canThrow() bool { return b.mood.throws && !b.functions[b.self].callback }

// throw ends the program by an exception. The kernel does not come by what follows.
func (b *builder) throw() {
	b.pass(asm.R1, anyNumber)
	b.kfunc("bpf_throw")
	if b.coin() {
		b.deadMatter()
	}
	b.emit(asm.Exit, 0, 0, 0, 0)
}

// statefulKfunc calls a kfunc that the flag does not let pass.
func (b *builder) statefulKfunc() {
	if b.typ.set == structOps && b.hasObject() && b.coin() {
		b.loadObject(asm.R1)
		b.pass(asm.R2, anyNumber)
		b.pass(asm.R3, anyNumber)
		b.kfunc(pick(b.source, []string{"tcp_cong_avoid_ai", "tcp_reno_cong_avoid"}))
		b.afterCall(value{})
		return
	}
	b.pass(asm.R1, anyNumber)
	b.kfunc("bpf_modify_return_test_tp")
	b.afterCall(anyNumber)
}

// address gets the address of a kernel function, and has a helper read from it.
func (b *builder) address() {
	if !b.hasBuffer() || b.frozen&scratchRegs != 0 || b.coin() {
		r := b.writable()
		b.loadAddress(r)
		b.set(r, value{})
		return
	}
	b.frameAddress(asm.R1, buffer)
	b.load64(asm.R2, uint64(b.between(1, bufferSize)))
	b.loadAddress(asm.R3)
	b.emit(asm.Call, 0, 0, 0, helperProbeRead)
	b.afterCall(anyNumber)
}

// loadAddress puts the address of a function of the kernel into a register. Of
// variables many kernels know no address, though BTF names them.
func (b *builder) loadAddress(dst asm.Register) {
	b.refer(verifier.Reference{Kind: verifier.RefKfunc, Name: pick(b.source, deadKfuncs[:])})
	b.emit(asm.LoadImm64, dst, asm.PseudoBTFID, 0, 0)
	b.emit(0, 0, 0, 0, 0)
}
