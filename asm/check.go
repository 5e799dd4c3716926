package asm

import (
	"fmt"
	"strings"
)

// FieldError says what is wrong with one field of one slot.
type FieldError struct {
	Slot   int    // counted from the program's first instruction
	Field  string // opcode, dst, src, off, imm; slot for a second slot that is missing
	Found  string // the value ("r11", "3", "opcode 0x8d")
	Want   string // what the kernel expects there ("r0 to r9", "16, 32 or 64")
	Kernel string // what the kernel's log says
}

// Error is one line: "slot 5: src is r11, expected r0 to r10 (kernel: R11 is invalid)".
func (e *FieldError) Error() string {
	return fmt.Sprintf("slot %d: %s is %s, expected %s (kernel: %s)", e.Slot, e.Field, e.Found, e.Want, e.Kernel)
}

// Malformed returns a [*FieldError] if Linux 6.12 refuses the program because of
// the instruction at this slot, even where the slot cannot be reached: an
// unknown opcode, a LDX with a reserved field set, an LD_IMM64 that lacks its
// second slot or has a pseudo source that is none. It follows
// kernel/bpf/verifier.c:resolve_pseudo_ldimm64 except for what needs the maps
// and BTF types themselves. The opcodes of 8- and 16-bit atomics are known, as
// since Linux 6.15, which judges their operation only when it visits them.
//
// The slot must be in insns, and not be the second one of an LD_IMM64: callers
// advance by two after [Instruction.IsWide]. A malformed instruction may be
// irregular too.
func Malformed(insns []Instruction, slot int) error {
	ins := insns[slot]
	op := ins.Opcode()
	switch {
	case op == LoadImm64:
		return malformedWide(insns, slot)
	case op.Class() == ClassLDX:
		if KnownOpcode(op) && ins&fieldImm == 0 {
			return nil
		}
		return malformedLoad(ins, slot)
	case KnownOpcode(op):
		return nil
	}
	return unknownOpcode(op, slot)
}

// Irregular returns a [*FieldError] if Linux 6.12 refuses the instruction at
// this slot once its verification visits it (kernel/bpf/verifier.c:do_check): a
// reserved field that is set, a register above r10, a write to r10, a shift
// count out of range, a division by the constant 0, an operation that does not
// exist. In code that the kernel proves dead it overlooks all of these.
//
// Where several fields are wrong it names the one that the kernel complains of.
// It is nil exactly where [Regular] is true, so that an opcode that is unknown
// or a LDX that is malformed is irregular too. Load-acquire and store-release
// are regular, as since Linux 6.15. Whether a helper or a jump target exists
// and what registers hold is not looked at.
//
// The slot must be in insns, and not be the second one of an LD_IMM64: callers
// advance by two after [Instruction.IsWide].
func Irregular(insns []Instruction, slot int) error {
	if ins := insns[slot]; !Plain(ins) && !regularVariant(ins) {
		return irregular(ins, slot)
	}
	return nil
}

func unknownOpcode(op Opcode, slot int) error {
	kernel := fmt.Sprintf("unknown opcode %02x", uint8(op))
	if op == CallX {
		kernel += " (callx: no kernel accepts it)"
	}
	return &FieldError{
		Slot: slot, Field: "opcode", Found: fmt.Sprintf("%#02x", uint8(op)),
		Want: "one that the kernel knows", Kernel: kernel,
	}
}

func malformedLoad(ins Instruction, slot int) error {
	op := ins.Opcode()
	switch {
	case op.Mode() != ModeMEM && op.Mode() != ModeMEMSX:
		return &FieldError{
			Slot: slot, Field: "opcode", Found: fmt.Sprintf("%#02x", uint8(op)),
			Want: "LDX of mode MEM or MEMSX", Kernel: reserved(ins),
		}
	case ins.Imm() != 0:
		return &FieldError{
			Slot: slot, Field: "imm", Found: fmt.Sprint(ins.Imm()),
			Want: "0", Kernel: reserved(ins),
		}
	}
	return unknownOpcode(op, slot) // MEMSX of a double word
}

// malformedWide judges both slots of an LD_IMM64.
func malformedWide(insns []Instruction, slot int) error {
	if slot+1 == len(insns) {
		return &FieldError{
			Slot: slot + 1, Field: "slot", Found: "missing",
			Want: "the second slot of LD_IMM64", Kernel: "invalid bpf_ld_imm64 insn",
		}
	}
	f, second := lookup(insns[slot]), insns[slot+1]
	if f != nil && second&f.second == 0 {
		return nil
	}

	e := &FieldError{Slot: slot + 1, Want: "0 in the second slot of LD_IMM64", Kernel: "invalid bpf_ld_imm64 insn"}
	switch {
	case second.Opcode() != 0:
		e.Field, e.Found = "opcode", fmt.Sprintf("%#02x", uint8(second.Opcode()))
	case second.Dst() != 0:
		e.Field, e.Found = "dst", second.Dst().String()
	case second.Src() != 0:
		e.Field, e.Found = "src", second.Src().String()
	case second.Off() != 0:
		e.Field, e.Found = "off", fmt.Sprint(second.Off())
	case f == nil:
		return &FieldError{
			Slot: slot, Field: "src", Found: fmt.Sprint(uint8(insns[slot].Src())),
			Want: variants(LoadImm64, forms[LoadImm64], fieldSrc), Kernel: "unrecognized bpf_ld_imm64 insn",
		}
	case f.second == wholeSlot:
		e.Field, e.Found, e.Kernel = "imm", fmt.Sprint(second.Imm()), "unrecognized bpf_ld_imm64 insn"
		e.Want = "0 in the second slot of " + f.name
	default:
		off := uint32(second.Imm())
		e.Field, e.Found = "imm", fmt.Sprint(off)
		e.Want = "an offset below 1<<29 in the second slot of " + f.name
		e.Kernel = fmt.Sprintf("direct value offset of %d is not allowed", off)
	}
	return e
}

// irregular finds out why Regular is false. The order of its checks is that of
// the kernel: the form, then reserved fields, then registers, then values.
func irregular(ins Instruction, slot int) error {
	op := ins.Opcode()
	if !KnownOpcode(op) {
		return unknownOpcode(op, slot)
	}
	fault := func(field Instruction, want, kernel string) error {
		name, found := show(ins, field)
		return &FieldError{Slot: slot, Field: name, Found: found, Want: want, Kernel: kernel}
	}

	// Only for conditional jumps does the kernel look at dst before it looks
	// at the reserved fields.
	isJump := op.Class() == ClassJMP || op.Class() == ClassJMP32
	if isJump && forms[op][0].dst == reads && ins.Dst() > R10 {
		return fault(fieldDst, "r0 to r10", badRegister(ins.Dst()))
	}

	f := lookup(ins)
	if f == nil {
		field, want := narrow(ins)
		return fault(field, want, badVariant(ins, field))
	}
	switch {
	case f.src == 0 && ins.Src() != 0:
		return fault(fieldSrc, "0", reserved(ins))
	case f.dst == 0 && ins.Dst() != 0:
		return fault(fieldDst, "0", reserved(ins))
	case ins&f.zero&fieldOff != 0:
		return fault(fieldOff, "0", reserved(ins))
	case f.zero&fieldImm == fieldImm && ins&fieldImm != 0:
		return fault(fieldImm, "0", reserved(ins))
	case f.nonzero == fieldOff && ins.Off() == 0: // may_goto
		return fault(fieldOff, "not 0", reserved(ins))
	case ins.Src() > R10:
		return fault(fieldSrc, "r0 to "+f.src.String(), badRegister(ins.Src()))
	case ins.Dst() > R10:
		return fault(fieldDst, "r0 to "+f.dst.String(), badRegister(ins.Dst()))
	case f.nonzero == fieldImm && ins.Imm() == 0:
		return fault(fieldImm, "not 0", "div by zero")
	case ins&f.zero&fieldImm != 0:
		width := 32
		if f.zero&fieldImm == shift64 {
			width = 64
		}
		return fault(fieldImm, fmt.Sprintf("0 to %d", width-1), fmt.Sprintf("invalid shift %d", ins.Imm()))
	case ins.Src() > f.src:
		return fault(fieldSrc, "r0 to r9", "frame pointer is read only")
	}
	return fault(fieldDst, "r0 to r9", "frame pointer is read only")
}

// narrow returns the field that keeps an instruction from having any of the
// forms of its opcode, and the values that the field has in them.
func narrow(ins Instruction) (field Instruction, want string) {
	left := forms[ins.Opcode()]
	for _, field = range []Instruction{fieldSrc, fieldOff, fieldImm} {
		var match []form
		for _, f := range left {
			if ins&f.mask&field == f.value&field {
				match = append(match, f)
			}
		}
		if len(match) == 0 {
			break
		}
		left = match
	}
	return field, variants(ins.Opcode(), left, field)
}

// variants lists the values of a field in some forms of an opcode, of which no field
// that tells forms apart has less than two: "0, 8 or 16".
func variants(op Opcode, rows []form, field Instruction) string {
	var values []string
	seen := map[string]bool{}
	for _, f := range rows {
		_, value := show(Instruction(op)|f.value, field)
		if !seen[value] {
			seen[value] = true
			values = append(values, value)
		}
	}
	last := len(values) - 1
	return strings.Join(values[:last], ", ") + " or " + values[last]
}

// show returns the name of a field and its value.
func show(ins, field Instruction) (name, value string) {
	switch field {
	case fieldDst:
		return "dst", ins.Dst().String()
	case fieldSrc:
		if op := ins.Opcode(); op == LoadImm64 || op == Call { // a pseudo source
			return "src", fmt.Sprint(uint8(ins.Src()))
		}
		return "src", ins.Src().String()
	case fieldOff:
		return "off", fmt.Sprint(ins.Off())
	}
	return "imm", fmt.Sprint(ins.Imm())
}

func badRegister(r Register) string { return fmt.Sprintf("R%d is invalid", r) }

// badVariant is the kernel's message for an instruction that has none of the
// forms of its opcode.
func badVariant(ins Instruction, field Instruction) string {
	switch op := ins.Opcode(); {
	case op.Class() == ClassSTX:
		if word := ins&^Instruction(SizeDW) | Instruction(SizeDW); lookup(word) != nil {
			return "invalid atomic operand size" // an operation that 64 bits have
		}
		return fmt.Sprintf("BPF_ATOMIC uses invalid atomic opcode %02x", uint32(ins.Imm()))
	case op.Class() == ClassLD:
		return "unrecognized bpf_ld_imm64 insn"
	case op == MovX && ins.Off() == OffAddrSpaceCast && field == fieldImm:
		return "addr_space_cast insn can only convert between address space 1 and 0"
	default:
		return reserved(ins)
	}
}

// reserved is the kernel's message for a reserved field that is set.
func reserved(ins Instruction) string {
	op := ins.Opcode()
	if op == MayGoto {
		return fmt.Sprintf("invalid may_goto off %d imm %d", ins.Off(), ins.Imm())
	}
	for _, r := range reservedMessages {
		if op&r.mask == r.value {
			return r.group + " uses reserved fields"
		}
	}
	return "uses reserved fields" // not reached: the last rows cover every class
}

// reservedMessages: the first row with op&mask == value names the group.
var reservedMessages = [...]struct {
	mask, value Opcode
	group       string
}{
	{0xff, LoadImm64, "BPF_LD_IMM64"},
	{0x07, Opcode(ClassLD), "BPF_LD_[ABS|IND]"},
	{0x07, Opcode(ClassLDX), "BPF_LDX"},
	{0x07, Opcode(ClassST), "BPF_ST"},
	{0x07, Opcode(ClassSTX), "BPF_STX"},
	{0xf7, Opcode(ClassALU) | ALUNeg, "BPF_NEG"},
	{0xf7, Opcode(ClassALU64) | ALUNeg, "BPF_NEG"},
	{0xf7, Opcode(ClassALU) | ALUEnd, "BPF_END"},
	{0xf7, Opcode(ClassALU64) | ALUEnd, "BPF_END"},
	{0xf7, Opcode(ClassALU) | ALUMov, "BPF_MOV"},
	{0xf7, Opcode(ClassALU64) | ALUMov, "BPF_MOV"},
	{0x07, Opcode(ClassALU), "BPF_ALU"},
	{0x07, Opcode(ClassALU64), "BPF_ALU"},
	{0xff, Call, "BPF_CALL"},
	{0xff, Exit, "BPF_EXIT"},
	{0xff, Goto, "BPF_JA"},
	{0xff, GotoL, "BPF_JA"},
	{0x07, Opcode(ClassJMP), "BPF_JMP/JMP32"},
	{0x07, Opcode(ClassJMP32), "BPF_JMP/JMP32"},
}
