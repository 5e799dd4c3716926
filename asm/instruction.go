// Package asm holds BPF instructions as they are on the wire.
//
// An [Instruction] is one 8-byte slot and loses no bit of it: reserved fields,
// undefined opcodes and registers that do not exist are all kept, because a
// verifier has to see exactly what the kernel would see. The two slots of
// LD_IMM64 are two Instructions, so that an index into a []Instruction is the
// offset that the kernel's verifier prints.
//
// Names follow RFC 9669 and include/uapi/linux/bpf.h.
package asm

import (
	"fmt"
	"strconv"
)

// SlotSize is the size of an instruction slot in bytes (RFC 9669, section 3).
const SlotSize = 8

// Instruction is one slot, in the layout of a little-endian program read as a
// little-endian number, whatever the byte order of the program it came from:
//
//	 63                            32 31            16 15   12 11    8 7      0
//	+--------------------------------+----------------+-------+-------+--------+
//	|          imm (signed)          |  off (signed)  |  src  |  dst  | opcode |
//	+--------------------------------+----------------+-------+-------+--------+
//
// The second slot of LD_IMM64 has opcode 0 and the upper half of the constant
// in imm.
type Instruction uint64

// New makes an instruction from its five fields. Only the low four bits of dst
// and src are used.
func New(op Opcode, dst, src Register, off int16, imm int32) Instruction {
	return Instruction(op) | Instruction(dst&0xf)<<8 | Instruction(src&0xf)<<12 |
		Instruction(uint16(off))<<16 | Instruction(uint32(imm))<<32
}

// Opcode is the first byte of the slot.
func (ins Instruction) Opcode() Opcode { return Opcode(ins) }

// Dst is the destination register field, 0 to 15: the field is wider than the
// register file.
func (ins Instruction) Dst() Register { return Register(ins>>8) & 0xf }

// Src is the source register field, 0 to 15. In CALL and LD_IMM64 it is the
// pseudo source that says what the constant means.
func (ins Instruction) Src() Register { return Register(ins>>12) & 0xf }

// Off is the signed 16-bit offset field.
func (ins Instruction) Off() int16 { return int16(ins >> 16) }

// Imm is the signed 32-bit constant field.
func (ins Instruction) Imm() int32 { return int32(ins >> 32) }

// IsWide reports whether the instruction takes two slots (LD_IMM64).
func (ins Instruction) IsWide() bool { return ins.Opcode() == LoadImm64 }

// IsHelperCall reports whether the instruction calls a helper by number
// (bpf_helper_call in kernel/bpf/verifier.c).
func (ins Instruction) IsHelperCall() bool { return ins.Opcode() == Call && ins.Src() == 0 }

// IsSubprogramCall reports whether the instruction calls a function of the
// program (bpf_pseudo_call in kernel/bpf/verifier.c).
func (ins Instruction) IsSubprogramCall() bool {
	return ins.Opcode() == Call && ins.Src() == PseudoCall
}

// IsKfuncCall reports whether the instruction calls a kernel function by BTF id
// (bpf_pseudo_kfunc_call in kernel/bpf/verifier.c).
func (ins Instruction) IsKfuncCall() bool {
	return ins.Opcode() == Call && ins.Src() == PseudoKfuncCall
}

// IsFunctionAddress reports whether the instruction loads the address of a
// function of the program (bpf_pseudo_func in include/linux/bpf.h).
func (ins Instruction) IsFunctionAddress() bool {
	return ins.Opcode() == LoadImm64 && ins.Src() == PseudoFunc
}

// Target returns the slot that the instruction leads to when it stands at slot: a
// jump, taken, or a call of a function of the program. It is false for all others;
// the slot may lie outside of the program.
func (ins Instruction) Target(slot int) (to int, ok bool) {
	switch op := ins.Opcode(); {
	case op == GotoL, ins.IsSubprogramCall():
		return slot + 1 + int(ins.Imm()), true
	case op == Call, op == CallX, op == Exit:
		return 0, false
	case op.Class() == ClassJMP, op.Class() == ClassJMP32:
		return slot + 1 + int(ins.Off()), true
	}
	return 0, false
}

// GoString shows all five fields, for failing tests.
func (ins Instruction) GoString() string {
	return fmt.Sprintf("asm.New(%#02x, %d, %d, %d, %d)",
		uint8(ins.Opcode()), ins.Dst(), ins.Src(), ins.Off(), ins.Imm())
}

// Register is a register number. R0 to R10 exist; the fields hold up to 15.
type Register uint8

// String is the register's name: "r0" to "r10", and up to "r15" for the
// numbers that the field can hold though no such register exists.
func (r Register) String() string { return "r" + strconv.Itoa(int(r)) }

// Registers of RFC 9669, section 2.
const (
	R0 Register = iota
	R1
	R2
	R3
	R4
	R5
	R6
	R7
	R8
	R9
	R10 // frame pointer, read-only

	// NumRegisters is how many registers exist (MAX_BPF_REG).
	NumRegisters = 11
)

// Pseudo sources of LD_IMM64 (include/uapi/linux/bpf.h, BPF_PSEUDO_*).
const (
	PseudoMapFD       Register = 1 // imm is a map's file descriptor
	PseudoMapValue    Register = 2 // and the next imm an offset into its value
	PseudoBTFID       Register = 3 // imm is the BTF id of a kernel variable
	PseudoFunc        Register = 4 // imm is the distance to a function
	PseudoMapIdx      Register = 5 // imm is an index into fd_array
	PseudoMapIdxValue Register = 6 // and the next imm an offset into its value
)

// Pseudo sources of CALL (include/uapi/linux/bpf.h, BPF_PSEUDO_*).
const (
	PseudoCall      Register = 1 // imm is the distance to a function
	PseudoKfuncCall Register = 2 // imm is the BTF id of a kernel function
)
