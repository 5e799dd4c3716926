package object_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/verifier"
)

// Instructions of the tables.
var exit = asm.New(asm.Exit, 0, 0, 0, 0)

func call(imm int32) asm.Instruction   { return asm.New(asm.Call, 0, asm.PseudoCall, 0, imm) }
func helper(imm int32) asm.Instruction { return asm.New(asm.Call, 0, 0, 0, imm) }
func mov(imm int32) asm.Instruction    { return asm.New(0xb7, 0, 0, 0, imm) }

// load is the first slot of LD_IMM64; its second one is second.
func load(src asm.Register, imm int32) asm.Instruction { return asm.New(asm.LoadImm64, 1, src, 0, imm) }

const second asm.Instruction = 0

// TestPrograms builds objects and looks at what becomes of them, in both byte
// orders.
func TestPrograms(t *testing.T) {
	tests := []struct {
		name   string
		reason string
		build  func(b *builder)
		want   string // see describe
	}{
		{
			name:   "plain",
			reason: "the usual: one function a section",
			build: func(b *builder) {
				xdp := b.code("xdp", mov(0), exit)
				b.function("prog", xdp, 0, 2)
			},
			want: `
				xdp prog [xdp xdp]: 2 slots
				  0 prog`,
		},
		{
			name:   "executable section with the name of a data section",
			reason: "cilium/ebpf takes .data.x for data and libbpf .maps for maps, whatever the flags say",
			build: func(b *builder) {
				xdp := b.code("xdp", load(0, 0), second, exit)
				b.function("prog", xdp, 0, 3)
				data := b.code(".data.x", exit)
				b.relocate(xdp, 0, b.symbol("counter", elf.STB_GLOBAL, elf.STT_FUNC, data, 0, 8))
			},
			want: `
				xdp prog [xdp xdp]: section ".data.x": executable section with the name of a data section
				.data.x .data.x [ ]: section ".data.x": executable section with the name of a data section`,
		},
		{
			name:   "relocations that some loaders leave out",
			reason: "libbpf skips .rel.debug* by name, and would load the raw file descriptor",
			build: func(b *builder) {
				xdp := b.code("xdp", load(1, 4), second, exit)
				b.function("prog", xdp, 0, 3)
				maps := b.data("maps")
				rel := b.relocate(xdp, 0, b.symbol("m", elf.STB_GLOBAL, elf.STT_OBJECT, maps, 0, 20))
				b.sections[rel].Name = b.name(".rel.debug_x")
			},
			want: `
				xdp xdp [xdp xdp]: section "xdp": relocations in section ".rel.debug_x", expected ".relxdp"`,
		},
		{
			name:   "relocation without a type",
			reason: "loaders do not look at the type, so R_BPF_NONE against a symbol counts",
			build: func(b *builder) {
				xdp := b.code("xdp", load(0, 0), second, exit)
				b.function("prog", xdp, 0, 3)
				bss := b.data(".bss")
				rel := b.relocate(xdp, 0, b.symbol("counter", elf.STB_GLOBAL, elf.STT_OBJECT, bss, 0, 8))
				info := b.sections[rel].data[8:]
				b.order.PutUint64(info, b.order.Uint64(info)&^0xffffffff)
			},
			want: `
				xdp prog [xdp xdp]: 3 slots
				  0 prog
				  0: load src=2 imm=0 0
				  0 bss .bss`,
		},
		{
			name:   "local function of another type that is called",
			reason: "its section says that it is a program of its own, and cilium/ebpf loads it as one",
			build: func(b *builder) {
				xdp := b.code("xdp", call(-1), exit)
				iter := b.code("iter/bpf_map_elem", exit)
				b.function("prog", xdp, 0, 2)
				b.relocate(xdp, 0, b.static("value", iter, 0, 1))
			},
			want: `
				xdp prog [xdp xdp]: 3 slots
				  0 prog
				  2 value
				  0: call src=1 imm=1
				iter/bpf_map_elem value [tracing trace_iter bpf_map_elem]: 1 slots
				  0 value`,
		},
		{
			name:   "text beside a section without symbols",
			reason: "libbpf finds one program here, the function in .text",
			build: func(b *builder) {
				b.function("prog", b.code(".text", exit), 0, 1)
				b.code("xdp", exit)
			},
			want: `
				.text prog [ ]: 1 slots
				  0 prog
				xdp xdp [xdp xdp]: 1 slots
				  0 xdp`,
		},
		{
			name:   "text without types beside a section without symbols",
			reason: "no loader finds a program here, so that each function is judged",
			build: func(b *builder) {
				b.untyped("part", b.code(".text", exit), 0)
				b.code("xdp", exit)
			},
			want: `
				.text part [ ]: 1 slots
				  0 part
				xdp xdp [xdp xdp]: 1 slots
				  0 xdp`,
		},
		{
			name:   "old machine number",
			reason: "LLVM before 3.9 wrote EM_NONE",
			build: func(b *builder) {
				b.machine = elf.EM_NONE
				b.function("prog", b.code("xdp", exit), 0, 1)
			},
			want: `
				xdp prog [xdp xdp]: 1 slots
				  0 prog`,
		},
		{
			name:   "no symbols",
			reason: "a section without function symbols goes by its own name",
			build:  func(b *builder) { b.code("cgroup/sock", mov(1), exit) },
			want: `
				cgroup/sock cgroup/sock [cgroup_sock cgroup_inet_sock_create]: 2 slots
				  0 cgroup/sock`,
		},
		{
			name:   "no symbols, a call inside",
			reason: "without symbols the calls are all that shows where functions start",
			build:  func(b *builder) { b.code("xdp", call(1), exit, exit) },
			want: `
				xdp xdp [xdp xdp]: 3 slots
				  0 xdp
				  2 xdp+0x10
				  0: call src=1 imm=1`,
		},
		{
			name:   "no symbols in .text, a call inside",
			reason: "it is one function with calls inside wherever it comes to stand",
			build: func(b *builder) {
				text := b.code(".text", call(1), exit, exit)
				xdp := b.code("xdp", call(-1), exit)
				b.function("prog", xdp, 0, 2)
				b.relocate(xdp, 0, b.anonymous(text))
			},
			want: `
				xdp prog [xdp xdp]: 5 slots
				  0 prog
				  2 .text
				  4 .text+0x10
				  0: call src=1 imm=1
				  2: call src=1 imm=1`,
		},
		{
			name:   "symbols without type and size",
			reason: "LLVM before 12: functions end where the next one starts, and labels are symbols like any other",
			build: func(b *builder) {
				xdp := b.code("xdp", mov(0), exit, mov(1), mov(2), exit)
				b.untyped("second", xdp, 2)
				b.untyped("first", xdp, 0)
				b.symbol("LBB0_1", elf.STB_LOCAL, elf.STT_NOTYPE, xdp, 8, 0)
				b.symbol("again", elf.STB_LOCAL, elf.STT_NOTYPE, xdp, 8, 0)
			},
			want: `
				xdp first [xdp xdp]: 2 slots
				  0 first
				xdp second [xdp xdp]: 3 slots
				  0 second`,
		},
		{
			name:   "local symbol without type",
			reason: "is a function where a call leads to it",
			build: func(b *builder) {
				text := b.code(".text", mov(0), exit, mov(1), exit)
				xdp := b.code("xdp", call(1), exit)
				b.untyped("prog", xdp, 0)
				b.untyped("global", text, 0)
				b.symbol("local", elf.STB_LOCAL, elf.STT_NOTYPE, text, 16, 0)
				b.relocate(xdp, 0, b.anonymous(text))
			},
			want: `
				xdp prog [xdp xdp]: 4 slots
				  0 prog
				  2 local
				  0: call src=1 imm=1`,
		},
		{
			name:   "label inside a function",
			reason: "a symbol without type inside a function of known size is a label, even if global",
			build: func(b *builder) {
				xdp := b.code("xdp", mov(0), mov(1), exit)
				b.function("prog", xdp, 0, 3)
				b.untyped("label", xdp, 1)
			},
			want: `
				xdp prog [xdp xdp]: 3 slots
				  0 prog`,
		},
		{
			name:   "two names",
			reason: "of two names at one place the more visible counts, then the first by name",
			build: func(b *builder) {
				text := b.code(".text", exit, exit)
				b.static("a", text, 0, 1)
				b.function("c", text, 0, 1)
				b.function("b", text, 0, 1)
				b.symbol("y", elf.STB_WEAK, elf.STT_FUNC, text, 8, 8)
				b.static("x", text, 1, 1)
			},
			want: `
				.text b [ ]: 1 slots
				  0 b
				.text y [ ]: 1 slots
				  0 y`,
		},
		{
			name:   "label at the start of a function",
			reason: "a symbol without type is another name, and shares slots with nothing",
			build: func(b *builder) {
				xdp := b.code("xdp", exit, mov(1), exit)
				b.function("prog", xdp, 0, 1)
				b.untyped("label", xdp, 0)
				b.untyped("global_label", xdp, 1)
				b.static("local_function", xdp, 1, 2)
			},
			want: `
				xdp prog [xdp xdp]: 1 slots
				  0 prog
				xdp global_label [xdp xdp]: 2 slots
				  0 global_label`,
		},
		{
			name:   "programs that share slots",
			reason: "libbpf loads each, but gives a relocation to one of them only",
			build: func(b *builder) {
				xdp := b.code("xdp", mov(0), mov(1), exit)
				b.function("outer", xdp, 0, 3)
				b.function("inner", xdp, 1, 2)
				tc := b.code("tc", exit)
				b.function("one", tc, 0, 1)
				b.function("two", tc, 0, 1)
			},
			want: `
				xdp outer [xdp xdp]: function "outer" shares slots with "inner", expected each to have its own
				xdp inner [xdp xdp]: function "inner" shares slots with "outer", expected each to have its own
				tc one [sched_cls ]: function "one" shares slots with "two", expected each to have its own`,
		},
		{
			name:   "call without a relocation beside .text",
			reason: "cilium/ebpf finds the callee in the section, libbpf at the same distance in .text: both are judged",
			build: func(b *builder) {
				b.function("other", b.code(".text", exit, exit, exit), 0, 3)
				xdp := b.code("xdp", call(1), exit, exit)
				b.function("prog", xdp, 0, 2)
				b.static("near", xdp, 2, 1)
			},
			want: `
				.text other [ ]: 3 slots
				  0 other
				xdp prog [xdp xdp]: 3 slots
				  0 prog
				  2 near
				  0: call src=1 imm=1`,
		},
		{
			name:   "functions of .text that no program calls",
			reason: "no loader appends them, though they call each other by distance",
			build: func(b *builder) {
				text := b.code(".text", call(1), exit, exit)
				b.function("dead", text, 0, 2)
				b.function("too", text, 2, 1)
				b.function("prog", b.code("xdp", exit), 0, 1)
			},
			want: `
				xdp prog [xdp xdp]: 1 slots
				  0 prog`,
		},
		{
			name:   "relocation at an instruction that means something",
			reason: "should a loader lose the relocation, it would load a map by file descriptor",
			build: func(b *builder) {
				xdp := b.code("xdp", load(1, 4), second, exit)
				b.function("prog", xdp, 0, 3)
				b.relocate(xdp, 0, b.function("f", b.code(".text", exit), 0, 1))
			},
			want: `
				xdp prog [xdp xdp]: section "xdp", byte 0: relocation against "f" at an instruction that means something by itself, expected one that waits for it`,
		},
		{
			name:   "functions of .text beside labels",
			reason: "libbpf counts what is marked as a function, and finds programs only in .text",
			build: func(b *builder) {
				b.function("prog", b.code(".text", exit), 0, 1)
				b.untyped("decoy", b.code("xdp", exit), 0)
			},
			want: `
				.text prog [ ]: 1 slots
				  0 prog
				xdp decoy [xdp xdp]: 1 slots
				  0 decoy`,
		},
		{
			name:   "text only",
			reason: "each function of an object that has only .text is judged, of unknown type",
			build: func(b *builder) {
				text := b.code(".text", call(-1), exit, exit)
				b.function("outer", text, 0, 2)
				b.relocate(text, 0, b.function("inner", text, 2, 1))
			},
			want: `
				.text outer [ ]: 3 slots
				  0 outer
				  2 inner
				  0: call src=1 imm=1
				.text inner [ ]: 1 slots
				  0 inner`,
		},
		{
			name:   "breadth first",
			reason: "subprograms follow in cilium/ebpf's order: breadth first, those of one function by name",
			build: func(b *builder) {
				text := b.code(".text",
					exit,           // d
					call(-1), exit, // c calls d
					exit,           // b
					call(-1), exit, // a calls c
				)
				d, c := b.function("d", text, 0, 1), b.function("c", text, 1, 2)
				bb, a := b.function("b", text, 3, 1), b.function("a", text, 4, 2)
				b.relocate(text, 1, d, 4, c)
				xdp := b.code("xdp", call(-1), call(-1), call(-1), exit)
				b.function("prog", xdp, 0, 4)
				b.relocate(xdp, 0, bb, 1, a, 2, bb)
			},
			want: `
				xdp prog [xdp xdp]: 10 slots
				  0 prog
				  4 a
				  6 b
				  7 c
				  9 d
				  0: call src=1 imm=5
				  1: call src=1 imm=2
				  2: call src=1 imm=3
				  4: call src=1 imm=2
				  7: call src=1 imm=1`,
		},
		{
			name:   "local and called",
			reason: "a local function of a program section that another one calls is part of that one; a global one is both",
			build: func(b *builder) {
				xdp := b.code("xdp", call(2), call(2), exit, exit, exit)
				b.function("prog", xdp, 0, 3)
				b.static("part", xdp, 3, 1)
				b.function("both", xdp, 4, 1)
			},
			want: `
				xdp prog [xdp xdp]: 5 slots
				  0 prog
				  3 both
				  4 part
				  0: call src=1 imm=3
				  1: call src=1 imm=1
				xdp both [xdp xdp]: 1 slots
				  0 both`,
		},
		{
			name:   "local and called from another section",
			reason: "that both stand at slot 0 of theirs does not make them one function",
			build: func(b *builder) {
				xdp := b.code("xdp", call(-1), exit)
				b.function("prog", xdp, 0, 2)
				b.relocate(xdp, 0, b.static("part", b.code("xdp/part", mov(0), exit), 0, 2))
			},
			want: `
				xdp prog [xdp xdp]: 4 slots
				  0 prog
				  2 part
				  0: call src=1 imm=1`,
		},
		{
			name:   "local and not called",
			reason: "a tail call target that a prog array in .maps names is a program; so is one that calls itself",
			build: func(b *builder) {
				tail := b.code("xdp/tail", exit)
				target := b.static("target", tail, 0, 1)
				b.relocate(b.data(".maps"), 0, target)
				b.static("itself", b.code("tc", call(-1), exit), 0, 2)
			},
			want: `
				xdp/tail target [xdp xdp]: 1 slots
				  0 target
				tc itself [sched_cls ]: 2 slots
				  0 itself
				  0: call src=1 imm=-1`,
		},
		{
			name:   "local and only called by each other",
			reason: "code that no program reaches is not skipped",
			build: func(b *builder) {
				xdp := b.code("xdp", call(1), exit, call(-3), exit)
				b.static("ping", xdp, 0, 2)
				b.static("pong", xdp, 2, 2)
			},
			want: `
				xdp ping [xdp xdp]: 4 slots
				  0 ping
				  2 pong
				  0: call src=1 imm=1
				  2: call src=1 imm=-3`,
		},
		{
			name:   "callback",
			reason: "a function whose address is taken is part of the program: by its symbol, its section, or its distance",
			build: func(b *builder) {
				text := b.code(".text", exit, exit, load(asm.PseudoFunc, 2), second, exit, exit)
				cb := b.function("named", text, 0, 1)
				b.static("unnamed", text, 1, 1)
				b.static("near", text, 2, 3)
				b.static("next", text, 5, 1)
				xdp := b.code("xdp", load(0, 0), second, load(asm.PseudoFunc, 8), second, load(asm.PseudoFunc, 16), second, exit)
				b.function("prog", xdp, 0, 7)
				any := b.anonymous(text)
				b.relocate(xdp, 0, cb, 2, any, 4, any)
			},
			want: `
				xdp prog [xdp xdp]: 13 slots
				  0 prog
				  7 named
				  8 near
				  11 unnamed
				  12 next
				  0: load src=4 imm=6 0
				  2: load src=4 imm=8 0
				  4: load src=4 imm=3 0
				  8: load src=4 imm=3 0`,
		},
		{
			name:   "unresolved call",
			reason: "is an error of that program and of no other",
			build: func(b *builder) {
				xdp := b.code("xdp", mov(0), call(-1), exit, exit)
				b.function("bad", xdp, 0, 3)
				b.function("good", xdp, 3, 1)
				b.relocate(xdp, 1, b.extern("missing"))
			},
			want: `
				xdp bad [xdp xdp]: section "xdp", byte 8: unresolved external call to "missing", expected a function of the object or one declared __ksym in its BTF
				xdp good [xdp xdp]: 1 slots
				  0 good`,
		},
		{
			name:   "unresolved call in a subprogram",
			reason: "is an error of those that call it",
			build: func(b *builder) {
				text := b.code(".text", call(-1), exit)
				sub := b.function("sub", text, 0, 2)
				b.relocate(text, 0, b.symbol("missing", elf.STB_WEAK, elf.STT_NOTYPE, 0, 0, 0))
				xdp := b.code("xdp", call(-1), exit, exit)
				b.function("bad", xdp, 0, 2)
				b.function("good", xdp, 2, 1)
				b.relocate(xdp, 0, sub)
			},
			want: `
				xdp bad [xdp xdp]: section ".text", byte 0: unresolved external call to "missing", expected a function of the object or one declared __ksym in its BTF
				xdp good [xdp xdp]: 1 slots
				  0 good`,
		},
		{
			name:   "unresolved symbol",
			reason: "a constant that nothing explains is the loader's to fill in: cilium/ebpf loads it as it is",
			build: func(b *builder) {
				xdp := b.code("xdp", load(0, 0), second, exit)
				b.function("bad", xdp, 0, 3)
				b.relocate(xdp, 0, b.extern("MY_CONST"))
			},
			want: `
				xdp bad [xdp xdp]: 3 slots
				  0 bad
				  0: load src=0 imm=0 0
				  0 variable MY_CONST`,
		},
		{
			name:   "calls that lead nowhere",
			reason: "each is an error with its place, and what is there",
			build: func(b *builder) {
				data := b.data(".data")
				variable := b.symbol("variable", elf.STB_GLOBAL, elf.STT_OBJECT, data, 0, 8)
				xdp := b.code("xdp", call(6), exit, call(-1), exit, helper(1), exit, mov(1), exit, call(-1), exit)
				for i, name := range []string{"far", "data", "helper", "mov", "absent"} {
					b.function(name, xdp, 2*i, 2)
				}
				b.relocate(xdp, 2, variable, 4, 2, 6, 2, 8, 999)
			},
			want: `
				xdp far [xdp xdp]: section "xdp", byte 0: call to section "xdp", byte 56, where no function starts
				xdp data [xdp xdp]: section "xdp", byte 16: call to "variable" in section ".data", expected a function
				xdp helper [xdp xdp]: section "xdp", byte 32: call to "far" in section "xdp" without BPF_PSEUDO_CALL as source, expected it
				xdp mov [xdp xdp]: section "xdp", byte 48: relocation against "far" at opcode 0xb7, expected a call or LD_IMM64
				xdp absent [xdp xdp]: section "xdp", byte 64: relocation against symbol 999, which does not exist`,
		},
		{
			name:   "maps",
			reason: "BTF maps, legacy ones, and one a section; by symbol, and by section as old clang does",
			build: func(b *builder) {
				btf, legacy, single := b.data(".maps"), b.data("maps"), b.data("maps/single")
				x := b.symbol("x", elf.STB_GLOBAL, elf.STT_OBJECT, btf, 0, 32)
				b.symbol("static_map", elf.STB_LOCAL, elf.STT_OBJECT, btf, 32, 32)
				y := b.symbol("y", elf.STB_GLOBAL, elf.STT_NOTYPE, legacy, 28, 0)
				z := b.symbol("z", elf.STB_WEAK, elf.STT_OBJECT, single, 0, 28)
				xdp := b.code("xdp", load(0, 0), second, load(0, 32), second, load(0, 0), second, load(1, 0), second, exit)
				b.function("prog", xdp, 0, 9)
				b.relocate(xdp, 0, x, 2, b.anonymous(btf), 4, y, 6, z)
			},
			want: `
				xdp prog [xdp xdp]: 9 slots
				  0 prog
				  0: load src=1 imm=0 0
				  2: load src=1 imm=0 0
				  4: load src=1 imm=0 0
				  6: load src=1 imm=0 0
				  0 map x
				  2 map static_map
				  4 map y
				  6 map z`,
		},
		{
			name:   "no map there",
			reason: "between two maps there is none",
			build: func(b *builder) {
				maps := b.data(".maps")
				b.symbol("x", elf.STB_GLOBAL, elf.STT_OBJECT, maps, 0, 32)
				xdp := b.code("xdp", load(0, 8), second, exit)
				b.function("prog", xdp, 0, 3)
				b.relocate(xdp, 0, b.anonymous(maps))
			},
			want: `
				xdp prog [xdp xdp]: section "xdp", byte 0: address in section ".maps" where no map starts`,
		},
		{
			name:   "data sections",
			reason: "a variable is a place in a map that goes by its section's name",
			build: func(b *builder) {
				data, rodata, bss := b.data(".data"), b.data(".rodata.config"), b.section(".bss", elf.SHT_NOBITS, elf.SHF_ALLOC, nil)
				b.sections[bss].Size = 1 << 40 // no matter: nothing is read
				arena := b.data(".addr_space.1")
				xdp := b.code("xdp", load(0, 0), second, load(0, 16), second, load(0, 0), second, load(0, 4), second, exit)
				b.function("prog", xdp, 0, 9)
				b.relocate(xdp,
					0, b.symbol("x", elf.STB_GLOBAL, elf.STT_OBJECT, data, 8, 8),
					2, b.anonymous(rodata),
					4, b.symbol("y", elf.STB_LOCAL, elf.STT_OBJECT, bss, 24, 8),
					6, b.symbol("z", elf.STB_GLOBAL, elf.STT_OBJECT, arena, 32, 8))
			},
			want: `
				xdp prog [xdp xdp]: 9 slots
				  0 prog
				  0: load src=2 imm=0 8
				  2: load src=2 imm=0 16
				  4: load src=2 imm=0 24
				  6: load src=2 imm=0 36
				  0 data .data
				  2 rodata .rodata.config
				  4 bss .bss
				  6 arena .addr_space.1`,
		},
		{
			name:   "addresses of other things",
			reason: "what is neither function nor map has no address in a program",
			build: func(b *builder) {
				other := b.data(".struct_ops")
				xdp := b.code("xdp", load(0, 0), second, exit, load(0, 0), second, exit, load(0, 0), exit)
				b.function("section", xdp, 0, 3)
				b.function("absolute", xdp, 3, 3)
				b.function("half", xdp, 6, 2)
				ops := b.symbol("ops", elf.STB_GLOBAL, elf.STT_OBJECT, other, 0, 8)
				b.relocate(xdp, 0, ops, 3, b.symbol("abs", elf.STB_GLOBAL, elf.STT_OBJECT, int(elf.SHN_ABS), 0, 0), 6, ops)
			},
			want: `
				xdp section [xdp xdp]: section "xdp", byte 0: address of "ops" in section ".struct_ops", expected a function, a map or a data section
				xdp absolute [xdp xdp]: section "xdp", byte 24: address of "abs" in section "SHN_ABS", expected a function, a map or a data section
				xdp half [xdp xdp]: section "xdp", byte 48: relocation against "ops" at an LD_IMM64 without its second slot`,
		},
		{
			name:   "static map by its section",
			reason: "what has no name, or is no object, is no map, though it stands at the same place",
			build: func(b *builder) {
				maps := b.data(".maps")
				any := b.anonymous(maps)
				b.symbol("m", elf.STB_LOCAL, elf.STT_OBJECT, maps, 0, 32)
				b.symbol("a", elf.STB_LOCAL, elf.STT_FUNC, maps, 0, 32)
				b.symbol("b", elf.STB_LOCAL, elf.STT_OBJECT, b.data(".data"), 0, 8)
				xdp := b.code("xdp", load(0, 0), second, exit)
				b.function("prog", xdp, 0, 3)
				b.relocate(xdp, 0, any)
			},
			want: `
				xdp prog [xdp xdp]: 3 slots
				  0 prog
				  0: load src=1 imm=0 0
				  0 map m`,
		},
		{
			name:   "relocations in any order",
			reason: "nothing says that they are sorted",
			build: func(b *builder) {
				maps := b.data(".maps")
				x := b.symbol("x", elf.STB_GLOBAL, elf.STT_OBJECT, maps, 0, 32)
				y := b.symbol("y", elf.STB_GLOBAL, elf.STT_OBJECT, maps, 32, 32)
				xdp := b.code("xdp", load(0, 0), second, load(0, 0), second, exit)
				b.function("prog", xdp, 0, 5)
				b.relocate(xdp, 2, y, 0, x)
			},
			want: `
				xdp prog [xdp xdp]: 5 slots
				  0 prog
				  0: load src=1 imm=0 0
				  2: load src=1 imm=0 0
				  0 map x
				  2 map y`,
		},
		{
			name:   "call of a place inside a slot",
			reason: "no function starts there",
			build: func(b *builder) {
				xdp := b.code("xdp", call(-1), exit)
				b.function("prog", xdp, 0, 2)
				b.relocate(xdp, 0, b.symbol("odd", elf.STB_GLOBAL, elf.STT_OBJECT, b.code(".text", exit), 4, 0))
			},
			want: `
				xdp prog [xdp xdp]: section "xdp", byte 0: call to "odd" in section ".text", expected a function`,
		},
		{
			name:   "relocation inside a slot",
			reason: "libbpf wants a multiple of the slot's size",
			build: func(b *builder) {
				maps := b.data(".maps")
				x := b.symbol("x", elf.STB_GLOBAL, elf.STT_OBJECT, maps, 0, 32)
				xdp := b.code("xdp", load(0, 0), second, exit)
				b.function("prog", xdp, 0, 3)
				b.order.PutUint64(b.sections[b.relocate(xdp, 0, x)].data, 4)
			},
			want: `
				xdp prog [xdp xdp]: section "xdp", byte 0: relocation against "x" inside the slot, expected it at the start`,
		},
		{
			name:   "variable where a function's address is loaded",
			reason: "should a loader lose the relocation, it would load the function's",
			build: func(b *builder) {
				bss := b.data(".bss")
				xdp := b.code("xdp", load(asm.PseudoFunc, 1), second, exit)
				b.function("prog", xdp, 0, 3)
				b.relocate(xdp, 0, b.symbol("counter", elf.STB_GLOBAL, elf.STT_OBJECT, bss, 0, 8))
			},
			want: `
				xdp prog [xdp xdp]: section "xdp", byte 0: relocation against "counter" at an instruction that means something by itself, expected one that waits for it`,
		},
		{
			name:   "LD_IMM64 that the end of the section cuts off",
			reason: "there is no second slot to relocate",
			build: func(b *builder) {
				bss := b.data(".bss")
				xdp := b.code("xdp", exit, load(0, 0))
				b.function("prog", xdp, 0, 2)
				b.relocate(xdp, 1, b.symbol("counter", elf.STB_GLOBAL, elf.STT_OBJECT, bss, 0, 8))
			},
			want: `
				xdp prog [xdp xdp]: section "xdp", byte 8: relocation against "counter" at an LD_IMM64 without its second slot`,
		},
		{
			name:   "two relocations at one slot",
			reason: "which one counts is anyone's guess",
			build: func(b *builder) {
				maps := b.data(".maps")
				x := b.symbol("x", elf.STB_GLOBAL, elf.STT_OBJECT, maps, 0, 32)
				y := b.symbol("y", elf.STB_GLOBAL, elf.STT_OBJECT, maps, 32, 32)
				xdp := b.code("xdp", load(0, 0), second, exit)
				b.function("prog", xdp, 0, 3)
				b.relocate(xdp, 0, x, 0, y)
			},
			want: `
				xdp prog [xdp xdp]: section "xdp", byte 0: more than one relocation, the first against "x", expected one`,
		},
		{
			name:   "broken sections",
			reason: "each is a program with an error, named after the section, and hides no other",
			build: func(b *builder) {
				good := b.code("xdp", exit)
				b.function("good", good, 0, 1)
				odd := b.section("tc", elf.SHT_PROGBITS, elf.SHF_EXECINSTR, make([]byte, 13))
				b.function("never", odd, 0, 1)
				away := b.code("socket", exit)
				b.sections[away].Off = 1 << 30
				packed := b.code("lsm/file_open", exit)
				b.sections[packed].Flags |= uint64(elf.SHF_COMPRESSED)
				rel := b.code("sk_lookup", exit)
				b.relocate(rel, 5, 1)
				rela := b.code("sockops", exit)
				b.sections[b.relocate(rela, 0, 1)].Type = uint32(elf.SHT_RELA)
			},
			want: `
				xdp good [xdp xdp]: 1 slots
				  0 good
				tc tc [sched_cls ]: section "tc": 13 bytes of code, expected a multiple of 8
				socket socket [socket_filter ]: section "socket": 8 bytes at offset 1073741824, but the file has SIZE
				lsm/file_open lsm/file_open [lsm lsm_mac file_open]: section "lsm/file_open": compressed section, expected a plain one
				sk_lookup sk_lookup [sk_lookup sk_lookup]: section "sk_lookup": relocations ".rel": byte offset 40, but the section has 8 bytes
				sockops sockops [sock_ops cgroup_sock_ops]: section "sockops": relocations ".rel" of type SHT_RELA, expected SHT_REL`,
		},
		{
			name:   "broken .text",
			reason: "matters to those that call into it",
			build: func(b *builder) {
				text := b.section(".text", elf.SHT_PROGBITS, elf.SHF_EXECINSTR, make([]byte, 13))
				sub := b.function("sub", text, 0, 1)
				xdp := b.code("xdp", call(-1), exit, exit)
				b.function("bad", xdp, 0, 2)
				b.function("good", xdp, 2, 1)
				b.relocate(xdp, 0, sub)
			},
			want: `
				xdp bad [xdp xdp]: section ".text": 13 bytes of code, expected a multiple of 8
				xdp good [xdp xdp]: 1 slots
				  0 good`,
		},
		{
			name:   "broken functions",
			reason: "symbols that say the impossible are errors of their functions",
			build: func(b *builder) {
				xdp := b.code("xdp", exit, exit, exit)
				b.function("good", xdp, 0, 1)
				b.symbol("odd", elf.STB_GLOBAL, elf.STT_FUNC, xdp, 12, 8)
				b.function("long", xdp, 2, 2)
				b.function("away", xdp, 9, 1)
			},
			want: `
				xdp good [xdp xdp]: 1 slots
				  0 good
				xdp odd [xdp xdp]: section "xdp": function "odd" at byte 12 with 8 bytes, expected multiples of 8
				xdp long [xdp xdp]: section "xdp": function "long" takes bytes 16 to 32, but the section has 24
				xdp away [xdp xdp]: section "xdp": function "away" takes bytes 72 to 80, but the section has 24`,
		},
		{
			name:   "not code",
			reason: "license and version are read as such, and data is data",
			build: func(b *builder) {
				b.code("license", exit)
				b.code("version", exit)
				b.data("xdp")
				b.function("prog", b.code("?tc", exit), 0, 1)
			},
			want: `
				?tc prog [sched_cls ]: 1 slots
				  0 prog`,
		},
		{
			name:   "first section of a hostile object",
			reason: "a symbol of section 0 is undefined, whatever that section says of itself",
			build: func(b *builder) {
				b.sections[0].Name = b.name("maps")
				xdp := b.code("xdp", load(1, 4), second, exit)
				b.function("prog", xdp, 0, 3)
				b.relocate(xdp, 0, b.extern("x"))
			},
			want: `
				xdp prog [xdp xdp]: section "xdp", byte 0: relocation against "x" at an instruction that means something by itself, expected one that waits for it`,
		},
		{
			name:   "replacing another program",
			reason: "freplace is given its target when it is loaded",
			build:  func(b *builder) { b.function("prog", b.code("freplace/target", exit), 0, 1) },
			want: `
				freplace/target prog [ext  target]: 1 slots, target program
				  0 prog`,
		},
	}
	seen := make(map[string]bool)
	for _, test := range tests {
		if test.reason == "" || seen[test.name] {
			t.Fatalf("test %q needs a reason and a name of its own", test.name)
		}
		seen[test.name] = true
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			t.Run(fmt.Sprintf("%s/%v", test.name, order), func(t *testing.T) {
				b := newBuilder(order)
				test.build(b)
				raw := b.bytes()
				o, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
				if err != nil {
					t.Fatal(err)
				}
				if o.Order != order {
					t.Errorf("byte order %v", o.Order)
				}
				want := strings.ReplaceAll(strings.TrimSpace(strings.ReplaceAll(test.want, "\n\t\t\t\t", "\n")), "SIZE", fmt.Sprint(len(raw)))
				if diff := cmp.Diff(want, describe(slices.Collect(o.Programs()))); diff != "" {
					t.Errorf("%s (-want +got):\n%s", test.reason, diff)
				}
			})
		}
	}
}

// TestManyFunctions: an object has a bounded number of them.
func TestManyFunctions(t *testing.T) {
	const most = 1 << 14
	for n, want := range map[int]string{most: "<nil>", most + 1: "more than 16384 functions, expected fewer"} {
		b := newBuilder(binary.LittleEndian)
		xdp := b.code("xdp", slices.Repeat([]asm.Instruction{exit}, n)...)
		for i := range n {
			b.function("f", xdp, i, 1)
		}
		raw := b.bytes()
		if _, err := object.Read(bytes.NewReader(raw), int64(len(raw))); fmt.Sprint(err) != want {
			t.Errorf("%d functions: %v, expected %s", n, err, want)
		}
	}
}

// TestLinkLimits: a program may have as many slots as the kernel takes, and all of an
// object a few times that.
func TestLinkLimits(t *testing.T) {
	const programs = 6
	const fits, tooMany = "<nil>", "more than 1000000 slots with all functions that it calls, expected at most that (kernel/bpf/syscall.c:bpf_prog_load)"
	const together = "the object's programs have more than 4194304 slots together, expected at most that"
	for slots, want := range map[int][]string{
		699_049:   {fits, fits, fits, fits, fits, fits}, // with the program itself, a sixth of the limit
		699_050:   {fits, fits, fits, fits, fits, together},
		999_999:   {fits, fits, fits, fits, together, together},
		1_000_000: {tooMany, tooMany, tooMany, tooMany, tooMany, together},
	} {
		b := newBuilder(binary.LittleEndian)
		text := b.code(".text", slices.Repeat([]asm.Instruction{exit}, slots)...)
		large := b.function("large", text, 0, slots)
		xdp := b.code("xdp", slices.Repeat([]asm.Instruction{call(-1)}, programs)...)
		var pairs []int
		for i := range programs {
			b.function(fmt.Sprint(i), xdp, i, 1)
			pairs = append(pairs, i, large)
		}
		b.relocate(xdp, pairs...)
		raw := b.bytes()
		o, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for p := range o.Programs() {
			got = append(got, fmt.Sprint(p.Err))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("a function of %d slots (-want +got):\n%s", slots, diff)
		}
	}
}

// TestEmptyAtTheEnd: a section without bytes may stand where the file ends.
func TestEmptyAtTheEnd(t *testing.T) {
	b := newBuilder(binary.LittleEndian)
	xdp := b.code("xdp", exit)
	b.function("prog", xdp, 0, 1)
	rel := b.relocate(xdp)
	b.sections[rel].Off = uint64(len(b.bytes()))
	if programs := readBytes(t, b.bytes()); len(programs) != 1 || programs[0].Err != nil {
		t.Error(describe(programs))
	}
}

// TestStop: who has seen enough programs may stop.
func TestStop(t *testing.T) {
	b := newBuilder(binary.LittleEndian)
	xdp := b.code("xdp", exit, exit)
	b.function("first", xdp, 0, 1)
	b.function("second", xdp, 1, 1)
	raw := b.bytes()
	o, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for p := range o.Programs() {
		if p.Name != "first" {
			t.Errorf("program %q after the first", p.Name)
		}
		break
	}
}

// TestLargeSection: code is read piece by piece, and all of it.
func TestLargeSection(t *testing.T) {
	var insns []asm.Instruction
	for i := range int32(20_000) {
		insns = append(insns, mov(i))
	}
	b := newBuilder(binary.BigEndian)
	b.code("tc", exit) // so that the other does not start where the pieces do
	b.code("xdp", insns...)
	programs := readBytes(t, b.bytes())
	if len(programs) != 2 || !slices.Equal(programs[1].Instructions, insns) {
		t.Errorf("%d programs, or other instructions", len(programs))
	}
}

// describe shows all of a program that linking decides: section, name, types; and
// the error, or functions, instructions that refer to something, references.
func describe(programs []*verifier.Program) string {
	var s strings.Builder
	for _, p := range programs {
		fmt.Fprintf(&s, "%s %s [%s]: ", p.Section, p.Name, strings.TrimSuffix(p.Type+" "+p.AttachType+" "+p.AttachTo, " "))
		if p.Err != nil {
			fmt.Fprintf(&s, "%v\n", p.Err)
			continue
		}
		fmt.Fprintf(&s, "%d slots", len(p.Instructions))
		if p.TargetProgram {
			s.WriteString(", target program")
		}
		for _, f := range p.Functions {
			fmt.Fprintf(&s, "\n  %d %s", f.Start, f.Name)
			if f.ExceptionCallback {
				s.WriteString(" (exception callback)")
			}
		}
		for i, ins := range p.Instructions {
			switch {
			case ins.IsWide():
				fmt.Fprintf(&s, "\n  %d: load src=%d imm=%d %d", i, ins.Src(), ins.Imm(), p.Instructions[i+1].Imm())
			case ins.Opcode() == asm.Call && ins.Src() != 0:
				fmt.Fprintf(&s, "\n  %d: call src=%d imm=%d", i, ins.Src(), ins.Imm())
			}
		}
		for _, r := range p.References {
			kind := [...]string{verifier.RefMap: string(r.Map), verifier.RefKfunc: "kfunc", verifier.RefVariable: "variable", verifier.RefCORE: "CO-RE"}[r.Kind]
			fmt.Fprintf(&s, "\n  %d %s", r.Slot, strings.TrimSpace(kind+" "+r.Name))
			if r.Weak {
				s.WriteString(" (weak)")
			}
		}
		s.WriteString("\n")
	}
	return strings.TrimSpace(s.String())
}
