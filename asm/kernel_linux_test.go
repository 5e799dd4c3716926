package asm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// These tests ask the running kernel. They load socket filters and never attach
// one. They need root, and on a machine that says CI=true they may not be
// skipped when they have it.

// kernelSays returns what the kernel's verifier says of a program.
func kernelSays(insns []Instruction) (log string, err error) {
	return kerneltest.Says(Encode(insns, binary.NativeEndian))
}

// surround puts a slot into a program in which everything else is right: behind
// a branch that the kernel takes always (dead) or cannot foresee. Registers r2
// and r3 are numbers, the stack at r10-16 to r10 is written, r6 is the context.
func surround(ins Instruction, second Instruction, dead bool) (program []Instruction, slot int) {
	program = []Instruction{
		New(0xbf, R6, R1, 0, 0),
		New(0xb7, R2, 0, 0, 1),
		New(0xb7, R3, 0, 0, 1),
		New(0x7b, R10, R2, -8, 0),
		New(0x7b, R10, R2, -16, 0),
		New(0x61, R0, R6, 0, 0), // skb->len, any number
	}
	if dead {
		program = append(program, New(0xb7, R0, 0, 0, 0))
	}
	length := int16(1)
	if ins.IsWide() {
		length = 2
	}
	program = append(program, New(0x15, R0, 0, length, 0))
	slot = len(program)

	// A function starts six slots on, where calls and addresses point.
	if ins.IsSubprogramCall() || ins.IsFunctionAddress() {
		ins = New(ins.Opcode(), ins.Dst(), ins.Src(), ins.Off(), 5)
	}
	program = append(program, ins)
	if length == 2 {
		program = append(program, second)
	}
	for len(program) < slot+5 {
		program = append(program, New(0xb7, R0, 0, 0, 0))
	}
	return append(program,
		New(Exit, 0, 0, 0, 0),
		New(0xb7, R0, 0, 0, 0),
		New(Exit, 0, 0, 0, 0),
	)[:programLength(ins, slot)], slot
}

// programLength leaves the function at the end away where nothing refers to it.
func programLength(ins Instruction, slot int) int {
	if ins.IsSubprogramCall() || ins.IsFunctionAddress() {
		return slot + 8
	}
	return slot + 6
}

// formMessages are what the kernel says of a slot whose form is wrong. All
// else that it says of a program is about values, types and privileges.
var formMessages = []string{
	"uses reserved fields", "unknown opcode", "is invalid", "frame pointer is read only",
	"invalid shift", "div by zero", "invalid atomic", "invalid may_goto",
	"can only convert between address space", "bpf_ld_imm64 insn", "is not allowed",
}

// allowedMismatch: where the running kernel and our rules, which are those of
// 6.12, differ on purpose.
var allowedMismatch = []struct {
	since  int // first release that differs
	before int // first one that no longer does; 0: none
	match  func(Instruction) bool
	reason string
}{
	{6014, 0, func(ins Instruction) bool { return ins.Opcode() == MayGoto && ins.Off() == 0 },
		"6.14 allows may_goto +0 and removes it; 6.12 refuses it on visiting"},
	{6012, 6015, func(ins Instruction) bool { return ins.Opcode() == 0xd3 || ins.Opcode() == 0xcb },
		"6.15 knows the opcodes of 8- and 16-bit atomics and judges the operation on visiting; to 6.12 the opcode is unknown"},
}

func mismatch(version int, ins Instruction) (reason string) {
	for _, m := range allowedMismatch {
		if version >= m.since && (m.before == 0 || version < m.before) && m.match(ins) {
			return m.reason
		}
	}
	return ""
}

// operands gives a form operands that a kernel could accept.
func operands(ins Instruction, f Form, mapFD int32) Instruction {
	op := ins.Opcode()
	dst, src, off, imm := ins.Dst(), ins.Src(), ins.Off(), ins.Imm()
	row := lookup(ins)
	if row.dst != 0 {
		dst = R2
	}
	if row.src == reads || row.src == writes {
		src = R3
	}
	switch op.Class() {
	case ClassLDX:
		src, off = R10, -8
	case ClassST:
		dst, off = R10, -8
	case ClassSTX:
		dst, off = R10, -8
		if strings.HasPrefix(f.Name, "load_acquire") {
			dst, src = R2, R10
		}
	case ClassALU, ClassALU64:
		if row.nonzero == fieldImm {
			imm = 1
		}
	}
	switch {
	case op == MayGoto:
		off = 1
	case ins.IsHelperCall():
		imm = 7 // bpf_get_prandom_u32
	case op == LoadImm64 && (ins.Src() == PseudoMapFD || ins.Src() == PseudoMapValue):
		imm = mapFD
	}
	return New(op, dst, src, off, imm)
}

// notLoadable: forms that need more than their slot to be loaded.
var notLoadable = map[string]string{
	"lddw btf_id":            "needs the BTF id of a kernel variable, wherever it stands",
	"lddw func":              "needs BTF of the function",
	"lddw map_idx":           "needs fd_array, wherever it stands",
	"lddw map_idx_value":     "needs fd_array, wherever it stands",
	"addr_space_cast 1 to 0": "needs an arena",
	"addr_space_cast 0 to 1": "needs an arena",
	"call kfunc":             "needs the BTF id of a kfunc",
	"call function":          "its target makes the rest of the program a function, which then may not touch r6",
}

// TestKernelAgrees varies one field at a time of every form and of every opcode
// that has none, and puts the slot once where the kernel visits it and once
// where it does not. What is malformed must be refused in both places and for our
// reason, what is irregular only where it is visited, and what is regular never
// for its form.
func TestKernelAgrees(t *testing.T) {
	version := kerneltest.Need(t)
	fd := kerneltest.NewMap(t)

	var compared, loaded int
	accepted := map[string]bool{}
	seen := map[Instruction]bool{}
	allowed := map[string]int{}
	check := func(form string, ins Instruction) {
		if seen[ins] {
			return
		}
		seen[ins] = true
		reason := mismatch(version, ins)
		for _, dead := range []bool{false, true} {
			program, slot := surround(ins, 0, dead)
			want := Malformed(program, slot)
			if want == nil && !dead {
				want = Irregular(program, slot)
			}
			log, err := kernelSays(program)
			var where = "visited"
			if dead {
				where = "dead"
			}
			compared++
			if err == nil {
				loaded++
			}
			agree := true
			complaint := ""
			switch {
			case want == nil:
				for _, m := range formMessages {
					if err != nil && strings.Contains(log, m) && !ownRules(log) {
						agree, complaint = false, "we accept it, the kernel's log has "+m
					}
				}
				if dead && err != nil && notLoadable[form] == "" {
					agree, complaint = false, "we accept it in dead code, the kernel does not"
				}
				if !dead && err == nil {
					accepted[form] = true
				}
			case err == nil:
				agree, complaint = false, "the kernel accepts it"
			default:
				var fault *FieldError
				if !errors.As(want, &fault) {
					t.Fatalf("%v is no *FieldError", want)
				}
				message, _, _ := strings.Cut(fault.Kernel, " (")
				message, _, _ = strings.Cut(message, "_goto off")         // 6.18 leaves the offset out
				arena := strings.Contains(log, "has an associated arena") // asked before the registers
				if !strings.Contains(log, message) && !arena {
					agree, complaint = false, "the kernel's message is another"
				}
			}
			switch {
			case agree:
			case reason != "":
				allowed[reason]++
			default:
				t.Errorf("%s, %s slot %#v: %s\nours: %v\nkernel: %v\n%s", form, where, ins, complaint, want, err, lastLines(log))
			}
		}
	}

	bases := map[string]Instruction{}
	for ins, f := range Forms() {
		if f.Since != "" && kerneltest.Release(t, f.Since) > version {
			t.Logf("%s is newer than the running kernel", f.Name)
			continue
		}
		bases[f.Name] = operands(ins, f, fd)
	}
	for op := range 256 {
		if ins := New(Opcode(op), 0, 0, 0, 0); !KnownOpcode(Opcode(op)) {
			bases[fmt.Sprintf("no form %#02x", op)] = ins
		}
	}
	for form, base := range bases {
		check(form, base)
		if notLoadable[form] != "" && base.IsWide() && base.Src() != PseudoFunc {
			continue // refused for other reasons before the form is looked at
		}
		for field, values := range map[Instruction][]int64{
			fieldDst: {0, 2, 9, 10, 11, 15},
			fieldSrc: {0, 1, 2, 3, 7, 9, 10, 11, 15},
			fieldOff: {0, 1, -1, 2, 8, 16, 32},
			fieldImm: {0, 1, -1, 2, 7, 16, 31, 32, 63, 64, 0x10000, 0x100, 0x110, 0xe0, 0xf0, 0x201},
		} {
			for _, v := range values {
				ins := with(base, field, v)
				if outOfScope(ins, fd) {
					continue
				}
				check(form, ins)
			}
		}
	}
	for ins, f := range Forms() {
		if accepted[f.Name] || notLoadable[f.Name] != "" || ins.Opcode() == CallX || bases[f.Name] == 0 {
			continue
		}
		t.Errorf("%s: no variation was accepted in visited code", f.Name)
	}
	t.Logf("%d programs compared, %d loaded; allowed mismatches: %v", compared, loaded, allowed)
}

// TestKernelAgreesOnWide varies the second slot of LD_IMM64, which the kernel
// judges wherever it stands.
func TestKernelAgreesOnWide(t *testing.T) {
	kerneltest.Need(t)
	fd := kerneltest.NewMap(t)
	number, mapFD, value := New(LoadImm64, R2, 0, 0, 1), New(LoadImm64, R2, PseudoMapFD, 0, fd), New(LoadImm64, R2, PseudoMapValue, 0, fd)
	for _, tc := range []struct {
		name          string
		first, second Instruction
		reason        string
	}{
		{"number", number, New(0, 0, 0, 0, -1), "the upper half is any number"},
		{"map", mapFD, 0, "a map needs no second constant"},
		{"value", value, New(0, 0, 0, 0, 7), "7 is an offset into the 8 bytes of the value"},
		{"opcode", number, New(Exit, 0, 0, 0, 0), "reserved"},
		{"opcode of another wide", number, number, "reserved"},
		{"dst", number, New(0, R1, 0, 0, 0), "reserved"},
		{"src", number, New(0, 0, R1, 0, 0), "reserved"},
		{"off", number, New(0, 0, 0, 1, 0), "reserved"},
		{"map and imm", mapFD, New(0, 0, 0, 0, 1), "a map has no offset"},
		{"value and 1<<29", value, New(0, 0, 0, 0, 1<<29), "BPF_MAX_VAR_OFF is 1<<29"},
		{"value and -1", value, New(0, 0, 0, 0, -1), "the offset is unsigned"},
		{"src 7", New(LoadImm64, R2, 7, 0, 0), 0, "6 is the last pseudo source"},
		{"src 7 and off", New(LoadImm64, R2, 7, 0, 0), New(0, 0, 0, 1, 0), "the shape is judged before the source"},
	} {
		for _, dead := range []bool{false, true} {
			program, slot := surround(tc.first, tc.second, dead)
			want := Malformed(program, slot)
			log, err := kernelSays(program)
			var fault *FieldError
			switch {
			case want == nil && err == nil:
			case errors.As(want, &fault) && err != nil && strings.Contains(log, fault.Kernel):
			default:
				t.Errorf("%s (%s), dead %v\nours: %v\nkernel: %v\n%s", tc.name, tc.reason, dead, want, err, lastLines(log))
			}
		}
	}

	// The second slot missing: the program needs another end, so that nothing is
	// refused earlier.
	program := []Instruction{New(0xb7, R0, 0, 0, 0), New(Exit, 0, 0, 0, 0), number}
	want := Malformed(program, 2)
	if log, err := kernelSays(program); want == nil || err == nil {
		t.Errorf("missing second slot\nours: %v\nkernel: %v\n%s", want, err, lastLines(log))
	}
}

func with(ins, field Instruction, value int64) Instruction {
	dst, src, off, imm := ins.Dst(), ins.Src(), ins.Off(), ins.Imm()
	switch field {
	case fieldDst:
		dst = Register(value)
	case fieldSrc:
		src = Register(value)
	case fieldOff:
		off = int16(value)
	case fieldImm:
		imm = int32(value)
	}
	return New(ins.Opcode(), dst, src, off, imm)
}

// outOfScope: the number refers to something, and that is what the kernel would
// complain of.
func outOfScope(ins Instruction, mapFD int32) bool {
	op := ins.Opcode()
	switch {
	case op.Class() == ClassJMP && op.Code() < JumpCall || op.Class() == ClassJMP && op.Code() > JumpExit:
		return ins.Off() < 0 || ins.Off() > 3
	case op == GotoL:
		return ins.Imm() < 0 || ins.Imm() > 3
	case op.Class() == ClassJMP32 && op.Code() != JumpCall && op.Code() != JumpExit:
		return ins.Off() < 0 || ins.Off() > 3
	case op == LoadImm64:
		switch ins.Src() {
		case PseudoBTFID, PseudoMapIdx, PseudoMapIdxValue:
			return true
		case PseudoMapFD, PseudoMapValue:
			return ins.Imm() != mapFD
		}
	case ins.IsKfuncCall():
		return ins.Imm() != 0 || ins.Off() != 0 // looked up before the walk
	}
	return false
}

// ownRules: messages that look like one about the form and are about something else.
func ownRules(log string) bool {
	return strings.Contains(log, "BPF_ATOMIC stores into") ||
		strings.Contains(log, "fd_idx without fd_array is invalid")
}

func lastLines(log string) string {
	lines := strings.Split(strings.TrimSpace(log), "\n")
	return strings.Join(lines[max(0, len(lines)-4):], "\n")
}
