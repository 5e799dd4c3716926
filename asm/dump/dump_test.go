package dump_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
)

func write(t testing.TB, d dump.Dump) []byte {
	t.Helper()
	var w bytes.Buffer
	if err := dump.Write(&w, d); err != nil {
		t.Fatal(err)
	}
	return w.Bytes()
}

// sealed ends the bytes with the checksum that belongs to them.
func sealed(raw []byte) []byte {
	sum := sha256.Sum256(raw)
	return append(bytes.Clone(raw), sum[:]...)
}

var mov0 = asm.New(0xb7, 0, 0, 0, 0)

var exit = asm.New(asm.Exit, 0, 0, 0, 0)

// full has something in every section.
func full() dump.Dump {
	wide := func(dst, src asm.Register, second int32) []asm.Instruction {
		return []asm.Instruction{asm.New(asm.LoadImm64, dst, src, 0, 0), asm.New(0, 0, 0, 0, second)}
	}
	d := dump.Dump{
		Name: "main", Type: 6, Flags: dump.FlagXDPFrags, License: "GPL", Release: "6.12.1",
		Functions: []dump.Function{
			{Name: "main", Slot: 0, Linkage: verifier.LinkageGlobal},
			{Name: "f", Slot: 11, Linkage: verifier.LinkageGlobal, Arguments: []dump.Argument{
				{Kind: dump.ArgumentMemory, Size: 16, Nullable: true}, {Kind: dump.ArgumentObject, Type: "task_struct"}, {Kind: dump.ArgumentNumber},
			}},
			{Name: "e", Slot: 13, ExceptionCallback: true},
		},
		References: []verifier.Reference{
			{Slot: 0, Kind: verifier.RefMap, Name: "counters", Map: verifier.MapPlain},
			{Slot: 2, Kind: verifier.RefMap, Name: ".rodata", Map: verifier.MapROData},
			{Slot: 4, Kind: verifier.RefVariable, Name: "bpf_prog_active", Weak: true},
			{Slot: 6, Kind: verifier.RefKfunc, Name: "bpf_rcu_read_lock"},
			{Slot: 7, Kind: verifier.RefVariable, Name: "jiffies"},
		},
		Data:    []dump.Data{{Name: ".rodata", Contents: []byte("hello\x00")}},
		Maps:    []dump.Map{{Name: "counters", Type: 1, KeySize: 4, ValueSize: 8, MaxEntries: 16, Flags: 1}},
		Unknown: []dump.Section{{Kind: 99, Contents: []byte{1}}, {Kind: 1<<31 + 1, Contents: []byte{}}},
	}
	d.Instructions = append(d.Instructions, wide(1, asm.PseudoMapFD, 0)...)
	d.Instructions = append(d.Instructions, wide(2, asm.PseudoMapValue, 2)...)
	d.Instructions = append(d.Instructions, wide(3, asm.PseudoBTFID, 0)...)
	d.Instructions = append(d.Instructions, asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, 0))
	d.Instructions = append(d.Instructions, wide(4, 0, 0)...)
	d.Instructions = append(d.Instructions, asm.New(asm.Call, 0, asm.PseudoCall, 0, 1), exit)
	d.Instructions = append(d.Instructions, mov0, exit, mov0, exit)
	return d
}

func TestRoundTrip(t *testing.T) {
	d := full()
	raw := write(t, d)
	again, err := dump.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, again); diff != "" {
		t.Errorf("read again (-written +read):\n%s", diff)
	}
	if !bytes.Equal(raw, write(t, again)) {
		t.Error("written again it has other bytes")
	}
	if asm.KnownOpcode(asm.Opcode(dump.Magic[0])) {
		t.Error("a program can begin like the magic")
	}
}

// What cannot be a dump is refused, and the error says where and why.
func TestReadRefuses(t *testing.T) {
	raw := write(t, full())
	body := raw[:len(raw)-sha256.Size]
	first := len(dump.Magic) + 8 // the first section
	second := first + 8 + int(body[first+4]+7)&^7
	with := func(at int, b byte) []byte {
		changed := bytes.Clone(body)
		changed[at] = b
		return sealed(changed)
	}
	tests := []struct {
		name, reason string
		raw          []byte
		want         string
	}{
		{"empty", "no magic", nil, `byte 0: no dump`},
		{"raw slots", "a program is not its dump", asm.Encode(full().Instructions, binary.LittleEndian), `byte 0: no dump`},
		{"as text", "a transfer as text turns CR LF into LF", bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), `byte 0: no dump`},
		{"cut", "the end is missing", raw[:40], `40 bytes, expected at least 48`},
		{"damaged", "one bit of an instruction flipped", append(append(bytes.Clone(body[:100]), body[100]^1), raw[101:]...), `checksum`},
		{"version", "another version has another meaning", with(8, 2), `byte 8: version 2, expected 1`},
		{"missing section", "the header promises one more", with(12, body[12]+1), `expected section 9 of 9`},
		{"extra section", "the header promises one less", with(12, body[12]-1), `bytes after the last section`},
		{"long section", "longer than the file", with(first+6, 0xff), `but the file has`},
		{"order", "kinds rise", with(second, 1), `section of kind 1 after kind 1`},
		{"short section", "the strings do not fit", with(first+4, 20), `expected`},
		{"padding", "bytes of padding are 0", with(bytes.Index(body, []byte("6.12.1"))+6, 7), `not in canonical form`},
		{"linkage", "no such linkage", with(bytes.Index(body, []byte("\x01\x00\x00\x00f"))-2, 3), `linkage is 3, expected 0 to 2`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := dump.Read(bytes.NewReader(tt.raw))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: error %v, expected one with %q", tt.reason, err, tt.want)
			}
			if !cmp.Equal(d, dump.Dump{}) {
				t.Error("a dump beside the error")
			}
		})
	}
}

// A dump that could not be loaded elsewhere, or could be written in two ways, is not
// written.
func TestWriteRefuses(t *testing.T) {
	tests := []struct {
		name, reason string
		change       func(*dump.Dump)
		want         string
	}{
		{"nothing", "no program", func(d *dump.Dump) { d.Instructions = nil }, "no instruction"},
		{"descriptor", "a file descriptor means nothing elsewhere", func(d *dump.Dump) { d.Instructions[0] |= 5 << 32 }, "expected 0 in the number's place"},
		{"nameless map", "nobody could find it", func(d *dump.Dump) { d.References = d.References[1:]; d.Maps = nil }, "slot 0: LD_IMM64 with source 1, which the dump refers to as nothing, expected a map"},
		{"BTF id", "ids are those of one kernel", func(d *dump.Dump) { d.Instructions[6] |= 7 << 32 }, "slot 6"},
		{"address", "addresses are those of one boot", func(d *dump.Dump) { d.Instructions[8] |= 7 << 32 }, "slot 7"},
		{"index", "the array of descriptors is gone", func(d *dump.Dump) { d.Instructions[0] = asm.New(asm.LoadImm64, 1, asm.PseudoMapIdx, 0, 0) }, "source 5"},
		{"second slot", "no instruction starts there", func(d *dump.Dump) { d.References[0].Slot = 1 }, "slot 0"},
		{"order of references", "one way to write it", func(d *dump.Dump) { d.References[0], d.References[1] = d.References[1], d.References[0] }, "slot 0"},
		{"own types", "a number in BTF that is not there", func(d *dump.Dump) { d.References[3].Name = "bpf_obj_new_impl" }, "the program's own BTF"},
		{"CO-RE", "the value is that of a kernel", func(d *dump.Dump) { d.References[0].Kind = verifier.RefCORE }, "kind 4"},
		{"first function", "the program starts at 0", func(d *dump.Dump) { d.Functions = d.Functions[1:] }, "starts at slot 11, expected 0"},
		{"size of a number", "only memory has a size", func(d *dump.Dump) { d.Functions[1].Arguments[2].Size = 8 }, "8 bytes"},
		{"static arguments", "they are what callers pass", func(d *dump.Dump) { d.Functions[1].Linkage = verifier.LinkageStatic }, "expected none"},
		{"two callbacks", "the kernel takes one", func(d *dump.Dump) { d.Functions[1].ExceptionCallback = true }, "2 exception callbacks"},
		{"unused data", "which slots refer to it?", func(d *dump.Dump) { d.References[1].Name = ".rodata.str" }, `data section ".rodata"`},
		{"data of a map", "a map that can be written is no constant", func(d *dump.Dump) { d.References[1].Map = verifier.MapData }, `data section ".rodata"`},
		{"unused map", "nothing refers to it", func(d *dump.Dump) { d.Maps[0].Name = "other" }, `map "other"`},
		{"flags", "a flag of the load is not of the program", func(d *dump.Dump) { d.Flags |= 1 << 16 }, "flags 0x10020"},
		{"known as unknown", "there would be two sections of a kind", func(d *dump.Dump) { d.Unknown[0].Kind = 3 }, "kind 3"},
		{"NUL", "bpf() would cut the license there", func(d *dump.Dump) { d.License = "GPL\x00" }, "NUL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := full()
			tt.change(&d)
			var w bytes.Buffer
			if err := dump.Write(&w, d); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: error %v, expected one with %q", tt.reason, err, tt.want)
			}
			if w.Len() > 0 {
				t.Error("something was written")
			}
		})
	}
}

// Kernel functions that take the number of a type of the program's own are those of the
// kernel's source.
func TestOwnTypes(t *testing.T) {
	var names []string
	for _, source := range kerneltest.Sources(t, kerneltest.Source(t)) {
		for _, m := range regexp.MustCompile(`__bpf_kfunc [^(;]*?(\w+)\([^)]*\blocal_type_id__k\b`).FindAllStringSubmatch(source, -1) {
			names = append(names, m[1])
		}
	}
	if len(names) < 2 {
		t.Fatalf("found %q, expected bpf_obj_new_impl and more", names)
	}
	for _, name := range names {
		d := full()
		d.References[3].Name = name
		if err := d.Check(); err == nil || !strings.Contains(err.Error(), "own BTF") {
			t.Errorf("%s: error %v, expected one about the program's own BTF", name, err)
		}
	}
}

// A dump is judged as the program that it was made of, and the program does not change.
func TestCorpus(t *testing.T) {
	made := 0
	for _, name := range corpus.Objects() {
		contents, err := corpus.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		obj, err := object.Read(bytes.NewReader(contents), int64(len(contents)))
		if err != nil {
			t.Fatal(name, err)
		}
		for p := range obj.Programs() {
			t.Run(name+"/"+p.Name, func(t *testing.T) {
				if sameVerdicts(t, p) {
					made++
				}
			})
		}
	}
	if made < 100 {
		t.Errorf("%d dumps made, expected most programs of the corpus", made)
	}
}

// sameVerdicts holds the verdicts of a program against those of its dump; false where
// it cannot be dumped.
func sameVerdicts(t *testing.T, p *verifier.Program) bool {
	d, err := dump.FromProgram(p)
	if err != nil {
		if v := verifier.Check(p, verifier.Options{}).Verdict; v == verifier.Stateless && !ofAKernel(p) {
			t.Errorf("stateless, and cannot be dumped: %v", err)
		}
		return false
	}
	if withSections(&d) {
		bare, opts := d, verifier.Options{Profile: verifier.ProfileSections}
		bare.Data = nil
		if r := verifier.Check(bare.Program(), opts); r.Verdict == verifier.Stateless && verifier.Check(p, verifier.Options{}).Verdict != verifier.Stateless {
			t.Error("stateless without the contents of its sections, expected maps")
		}
	}
	read, err := dump.Read(bytes.NewReader(write(t, d)))
	if err != nil {
		t.Fatal(err)
	}
	for _, precision := range []verifier.Precision{verifier.PrecisionCFG, verifier.PrecisionPaths} {
		for _, profile := range verifier.Profiles() {
			opts := verifier.Options{Profile: profile, Precision: precision}
			want, got := verifier.Check(p, opts), verifier.Check(read.Program(), opts)
			if got.Verdict != want.Verdict || len(got.Findings) != len(want.Findings) {
				t.Errorf("%s, %s: %s with %d findings, expected %s with %d", profile, precision, got.Verdict, len(got.Findings), want.Verdict, len(want.Findings))
			}
		}
	}
	return true
}

// withSections fills in contents of the read-only sections that the dump refers to, as
// makers of dumps do, and reports whether there are any.
func withSections(d *dump.Dump) bool {
	seen := make(map[string]bool)
	for _, r := range d.References {
		if (r.Map == verifier.MapROData || r.Map == verifier.MapKconfig) && !seen[r.Name] {
			seen[r.Name] = true
			d.Data = append(d.Data, dump.Data{Name: r.Name, Contents: []byte{1}})
		}
	}
	slices.SortFunc(d.Data, func(a, b dump.Data) int { return strings.Compare(a.Name, b.Name) })
	return len(d.Data) > 0
}

// ofAKernel reports whether a program has numbers that only one kernel knows: values of
// CO-RE relocations, BTF ids without a name.
func ofAKernel(p *verifier.Program) bool {
	named := make(map[int]bool)
	for _, r := range p.References {
		if r.Kind == verifier.RefCORE {
			return true
		}
		named[r.Slot] = true
	}
	for slot, ins := range p.Instructions {
		if !named[slot] && (ins.IsKfuncCall() || ins.IsWide() && ins.Src() == asm.PseudoBTFID) {
			return true
		}
	}
	return false
}

// canonical holds what Read promises: an error or a dump that is written as the same
// bytes and can be judged.
func canonical(t testing.TB, raw []byte) {
	d, err := dump.Read(bytes.NewReader(raw))
	if err != nil {
		if !cmp.Equal(d, dump.Dump{}) {
			t.Error("a dump beside the error")
		}
		return
	}
	if again := write(t, d); !bytes.Equal(raw, again) {
		t.Errorf("read from\n%x\nand written as\n%x", raw, again)
	}
	verifier.Check(d.Program(), verifier.Options{})
}

// FuzzRead reads bytes with a checksum that belongs to them: else nearly all inputs
// would end there.
func FuzzRead(f *testing.F) {
	raw := write(f, full())
	f.Add(raw[:len(raw)-sha256.Size])
	small := write(f, dump.Dump{Instructions: []asm.Instruction{mov0, exit}})
	f.Add(small[:len(small)-sha256.Size])
	f.Fuzz(func(t *testing.T, body []byte) {
		canonical(t, body)
		canonical(t, sealed(body))
	})
}

// Changes to a valid dump that the checksum does not show are canonical too.
func TestChanged(t *testing.T) {
	raw := write(t, full())
	body := raw[:len(raw)-sha256.Size]
	rapid.Check(t, func(rt *rapid.T) {
		changed := bytes.Clone(body)
		for range rapid.IntRange(1, 4).Draw(rt, "changes") {
			at := rapid.IntRange(0, len(changed)-1).Draw(rt, "at")
			changed[at] = rapid.Byte().Draw(rt, "byte")
		}
		canonical(t, sealed(changed))
	})
}

// The example of docs/dump-format.md is what is written, to the byte.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/dump-format.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, found := strings.Cut(string(page), "<!-- example -->\n```\n")
	example, _, ended := strings.Cut(example, "```")
	if !found || !ended {
		t.Fatal("docs/dump-format.md has no example")
	}
	var got []byte
	for line := range strings.Lines(example) {
		digits, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		raw, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got = append(got, raw...)
	}
	want := write(t, dump.Dump{
		Name: "pass", Type: 6, AttachType: 37, License: "GPL",
		Instructions: []asm.Instruction{asm.New(0xb7, 0, 0, 0, 2), exit},
		Functions:    []dump.Function{{Name: "pass", Linkage: verifier.LinkageGlobal}},
	})
	if !bytes.Equal(got, want) {
		t.Errorf("the page has\n%sand the dump is\n%s", hex.Dump(got), hex.Dump(want))
	}
}
