package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/bpf"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// classicOpcodes are all that the kernel takes (net/core/filter.c:chk_code_allowed).
var classicOpcodes = []uint16{
	0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74, 0x7c, 0x84, 0x94, 0x9c, 0xa4, 0xac,
	0x20, 0x28, 0x30, 0x80, 0x40, 0x48, 0x50, 0x81, 0xb1, 0x00, 0x01, 0x60, 0x61, 0x02, 0x03, 0x06, 0x16, 0x07, 0x87,
	0x05, 0x15, 0x1d, 0x35, 0x3d, 0x25, 0x2d, 0x45, 0x4d,
}

// TestClassicText has every instruction that the kernel takes in words, and says what
// they are where they are easily taken for others.
func TestClassicText(t *testing.T) {
	for _, op := range classicOpcodes {
		if text := classicText([]bpf.RawInstruction{{Op: op, K: 1}}); strings.ContainsAny(text, "{") || strings.Contains(text, "unknown") {
			t.Errorf("opcode %#02x is %q, expected words", op, text)
		}
	}
	for _, tt := range []struct {
		name, reason string
		filter       []bpf.RawInstruction
		want         string
	}{
		{"length into X", "it is not that into A", []bpf.RawInstruction{{Op: 0x81}, {Op: 0x80}}, "ldx #len\nld #len\n"},
		{"jumps", "bpf_asm takes labels alone", []bpf.RawInstruction{{Op: 0x15, Jf: 1, K: 53}, {Op: 0x4d, Jt: 1}, {Op: 0x05}, {Op: 0x06}},
			"jeq #53,L1,L2\nL1: jset x,L3,L2\nL2: jmp L3\nL3: ret #0\n"},
		{"extension", "by its name", []bpf.RawInstruction{{Op: 0x28, K: 0xfffff000}}, "ld #proto\n"},
		{"extension without a name", "as an address, with its size", []bpf.RawInstruction{{Op: 0x28, K: 0xfffff028}, {Op: 0x30, K: 0xfffff028}}, "ldh [4294963240]\nldb [4294963240]\n"},
		{"network header", "negative offsets are large ones", []bpf.RawInstruction{{Op: 0x30, K: 0xfff00009}}, "ldb [4293918729]\n"},
		{"unknown", "in numbers", []bpf.RawInstruction{{Op: 0x0e, K: 1}}, "{ 0xe, 0, 0, 0x00000001 }\n"},
	} {
		if diff := cmp.Diff(tt.want, classicText(tt.filter)); diff != "" {
			t.Errorf("%s (%s), -want +got:\n%s", tt.name, tt.reason, diff)
		}
	}
}

// TestBPFAsm has the kernel's assembler (tools/bpf/bpf_asm.c) make the same filter of the
// words.
func TestBPFAsm(t *testing.T) {
	linux, dir := kerneltest.Source(t), t.TempDir()
	run := func(command ...string) {
		t.Helper()
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v: %s", command, err, out)
		}
	}
	tools := filepath.Join(linux, "tools")
	run("bison", "-d", "-o", "bpf_exp.yacc.c", filepath.Join(tools, "bpf", "bpf_exp.y"))
	run("flex", "-o", "bpf_exp.lex.c", filepath.Join(tools, "bpf", "bpf_exp.l"))
	run("cc", "-w", "-I.", "-I"+filepath.Join(tools, "include", "uapi"), "-o", "bpf_asm",
		filepath.Join(tools, "bpf", "bpf_asm.c"), "bpf_exp.yacc.c", "bpf_exp.lex.c")
	var filter []bpf.RawInstruction
	for _, op := range classicOpcodes {
		raw := bpf.RawInstruction{Op: op, K: 3}
		switch {
		case op&7 == 5:
			raw.K, raw.Jt, raw.Jf = 1, 2, 1
			if op&8 != 0 {
				raw.K = 0
			}
			if op == 5 {
				raw.Jt, raw.Jf = 0, 0
			}
		case op&7 == 4 && op&8 != 0, op == 0x84, op == 0x80, op == 0x81, op == 0x16, op == 0x07, op == 0x87:
			raw.K = 0
		}
		filter = append(filter, raw)
	}
	for _, extension := range []uint32{0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60} {
		filter = append(filter, bpf.RawInstruction{Op: 0x20, K: 0xfffff000 + extension})
	}
	for range 3 {
		filter = append(filter, bpf.RawInstruction{Op: 6, K: 0xffffffff})
	}
	cmd := exec.Command(filepath.Join(dir, "bpf_asm"), "-c")
	cmd.Stdin = strings.NewReader(classicText(filter))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, out, classicText(filter))
	}
	var got []bpf.RawInstruction
	for line := range strings.Lines(string(out)) {
		var raw bpf.RawInstruction
		if _, err := fmt.Sscanf(line, "{ %v, %v, %v, %v },", &raw.Op, &raw.Jt, &raw.Jf, &raw.K); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got = append(got, raw)
	}
	if diff := cmp.Diff(filter, got); diff != "" {
		t.Errorf("-filter +assembled again:\n%s", diff)
	}
}
