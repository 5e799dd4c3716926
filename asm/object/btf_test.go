package object_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/verifier"
)

//go:generate clang-19 -O2 -g -fdebug-compilation-dir=. -target bpfel -c testdata/btf.c -o testdata/btf-el.o
//go:generate clang-19 -O2 -g -fdebug-compilation-dir=. -target bpfeb -c testdata/btf.c -o testdata/btf-eb.o
//go:generate llvm-strip-19 -g testdata/btf-el.o testdata/btf-eb.o

// TestBTF reads testdata/btf.c.
func TestBTF(t *testing.T) {
	const want = `
		tc kernel_functions [sched_cls ]: 9 slots
		  0 kernel_functions
		  1: call src=2 imm=0
		  2: load src=3 imm=0 0
		  6: call src=2 imm=0
		  1 kfunc kfunc
		  2 kfunc weak_kfunc (weak)
		  6 kfunc weak_kfunc (weak)
		tc unresolved [sched_cls ]: section "tc", byte 80: unresolved external call to "undeclared", expected a function of the object or one declared __ksym in its BTF
		tc kernel_variables [sched_cls ]: 9 slots
		  0 kernel_variables
		  0: load src=3 imm=0 0
		  5: load src=0 imm=0 0
		  0 variable variable
		  5 variable typeless (weak)
		tc kconfig [sched_cls ]: 8 slots
		  0 kconfig
		  0: load src=2 imm=0 0
		  3: load src=2 imm=0 0
		  0 kconfig .kconfig
		  3 kconfig .kconfig
		tc maps [sched_cls ]: 15 slots
		  0 maps
		  2: load src=1 imm=0 0
		  4: call src=2 imm=0
		  7: load src=1 imm=0 0
		  2 arena arena
		  4 kfunc kfunc
		  7 map hash
		tc core [sched_cls ]: 2 slots
		  0 core
		  0 CO-RE
		tc throws [sched_cls ]: 9 slots
		  0 throws
		  3 subprogram
		  6 on_exception (exception callback)
		  0: call src=1 imm=2
		  3: call src=2 imm=0
		  6: call src=2 imm=0
		  3 kfunc kfunc
		  6 kfunc kfunc
		tc throws_at_nobody [sched_cls ]: exception callback "nobody", expected a function of that name`
	for _, path := range []string{"testdata/btf-el.o", "testdata/btf-eb.o"} {
		got := describe(readPrograms(t, path))
		if diff := cmp.Diff(strings.TrimSpace(strings.ReplaceAll(want, "\n\t\t", "\n")), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// TestSource asks for the source line of each slot of testdata/btf.c.
func TestSource(t *testing.T) {
	source, err := os.ReadFile("testdata/btf.c")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Split(string(source), "\n")
	for _, path := range []string{"testdata/btf-el.o", "testdata/btf-eb.o"} {
		for _, p := range readPrograms(t, path) {
			if p.Err != nil {
				continue
			}
			for slot := range p.Instructions {
				line, ok := p.Source(slot)
				if !ok || line.File != "./testdata/btf.c" || line.Line == 0 || line.Line > len(text) {
					t.Fatalf("%s: %s, slot %d: %+v, %v", path, p.Name, slot, line, ok)
				}
				if want := strings.TrimSpace(text[line.Line-1]); line.Text != want {
					t.Errorf("%s: %s, slot %d: text %q, but line %d is %q", path, p.Name, slot, line.Text, line.Line, want)
				}
			}
			for _, slot := range []int{-1, len(p.Instructions), 1 << 40} {
				if line, ok := p.Source(slot); ok {
					t.Errorf("%s: %s, slot %d, which does not exist: %+v", path, p.Name, slot, line)
				}
			}
		}
	}
}

// TestBrokenBTF breaks each byte of .BTF and .BTF.ext in turn: programs are the
// same as long as they need no BTF, and have an error or no source line otherwise.
func TestBrokenBTF(t *testing.T) {
	raw, err := os.ReadFile("testdata/btf-el.o")
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".BTF", ".BTF.ext"} {
		sec := f.Section(name)
		for i := range sec.Size {
			broken := bytes.Clone(raw)
			broken[sec.Offset+i] ^= 0xff
			o, err := object.Read(bytes.NewReader(broken), int64(len(broken)))
			if err != nil {
				if !strings.Contains(err.Error(), "exception callback") && !strings.Contains(err.Error(), "two sections") {
					t.Fatalf("%s byte %d broken: %v", name, i, err)
				}
				continue
			}
			for p := range o.Programs() {
				if p.Err != nil {
					continue
				}
				for slot := range p.Instructions {
					p.Source(slot)
				}
			}
		}
	}
}

// TestLinesOfOthers: a function without lines does not get those of the one
// before it.
func TestLinesOfOthers(t *testing.T) {
	b := newBuilder(binary.LittleEndian)
	xdp := b.code("xdp", mov(0), exit, mov(0), exit)
	b.function("with", xdp, 0, 2)
	b.function("without", xdp, 2, 2)
	strs := "\x00xdp\x00a.c\x00return 0;\x00"
	b.types(strs, nil)
	b.section(".BTF.ext", elf.SHT_PROGBITS, 0, words(0x0001_eb9f, 24, 0, 0, 0, 28,
		16, 1, 1, // records of 16 bytes; one for "xdp":
		0, 5, 9, 7<<10|3))
	programs := readBytes(t, b.bytes())
	want := verifier.Line{File: "a.c", Line: 7, Column: 3, Text: "return 0;"}
	for slot := range 2 {
		if line, ok := programs[0].Source(slot); !ok || line != want {
			t.Errorf("slot %d of the function with lines: %+v, %v", slot, line, ok)
		}
		if line, ok := programs[1].Source(slot); ok {
			t.Errorf("slot %d of the function without lines: %+v", slot, line)
		}
	}
}

// TestTwoExceptionCallbacks: the kernel wants one (btf_find_decl_tag_value in
// kernel/bpf/btf.c).
func TestTwoExceptionCallbacks(t *testing.T) {
	const funcKind, tagKind = 12 << 24, 17 << 24
	for _, test := range []struct {
		second uint32
		want   string
	}{
		{6, "xdp prog [xdp xdp]: 2 slots\n  0 prog\n  1 a (exception callback)"},
		{27, `xdp prog [xdp xdp]: more than one exception callback, "a" is one, expected one`},
	} {
		b := newBuilder(binary.LittleEndian)
		b.types("\x00prog\x00exception_callback:a\x00exception_callback:b\x00", words(
			1, funcKind, 0,
			6, tagKind, 1, 0xffff_ffff,
			test.second, tagKind, 1, 0xffff_ffff))
		b.function("prog", b.code("xdp", exit), 0, 1)
		text := b.code(".text", exit, exit)
		b.function("a", text, 0, 1)
		b.function("b", text, 1, 1)
		if diff := cmp.Diff(test.want, describe(readBytes(t, b.bytes()))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func words(words ...uint32) []byte {
	var raw []byte
	for _, w := range words {
		raw = binary.LittleEndian.AppendUint32(raw, w)
	}
	return raw
}
