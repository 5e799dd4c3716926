package object_test

import (
	"debug/elf"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/statecheck/statecheck/verifier"
)

// TestLinkage: a function is static to the kernel where BTF says so or nothing is said of
// any. TestCilium compares with cilium/ebpf.
func TestLinkage(t *testing.T) {
	const strs = "\x00xdp\x00.text\x00" // xdp at 1, .text at 5
	const static, global = 1, 2         // types
	types := slices.Concat(words(1, kindFunc, 0), words(1, kindFunc|1, 0))
	// records of 8 bytes: of section xdp prog at byte 0, of .text f at byte 0.
	info := func(f ...uint32) []byte {
		records := append([]uint32{8, 1, 1, 0, global, 5, uint32(len(f) / 2)}, f...)
		header := []uint32{0x0001_eb9f, 24, 0, uint32(4 * len(records)), uint32(4 * len(records)), 0}
		return words(append(header, records...)...)
	}
	const U, S, G = verifier.LinkageUnknown, verifier.LinkageStatic, verifier.LinkageGlobal
	for _, test := range []struct {
		name, reason string
		btf          bool
		ext          []byte
		want         []verifier.Linkage // of prog, f and f+0x10
	}{
		{"nothing is said", "without func_info every function is static", false, nil, []verifier.Linkage{S, S, S}},
		{"no .BTF", "the types are missing that func_info refers to", false, info(0, global), []verifier.Linkage{S, S, S}},
		{"no .BTF.ext", "func_info is made from it", true, nil, []verifier.Linkage{S, S, S}},
		{"static", "BTF says so; of the call within f it says nothing", true, info(0, static), []verifier.Linkage{G, S, U}},
		{"global", "the kernel verifies it by itself", true, info(0, global), []verifier.Linkage{G, G, U}},
		{"two linkages", "loaders may take the one or the other", true, info(0, static, 0, global), []verifier.Linkage{G, U, U}},
		{"two linkages, the other way", "loaders may take the one or the other", true, info(0, global, 0, static), []verifier.Linkage{G, U, U}},
		{"another slot", "nothing is said of f", true, info(8, static), []verifier.Linkage{G, U, U}},
		{"no function", "the type is of another kind, or missing", true, info(0, 3), []verifier.Linkage{G, U, U}},
		{"cut short", "what cannot be read is not known", true, info(0, static)[:40], []verifier.Linkage{U, U, U}},
	} {
		b := newBuilder(binary.LittleEndian)
		if test.btf {
			b.types(strs, types)
		}
		if test.ext != nil {
			b.section(".BTF.ext", elf.SHT_PROGBITS, 0, test.ext)
		}
		xdp := b.code("xdp", call(-1), exit)
		b.function("prog", xdp, 0, 2)
		text := b.code(".text", call(1), exit, mov(0), exit)
		b.relocate(xdp, 0, b.function("f", text, 0, 4))
		programs := readBytes(t, b.bytes())
		if programs[0].Err != nil {
			t.Fatalf("%s: %v", test.name, programs[0].Err)
		}
		var got []verifier.Linkage
		for _, f := range programs[0].Functions {
			got = append(got, f.Linkage)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: linkages %v, expected %v: %s", test.name, got, test.want, test.reason)
		}
	}
}
