package paths

import (
	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/paths/scalar"
)

// kind is what a value is, as far as comparisons and stores ask.
type kind uint8

const (
	unset       kind = iota // not written: reading it is refused
	number                  // SCALAR_VALUE
	contextPtr              // PTR_TO_CTX
	stackPtr                // PTR_TO_STACK
	packetPtr               // PTR_TO_PACKET
	metaPtr                 // PTR_TO_PACKET_META
	endPtr                  // PTR_TO_PACKET_END
	socketPtr               // PTR_TO_SOCKET, _SOCK_COMMON, _TCP_SOCK
	memoryPtr               // PTR_TO_MEM
	objectPtr               // PTR_TO_BTF_ID
	functionPtr             // PTR_TO_FUNC
	argument                // of a function that is verified by itself
	outside                 // a number or any pointer but one to the stack
	anything                // a number or any pointer
	numKinds
)

// origins are the kinds as a reader of the result sees them.
var origins = [numKinds]Pointers{
	number: Number, contextPtr: Context, stackPtr: Stack, packetPtr: Context, metaPtr: Context, endPtr: Context,
	socketPtr: Else, memoryPtr: Memory, objectPtr: Else, functionPtr: Number, argument: Passed, outside: Else, anything: Else,
}

// origin is what a reader of the result sees of a value.
func (v *value) origin() Pointers {
	switch {
	case v.flags&foreign != 0:
		return Else
	case v.flags&own != 0:
		return Memory
	}
	return origins[v.kind]
}

// unknown reports whether the value can be a number or a pointer.
func (k kind) unknown() bool { return k >= argument }

// pointer reports whether the value is a pointer to the kernel too.
func (k kind) pointer() bool { return k > number && k < argument }

// packet reports whether the value points into or past the packet.
func (k kind) packet() bool { return k >= packetPtr && k <= endPtr }

// value is what a register or a spilled one holds (struct bpf_reg_state).
type value struct {
	num scalar.Value // the number; of a pointer the variable part of its offset
	dep demand       // items of the last checkpoint that it was computed from
	off int64        // fixed part of a pointer's offset; of a linked number what was added to it
	// id links numbers that are equal but for off, and pointers that are 0 together;
	// 0: none.
	id    uint32
	ref   uint32 // the reference that a pointer holds, to be released; 0: none
	kind  kind
	flags flags
	frame uint8 // of a pointer to the stack
	end   int8  // of a pointer to the packet: see beyondEnd
}

type flags uint8

const (
	maybeNull flags = 1 << iota // PTR_MAYBE_NULL
	trusted                     // of objectPtr: known not to be 0 (is_trusted_reg)
	foreign                     // of memoryPtr: the kernel's (MEM_RDONLY)
	own                         // of objectPtr: the program allocated it (MEM_ALLOC)
	added                       // of a linked number: off is added (BPF_ADD_CONST)
	blurred                     // see vague
)

// What a comparison has told of a packet pointer.
const (
	atEnd     int8 = -1 // not before the end (AT_PKT_END)
	beyondEnd int8 = -2 // past the end (BEYOND_PKT_END)
)

func unknownNumber() value     { return value{kind: number, num: scalar.Unknown()} }
func constant(x uint64) value  { return value{kind: number, num: scalar.Const(x)} }
func pointerTo(k kind) value   { return value{kind: k, num: scalar.Const(0)} }
func (v *value) isConst() bool { return v.kind == number && v.num.IsConst() }
func (v *value) isZero() bool  { return v.isConst() && v.num.Const() == 0 }
func (v *value) unlink()       { v.id, v.off, v.flags = 0, 0, v.flags&^added }
func (v *value) width() int    { return bitLen(v.num.Umax) }

// vague reports whether the kernel may know more of the value than the walk does, or of the offset of a
// pointer. Nothing is decided on what is vague, nor on what was computed from it or compared with it: where more is
// known, more comparisons contradict it, and of a number that is contradicted the kernel forgets all
// (reg_bounds_sanity_check). So who knows more may visit more.
func (v *value) vague() bool { return v.flags&blurred != 0 || v.kind == anything }

// blur makes a value vague.
func (v *value) blur() {
	v.num = scalar.Unknown()
	v.flags |= blurred
}

func vagueNumber() value { return value{kind: number, num: scalar.Unknown(), flags: blurred} }

func (v *value) become(k kind) { *v = value{kind: k, num: scalar.Unknown(), dep: v.dep} }

// notNull reports whether the kernel knows that the pointer is not 0
// (kernel/bpf/verifier.c:reg_not_null).
func (v *value) notNull() bool {
	if v.flags&maybeNull != 0 || v.num.Smin <= -maxVarOff || v.num.Smax >= maxVarOff {
		return false
	}
	switch v.kind {
	case socketPtr, memoryPtr:
		return true
	case objectPtr:
		return v.ref != 0 || v.flags&trusted != 0
	}
	return false
}

// maxVarOff is BPF_MAX_VAR_OFF (include/linux/bpf_verifier.h).
const maxVarOff = 1 << 29

// byteKind is what a byte of the stack holds.
type byteKind uint8

const (
	byteUnset   byteKind = iota // STACK_INVALID
	byteSpill                   // STACK_SPILL: part of the slot's value
	byteMisc                    // STACK_MISC
	byteZero                    // STACK_ZERO
	byteUnknown                 // any of these; what is read of it is vague
)

// slot is 8 bytes of stack, lowest address first. Its value is spilled where bytes[0]
// is byteSpill; value.dep speaks of the bytes in any case.
type slot struct {
	value value
	bytes [8]byteKind
}

func (s *slot) spilled() bool { return s.bytes[0] == byteSpill }

// frame is the frame of a function (struct bpf_func_state).
type frame struct {
	regs     [asm.NumRegisters]value
	stack    []slot // stack[i] is at fp-8(i+1)
	rest     demand // of the slots below these: that they were not written
	callsite int    // slot of the call; -1 for the outermost
	function int    // index in Program.Functions
	callback bool
	depth    uint32 // times that the callback of the call in hand has run
}

// state is a program state.
type state struct {
	frames []*frame
	parent *checkpoint
	slot   int // to be visited next
	path   *choice
}

// top is the frame that runs.
func (s *state) top() *frame { return s.frames[len(s.frames)-1] }

// regs are the registers of the frame that runs.
func (s *state) regs() *[asm.NumRegisters]value { return &s.top().regs }

func newFrame(function, callsite, number int) *frame {
	f := &frame{callsite: callsite, function: function}
	f.regs[asm.R10] = pointerTo(stackPtr)
	f.regs[asm.R10].frame = uint8(number)
	return f
}

// clone copies a state.
func (s *state) clone() *state {
	c := &state{frames: make([]*frame, len(s.frames)), parent: s.parent, slot: s.slot, path: s.path}
	frames := make([]frame, len(s.frames))
	for i, f := range s.frames {
		frames[i] = *f
		frames[i].stack = append([]slot(nil), f.stack...)
		c.frames[i] = &frames[i]
	}
	return c
}

// size is about how many bytes a state takes.
func (s *state) size() int {
	n := 128
	for _, f := range s.frames {
		n += frameSize + len(f.stack)*slotSize
	}
	return n
}

// each calls f for every register and every spilled value.
func (s *state) each(f func(*value)) {
	for _, fr := range s.frames {
		for i := range fr.regs[:asm.R10] {
			f(&fr.regs[i])
		}
		for i := range fr.stack {
			if fr.stack[i].spilled() {
				f(&fr.stack[i].value)
			}
		}
	}
}
