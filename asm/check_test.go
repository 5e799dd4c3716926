package asm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// sameVerdicts: what Regular, Malformed, Irregular and FormOf say of a program
// fits together, and every error is a *FieldError of one line.
func sameVerdicts(t rapid.TB, insns []Instruction) {
	for slot := 0; slot < len(insns); slot++ {
		ins := insns[slot]
		malformed, irregular := Malformed(insns, slot), Irregular(insns, slot)
		if Regular(ins) != (irregular == nil) {
			t.Fatalf("%#v: Regular %v, Irregular %v", ins, Regular(ins), irregular)
		}
		if Plain(ins) && !Regular(ins) {
			t.Fatalf("%#v is plain and not regular", ins)
		}
		if Regular(ins) && !ins.IsWide() && malformed != nil {
			t.Fatalf("%#v is regular, and malformed: %v", ins, malformed)
		}
		if !KnownOpcode(ins.Opcode()) && (malformed == nil || irregular == nil) {
			t.Fatalf("%#v: opcode unknown, Malformed %v, Irregular %v", ins, malformed, irregular)
		}
		f, ok := FormOf(ins)
		if ok && f.Name != Name(ins) || !ok && irregular == nil {
			t.Fatalf("%#v: form %v %v, Name %q, Irregular %v", ins, f, ok, Name(ins), irregular)
		}
		for _, err := range []error{malformed, irregular} {
			if err == nil {
				continue
			}
			var fault *FieldError
			if !errors.As(err, &fault) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%#v: error %q", ins, err)
			}
			if fault.Slot < slot || fault.Slot > slot+1 || fault.Field == "" || fault.Found == "" || fault.Want == "" || fault.Kernel == "" {
				t.Fatalf("%#v: %#v", ins, fault)
			}
		}
		if ins.IsWide() {
			slot++
		}
	}
}

// anyInstruction draws slots that are near a form: random bits alone seldom are.
var anyInstruction = rapid.Custom(func(t *rapid.T) Instruction {
	op := Opcode(rapid.Byte().Draw(t, "opcode"))
	if rapid.Bool().Draw(t, "known") {
		op = rapid.SampledFrom(knownOpcodes()).Draw(t, "opcode of a form")
	}
	register := rapid.SampledFrom([]Register{0, 0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 15})
	off := rapid.OneOf(rapid.SampledFrom([]int16{0, 0, 1, -1, 8, 16, 32}), rapid.Int16())
	imm := rapid.OneOf(rapid.SampledFrom([]int32{0, 0, 1, -1, 16, 32, 64, 0x100, 0x110, 0xe1, 0xf1, 1 << 16, 1 << 29}), rapid.Int32())
	return New(op, register.Draw(t, "dst"), register.Draw(t, "src"), off.Draw(t, "off"), imm.Draw(t, "imm"))
})

func knownOpcodes() []Opcode {
	var ops []Opcode
	for op := range 256 {
		if KnownOpcode(Opcode(op)) {
			ops = append(ops, Opcode(op))
		}
	}
	return ops
}

// anyProgram draws instructions, LD_IMM64 mostly with a proper second slot.
var anyProgram = rapid.Custom(func(t *rapid.T) []Instruction {
	var insns []Instruction
	for _, ins := range rapid.SliceOfN(anyInstruction, 0, 12).Draw(t, "instructions") {
		insns = append(insns, ins)
		if ins.IsWide() && rapid.IntRange(0, 9).Draw(t, "second") != 0 {
			insns = append(insns, New(0, 0, 0, 0, rapid.Int32().Draw(t, "upper half")))
		}
	}
	return insns
})

func propVerdicts(t *rapid.T) { sameVerdicts(t, anyProgram.Draw(t, "program")) }

func TestVerdicts(t *testing.T) { rapid.Check(t, propVerdicts) }

func FuzzVerdicts(f *testing.F) { f.Fuzz(rapid.MakeFuzz(propVerdicts)) }

func TestChecksDoNotAllocate(t *testing.T) {
	insns, err := Decode(benchProgram(binary.LittleEndian), binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(5, func() {
		for i := 0; i < len(insns); i++ {
			if Malformed(insns, i) != nil || Irregular(insns, i) != nil {
				panic(i)
			}
			if insns[i].IsWide() {
				i++
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// TestFaults spells out each rule once, with the line that a user reads.
func TestFaults(t *testing.T) {
	second := New(0, 0, 0, 0, 0)
	cases := []struct {
		name      string
		insns     []Instruction
		malformed string // Malformed of slot 0, empty: nil
		irregular string // Irregular of slot 0, empty: nil
		reason    string
	}{
		{"ordinary", []Instruction{New(0x07, R1, 0, 0, 5)}, "", "",
			"nothing is wrong with it"},
		{"opcode 0", []Instruction{0},
			"slot 0: opcode is 0x00, expected one that the kernel knows (kernel: unknown opcode 00)",
			"slot 0: opcode is 0x00, expected one that the kernel knows (kernel: unknown opcode 00)",
			"bpf_opcode_in_insntable; what is unknown cannot be regular"},
		{"callx", []Instruction{New(CallX, R1, 0, 0, 0)},
			"slot 0: opcode is 0x8d, expected one that the kernel knows (kernel: unknown opcode 8d (callx: no kernel accepts it))",
			"slot 0: opcode is 0x8d, expected one that the kernel knows (kernel: unknown opcode 8d (callx: no kernel accepts it))",
			"clang emits it at -O0 for calls through pointers"},
		{"ldx mode", []Instruction{New(0x01, R1, R2, 0, 0)},
			"slot 0: opcode is 0x01, expected LDX of mode MEM or MEMSX (kernel: BPF_LDX uses reserved fields)",
			"slot 0: opcode is 0x01, expected one that the kernel knows (kernel: unknown opcode 01)",
			"resolve_pseudo_ldimm64 looks at LDX before it looks at the opcode table"},
		{"ldx imm", []Instruction{New(0x79, R1, R2, 0, 4)},
			"slot 0: imm is 4, expected 0 (kernel: BPF_LDX uses reserved fields)",
			"slot 0: imm is 4, expected 0 (kernel: BPF_LDX uses reserved fields)",
			"the one class whose reserved field is judged wherever it stands"},
		{"ldxsdw", []Instruction{New(0x99, R1, R2, 0, 0)},
			"slot 0: opcode is 0x99, expected one that the kernel knows (kernel: unknown opcode 99)",
			"slot 0: opcode is 0x99, expected one that the kernel knows (kernel: unknown opcode 99)",
			"64 bits have nothing to sign-extend"},
		{"ldx into r10", []Instruction{New(0x79, R10, R2, 0, 0)}, "",
			"slot 0: dst is r10, expected r0 to r9 (kernel: frame pointer is read only)",
			"__check_reg_arg"},
		{"ldx from r11", []Instruction{New(0x79, R1, 11, 0, 0)}, "",
			"slot 0: src is r11, expected r0 to r10 (kernel: R11 is invalid)",
			"__check_reg_arg"},
		{"lddw alone", []Instruction{New(LoadImm64, R1, 0, 0, 0)},
			"slot 1: slot is missing, expected the second slot of LD_IMM64 (kernel: invalid bpf_ld_imm64 insn)", "",
			"the program ends in the middle of an instruction"},
		{"lddw second opcode", []Instruction{New(LoadImm64, R1, 0, 0, 0), New(Exit, 0, 0, 0, 0)},
			"slot 1: opcode is 0x95, expected 0 in the second slot of LD_IMM64 (kernel: invalid bpf_ld_imm64 insn)", "",
			"someone dropped the second slot"},
		{"lddw second dst", []Instruction{New(LoadImm64, R1, 0, 0, 0), New(0, R1, 0, 0, 0)},
			"slot 1: dst is r1, expected 0 in the second slot of LD_IMM64 (kernel: invalid bpf_ld_imm64 insn)", "",
			"reserved"},
		{"lddw second src", []Instruction{New(LoadImm64, R1, 0, 0, 0), New(0, 0, R1, 0, 0)},
			"slot 1: src is r1, expected 0 in the second slot of LD_IMM64 (kernel: invalid bpf_ld_imm64 insn)", "",
			"reserved"},
		{"lddw second off", []Instruction{New(LoadImm64, R1, 0, 0, 0), New(0, 0, 0, 1, 0)},
			"slot 1: off is 1, expected 0 in the second slot of LD_IMM64 (kernel: invalid bpf_ld_imm64 insn)", "",
			"reserved"},
		{"lddw src 7", []Instruction{New(LoadImm64, R1, 7, 0, 0), second},
			"slot 0: src is 7, expected 0, 1, 2, 3, 4, 5 or 6 (kernel: unrecognized bpf_ld_imm64 insn)",
			"slot 0: src is 7, expected 0, 1, 2, 3, 4, 5 or 6 (kernel: unrecognized bpf_ld_imm64 insn)",
			"BPF_PSEUDO_MAP_IDX_VALUE is the last"},
		{"lddw map and offset", []Instruction{New(LoadImm64, R1, PseudoMapFD, 0, 3), New(0, 0, 0, 0, 8)},
			"slot 1: imm is 8, expected 0 in the second slot of lddw map_fd (kernel: unrecognized bpf_ld_imm64 insn)", "",
			"a map has no offset, only its value has"},
		{"lddw map index and offset", []Instruction{New(LoadImm64, R1, PseudoMapIdx, 0, 3), New(0, 0, 0, 0, 8)},
			"slot 1: imm is 8, expected 0 in the second slot of lddw map_idx (kernel: unrecognized bpf_ld_imm64 insn)", "",
			"as by descriptor"},
		{"lddw value offset", []Instruction{New(LoadImm64, R1, PseudoMapValue, 0, 3), New(0, 0, 0, 0, -1)},
			"slot 1: imm is 4294967295, expected an offset below 1<<29 in the second slot of lddw map_value (kernel: direct value offset of 4294967295 is not allowed)", "",
			"BPF_MAX_VAR_OFF"},
		{"lddw value", []Instruction{New(LoadImm64, R1, PseudoMapIdxValue, 0, 3), New(0, 0, 0, 0, 1<<29-1)}, "", "",
			"whether the value is that large only the map can say"},
		{"lddw off", []Instruction{New(LoadImm64, R1, 0, 2, 0), second}, "",
			"slot 0: off is 2, expected 0 (kernel: BPF_LD_IMM64 uses reserved fields)",
			"check_ld_imm"},
		{"lddw into r10", []Instruction{New(LoadImm64, R10, 0, 0, 0), second}, "",
			"slot 0: dst is r10, expected r0 to r9 (kernel: frame pointer is read only)",
			"check_ld_imm"},
		{"ldabs dst", []Instruction{New(0x30, R1, 0, 0, 0)}, "",
			"slot 0: dst is r1, expected 0 (kernel: BPF_LD_[ABS|IND] uses reserved fields)",
			"the result is always in r0"},
		{"ldabs src", []Instruction{New(0x30, 0, R1, 0, 0)}, "",
			"slot 0: src is r1, expected 0 (kernel: BPF_LD_[ABS|IND] uses reserved fields)",
			"only LD_IND has an index"},
		{"ldind off", []Instruction{New(0x50, 0, R1, 4, 0)}, "",
			"slot 0: off is 4, expected 0 (kernel: BPF_LD_[ABS|IND] uses reserved fields)",
			"check_ld_abs"},
		{"ldind src", []Instruction{New(0x50, 0, 12, 0, 0)}, "",
			"slot 0: src is r12, expected r0 to r10 (kernel: R12 is invalid)",
			"check_ld_abs"},
		{"ldabs of a double word", []Instruction{New(0x38, 0, 0, 0, 0)},
			"slot 0: opcode is 0x38, expected one that the kernel knows (kernel: unknown opcode 38)",
			"slot 0: opcode is 0x38, expected one that the kernel knows (kernel: unknown opcode 38)",
			"there is none in the opcode table"},
		{"st src", []Instruction{New(0x62, R10, R1, -4, 0)}, "",
			"slot 0: src is r1, expected 0 (kernel: BPF_ST uses reserved fields)",
			"do_check"},
		{"st to r10", []Instruction{New(0x7a, R10, 0, -8, 0)}, "", "",
			"r10 is not written, what it points to is"},
		{"stx imm", []Instruction{New(0x7b, R10, R1, -8, 1)}, "",
			"slot 0: imm is 1, expected 0 (kernel: BPF_STX uses reserved fields)",
			"do_check"},
		{"stx src", []Instruction{New(0x7b, R10, 13, -8, 0)}, "",
			"slot 0: src is r13, expected r0 to r10 (kernel: R13 is invalid)",
			"check_store_reg"},
		{"atomic operation", []Instruction{New(0xdb, R10, R1, -8, 0x61)}, "",
			"slot 0: imm is 97, expected 0, 1, 64, 65, 80, 81, 160, 161, 225, 241, 256 or 272 (kernel: BPF_ATOMIC uses invalid atomic opcode 61)",
			"there is no atomic shift"},
		{"atomic fetch into r10", []Instruction{New(0xdb, R1, R10, -8, AtomicAdd|AtomicFetch)}, "",
			"slot 0: src is r10, expected r0 to r9 (kernel: frame pointer is read only)",
			"check_atomic_rmw: the old value goes to src"},
		{"cmpxchg of r10", []Instruction{New(0xdb, R1, R10, -8, AtomicCmpxchg)}, "", "",
			"the old value goes to r0, src is only read"},
		{"8-bit atomic add", []Instruction{New(0xd3, R1, R2, 0, AtomicAdd)}, "",
			"slot 0: imm is 0, expected 256 or 272 (kernel: invalid atomic operand size)",
			"since 6.15 the opcode is known, and the operation judged on visiting"},
		{"8-bit load-acquire", []Instruction{New(0xd3, R1, R2, 0, AtomicLoadAcquire)}, "", "",
			"since 6.15"},
		{"load-acquire into r10", []Instruction{New(0xdb, R10, R2, 0, AtomicLoadAcquire)}, "",
			"slot 0: dst is r10, expected r0 to r9 (kernel: frame pointer is read only)",
			"check_atomic_load"},
		{"16-bit store-release", []Instruction{New(0xcb, R10, R2, 0, AtomicStoreRelease)}, "", "",
			"since 6.15"},
		{"alu imm", []Instruction{New(0x0f, R1, R2, 0, 3)}, "",
			"slot 0: imm is 3, expected 0 (kernel: BPF_ALU uses reserved fields)",
			"check_alu_op"},
		{"alu src", []Instruction{New(0x07, R1, R2, 0, 3)}, "",
			"slot 0: src is r2, expected 0 (kernel: BPF_ALU uses reserved fields)",
			"check_alu_op"},
		{"alu off", []Instruction{New(0x07, R1, 0, 1, 3)}, "",
			"slot 0: off is 1, expected 0 (kernel: BPF_ALU uses reserved fields)",
			"only div and mod have a signed variant"},
		{"div off", []Instruction{New(0x37, R1, 0, 2, 3)}, "",
			"slot 0: off is 2, expected 0 or 1 (kernel: BPF_ALU uses reserved fields)",
			"1 makes it sdiv"},
		{"div by 0", []Instruction{New(0x37, R1, 0, 1, 0)}, "",
			"slot 0: imm is 0, expected not 0 (kernel: div by zero)",
			"by constants only; at run time the quotient is 0"},
		{"div of r11 by 0", []Instruction{New(0x37, 11, 0, 0, 0)}, "",
			"slot 0: dst is r11, expected r0 to r9 (kernel: R11 is invalid)",
			"the register comes first"},
		{"div of r10 by 0", []Instruction{New(0x37, R10, 0, 0, 0)}, "",
			"slot 0: imm is 0, expected not 0 (kernel: div by zero)",
			"that r10 is written comes last"},
		{"shift", []Instruction{New(0x67, R1, 0, 0, 64)}, "",
			"slot 0: imm is 64, expected 0 to 63 (kernel: invalid shift 64)",
			"check_alu_op"},
		{"shift32", []Instruction{New(0xc4, R1, 0, 0, 32)}, "",
			"slot 0: imm is 32, expected 0 to 31 (kernel: invalid shift 32)",
			"check_alu_op"},
		{"shift by -1", []Instruction{New(0x77, R1, 0, 0, -1)}, "",
			"slot 0: imm is -1, expected 0 to 63 (kernel: invalid shift -1)",
			"imm is signed"},
		{"neg", []Instruction{New(0x87, R1, 0, 0, 1)}, "",
			"slot 0: imm is 1, expected 0 (kernel: BPF_NEG uses reserved fields)",
			"check_alu_op"},
		{"byte swap width", []Instruction{New(0xd7, R1, 0, 0, 8)}, "",
			"slot 0: imm is 8, expected 16, 32 or 64 (kernel: BPF_END uses reserved fields)",
			"check_alu_op"},
		{"byte swap src", []Instruction{New(0xdc, R1, R1, 0, 16)}, "",
			"slot 0: src is r1, expected 0 (kernel: BPF_END uses reserved fields)",
			"check_alu_op"},
		{"byte swap width and off", []Instruction{New(0xd7, R1, 0, 1, 8)}, "",
			"slot 0: imm is 8, expected 16, 32 or 64 (kernel: BPF_END uses reserved fields)",
			"an offset of 1 means something to moves alone"},
		{"mov off", []Instruction{New(MovX, R1, R2, 3, 0)}, "",
			"slot 0: off is 3, expected 0, 8, 16, 32 or 1 (kernel: BPF_MOV uses reserved fields)",
			"check_alu_op"},
		{"mov32 off", []Instruction{New(0xbc, R1, R2, 32, 0)}, "",
			"slot 0: off is 32, expected 0, 8 or 16 (kernel: BPF_MOV uses reserved fields)",
			"a 32-bit move cannot extend 32 bits"},
		{"per-CPU move", []Instruction{New(MovX, R1, R2, OffAddrPercpu, 0)}, "",
			"slot 0: off is -1, expected 0, 8, 16, 32 or 1 (kernel: BPF_MOV uses reserved fields)",
			"the kernel's own, refused from user space"},
		{"addr_space_cast", []Instruction{New(MovX, R1, R2, OffAddrSpaceCast, 1<<16)}, "", "",
			"whether there is an arena is not its form"},
		{"addr_space_cast between others", []Instruction{New(MovX, R1, R2, OffAddrSpaceCast, 2)}, "",
			"slot 0: imm is 2, expected 1 or 65536 (kernel: addr_space_cast insn can only convert between address space 1 and 0)",
			"check_alu_op"},
		{"mov to r10", []Instruction{New(MovX, R10, R2, 0, 0)}, "",
			"slot 0: dst is r10, expected r0 to r9 (kernel: frame pointer is read only)",
			"check_alu_op"},
		{"mov imm with off", []Instruction{New(0xb7, R1, 0, 8, 0)}, "",
			"slot 0: off is 8, expected 0 (kernel: BPF_MOV uses reserved fields)",
			"only registers are sign-extended"},
		{"jump imm", []Instruction{New(0x1d, R1, R2, 1, 1)}, "",
			"slot 0: imm is 1, expected 0 (kernel: BPF_JMP/JMP32 uses reserved fields)",
			"check_cond_jmp_op"},
		{"jump src", []Instruction{New(0x16, R1, R2, 1, 1)}, "",
			"slot 0: src is r2, expected 0 (kernel: BPF_JMP/JMP32 uses reserved fields)",
			"check_cond_jmp_op"},
		{"jump on r11 with src", []Instruction{New(0x15, 11, R2, 1, 1)}, "",
			"slot 0: dst is r11, expected r0 to r10 (kernel: R11 is invalid)",
			"here the register comes before the reserved fields"},
		{"jump on r10", []Instruction{New(0x15, R10, 0, 1, 0)}, "", "",
			"reading is allowed"},
		{"ja imm", []Instruction{New(Goto, 0, 0, 1, 1)}, "",
			"slot 0: imm is 1, expected 0 (kernel: BPF_JA uses reserved fields)",
			"do_check"},
		{"gotol off", []Instruction{New(GotoL, 0, 0, 1, 1)}, "",
			"slot 0: off is 1, expected 0 (kernel: BPF_JA uses reserved fields)",
			"do_check"},
		{"may_goto +0", []Instruction{New(MayGoto, 0, 0, 0, 0)}, "",
			"slot 0: off is 0, expected not 0 (kernel: invalid may_goto off 0 imm 0)",
			"accepted since 6.14"},
		{"may_goto imm", []Instruction{New(MayGoto, 0, 0, 1, 2)}, "",
			"slot 0: imm is 2, expected 0 (kernel: invalid may_goto off 1 imm 2)",
			"check_cond_jmp_op"},
		{"may_goto src", []Instruction{New(MayGoto, 0, R1, 1, 0)}, "",
			"slot 0: src is r1, expected 0 (kernel: invalid may_goto off 1 imm 0)",
			"BPF_MAY_GOTO is the only JCOND"},
		{"call src", []Instruction{New(Call, 0, 3, 0, 1)}, "",
			"slot 0: src is 3, expected 0, 1 or 2 (kernel: BPF_CALL uses reserved fields)",
			"BPF_PSEUDO_KFUNC_CALL is the last"},
		{"call dst", []Instruction{New(Call, R1, 0, 0, 1)}, "",
			"slot 0: dst is r1, expected 0 (kernel: BPF_CALL uses reserved fields)",
			"do_check"},
		{"helper off", []Instruction{New(Call, 0, 0, 1, 1)}, "",
			"slot 0: off is 1, expected 0 (kernel: BPF_CALL uses reserved fields)",
			"do_check"},
		{"kfunc off", []Instruction{New(Call, 0, PseudoKfuncCall, 1, 1)}, "", "",
			"off says which BTF of fd_array the id is in"},
		{"exit imm", []Instruction{New(Exit, 0, 0, 0, 1)}, "",
			"slot 0: imm is 1, expected 0 (kernel: BPF_EXIT uses reserved fields)",
			"do_check"},
		{"exit off", []Instruction{New(Exit, 0, 0, 1, 0)}, "", "",
			"do_check does not look at it"},
	}
	seen := map[string]bool{}
	for _, tc := range cases {
		if tc.reason == "" || seen[tc.name] {
			panic(fmt.Sprintf("case %q needs a reason and a name of its own", tc.name))
		}
		seen[tc.name] = true
		t.Run(tc.name, func(t *testing.T) {
			sameVerdicts(t, tc.insns)
			check := func(what string, err error, want string) {
				got := ""
				if err != nil {
					got = err.Error()
				}
				if got != want {
					t.Errorf("%s (%s)\n got %q\nwant %q", what, tc.reason, got, want)
				}
			}
			check("Malformed", Malformed(tc.insns, 0), tc.malformed)
			check("Irregular", Irregular(tc.insns, 0), tc.irregular)
		})
	}
}

// TestFormsTable: the table contradicts itself nowhere.
func TestFormsTable(t *testing.T) {
	names := map[string]bool{}
	opcodes := map[Opcode]bool{CallX: true}
	for ins, f := range Forms() {
		opcodes[ins.Opcode()] = true
		if names[f.Name] {
			t.Errorf("%s is there twice", f.Name)
		}
		names[f.Name] = true
		if got, ok := FormOf(ins); !ok || got != f {
			t.Errorf("%s: %#v is %v", f.Name, ins, got)
		}
		if (f.Since == "") != (f.Name == "callx") {
			t.Errorf("%s: since %q", f.Name, f.Since)
		}
		row := lookup(ins)
		if row.value&^row.mask != 0 || row.zero&row.mask != 0 || (row.mask|row.zero|row.nonzero)&(0xff|fieldDst) != 0 {
			t.Errorf("%s: columns overlap", f.Name)
		}
		if (row.second != 0) != ins.IsWide() {
			t.Errorf("%s: second slot %x", f.Name, row.second)
		}
		dst, src := ins.Opcode().Registers()
		if dst != (row.dst != 0) || src != (row.src == reads || row.src == writes) {
			t.Errorf("%s: the forms of the opcode differ in which fields are registers", f.Name)
		}
		if strings.HasSuffix(f.Name, " reg") && !(dst && src) || strings.HasSuffix(f.Name, " imm") && !(dst && !src) {
			t.Errorf("%s: registers in dst %v, src %v", f.Name, dst, src)
		}
	}
	for op := range 256 {
		if got := opcodes[Opcode(op)] && op != int(CallX); got != KnownOpcode(Opcode(op)) {
			t.Errorf("opcode %#02x is among the forms: %v, is known: %v", op, got, !got)
		}
	}
	for op := range forms {
		for i, a := range forms[op] {
			for _, b := range forms[op][:i] {
				if a.value&b.mask == b.value {
					t.Errorf("%s hides %s", b.name, a.name)
				}
			}
		}
	}
}

// TestOpcodesOfKernel compares the opcodes with BPF_INSN_MAP and
// bpf_opcode_in_insntable.
func TestOpcodesOfKernel(t *testing.T) {
	file := filepath.Join(kerneltest.Source(t), "kernel/bpf/core.c")
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	value := map[string]Opcode{
		"LD": 0, "LDX": 1, "ST": 2, "STX": 3, "ALU": 4, "JMP": 5, "JMP32": 6, "ALU64": 7,
		"K": 0, "X": 8, "TO_LE": 0, "TO_BE": 8, "W": SizeW, "H": SizeH, "B": SizeB, "DW": SizeDW,
		"IMM": ModeIMM, "ABS": ModeABS, "IND": ModeIND, "MEM": ModeMEM, "MEMSX": ModeMEMSX, "ATOMIC": ModeAtomic,
		"ADD": ALUAdd, "SUB": ALUSub, "MUL": ALUMul, "DIV": ALUDiv, "OR": ALUOr, "AND": ALUAnd, "LSH": ALULsh, "RSH": ALURsh,
		"NEG": ALUNeg, "MOD": ALUMod, "XOR": ALUXor, "MOV": ALUMov, "ARSH": ALUArsh, "END": ALUEnd,
		"JA": JumpA, "JEQ": JumpEQ, "JGT": JumpGT, "JGE": JumpGE, "JSET": JumpSET, "JNE": JumpNE, "JSGT": JumpSGT, "JSGE": JumpSGE,
		"CALL": JumpCall, "EXIT": JumpExit, "JLT": JumpLT, "JLE": JumpLE, "JSLT": JumpSLT, "JSLE": JumpSLE, "JCOND": JumpCond,
	}
	want := map[Opcode]bool{}
	add := func(parts []string) {
		var op Opcode
		for _, p := range parts {
			v, ok := value[p]
			if !ok {
				t.Fatalf("%s: unknown name %q", file, p)
			}
			op |= v
		}
		want[op] = true
	}
	for _, m := range regexp.MustCompile(`INSN_[23]\((\w+), +(\w+)(?:, +(\w+))?\)[,\s]`).FindAllStringSubmatch(string(source), -1) {
		if parts := strings.Fields(strings.Join(m[1:], " ")); value[parts[0]] != 0 || parts[0] == "LD" {
			add(parts)
		}
	}
	for _, m := range regexp.MustCompile(`\[BPF_(\w+) \| BPF_(\w+)(?: \| BPF_(\w+))?\] = true`).FindAllStringSubmatch(string(source), -1) {
		if m[1] != "" && value[m[1]] < 8 {
			add(strings.Fields(strings.Join(m[1:], " ")))
		}
	}
	if len(want) < 100 {
		t.Fatalf("%s: only %d opcodes found", file, len(want))
	}
	want[0xd3], want[0xcb] = true, true // 8- and 16-bit load-acquire and store-release, since 6.15
	for op := range 256 {
		if got := KnownOpcode(Opcode(op)); got != want[Opcode(op)] {
			t.Errorf("opcode %#02x: known %v, to the kernel %v", op, got, want[Opcode(op)])
		}
	}
}
