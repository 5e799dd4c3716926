package asm

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"testing"

	casm "github.com/cilium/ebpf/asm"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// sameInCilium: what ToCilium takes comes back the same, from FromCilium and as
// the bytes that cilium/ebpf writes; what it does not take, cilium/ebpf would
// have changed or refused.
func sameInCilium(t rapid.TB, insns []Instruction) {
	cilium, err := ToCilium(insns)
	if err != nil {
		raw := Encode(insns, binary.LittleEndian)
		lossy, readErr := casm.AppendInstructions(nil, bytes.NewReader(raw), binary.LittleEndian, "linux")
		if readErr != nil {
			return
		}
		var w bytes.Buffer
		if lossy.Marshal(&w, binary.LittleEndian) == nil && bytes.Equal(w.Bytes(), raw) && runtime.GOOS == "linux" {
			t.Fatalf("%#v: cilium/ebpf loses nothing, and ToCilium says %v", insns, err)
		}
		return
	}
	back, refs, err := FromCilium(cilium)
	if err != nil || len(refs) != 0 || !slices.Equal(back, insns) {
		t.Fatalf("%#v came back as %#v, %v, %v", insns, back, refs, err)
	}
	if runtime.GOOS != "linux" {
		return // there cilium/ebpf refuses to write calls of Linux helpers
	}
	for _, order := range bothOrders {
		var w bytes.Buffer
		if err := cilium.Marshal(&w, order); err != nil {
			t.Fatalf("%#v: %v", insns, err)
		}
		if want := Encode(insns, order); !bytes.Equal(w.Bytes(), want) {
			t.Fatalf("%s: cilium/ebpf writes % x, we % x", order, w.Bytes(), want)
		}
	}
}

func propCilium(t *rapid.T) { sameInCilium(t, anyProgram.Draw(t, "program")) }

func TestCilium(t *testing.T) { rapid.Check(t, propCilium) }

func FuzzCilium(f *testing.F) { f.Fuzz(rapid.MakeFuzz(propCilium)) }

// TestCiliumForms: all forms but addr_space_cast survive.
func TestCiliumForms(t *testing.T) {
	for ins, f := range Forms() {
		insns := []Instruction{ins}
		if ins.IsWide() {
			insns = append(insns, New(0, 0, 0, 0, -2))
		}
		_, err := ToCilium(insns)
		if want := strings.HasPrefix(f.Name, "addr_space_cast"); (err != nil) != want {
			t.Errorf("%s: %v", f.Name, err)
		}
		sameInCilium(t, insns)
	}
}

// TestCiliumAtomicByHand: Marshal writes an add for each of them (v0.22.0 takes
// the constant before it has filled it in). When this fails cilium/ebpf is
// mended, and the comment at FromCilium can go.
func TestCiliumAtomicByHand(t *testing.T) {
	insns := casm.Instructions{casm.Xchg.Mem(casm.R1, casm.R2, casm.DWord, 0)}
	got, _, err := FromCilium(insns)
	if want := New(0xdb, R1, R2, 0, AtomicXchg); err != nil || got[0] != want {
		t.Errorf("%#v, %v, want %#v", got, err, want)
	}
	var w bytes.Buffer
	if err := insns.Marshal(&w, binary.LittleEndian); err != nil {
		t.Fatal(err)
	}
	if want := Encode([]Instruction{New(0xdb, R1, R2, 0, AtomicAdd)}, binary.LittleEndian); !bytes.Equal(w.Bytes(), want) {
		t.Errorf("cilium/ebpf writes % x, no longer % x", w.Bytes(), want)
	}
}

func TestToCiliumLoses(t *testing.T) {
	for _, tc := range []struct {
		name  string
		insns []Instruction
		want  string
	}{
		{"cast", []Instruction{0x05, New(MovX, R1, R2, 1, 1)}, "slot 1: off is 1, which cilium/ebpf drops from an ALU instruction"},
		{"percpu", []Instruction{New(MovX, R1, R2, -1, 0)}, "slot 0: off is -1, which cilium/ebpf drops from an ALU instruction"},
		{"helper", []Instruction{New(Call, 0, 0, 0, -1)}, "slot 0: imm is 0xffffffff, and cilium/ebpf keeps the operating system in bits 28 to 30 of a helper's number"},
		{"half", []Instruction{New(LoadImm64, 0, 0, 0, 0)}, "slot 1: the second slot of LD_IMM64 is missing"},
		{"second", []Instruction{New(LoadImm64, 0, 0, 0, 0), New(0, 1, 0, 0, 0)}, "slot 1: opcode, registers and off of the second slot of LD_IMM64 are not 0"},
	} {
		if _, err := ToCilium(tc.insns); err == nil || err.Error() != tc.want {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

type fakeMap int

func (m fakeMap) FD() int { return int(m) }

func TestFromCiliumReferences(t *testing.T) {
	insns := casm.Instructions{
		casm.LoadMapPtr(casm.R1, 0).WithReference("counts").WithSymbol("main"),
		casm.LoadMapValue(casm.R2, 0, 16).WithReference(".bss"),
		casm.JEq.Imm(casm.R0, 0, "out"),
		casm.LongJump("out"),
		casm.Call.Label("sub"),
		casm.Instruction{OpCode: casm.LoadImmOp(casm.DWord), Dst: casm.R3, Src: casm.PseudoFunc, Constant: -1}.WithReference("sub"),
		casm.Call.Label("nowhere"),
		casm.Instruction{OpCode: casm.OpCode(Call), Src: casm.PseudoKfuncCall, Constant: -1}.WithReference("bpf_rcu_read_lock"),
		casm.LoadImm(casm.R4, 0, casm.DWord).WithReference("bpf_prog_active"),
		casm.FnKtimeGetNs.Call(),
		casm.FetchAdd.Mem(casm.R1, casm.R2, casm.DWord, -8),
		casm.SDiv.Imm(casm.R1, 3),
		casm.MovSX16.Reg32(casm.R1, casm.R2),
		casm.Return().WithSymbol("out"),
		casm.Mov.Imm(casm.R0, -1).WithSymbol("sub"),
		casm.Return(),
	}
	before := slices.Clone(insns)
	got, refs, err := FromCilium(insns)
	if err != nil {
		t.Fatal(err)
	}
	want := []Instruction{
		0: New(LoadImm64, R1, PseudoMapFD, 0, 0), 1: 0,
		2: New(LoadImm64, R2, PseudoMapValue, 0, 0), 3: New(0, 0, 0, 0, 16),
		4: New(0x15, R0, 0, 12, 0),
		5: New(GotoL, 0, 0, 0, 11),
		6: New(Call, 0, PseudoCall, 0, 11),
		7: New(LoadImm64, R3, PseudoFunc, 0, 10), 8: 0,
		9:  New(Call, 0, PseudoCall, 0, -1),
		10: New(Call, 0, PseudoKfuncCall, 0, -1),
		11: New(LoadImm64, R4, 0, 0, 0), 12: 0,
		13: New(Call, 0, 0, 0, 5),
		14: New(0xdb, R1, R2, -8, AtomicAdd|AtomicFetch),
		15: New(0x37, R1, 0, 1, 3),
		16: New(0xbc, R1, R2, 16, 0),
		17: New(Exit, 0, 0, 0, 0),
		18: New(0xb7, R0, 0, 0, -1),
		19: New(Exit, 0, 0, 0, 0),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("instructions (-want +got):\n%s", diff)
	}
	wantRefs := []Reference{
		{Slot: 0, Kind: ReferenceMap, Name: "counts"},
		{Slot: 2, Kind: ReferenceMap, Name: ".bss"},
		{Slot: 9, Kind: ReferenceMissing, Name: "nowhere"},
		{Slot: 10, Kind: ReferenceKfunc, Name: "bpf_rcu_read_lock"},
		{Slot: 11, Kind: ReferenceAddress, Name: "bpf_prog_active"},
	}
	if diff := cmp.Diff(wantRefs, refs); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, insns, cmpopts.IgnoreUnexported(casm.Metadata{})); diff != "" {
		t.Errorf("the input was changed:\n%s", diff)
	}
}

func TestFromCiliumMap(t *testing.T) {
	load := casm.LoadMapValue(casm.R1, 0, 8)
	if err := load.AssociateMap(fakeMap(7)); err != nil {
		t.Fatal(err)
	}
	got, refs, err := FromCilium(casm.Instructions{load})
	if want := []Instruction{New(LoadImm64, R1, PseudoMapValue, 0, 7), New(0, 0, 0, 0, 8)}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%#v, %v, want %#v", got, err, want)
	}
	if want := []Reference{{Slot: 0, Kind: ReferenceMap, Map: fakeMap(7)}}; !slices.Equal(refs, want) {
		t.Errorf("references %v, want %v", refs, want)
	}
}

func TestFromCiliumErrors(t *testing.T) {
	far := casm.Instructions{casm.JEq.Imm(casm.R0, 0, "out")}
	for range 40000 {
		far = append(far, casm.Mov.Imm(casm.R0, 0))
	}
	far = append(far, casm.Return().WithSymbol("out"))
	closed := casm.LoadMapPtr(casm.R1, 0)
	if err := closed.AssociateMap(fakeMap(-1)); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		insns casm.Instructions
		want  string
	}{
		{"far", far, "slot 0: out is 40000 slots away, expected -32768 to 32767"},
		{"twice", casm.Instructions{casm.Return().WithSymbol("a"), casm.Return().WithSymbol("a")}, "slot 1: symbol a is there twice"},
		{"invalid", casm.Instructions{{OpCode: casm.InvalidOpCode}}, "slot 0: invalid opcode"},
		{"windows", casm.Instructions{{OpCode: casm.OpCode(Call), Constant: 1<<28 | 1}}, "slot 0: "},
		{"sdiv with offset", casm.Instructions{{OpCode: casm.SDiv.Op(casm.ImmSource), Offset: 1}}, "has offset 1, expected 0"},
		{"closed map", casm.Instructions{closed}, "slot 0: map is closed"},
	} {
		if _, _, err := FromCilium(tc.insns); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}
