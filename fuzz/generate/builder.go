package generate

import (
	"math/bits"
	"slices"
	"strconv"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// The frame of a function:
//
//	r10-64  .. r10-1    slots: spilled registers and constants, tracked
//	r10-128 .. r10-65   buffer: what helpers read and write; no value in it is relied on
//	r10-136 .. r10-129  an iterator
//	r10-152 .. r10-137  a dynptr
//
// Functions called from deep down have slots alone: all frames together may take 512
// bytes (kernel/bpf/verifier.c:check_max_stack_depth_subprog).
const (
	numSlots   = 8
	buffer     = -128
	bufferSize = 64
	iteratorAt = -136
	dynptrAt   = -152

	leafLevel = 2 // from this depth on, functions have slots alone
	leafSlots = 4
	maxLevel  = 3
)

// slot is what is known of 8 bytes of the stack: the value of the lowest size bytes;
// of none where size is 0.
type slot struct {
	value value
	size  int
}

// state is what is known at the place where the next instruction goes.
type state struct {
	regs  [asm.NumRegisters]value
	slots [numSlots]slot
}

// mood is which stateful things a program has at all. Most programs have none of
// some kind, so that the verdict hangs on few instructions.
type mood struct {
	maps   bool // references to maps
	live   bool // stateful calls where the kernel comes by
	stores bool // stores to objects there
	throws bool // exceptions, and a callback for them
	dead   bool // stateful and irregular things where the kernel does not come by
	bold   bool // such things anywhere: a third of these programs is refused
}

// builder writes a program front to back. Each segment that it appends keeps the
// state true, so that what is written next can rely on it.
type builder struct {
	source
	typ  *programType
	mood mood

	insns      []asm.Instruction
	references []verifier.Reference
	functions  []function
	typed      bool // BTF types a function's argument: verifier.Program.TypedArguments

	// Of the function that is being written:
	state
	self        int         // index in functions
	frozen      registerSet // registers that must keep their values
	frozenSlots bool        // slots must keep theirs
	held        int         // things to give back first: no way out, no calls of functions
	depth       int         // of blocks within blocks
	suspect     bool        // the kernel may or may not come by: a place for stateful calls
	iterating   bool        // the frame's iterator is in use
	links       uint32      // links given so far
	room        int         // slots left for optional segments
}

// registerSet has bit r for register r.
type registerSet uint16

// registers is the set of some registers.
func registers(list ...asm.Register) (s registerSet) {
	for _, r := range list {
		s |= 1 << r
	}
	return s
}

// Registers that values are kept in. r6 holds the context, if anything.
const (
	scratchRegs registerSet = 0x03f // r0 to r5, which calls overwrite
	savedRegs   registerSet = 0x380 // r7 to r9, which they keep
	contextReg              = asm.R6
)

func (b *builder) emit(op asm.Opcode, dst, src asm.Register, off int16, imm int32) {
	b.insns = append(b.insns, asm.New(op, dst, src, off, imm))
}

// Opcodes that are put together often.
const (
	mov64     = asm.Opcode(asm.ClassALU64) | asm.ALUMov
	mov32     = asm.Opcode(asm.ClassALU) | asm.ALUMov
	add64     = asm.Opcode(asm.ClassALU64) | asm.ALUAdd
	and64     = asm.Opcode(asm.ClassALU64) | asm.ALUAnd
	jumpIfEq  = asm.Opcode(asm.ClassJMP) | asm.JumpEQ
	jumpIfNe  = asm.Opcode(asm.ClassJMP) | asm.JumpNE
	jumpIfGt  = asm.Opcode(asm.ClassJMP) | asm.JumpGT
	jumpIfLt  = asm.Opcode(asm.ClassJMP) | asm.JumpLT
	withReg   = asm.Opcode(0x08)
	load      = asm.Opcode(asm.ClassLDX) | asm.ModeMEM
	loadSX    = asm.Opcode(asm.ClassLDX) | asm.ModeMEMSX
	store     = asm.Opcode(asm.ClassSTX) | asm.ModeMEM
	storeImm  = asm.Opcode(asm.ClassST) | asm.ModeMEM
	atomic    = asm.Opcode(asm.ClassSTX) | asm.ModeAtomic
	loadWord  = load | asm.SizeW
	loadLong  = load | asm.SizeDW
	storeLong = store | asm.SizeDW
)

// sizes are the widths of loads and stores, by their opcode bits.
var sizes = [...]struct {
	bits  asm.Opcode
	bytes int
}{{asm.SizeDW, 8}, {asm.SizeW, 4}, {asm.SizeH, 2}, {asm.SizeB, 1}}

func sizeBits(bytes int) asm.Opcode {
	for _, s := range sizes {
		if s.bytes == bytes {
			return s.bits
		}
	}
	return asm.SizeDW
}

// set says what a register holds from here on.
func (b *builder) set(r asm.Register, v value) { b.regs[r] = v }

// move copies a register.
func (b *builder) move(dst, src asm.Register) {
	b.emit(mov64|withReg, dst, src, 0, 0)
	if v := &b.regs[src]; v.isNumber() && !v.isConstant() && v.link == 0 {
		b.links++
		v.link = b.links
	}
	b.set(dst, b.regs[src])
}

// load64 puts a constant into a register, by one of the ways there are.
func (b *builder) load64(dst asm.Register, n uint64) {
	switch {
	case int64(n) == int64(int32(n)):
		b.emit(mov64, dst, 0, 0, int32(n))
	case n>>32 == 0:
		b.emit(mov32, dst, 0, 0, int32(n))
	default:
		b.emit(asm.LoadImm64, dst, 0, 0, int32(n))
		b.emit(0, 0, 0, 0, int32(n>>32))
	}
	b.set(dst, constant(n))
}

// choose draws a register of a set, r0 where it is empty.
func (b *builder) choose(s registerSet) asm.Register {
	n := bits.OnesCount16(uint16(s))
	if n == 0 {
		return asm.R0
	}
	for range b.below(n) {
		s &= s - 1
	}
	return asm.Register(bits.TrailingZeros16(uint16(s)))
}

// holding are the registers that hold a kind of value.
func (b *builder) holding(k kind) (s registerSet) {
	for r := range b.regs {
		if b.regs[r].kind == k {
			s |= 1 << r
		}
	}
	return s
}

// pinned are the registers whose pointers are still used.
func (b *builder) pinned() registerSet { return b.holding(memory) | b.holding(object) }

// free are the registers that may be written.
func (b *builder) free() registerSet { return (scratchRegs | savedRegs) &^ b.frozen &^ b.pinned() }

// writable draws one of them.
func (b *builder) writable() asm.Register { return b.choose(b.free()) }

// operand draws a register that holds a number, and makes one where there is none.
func (b *builder) operand() asm.Register {
	s := b.holding(number)
	if s == 0 || b.oneIn(8) {
		return b.fresh()
	}
	return b.choose(s)
}

// changeable draws a register that holds a number and may be written.
func (b *builder) changeable() asm.Register {
	s := b.holding(number) &^ b.frozen
	if s == 0 || b.oneIn(8) {
		return b.fresh()
	}
	return b.choose(s)
}

// fresh writes a number, known or not, into a register.
func (b *builder) fresh() asm.Register {
	r := b.writable()
	b.freshInto(r)
	return r
}

func (b *builder) freshInto(r asm.Register) {
	if b.hasContext() && len(b.typ.loads) > 0 && b.oneIn(3) {
		b.loadContext(r)
		return
	}
	b.load64(r, b.literal())
}

func (b *builder) hasContext() bool { return b.regs[contextReg].kind == context }

// afterCall is what a call does to registers (kernel/bpf/verifier.c:caller_saved).
func (b *builder) afterCall(result value) {
	for r := asm.R1; r <= asm.R5; r++ {
		b.set(r, value{})
	}
	b.set(asm.R0, result)
}

// meet makes the state what holds on both of two ways that end here.
func (b *builder) meet(other *state) {
	for r := range b.regs {
		b.regs[r] = join(b.regs[r], other.regs[r])
	}
	for i := range b.slots {
		s, o := &b.slots[i], &other.slots[i]
		if s.size != o.size || s.value.kind != o.value.kind {
			*s = slot{}
			continue
		}
		s.value = join(s.value, o.value)
	}
}

// here is the number of the next slot.
func (b *builder) here() int { return len(b.insns) }

// land makes the jump in a slot lead here.
func (b *builder) land(slot int) { b.leadTo(slot, b.here()) }

func (b *builder) leadTo(slot, target int) {
	distance := target - slot - 1
	ins := b.insns[slot]
	if ins.Opcode() == asm.GotoL {
		b.insns[slot] = asm.New(asm.GotoL, 0, 0, 0, int32(distance))
		return
	}
	b.insns[slot] = asm.New(ins.Opcode(), ins.Dst(), ins.Src(), int16(distance), ins.Imm())
}

// jump appends a jump that is to land somewhere, and returns its slot.
func (b *builder) jump() int {
	op := asm.Goto
	if b.oneIn(4) {
		op = asm.GotoL
	}
	b.emit(op, 0, 0, 0, 0)
	return b.here() - 1
}

// refer records what the next slot refers to.
func (b *builder) refer(r verifier.Reference) {
	r.Slot = b.here()
	b.references = append(b.references, r)
}

// loadMap puts the address of a map into a register.
func (b *builder) loadMap(dst asm.Register, name string) {
	b.refer(verifier.Reference{Kind: verifier.RefMap, Name: name, Map: verifier.MapPlain})
	by := asm.PseudoMapFD
	if b.oneIn(4) {
		by = asm.PseudoMapIdx
	}
	b.emit(asm.LoadImm64, dst, by, 0, 0)
	b.emit(0, 0, 0, 0, 0)
}

// kfunc calls a kernel function.
func (b *builder) kfunc(name string) {
	b.refer(verifier.Reference{Kind: verifier.RefKfunc, Name: name})
	b.emit(asm.Call, 0, asm.PseudoKfuncCall, 0, 0)
}

// frameAddress puts r10 plus an offset into a register.
func (b *builder) frameAddress(dst asm.Register, off int32) {
	b.emit(mov64|withReg, dst, asm.R10, 0, 0)
	b.emit(add64, dst, 0, 0, off)
	b.set(dst, value{})
}

// program is what has been written.
func (b *builder) program() oracle.Program {
	p := oracle.Program{Program: verifier.Program{
		Name: "drawn", Type: b.typ.name, AttachType: b.typ.attach, AttachTo: b.typ.to,
		Instructions: b.insns, References: b.references, TypedArguments: b.typed,
	}}
	for i, f := range b.functions {
		name := "drawn"
		if i > 0 {
			name = "f" + strconv.Itoa(i)
		}
		p.Functions = append(p.Functions, verifier.Function{
			Name: name, Start: f.start, ExceptionCallback: f.signature == oracle.Exception,
			Linkage: f.signature.Linkage(), Arguments: f.signature.Arguments(),
		})
		p.Signatures = append(p.Signatures, f.signature)
	}
	slices.SortFunc(p.References, func(x, y verifier.Reference) int { return x.Slot - y.Slot })
	return p
}
