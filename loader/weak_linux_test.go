package loader_test

import (
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/loader"
	"github.com/statecheck/statecheck/loader/store"
	"github.com/statecheck/statecheck/verifier"
)

// keeping loads a collection, and returns the one dump that was kept.
func keeping(t *testing.T, spec *ebpf.CollectionSpec) (*ebpf.Collection, dump.Dump) {
	t.Helper()
	kept, err := store.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	coll, err := loader.NewCollection(spec, loader.Options{AllowDump: kept})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(coll.Close)
	entries, err := kept.All()
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d entries, %v, expected one", len(entries), err)
	}
	return coll, entries[0].Dump
}

// sameAgain loads the dump and compares what the two programs return.
func sameAgain(t *testing.T, prog *ebpf.Program, d dump.Dump, want uint32) {
	t.Helper()
	again, err := new(loader.Loader).NewProgramFromDump(d, loader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for name, p := range map[string]*ebpf.Program{"object": prog, "dump": again} {
		if got, _, err := p.Test(make([]byte, 64)); err != nil || got != want {
			t.Errorf("from the %s it returns %d, %v, expected %d", name, got, err, want)
		}
	}
}

// A constant that was left to the loader is in the dump by its value, and not a variable
// of the kernel of that name.
func TestLoaderConstant(t *testing.T) {
	kerneltest.Need(t)
	const name = "jiffies" // which the kernel has too
	p := &ebpf.ProgramSpec{Name: "constant", Type: ebpf.XDP, License: "GPL", Instructions: casm.Instructions{
		casm.LoadImm(casm.R0, 5, casm.DWord).WithReference(name), casm.Return(),
	}}
	coll, d := keeping(t, &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{"constant": p}})
	sameAgain(t, coll.Programs["constant"], d, 5)
	if _, err := loader.Dump(p, nil); err == nil {
		t.Error("dumped before it is known whether the name or the value counts, expected an error")
	}
}

// A dump may hold any slots, and relaxed nothing is judged before names are looked up.
func TestHalf(t *testing.T) {
	for src := range asm.Register(5) {
		d := dump.Dump{Name: "half", Type: uint32(ebpf.XDP), Instructions: []asm.Instruction{asm.New(asm.LoadImm64, 1, src, 0, 0)}}
		for _, kind := range []verifier.RefKind{0, verifier.RefMap, verifier.RefKfunc, verifier.RefVariable} {
			d.References = nil
			if kind != 0 {
				d.References = []verifier.Reference{{Kind: kind, Name: "jiffies"}}
			}
			if kind == verifier.RefMap {
				d.References[0].Map = verifier.MapPlain
			}
			for _, relaxed := range []bool{false, true} {
				if _, err := new(loader.Loader).NewProgramFromDump(d, loader.Options{Relaxed: relaxed}); err == nil {
					t.Errorf("source %d, reference %d, relaxed %v: loaded half an instruction", src, kind, relaxed)
				}
			}
		}
	}
}

// What was not there when a program was loaded need not be there the next time.
func TestWeak(t *testing.T) {
	kerneltest.Need(t)
	p := &ebpf.ProgramSpec{Name: "weak", Type: ebpf.XDP, License: "GPL", Instructions: casm.Instructions{
		casm.LoadImm(casm.R1, 0, casm.DWord).WithReference("statecheck_has_no_such_symbol"),
		casm.Mov.Imm(casm.R0, 1), casm.JEq.Imm(casm.R1, 0, "out"), casm.Mov.Imm(casm.R0, 2),
		casm.Return().WithSymbol("out"),
	}}
	coll, d := keeping(t, &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{"weak": p}})
	if len(d.References) != 1 || !d.References[0].Weak {
		t.Errorf("references %v, expected one that is weak", d.References)
	}
	sameAgain(t, coll.Programs["weak"], d, 1)
}
