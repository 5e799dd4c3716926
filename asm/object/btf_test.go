package object_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm"
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
			for _, slot := range []int{-1, len(p.Instructions), math.MaxInt} {
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
	for _, test := range []struct {
		second uint32
		want   string
	}{
		{6, "xdp prog [xdp xdp]: 2 slots\n  0 prog\n  1 a (exception callback)"},
		{27, `xdp prog [xdp xdp]: more than one exception callback, "a" is one, expected one`},
	} {
		b := newBuilder(binary.LittleEndian)
		b.types("\x00prog\x00exception_callback:a\x00exception_callback:b\x00", words(
			1, kindFunc, 0,
			6, kindDeclTag, 1, 0xffff_ffff,
			test.second, kindDeclTag, 1, 0xffff_ffff))
		b.function("prog", b.code("xdp", exit), 0, 1)
		text := b.code(".text", exit, exit)
		b.function("a", text, 0, 1)
		b.function("b", text, 1, 1)
		if diff := cmp.Diff(test.want, describe(readBytes(t, b.bytes()))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

// TestExceptionCallbacks: which function it is (bpf_prog_assign_exc_cb in libbpf's
// src/libbpf.c), and where it stands.
func TestExceptionCallbacks(t *testing.T) {
	const strs = "\x00prog\x00alias\x00exception_callback:a\x00exception_callback:b\x00" // prog at 1, alias at 6
	const prog, alias, tagA, tagB = 1, 6, 12, 33
	fn := func(name uint32) []byte { return words(name, kindFunc, 0) }
	tag := func(name, of, component uint32) []byte { return words(name, kindDeclTag, of, component) }
	const whole = 0xffff_ffff
	outside := func(b *builder) { // of .text
		tc := b.code("tc", exit, exit)
		b.function("a", tc, 0, 1)
		b.function("b", tc, 1, 1)
	}
	text := func(b *builder) {
		text := b.code(".text", call(-1), exit, exit, exit)
		b.function("a", text, 0, 2)
		b.function("b", text, 2, 1)
		b.relocate(text, 0, b.function("c", text, 3, 1))
	}
	for _, test := range []struct {
		name, reason string
		types        []byte
		build        func(b *builder)
		want         string
	}{
		{"with a function of its own", "what it calls follows it", slices.Concat(fn(prog), tag(tagA, 1, whole)), text,
			"xdp prog [xdp xdp]: 4 slots\n  0 prog\n  1 a (exception callback)\n  3 c\n  1: call src=1 imm=1"},
		{"in another section", "where .text has none of that name", slices.Concat(fn(prog), tag(tagB, 1, whole)), outside,
			"xdp prog [xdp xdp]: 2 slots\n  0 prog\n  1 b (exception callback)\n" +
				"tc a [sched_cls ]: 1 slots\n  0 a\ntc b [sched_cls ]: 1 slots\n  0 b"},
		{"in .text too", "loaders look there", slices.Concat(fn(prog), tag(tagA, 1, whole)), func(b *builder) { outside(b); text(b) },
			"xdp prog [xdp xdp]: 4 slots\n  0 prog\n  1 a (exception callback)\n  3 c\n  1: call src=1 imm=1\n" +
				"tc a [sched_cls ]: 1 slots\n  0 a\ntc b [sched_cls ]: 1 slots\n  0 b"},
		{"of an alias", "the program has two names", slices.Concat(fn(alias), tag(tagB, 1, whole)), text,
			"xdp prog [xdp xdp]: 2 slots\n  0 prog\n  1 b (exception callback)"},
		{"of both names", "they say the same", slices.Concat(fn(prog), fn(alias), tag(tagB, 1, whole), tag(tagB, 2, whole)), text,
			"xdp prog [xdp xdp]: 2 slots\n  0 prog\n  1 b (exception callback)"},
		{"of both names, and different", "the kernel wants one", slices.Concat(fn(prog), fn(alias), tag(tagA, 1, whole), tag(tagB, 2, whole)), text,
			`xdp prog [xdp xdp]: more than one exception callback, "b" is one, expected one`},
		{"two of an alias", "the kernel wants one", slices.Concat(fn(alias), tag(tagA, 1, whole), tag(tagB, 1, whole)), text,
			`xdp prog [xdp xdp]: more than one exception callback, "a" is one, expected one`},
		{"of an argument", "a tag of a component is not the program's", slices.Concat(fn(prog), tag(tagA, 1, 0)), text,
			"xdp prog [xdp xdp]: 1 slots\n  0 prog"},
		{"of a type", "only functions have callbacks", slices.Concat(words(prog, kindTypedef, 0), tag(tagA, 1, whole)), text,
			"xdp prog [xdp xdp]: 1 slots\n  0 prog"},
		{"another tag", "it says something else", slices.Concat(fn(prog), tag(alias, 1, whole)), text,
			"xdp prog [xdp xdp]: 1 slots\n  0 prog"},
	} {
		b := newBuilder(binary.LittleEndian)
		b.types(strs, test.types)
		xdp := b.code("xdp", exit)
		b.function("prog", xdp, 0, 1)
		b.symbol("alias", elf.STB_WEAK, elf.STT_NOTYPE, xdp, 0, 0)
		test.build(b)
		if diff := cmp.Diff(test.want, describe(readBytes(t, b.bytes()))); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", test.name, test.reason, diff)
		}
	}
}

// Kinds of BTF types, as their info field has them (include/uapi/linux/btf.h).
const (
	kindInt     = 1 << 24
	kindPtr     = 2 << 24
	kindArray   = 3 << 24
	kindStruct  = 4 << 24
	kindTypedef = 8 << 24
	kindConst   = 10 << 24
	kindFunc    = 12 << 24
	kindProto   = 13 << 24
	kindVar     = 14 << 24
	kindDatasec = 15 << 24
	kindDeclTag = 17 << 24
)

// TestArena: a map is an arena by the member `type` of its definition
// (parse_btf_map_def in libbpf's src/libbpf.c).
func TestArena(t *testing.T) {
	const strs = "\x00m\x00type\x00.maps\x00other\x00" // m at 1, type at 3, .maps at 8, other at 14
	const m, typ, maps, other = 1, 3, 8, 14
	member := func(name, of uint32) []byte { return words(name, of, 0) }
	for _, test := range []struct {
		name, reason string
		elements     uint32 // of the array that says the type
		definition   []byte // types 6 and on, 6 being the map's
		want         string
	}{
		{"arena", "BPF_MAP_TYPE_ARENA is 33", 33, slices.Concat(words(0, kindStruct|1, 8), member(typ, 3)), "arena m"},
		{"hash", "any other type is a map", 1, slices.Concat(words(0, kindStruct|1, 8), member(typ, 3)), "map m"},
		{"after another member", "members stand in any order", 33,
			slices.Concat(words(0, kindStruct|2, 16), member(other, 3), member(typ, 3)), "arena m"},
		{"before another member", "members stand in any order", 33,
			slices.Concat(words(0, kindStruct|2, 16), member(typ, 3), member(other, 1)), "arena m"},
		{"another member", "only `type` says the type", 33, slices.Concat(words(0, kindStruct|1, 8), member(other, 3)), "map m"},
		{"typedef of the definition", "skip_mods_and_typedefs", 33,
			slices.Concat(words(0, kindTypedef, 7), words(0, kindStruct|1, 8), member(typ, 3)), "arena m"},
		{"const pointer", "skip_mods_and_typedefs", 33,
			slices.Concat(words(0, kindStruct|1, 8), member(typ, 7), words(0, kindConst, 3)), "arena m"},
		{"no pointer", "get_map_field_int wants a pointer", 33, slices.Concat(words(0, kindStruct|1, 8), member(typ, 2)), "map m"},
		{"pointer to an integer", "and an array behind it", 33, slices.Concat(words(0, kindStruct|1, 8), member(typ, 7), words(0, kindPtr, 1)), "map m"},
		{"no structure", "a definition is one", 33, words(0, kindTypedef, 1), "map m"},
		{"empty structure", "it says nothing", 33, words(0, kindStruct, 0), "map m"},
		{"definition without end", "a typedef of itself", 33, words(0, kindTypedef, 6), "map m"},
	} {
		b := newBuilder(binary.LittleEndian)
		b.types(strs, slices.Concat(
			words(0, kindInt, 4, 32),
			words(0, kindArray, 0, 1, 1, test.elements),
			words(0, kindPtr, 2),
			words(m, kindVar, 6, 1),
			words(maps, kindDatasec|1, 8, 4, 0, 8),
			test.definition))
		section := b.data(".maps")
		xdp := b.code("xdp", load(0, 0), second, exit)
		b.function("prog", xdp, 0, 3)
		b.relocate(xdp, 0, b.symbol("m", elf.STB_GLOBAL, elf.STT_OBJECT, section, 0, 32))
		want := "xdp prog [xdp xdp]: 3 slots\n  0 prog\n  0: load src=1 imm=0 0\n  0 " + test.want
		if diff := cmp.Diff(want, describe(readBytes(t, b.bytes()))); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", test.name, test.reason, diff)
		}
	}
}

// TestExternsInBTF: what an undefined symbol is only BTF says (bpf_object__collect_externs
// in libbpf's src/libbpf.c).
func TestExternsInBTF(t *testing.T) {
	const strs = "\x00x\x00.ksyms\x00.kconfig\x00.other\x00" // x at 1, .ksyms at 3, .kconfig at 10, .other at 19
	const x, ksyms, kconfig, other = 1, 3, 10, 19
	const undeclared = "load src=0 imm=0 0\n  0 variable x"
	const unresolved = `section "xdp", byte 0: unresolved external symbol "x", expected it to be declared __ksym or __kconfig in the object's BTF`
	for _, test := range []struct {
		name, reason string
		types        []byte // from 2 on; 1 is an integer
		want         string // of the program
	}{
		{"variable", "typed", slices.Concat(words(x, kindVar, 1, 2), words(ksyms, kindDatasec|1, 0, 2, 0, 4)), "load src=3 imm=0 0\n  0 variable x"},
		{"typeless variable", "`extern const void`: only its address is known", slices.Concat(words(x, kindVar, 3, 2), words(0, kindConst, 0),
			words(ksyms, kindDatasec|1, 0, 2, 0, 0)), "load src=0 imm=0 0\n  0 variable x"},
		{"function", "its address", slices.Concat(words(x, kindFunc|2, 0), words(ksyms, kindDatasec|1, 0, 2, 0, 0)), "load src=3 imm=0 0\n  0 kfunc x"},
		{"kconfig", "a place in a map", slices.Concat(words(x, kindVar, 1, 2), words(kconfig, kindDatasec|1, 0, 2, 0, 4)), "load src=2 imm=0 0\n  0 kconfig .kconfig"},
		{"other section", "libbpf refuses it, cilium/ebpf loads the constant", slices.Concat(words(x, kindVar, 1, 2), words(other, kindDatasec|1, 0, 2, 0, 4)), undeclared},
		{"neither variable nor function", "a section holds nothing else", slices.Concat(words(x, kindTypedef, 1), words(ksyms, kindDatasec|1, 0, 2, 0, 4)), undeclared},
		{"not read to its end", "what comes after may declare it", words(0, 20<<24, 0), unresolved},
		{"second of a section", "a section has many", slices.Concat(words(0, kindVar, 1, 2), words(x, kindVar, 1, 2),
			words(ksyms, kindDatasec|2, 0, 2, 0, 4, 3, 0, 4)), "load src=3 imm=0 0\n  0 variable x"},
		{"after what is neither", "the others count", slices.Concat(words(0, kindTypedef, 1), words(x, kindVar, 1, 2),
			words(ksyms, kindDatasec|2, 0, 2, 0, 4, 3, 0, 4)), "load src=3 imm=0 0\n  0 variable x"},
		{"declared twice alike", "nothing contradicts", slices.Concat(words(x, kindVar, 1, 2),
			words(ksyms, kindDatasec|2, 0, 2, 0, 4, 2, 0, 4)), "load src=3 imm=0 0\n  0 variable x"},
		{"declared as two things", "loaders differ on which counts", slices.Concat(words(x, kindVar, 1, 2),
			words(ksyms, kindDatasec|1, 0, 2, 0, 4), words(kconfig, kindDatasec|1, 0, 2, 0, 4)), unresolved},
	} {
		b := newBuilder(binary.LittleEndian)
		b.types(strs, slices.Concat(words(0, kindInt, 4, 32), test.types))
		xdp := b.code("xdp", load(0, 0), second, exit)
		b.function("prog", xdp, 0, 3)
		b.relocate(xdp, 0, b.extern("x"))
		want := "xdp prog [xdp xdp]: " + test.want
		if test.want != unresolved {
			want = "xdp prog [xdp xdp]: 3 slots\n  0 prog\n  0: " + test.want
		}
		if diff := cmp.Diff(want, describe(readBytes(t, b.bytes()))); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", test.name, test.reason, diff)
		}
	}
}

// TestUnreadableBTF: BTF that ends early, or has what no one knows, is as if it were
// not there, unless an exception callback could be in it.
func TestUnreadableBTF(t *testing.T) {
	const harmless, callback = "\x00prog\x00", "\x00exception_callback:f\x00"
	read := func(strs string, types []byte) error {
		b := newBuilder(binary.LittleEndian)
		b.types(strs, types)
		b.function("prog", b.code("xdp", exit), 0, 1)
		raw := b.bytes()
		_, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
		return err
	}
	for _, test := range []struct {
		name  string
		types []byte
		whole bool
	}{
		{"none", nil, true},
		{"integer", words(0, kindInt, 4, 32), true},
		{"kind 0", words(0, 0, 0), false},
		{"kind 20", words(0, 20<<24, 0), false},
		{"kind 19", words(0, 19<<24, 0), true}, // BTF_KIND_ENUM64, the last
		{"kind 127", words(0, 127<<24, 0), false},
		{"members beyond the end", words(0, kindStruct|1, 0, 0, 0), false},
		{"tail beyond the end", words(0, kindInt, 4), false},
		{"unknown after known", words(0, kindPtr, 0, 0, 20<<24, 0), false},
	} {
		if err := read(harmless, test.types); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if err := read(callback, test.types); (err == nil) != test.whole {
			t.Errorf("%s, with an exception callback: error %v", test.name, err)
		}
	}
	// Sections too short for a header.
	for _, name := range []string{".BTF", ".BTF.ext"} {
		header := words(0x0001_eb9f, 24, 0, 0, 0, 0)
		for size := range len(header) {
			b := newBuilder(binary.LittleEndian)
			b.section(name, elf.SHT_PROGBITS, 0, header[:size])
			b.function("prog", b.code("xdp", exit), 0, 1)
			programs := readBytes(t, b.bytes())
			if len(programs) != 1 || programs[0].Err != nil {
				t.Errorf("%s of %d bytes: %s", name, size, describe(programs))
			}
			if line, ok := programs[0].Source(0); ok {
				t.Errorf("%s of %d bytes: line %v", name, size, line)
			}
		}
	}
}

// TestLargeBTF: .BTF is read up to twice of what the kernel takes. Beyond, what only it
// explains is unresolved, and no kernel finds an exception callback there.
func TestLargeBTF(t *testing.T) {
	const most = 32 << 20
	types := slices.Concat(words(0, kindInt, 4, 32), words(1, kindVar, 1, 2), words(3, kindDatasec|1, 0, 2, 0, 4))
	for size, want := range map[int]bool{most: true, most + 1: false} {
		strs := make([]byte, size-24-len(types))
		copy(strs, "\x00x\x00.ksyms\x00")
		b := newBuilder(binary.LittleEndian)
		b.types(string(strs), types)
		xdp := b.code("xdp", load(0, 0), second, exit)
		b.function("prog", xdp, 0, 3)
		b.relocate(xdp, 0, b.extern("x"))
		if p := readBytes(t, b.bytes()); len(p) != 1 || (p[0].Err == nil) != want {
			t.Errorf(".BTF of %d bytes: %s", size, describe(p))
		}

		copy(strs, "\x00exception_callback:f\x00")
		b = newBuilder(binary.LittleEndian)
		b.types(string(strs), append(words(0, 0, 0), types[12:]...)) // kind 0
		b.function("prog", b.code("xdp", exit), 0, 1)
		raw := b.bytes()
		if _, err := object.Read(bytes.NewReader(raw), int64(len(raw))); (err != nil) != want {
			t.Errorf("broken .BTF of %d bytes: error %v", size, err)
		}
	}
}

// TestSites: CO-RE relocations come in any order, and more than one at a slot.
func TestSites(t *testing.T) {
	b := newBuilder(binary.LittleEndian)
	xdp := b.code("xdp", mov(0), mov(1), mov(2), exit, mov(4), exit)
	b.function("prog", xdp, 0, 4)
	b.function("next", xdp, 4, 2)
	b.types("\x00xdp\x00tc\x00", nil)
	site := func(slot uint32) []byte { return words(slot*asm.SlotSize, 0, 0, 0) }
	records := slices.Concat(words(16, 1, 2), site(2), site(0), words(5, 1), site(3), words(1, 3), site(4), site(2), site(1))
	b.section(".BTF.ext", elf.SHT_PROGBITS, 0, slices.Concat(
		words(0x0001_eb9f, 32, 0, 0, 0, 0, 0, uint32(len(records))), records))
	const want = `xdp prog [xdp xdp]: 4 slots
  0 prog
  0 CO-RE
  1 CO-RE
  2 CO-RE
xdp next [xdp xdp]: 2 slots
  0 next
  0 CO-RE`
	if diff := cmp.Diff(want, describe(readBytes(t, b.bytes()))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func words(words ...uint32) []byte {
	var raw []byte
	for _, w := range words {
		raw = binary.LittleEndian.AppendUint32(raw, w)
	}
	return raw
}

// TestTypedArguments: a pointer that a global function takes is memory to the kernel, unless it
// is the context of the program's own type (kernel/bpf/btf.c:btf_prepare_func_args).
func TestTypedArguments(t *testing.T) {
	const strs = "\x00f\x00xdp_md\x00__sk_buff\x00pair\x00"
	const f, xdpMD, skBuff, pair = 1, 3, 10, 20
	structure := func(name uint32) []byte { return words(name, kindStruct, 8) }
	for _, test := range []struct {
		name, reason string
		linkage      uint32 // of the function that is called
		argument     uint32 // type
		pointee      []byte // type 2; type 3 is a pointer to it
		want         bool
	}{
		{"own context", "btf_is_prog_ctx_type", 1, 3, structure(xdpMD), false},
		{"another type's context", "to this type it is memory", 1, 3, structure(skBuff), true},
		{"structure", "it has a size", 1, 3, structure(pair), true},
		{"structure without a name", "it has a size", 1, 3, structure(0), true},
		{"number", "no pointer", 1, 1, structure(pair), false},
		{"pointer to void", "btf_resolve_size refuses it", 1, 3, words(0, kindTypedef, 0), false},
		{"static function", "it is verified with what callers pass", 0, 3, structure(pair), false},
	} {
		b := newBuilder(binary.LittleEndian)
		b.types(strs, slices.Concat(
			words(0, kindInt, 4, 32),
			test.pointee,
			words(0, kindPtr, 2),
			words(0, kindProto|1, 1, 0, test.argument),
			words(f, kindFunc|test.linkage, 4)))
		xdp, text := b.code("xdp", call(-1), exit), b.code(".text", exit)
		b.function("prog", xdp, 0, 2)
		b.relocate(xdp, 0, b.function("f", text, 0, 1))
		programs := readBytes(t, b.bytes())
		if len(programs) != 1 || programs[0].TypedArguments != test.want {
			t.Errorf("%s: %s, expected one program, typed arguments %v: %s", test.name, describe(programs), test.want, test.reason)
		}
	}
}
