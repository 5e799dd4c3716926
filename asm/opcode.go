package asm

// Opcode is the first byte of an instruction (RFC 9669, sections 3, 4.1 and 5.1):
//
//	ALU, ALU64, JMP, JMP32:      LD, LDX, ST, STX:
//	 7    4   3   2   0           7   5 4  3 2   0
//	+------+-----+-----+         +-----+----+-----+
//	| code | src |class|         | mode|size|class|
//	+------+-----+-----+         +-----+----+-----+
type Opcode uint8

// Class is the low three bits of an opcode.
type Class uint8

// Instruction classes (RFC 9669, section 3.3).
const (
	ClassLD    Class = 0
	ClassLDX   Class = 1
	ClassST    Class = 2
	ClassSTX   Class = 3
	ClassALU   Class = 4
	ClassJMP   Class = 5
	ClassJMP32 Class = 6
	ClassALU64 Class = 7
)

// Class returns the instruction class.
func (op Opcode) Class() Class { return Class(op & 0x07) }

// SourceX reports whether the second operand of an ALU or JMP instruction is a
// register (BPF_X) and not the constant (BPF_K).
func (op Opcode) SourceX() bool { return op&0x08 != 0 }

// Code is the operation of an ALU or JMP instruction: the high four bits, in place.
func (op Opcode) Code() Opcode { return op & 0xf0 }

// Mode is the mode of a load or store: the high three bits, in place.
func (op Opcode) Mode() Opcode { return op & 0xe0 }

// Size is the width of a load or store: bits 3 and 4, in place.
func (op Opcode) Size() Opcode { return op & 0x18 }

// Bytes is the width of a load or store in bytes: 1, 2, 4 or 8.
func (op Opcode) Bytes() int {
	switch op.Size() {
	case SizeB:
		return 1
	case SizeH:
		return 2
	case SizeW:
		return 4
	}
	return 8
}

// Widths of loads and stores (RFC 9669, section 5.1).
const (
	SizeW  Opcode = 0x00
	SizeH  Opcode = 0x08
	SizeB  Opcode = 0x10
	SizeDW Opcode = 0x18
)

// Modes of loads and stores (RFC 9669, section 5.1).
const (
	ModeIMM    Opcode = 0x00
	ModeABS    Opcode = 0x20
	ModeIND    Opcode = 0x40
	ModeMEM    Opcode = 0x60
	ModeMEMSX  Opcode = 0x80
	ModeAtomic Opcode = 0xc0
)

// Operations of ALU and ALU64 (RFC 9669, section 4.1).
const (
	ALUAdd  Opcode = 0x00
	ALUSub  Opcode = 0x10
	ALUMul  Opcode = 0x20
	ALUDiv  Opcode = 0x30
	ALUOr   Opcode = 0x40
	ALUAnd  Opcode = 0x50
	ALULsh  Opcode = 0x60
	ALURsh  Opcode = 0x70
	ALUNeg  Opcode = 0x80
	ALUMod  Opcode = 0x90
	ALUXor  Opcode = 0xa0
	ALUMov  Opcode = 0xb0
	ALUArsh Opcode = 0xc0
	ALUEnd  Opcode = 0xd0
)

// Operations of JMP and JMP32 (RFC 9669, section 4.3).
const (
	JumpA    Opcode = 0x00
	JumpEQ   Opcode = 0x10
	JumpGT   Opcode = 0x20
	JumpGE   Opcode = 0x30
	JumpSET  Opcode = 0x40
	JumpNE   Opcode = 0x50
	JumpSGT  Opcode = 0x60
	JumpSGE  Opcode = 0x70
	JumpCall Opcode = 0x80
	JumpExit Opcode = 0x90
	JumpLT   Opcode = 0xa0
	JumpLE   Opcode = 0xb0
	JumpSLT  Opcode = 0xc0
	JumpSLE  Opcode = 0xd0
	JumpCond Opcode = 0xe0 // may_goto (include/uapi/linux/bpf.h, BPF_JCOND)
)

// Whole opcodes that have a meaning of their own.
const (
	LoadImm64 Opcode = 0x18 // BPF_LD | BPF_IMM | BPF_DW
	Call      Opcode = 0x85 // BPF_JMP | BPF_CALL
	CallX     Opcode = 0x8d // BPF_JMP | BPF_CALL | BPF_X: the callee's address is in dst
	Exit      Opcode = 0x95 // BPF_JMP | BPF_EXIT
	Goto      Opcode = 0x05 // BPF_JMP | BPF_JA: distance in off
	GotoL     Opcode = 0x06 // BPF_JMP32 | BPF_JA: distance in imm
	MayGoto   Opcode = 0xe5 // BPF_JMP | BPF_JCOND
	MovX      Opcode = 0xbf // BPF_ALU64 | BPF_MOV | BPF_X: also sign extension and addr_space_cast
)

// Immediates of atomic operations (RFC 9669, section 5.3; load-acquire and
// store-release: include/linux/filter.h, since Linux 6.15).
const (
	AtomicFetch        int32 = 0x01
	AtomicAdd          int32 = 0x00
	AtomicOr           int32 = 0x40
	AtomicAnd          int32 = 0x50
	AtomicXor          int32 = 0xa0
	AtomicXchg         int32 = 0xe0 | AtomicFetch
	AtomicCmpxchg      int32 = 0xf0 | AtomicFetch
	AtomicLoadAcquire  int32 = 0x100
	AtomicStoreRelease int32 = 0x110
)

// Offsets of ALU64 MOV X with a meaning of their own (include/linux/filter.h).
const (
	OffAddrSpaceCast int16 = 1  // BPF_ADDR_SPACE_CAST
	OffAddrPercpu    int16 = -1 // BPF_ADDR_PERCPU: the kernel's own, refused from user space
)
