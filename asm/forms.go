package asm

import (
	"fmt"
	"iter"
)

// Form is what the kernel makes of an instruction: one row of the table.
type Form struct {
	// Name is RFC 9669's or the kernel's name, the width in bits for ALU and
	// atomics ("add64 imm", "jeq32 reg", "lddw map_fd", "cmpxchg64"). Names
	// are unique.
	Name string
	// Since is the first Linux release that accepts the form ("5.12"), "3.18"
	// for those as old as bpf(). Empty for callx, which none accepts.
	Since string
}

// FormOf returns the form of an instruction, registers and reserved fields
// disregarded. There is none where the kernel knows neither the opcode nor the
// variant that off, imm or src ask for. The second slot of LD_IMM64 has no form:
// callers skip it.
func FormOf(ins Instruction) (Form, bool) {
	if f := lookup(ins); f != nil {
		return f.public(), true
	}
	return Form{}, false
}

// Name is the name of the form, or the opcode in hexadecimal where there is none.
func Name(ins Instruction) string {
	if f := lookup(ins); f != nil {
		return f.name
	}
	return fmt.Sprintf("opcode %#02x", uint8(ins.Opcode()))
}

// Forms goes through all forms by opcode. The instruction is the form with
// all its operands zero, which may make it irregular ("div64 imm" by 0).
func Forms() iter.Seq2[Instruction, Form] {
	return func(yield func(Instruction, Form) bool) {
		for op := range forms {
			for i := range forms[op] {
				f := &forms[op][i]
				if !yield(Instruction(op)|f.value, f.public()) {
					return
				}
			}
		}
	}
}

// KnownOpcode reports whether the kernel knows the opcode
// (kernel/bpf/core.c:bpf_opcode_in_insntable of Linux 6.12), or has come to know
// it since (the 8- and 16-bit load-acquire and store-release of 6.15).
func KnownOpcode(op Opcode) bool { return len(forms[op]) != 0 && op != CallX }

// Registers reports which of the register fields name registers in the
// instructions of an opcode. The others are reserved, or say what the constant
// means (CALL, LD_IMM64). A register that LD_ABS, LD_IND, CALL, EXIT or cmpxchg
// use without naming it is in no field.
func (op Opcode) Registers() (dst, src bool) {
	if len(forms[op]) == 0 {
		return false, false
	}
	f := &forms[op][0] // the forms of one opcode agree
	return f.dst != 0, f.src != 0 && f.src != anything
}

// Regular reports whether a slot, whatever stands around it, is one that the
// kernel accepts both wherever it stands and when it visits it: [Irregular] is
// nil for it, and so is [Malformed] unless it is a LD_IMM64, whose second slot
// counts too. It must not be called on the second slot of LD_IMM64.
func Regular(ins Instruction) bool {
	return Plain(ins) || regularVariant(ins)
}

// Plain reports whether a slot is regular and has the first form of its opcode,
// as nearly all slots have. It is small enough to be inlined, and so about twice
// as fast as [Regular], which decides where Plain is false.
func Plain(ins Instruction) bool {
	rows := forms[ins.Opcode()]
	return len(rows) != 0 && rows[0].fits(ins)
}

// regularVariant is Regular for the forms after the first.
func regularVariant(ins Instruction) bool {
	f := lookup(ins)
	return f != nil && f.fits(ins)
}

// lookup returns the row of an instruction, nil where there is none.
func lookup(ins Instruction) *form {
	rows := forms[ins.Opcode()]
	for i := range rows {
		if f := &rows[i]; ins&f.mask == f.value {
			return f
		}
	}
	return nil
}

// form is a row of the table: an instruction has the form if ins&mask == value,
// and it is regular if moreover the other columns hold.
type form struct {
	name  string
	since string // empty: 3.18

	mask  Instruction // which bits, besides the opcode, make it this form
	value Instruction // and what they are

	dst Register // highest value of the field: reads, writes, anything; else 0
	src Register

	zero    Instruction // bits of off and imm that must be 0
	nonzero Instruction // field that must not be 0
	second  Instruction // for LD_IMM64: bits of the second slot that must be 0
}

// fits reports whether the instruction has the form and is regular.
func (f *form) fits(ins Instruction) bool {
	return ins&(f.mask|f.zero) == f.value &&
		ins.Dst() <= f.dst && ins.Src() <= f.src &&
		(f.nonzero == 0 || ins&f.nonzero != 0)
}

func (f *form) public() Form {
	switch {
	case f.name == "callx":
		return Form{Name: f.name}
	case f.since == "":
		return Form{Name: f.name, Since: "3.18"}
	}
	return Form{Name: f.name, Since: f.since}
}

// Limits of the register fields (kernel/bpf/verifier.c:__check_reg_arg).
const (
	reads    = R10 // any register that exists
	writes   = R9  // the frame pointer is read-only
	anything = 0xf // the field is no register and mask judges it
)

// Fields of an instruction, and parts of them.
const (
	fieldDst Instruction = 0xf << 8
	fieldSrc Instruction = 0xf << 12
	fieldOff Instruction = 0xffff << 16
	fieldImm Instruction = 0xffffffff << 32

	// Shift counts (kernel/bpf/verifier.c:check_alu_op): 0 to 31, 0 to 63.
	shift32 = fieldImm &^ (31 << 32)
	shift64 = fieldImm &^ (63 << 32)

	// Second slots (kernel/bpf/verifier.c:resolve_pseudo_ldimm64). An offset
	// into a map's value is below BPF_MAX_VAR_OFF, 1<<29.
	lowHalf     Instruction = 0xffffffff
	wholeSlot   Instruction = 0xffffffff_ffffffff
	valueOffset             = lowHalf | 7<<61
)

// Values of fields that tell forms of one opcode apart.
const (
	off0  Instruction = 0 << 16
	off1  Instruction = 1 << 16
	off8  Instruction = 8 << 16
	off16 Instruction = 16 << 16
	off32 Instruction = 32 << 16

	imm16 Instruction = 16 << 32
	imm32 Instruction = 32 << 32
	imm64 Instruction = 64 << 32

	// Directions of addr_space_cast, as (to, from) in the halves of imm.
	castToKernel = off1 | 1<<32 // from address space 1 to 0
	castToArena  = off1 | 1<<48 // from address space 0 to 1

	atomicAdd      = Instruction(AtomicAdd) << 32
	atomicOr       = Instruction(AtomicOr) << 32
	atomicAnd      = Instruction(AtomicAnd) << 32
	atomicXor      = Instruction(AtomicXor) << 32
	atomicFetchAdd = Instruction(AtomicAdd|AtomicFetch) << 32
	atomicFetchOr  = Instruction(AtomicOr|AtomicFetch) << 32
	atomicFetchAnd = Instruction(AtomicAnd|AtomicFetch) << 32
	atomicFetchXor = Instruction(AtomicXor|AtomicFetch) << 32
	atomicXchg     = Instruction(AtomicXchg) << 32
	atomicCmpxchg  = Instruction(AtomicCmpxchg) << 32
	atomicAcquire  = Instruction(AtomicLoadAcquire) << 32
	atomicRelease  = Instruction(AtomicStoreRelease) << 32
)

// Pseudo sources of LD_IMM64 and CALL, in place.
const (
	srcNone        = Instruction(0) << 12
	srcMapFD       = Instruction(PseudoMapFD) << 12
	srcMapValue    = Instruction(PseudoMapValue) << 12
	srcBTFID       = Instruction(PseudoBTFID) << 12
	srcFunc        = Instruction(PseudoFunc) << 12
	srcMapIdx      = Instruction(PseudoMapIdx) << 12
	srcMapIdxValue = Instruction(PseudoMapIdxValue) << 12
	srcCall        = Instruction(PseudoCall) << 12
	srcKfunc       = Instruction(PseudoKfuncCall) << 12
)

// forms holds every form that a Linux kernel accepts, by opcode; the rules are
// those of Linux 6.12. Three things are not in it:
//
//   - whether the program may use the form at all (LD_ABS only in socket
//     filters and their kin, addr_space_cast only beside an arena);
//   - what off and imm refer to (jump targets, helper numbers);
//   - per-CPU moves (off -1), which the verifier inserts itself and refuses
//     from user space.
//
// Opcodes and rules: kernel/bpf/core.c (BPF_INSN_MAP, bpf_opcode_in_insntable),
// kernel/bpf/verifier.c (resolve_pseudo_ldimm64, do_check, check_alu_op,
// check_cond_jmp_op, check_ld_imm, check_ld_abs, check_atomic, check_load_mem,
// check_store_reg). In load_acquire and store_release:
// kernel/bpf/verifier.c:check_atomic_load and check_atomic_store of Linux 6.15.
//
// Releases, by the commit that brought the form: LD_ABS and LD_IND ddd872bc3098
// (3.19), jlt to jsle 92b31a9af73b (4.14), call function cc8b0b92a169 (4.16),
// arsh32 2dc6b100f928 (5.0), JMP32 092ed0968bb6 (5.1), map_value d8eca5bbb2be
// (5.2), btf_id 4976b718c355 (5.10), atomics 5ffa25502b5a (5.12), func
// 69c087ba6225 and call kfunc e6ac2450d6de (5.13), map_idx 387544bfa291 (5.14),
// cpu v4 1f9a1ea821ff and its neighbours (6.6), may_goto 011832b97b31 and
// addr_space_cast 6082b6c328b5 (6.9), load_acquire 880442305a39 (6.15).
var forms = [256][]form{

	// LD: constants, maps and the packet (RFC 9669, sections 5.4 and 5.5).
	0x18: {
		{name: "lddw", mask: fieldSrc, value: srcNone, dst: writes, src: anything, zero: fieldOff, second: lowHalf},
		{name: "lddw map_fd", mask: fieldSrc, value: srcMapFD, dst: writes, src: anything, zero: fieldOff, second: wholeSlot},
		{name: "lddw map_value", since: "5.2", mask: fieldSrc, value: srcMapValue, dst: writes, src: anything, zero: fieldOff, second: valueOffset},
		{name: "lddw btf_id", since: "5.10", mask: fieldSrc, value: srcBTFID, dst: writes, src: anything, zero: fieldOff, second: lowHalf},
		{name: "lddw func", since: "5.13", mask: fieldSrc, value: srcFunc, dst: writes, src: anything, zero: fieldOff, second: lowHalf},
		{name: "lddw map_idx", since: "5.14", mask: fieldSrc, value: srcMapIdx, dst: writes, src: anything, zero: fieldOff, second: wholeSlot},
		{name: "lddw map_idx_value", since: "5.14", mask: fieldSrc, value: srcMapIdxValue, dst: writes, src: anything, zero: fieldOff, second: valueOffset},
	},
	0x30: {{name: "ldabsb", since: "3.19", zero: fieldOff}},
	0x28: {{name: "ldabsh", since: "3.19", zero: fieldOff}},
	0x20: {{name: "ldabsw", since: "3.19", zero: fieldOff}},
	0x50: {{name: "ldindb", since: "3.19", src: reads, zero: fieldOff}},
	0x48: {{name: "ldindh", since: "3.19", src: reads, zero: fieldOff}},
	0x40: {{name: "ldindw", since: "3.19", src: reads, zero: fieldOff}},

	// LDX: loads (RFC 9669, sections 5.1 and 5.2).
	0x71: {{name: "ldxb", dst: writes, src: reads, zero: fieldImm}},
	0x69: {{name: "ldxh", dst: writes, src: reads, zero: fieldImm}},
	0x61: {{name: "ldxw", dst: writes, src: reads, zero: fieldImm}},
	0x79: {{name: "ldxdw", dst: writes, src: reads, zero: fieldImm}},
	0x91: {{name: "ldxsb", since: "6.6", dst: writes, src: reads, zero: fieldImm}},
	0x89: {{name: "ldxsh", since: "6.6", dst: writes, src: reads, zero: fieldImm}},
	0x81: {{name: "ldxsw", since: "6.6", dst: writes, src: reads, zero: fieldImm}},

	// ST and STX: stores (RFC 9669, section 5.1).
	0x72: {{name: "stb", dst: reads}},
	0x6a: {{name: "sth", dst: reads}},
	0x62: {{name: "stw", dst: reads}},
	0x7a: {{name: "stdw", dst: reads}},
	0x73: {{name: "stxb", dst: reads, src: reads, zero: fieldImm}},
	0x6b: {{name: "stxh", dst: reads, src: reads, zero: fieldImm}},
	0x63: {{name: "stxw", dst: reads, src: reads, zero: fieldImm}},
	0x7b: {{name: "stxdw", dst: reads, src: reads, zero: fieldImm}},

	// STX ATOMIC (RFC 9669, section 5.3; load-acquire and store-release are newer).
	0xd3: {
		{name: "load_acquire8", since: "6.15", mask: fieldImm, value: atomicAcquire, dst: writes, src: reads},
		{name: "store_release8", since: "6.15", mask: fieldImm, value: atomicRelease, dst: reads, src: reads},
	},
	0xcb: {
		{name: "load_acquire16", since: "6.15", mask: fieldImm, value: atomicAcquire, dst: writes, src: reads},
		{name: "store_release16", since: "6.15", mask: fieldImm, value: atomicRelease, dst: reads, src: reads},
	},
	0xc3: {
		{name: "atomic_add32", mask: fieldImm, value: atomicAdd, dst: reads, src: reads},
		{name: "atomic_fetch_add32", since: "5.12", mask: fieldImm, value: atomicFetchAdd, dst: reads, src: writes},
		{name: "atomic_or32", since: "5.12", mask: fieldImm, value: atomicOr, dst: reads, src: reads},
		{name: "atomic_fetch_or32", since: "5.12", mask: fieldImm, value: atomicFetchOr, dst: reads, src: writes},
		{name: "atomic_and32", since: "5.12", mask: fieldImm, value: atomicAnd, dst: reads, src: reads},
		{name: "atomic_fetch_and32", since: "5.12", mask: fieldImm, value: atomicFetchAnd, dst: reads, src: writes},
		{name: "atomic_xor32", since: "5.12", mask: fieldImm, value: atomicXor, dst: reads, src: reads},
		{name: "atomic_fetch_xor32", since: "5.12", mask: fieldImm, value: atomicFetchXor, dst: reads, src: writes},
		{name: "xchg32", since: "5.12", mask: fieldImm, value: atomicXchg, dst: reads, src: writes},
		{name: "cmpxchg32", since: "5.12", mask: fieldImm, value: atomicCmpxchg, dst: reads, src: reads},
		{name: "load_acquire32", since: "6.15", mask: fieldImm, value: atomicAcquire, dst: writes, src: reads},
		{name: "store_release32", since: "6.15", mask: fieldImm, value: atomicRelease, dst: reads, src: reads},
	},
	0xdb: {
		{name: "atomic_add64", mask: fieldImm, value: atomicAdd, dst: reads, src: reads},
		{name: "atomic_fetch_add64", since: "5.12", mask: fieldImm, value: atomicFetchAdd, dst: reads, src: writes},
		{name: "atomic_or64", since: "5.12", mask: fieldImm, value: atomicOr, dst: reads, src: reads},
		{name: "atomic_fetch_or64", since: "5.12", mask: fieldImm, value: atomicFetchOr, dst: reads, src: writes},
		{name: "atomic_and64", since: "5.12", mask: fieldImm, value: atomicAnd, dst: reads, src: reads},
		{name: "atomic_fetch_and64", since: "5.12", mask: fieldImm, value: atomicFetchAnd, dst: reads, src: writes},
		{name: "atomic_xor64", since: "5.12", mask: fieldImm, value: atomicXor, dst: reads, src: reads},
		{name: "atomic_fetch_xor64", since: "5.12", mask: fieldImm, value: atomicFetchXor, dst: reads, src: writes},
		{name: "xchg64", since: "5.12", mask: fieldImm, value: atomicXchg, dst: reads, src: writes},
		{name: "cmpxchg64", since: "5.12", mask: fieldImm, value: atomicCmpxchg, dst: reads, src: reads},
		{name: "load_acquire64", since: "6.15", mask: fieldImm, value: atomicAcquire, dst: writes, src: reads},
		{name: "store_release64", since: "6.15", mask: fieldImm, value: atomicRelease, dst: reads, src: reads},
	},

	// ALU: 32 bits wide (RFC 9669, sections 4.1 and 4.2).
	0x04: {{name: "add32 imm", dst: writes, zero: fieldOff}},
	0x0c: {{name: "add32 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x14: {{name: "sub32 imm", dst: writes, zero: fieldOff}},
	0x1c: {{name: "sub32 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x24: {{name: "mul32 imm", dst: writes, zero: fieldOff}},
	0x2c: {{name: "mul32 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x34: {
		{name: "div32 imm", mask: fieldOff, value: off0, dst: writes, nonzero: fieldImm},
		{name: "sdiv32 imm", since: "6.6", mask: fieldOff, value: off1, dst: writes, nonzero: fieldImm},
	},
	0x3c: {
		{name: "div32 reg", mask: fieldOff, value: off0, dst: writes, src: reads, zero: fieldImm},
		{name: "sdiv32 reg", since: "6.6", mask: fieldOff, value: off1, dst: writes, src: reads, zero: fieldImm},
	},
	0x44: {{name: "or32 imm", dst: writes, zero: fieldOff}},
	0x4c: {{name: "or32 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x54: {{name: "and32 imm", dst: writes, zero: fieldOff}},
	0x5c: {{name: "and32 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x64: {{name: "lsh32 imm", dst: writes, zero: fieldOff | shift32}},
	0x6c: {{name: "lsh32 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x74: {{name: "rsh32 imm", dst: writes, zero: fieldOff | shift32}},
	0x7c: {{name: "rsh32 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x84: {{name: "neg32", dst: writes, zero: fieldOff | fieldImm}},
	0x94: {
		{name: "mod32 imm", mask: fieldOff, value: off0, dst: writes, nonzero: fieldImm},
		{name: "smod32 imm", since: "6.6", mask: fieldOff, value: off1, dst: writes, nonzero: fieldImm},
	},
	0x9c: {
		{name: "mod32 reg", mask: fieldOff, value: off0, dst: writes, src: reads, zero: fieldImm},
		{name: "smod32 reg", since: "6.6", mask: fieldOff, value: off1, dst: writes, src: reads, zero: fieldImm},
	},
	0xa4: {{name: "xor32 imm", dst: writes, zero: fieldOff}},
	0xac: {{name: "xor32 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0xb4: {{name: "mov32 imm", dst: writes, zero: fieldOff}},
	0xbc: {
		{name: "mov32 reg", mask: fieldOff, value: off0, dst: writes, src: reads, zero: fieldImm},
		{name: "movsx32.8 reg", since: "6.6", mask: fieldOff, value: off8, dst: writes, src: reads, zero: fieldImm},
		{name: "movsx32.16 reg", since: "6.6", mask: fieldOff, value: off16, dst: writes, src: reads, zero: fieldImm},
	},
	0xc4: {{name: "arsh32 imm", since: "5.0", dst: writes, zero: fieldOff | shift32}},
	0xcc: {{name: "arsh32 reg", since: "5.0", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0xd4: {
		{name: "le16", mask: fieldImm, value: imm16, dst: writes, zero: fieldOff},
		{name: "le32", mask: fieldImm, value: imm32, dst: writes, zero: fieldOff},
		{name: "le64", mask: fieldImm, value: imm64, dst: writes, zero: fieldOff},
	},
	0xdc: {
		{name: "be16", mask: fieldImm, value: imm16, dst: writes, zero: fieldOff},
		{name: "be32", mask: fieldImm, value: imm32, dst: writes, zero: fieldOff},
		{name: "be64", mask: fieldImm, value: imm64, dst: writes, zero: fieldOff},
	},

	// ALU64 (RFC 9669, sections 4.1 and 4.2).
	0x07: {{name: "add64 imm", dst: writes, zero: fieldOff}},
	0x0f: {{name: "add64 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x17: {{name: "sub64 imm", dst: writes, zero: fieldOff}},
	0x1f: {{name: "sub64 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x27: {{name: "mul64 imm", dst: writes, zero: fieldOff}},
	0x2f: {{name: "mul64 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x37: {
		{name: "div64 imm", mask: fieldOff, value: off0, dst: writes, nonzero: fieldImm},
		{name: "sdiv64 imm", since: "6.6", mask: fieldOff, value: off1, dst: writes, nonzero: fieldImm},
	},
	0x3f: {
		{name: "div64 reg", mask: fieldOff, value: off0, dst: writes, src: reads, zero: fieldImm},
		{name: "sdiv64 reg", since: "6.6", mask: fieldOff, value: off1, dst: writes, src: reads, zero: fieldImm},
	},
	0x47: {{name: "or64 imm", dst: writes, zero: fieldOff}},
	0x4f: {{name: "or64 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x57: {{name: "and64 imm", dst: writes, zero: fieldOff}},
	0x5f: {{name: "and64 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x67: {{name: "lsh64 imm", dst: writes, zero: fieldOff | shift64}},
	0x6f: {{name: "lsh64 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x77: {{name: "rsh64 imm", dst: writes, zero: fieldOff | shift64}},
	0x7f: {{name: "rsh64 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0x87: {{name: "neg64", dst: writes, zero: fieldOff | fieldImm}},
	0x97: {
		{name: "mod64 imm", mask: fieldOff, value: off0, dst: writes, nonzero: fieldImm},
		{name: "smod64 imm", since: "6.6", mask: fieldOff, value: off1, dst: writes, nonzero: fieldImm},
	},
	0x9f: {
		{name: "mod64 reg", mask: fieldOff, value: off0, dst: writes, src: reads, zero: fieldImm},
		{name: "smod64 reg", since: "6.6", mask: fieldOff, value: off1, dst: writes, src: reads, zero: fieldImm},
	},
	0xa7: {{name: "xor64 imm", dst: writes, zero: fieldOff}},
	0xaf: {{name: "xor64 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0xb7: {{name: "mov64 imm", dst: writes, zero: fieldOff}},
	0xbf: {
		{name: "mov64 reg", mask: fieldOff, value: off0, dst: writes, src: reads, zero: fieldImm},
		{name: "movsx64.8 reg", since: "6.6", mask: fieldOff, value: off8, dst: writes, src: reads, zero: fieldImm},
		{name: "movsx64.16 reg", since: "6.6", mask: fieldOff, value: off16, dst: writes, src: reads, zero: fieldImm},
		{name: "movsx64.32 reg", since: "6.6", mask: fieldOff, value: off32, dst: writes, src: reads, zero: fieldImm},
		{name: "addr_space_cast 1 to 0", since: "6.9", mask: fieldOff | fieldImm, value: castToKernel, dst: writes, src: reads},
		{name: "addr_space_cast 0 to 1", since: "6.9", mask: fieldOff | fieldImm, value: castToArena, dst: writes, src: reads},
	},
	0xc7: {{name: "arsh64 imm", dst: writes, zero: fieldOff | shift64}},
	0xcf: {{name: "arsh64 reg", dst: writes, src: reads, zero: fieldOff | fieldImm}},
	0xd7: {
		{name: "bswap16", since: "6.6", mask: fieldImm, value: imm16, dst: writes, zero: fieldOff},
		{name: "bswap32", since: "6.6", mask: fieldImm, value: imm32, dst: writes, zero: fieldOff},
		{name: "bswap64", since: "6.6", mask: fieldImm, value: imm64, dst: writes, zero: fieldOff},
	},

	// JMP (RFC 9669, section 4.3).
	0x05: {{name: "ja", zero: fieldImm}},
	0x15: {{name: "jeq imm", dst: reads}},
	0x1d: {{name: "jeq reg", dst: reads, src: reads, zero: fieldImm}},
	0x25: {{name: "jgt imm", dst: reads}},
	0x2d: {{name: "jgt reg", dst: reads, src: reads, zero: fieldImm}},
	0x35: {{name: "jge imm", dst: reads}},
	0x3d: {{name: "jge reg", dst: reads, src: reads, zero: fieldImm}},
	0x45: {{name: "jset imm", dst: reads}},
	0x4d: {{name: "jset reg", dst: reads, src: reads, zero: fieldImm}},
	0x55: {{name: "jne imm", dst: reads}},
	0x5d: {{name: "jne reg", dst: reads, src: reads, zero: fieldImm}},
	0x65: {{name: "jsgt imm", dst: reads}},
	0x6d: {{name: "jsgt reg", dst: reads, src: reads, zero: fieldImm}},
	0x75: {{name: "jsge imm", dst: reads}},
	0x7d: {{name: "jsge reg", dst: reads, src: reads, zero: fieldImm}},
	0xa5: {{name: "jlt imm", since: "4.14", dst: reads}},
	0xad: {{name: "jlt reg", since: "4.14", dst: reads, src: reads, zero: fieldImm}},
	0xb5: {{name: "jle imm", since: "4.14", dst: reads}},
	0xbd: {{name: "jle reg", since: "4.14", dst: reads, src: reads, zero: fieldImm}},
	0xc5: {{name: "jslt imm", since: "4.14", dst: reads}},
	0xcd: {{name: "jslt reg", since: "4.14", dst: reads, src: reads, zero: fieldImm}},
	0xd5: {{name: "jsle imm", since: "4.14", dst: reads}},
	0xdd: {{name: "jsle reg", since: "4.14", dst: reads, src: reads, zero: fieldImm}},
	0xe5: {{name: "may_goto", since: "6.9", zero: fieldImm, nonzero: fieldOff}},
	0x85: {
		{name: "call helper", mask: fieldSrc, value: srcNone, src: anything, zero: fieldOff},
		{name: "call function", since: "4.16", mask: fieldSrc, value: srcCall, src: anything, zero: fieldOff},
		{name: "call kfunc", since: "5.13", mask: fieldSrc, value: srcKfunc, src: anything},
	},
	0x8d: {{name: "callx", dst: reads, zero: fieldOff | fieldImm, nonzero: fieldOff}}, // a contradiction: never regular
	0x95: {{name: "exit", zero: fieldImm}},

	// JMP32 (RFC 9669, section 4.3).
	0x06: {{name: "gotol", since: "6.6", zero: fieldOff}},
	0x16: {{name: "jeq32 imm", since: "5.1", dst: reads}},
	0x1e: {{name: "jeq32 reg", since: "5.1", dst: reads, src: reads, zero: fieldImm}},
	0x26: {{name: "jgt32 imm", since: "5.1", dst: reads}},
	0x2e: {{name: "jgt32 reg", since: "5.1", dst: reads, src: reads, zero: fieldImm}},
	0x36: {{name: "jge32 imm", since: "5.1", dst: reads}},
	0x3e: {{name: "jge32 reg", since: "5.1", dst: reads, src: reads, zero: fieldImm}},
	0x46: {{name: "jset32 imm", since: "5.1", dst: reads}},
	0x4e: {{name: "jset32 reg", since: "5.1", dst: reads, src: reads, zero: fieldImm}},
	0x56: {{name: "jne32 imm", since: "5.1", dst: reads}},
	0x5e: {{name: "jne32 reg", since: "5.1", dst: reads, src: reads, zero: fieldImm}},
	0x66: {{name: "jsgt32 imm", since: "5.1", dst: reads}},
	0x6e: {{name: "jsgt32 reg", since: "5.1", dst: reads, src: reads, zero: fieldImm}},
	0x76: {{name: "jsge32 imm", since: "5.1", dst: reads}},
	0x7e: {{name: "jsge32 reg", since: "5.1", dst: reads, src: reads, zero: fieldImm}},
	0xa6: {{name: "jlt32 imm", since: "5.1", dst: reads}},
	0xae: {{name: "jlt32 reg", since: "5.1", dst: reads, src: reads, zero: fieldImm}},
	0xb6: {{name: "jle32 imm", since: "5.1", dst: reads}},
	0xbe: {{name: "jle32 reg", since: "5.1", dst: reads, src: reads, zero: fieldImm}},
	0xc6: {{name: "jslt32 imm", since: "5.1", dst: reads}},
	0xce: {{name: "jslt32 reg", since: "5.1", dst: reads, src: reads, zero: fieldImm}},
	0xd6: {{name: "jsle32 imm", since: "5.1", dst: reads}},
	0xde: {{name: "jsle32 reg", since: "5.1", dst: reads, src: reads, zero: fieldImm}},
}
