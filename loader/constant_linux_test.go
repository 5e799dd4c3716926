package loader_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"

	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/loader"
	"github.com/statecheck/statecheck/verifier"
)

const readOnlyForPrograms = 1 << 7

// reads returns a program that returns the first word of a section.
func reads(section string) *ebpf.ProgramSpec {
	return &ebpf.ProgramSpec{Name: "reads", Type: ebpf.XDP, License: "GPL", Instructions: casm.Instructions{
		casm.LoadMapValue(casm.R1, 0, 0).WithReference(section), casm.LoadMem(casm.R0, casm.R1, 0, casm.Word), casm.Return(),
	}}
}

func sectionSpec(name string, flags uint32) *ebpf.MapSpec {
	return &ebpf.MapSpec{
		Name: name, Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1, Flags: flags,
		Contents: []ebpf.MapKV{{Key: uint32(0), Value: []byte{1, 2, 0, 0}}},
	}
}

// A data section is constant if nobody can write what is loaded, and not by its name.
func TestConstant(t *testing.T) {
	kerneltest.Need(t)
	writable, err := ebpf.NewMap(sectionSpec("", 0))
	if err != nil {
		t.Fatal(err)
	}
	defer writable.Close()
	var l loader.Loader
	collection := func(edit func(*ebpf.CollectionSpec, *loader.Options)) func(loader.Options) error {
		return func(opts loader.Options) error {
			spec := &ebpf.CollectionSpec{
				Maps:     map[string]*ebpf.MapSpec{".rodata": sectionSpec(".rodata", readOnlyForPrograms)},
				Programs: map[string]*ebpf.ProgramSpec{"reads": reads(".rodata")},
			}
			edit(spec, &opts)
			coll, err := l.NewCollection(spec, opts)
			if err == nil {
				coll.Close()
			}
			return err
		}
	}
	for _, tt := range []struct {
		name, reason string
		load         func(loader.Options) error
		loads        bool
	}{
		{"section", "cilium/ebpf makes and freezes it", collection(func(*ebpf.CollectionSpec, *loader.Options) {}), true},
		{"programs may write", "it has not BPF_F_RDONLY_PROG", collection(func(spec *ebpf.CollectionSpec, _ *loader.Options) {
			spec.Maps[".rodata"].Flags = 0
		}), false},
		{"another name", "cilium/ebpf freezes by the name of the spec", collection(func(spec *ebpf.CollectionSpec, _ *loader.Options) {
			spec.Maps[".rodata"].Name = "settings"
		}), false},
		{"another type", "a hash has no frozen values", collection(func(spec *ebpf.CollectionSpec, _ *loader.Options) {
			spec.Maps[".rodata"].Type = ebpf.Hash
		}), false},
		{"pinned", "cilium/ebpf opens what somebody has pinned there", collection(func(spec *ebpf.CollectionSpec, opts *loader.Options) {
			spec.Maps[".rodata"].Pinning = ebpf.PinByName
			opts.Load.Maps.PinPath = t.TempDir()
		}), false},
		{"replaced", "by a map that can be written", collection(func(spec *ebpf.CollectionSpec, opts *loader.Options) {
			opts.Load.MapReplacements = map[string]*ebpf.Map{".rodata": writable}
		}), false},
		{"associated and named", "the map counts, not the name beside it", func(opts loader.Options) error {
			p := reads("")
			if err := p.Instructions[0].AssociateMap(writable); err != nil {
				return err
			}
			p.Instructions[0] = p.Instructions[0].WithReference(".rodata")
			prog, err := l.NewProgram(p, opts)
			if err == nil {
				prog.Close()
			}
			return err
		}, false},
		{"dump without the data", "the map is somebody else's", func(opts loader.Options) error {
			d, err := loader.Dump(reads(".rodata"), nil)
			if err != nil {
				return err
			}
			opts.Load.MapReplacements = map[string]*ebpf.Map{".rodata": writable}
			prog, err := l.NewProgramFromDump(d, opts)
			if err == nil {
				prog.Close()
			}
			return err
		}, false},
		{"no collection", "nothing to load", func(opts loader.Options) error {
			_, err := l.NewCollection(nil, opts)
			return err
		}, false},
		{"no program", "nil is no spec", collection(func(spec *ebpf.CollectionSpec, _ *loader.Options) { spec.Programs["nil"] = nil }), false},
		{"no map", "nil is no spec", collection(func(spec *ebpf.CollectionSpec, _ *loader.Options) { spec.Maps["nil"] = nil }), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.load(loader.Options{Check: verifier.Options{Profile: verifier.ProfileSections}})
			if (err == nil) != tt.loads {
				t.Errorf("%s: error %v, loads: %v expected", tt.reason, err, tt.loads)
			}
			if refused, ok := errors.AsType[*loader.RefusedError](err); ok && (len(refused.Report.Findings) != 1 || refused.Report.Findings[0].Effects.String() != "map") {
				t.Errorf("%s: %v, expected a map as the one finding", tt.reason, err)
			}
		})
	}
}

// What may change what a program means is not loaded by who does not know it, state or no
// state.
func TestUnknownSection(t *testing.T) {
	kerneltest.Need(t)
	d, err := loader.Dump(&ebpf.ProgramSpec{Name: "pass", Type: ebpf.XDP, License: "GPL", Instructions: casm.Instructions{casm.Mov.Imm(casm.R0, 2), casm.Return()}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for kind, loads := range map[uint32]bool{100: false, 1<<31 + 1: true} {
		d.Unknown = []dump.Section{{Kind: kind, Contents: []byte("?")}}
		for _, relaxed := range []bool{false, true} {
			p, err := new(loader.Loader).NewProgramFromDump(d, loader.Options{Relaxed: relaxed})
			if err == nil {
				p.Close()
			}
			if (err == nil) != loads {
				t.Errorf("kind %#x, relaxed %v: error %v, loads: %v expected", kind, relaxed, err, loads)
			}
		}
	}
}

// What is set before the object is loaded is in the dump: the same program reads it.
func TestVariables(t *testing.T) {
	kerneltest.Need(t)
	spec := &ebpf.CollectionSpec{
		Maps:      map[string]*ebpf.MapSpec{".rodata": sectionSpec(".rodata", readOnlyForPrograms)},
		Programs:  map[string]*ebpf.ProgramSpec{"reads": reads(".rodata")},
		Variables: map[string]*ebpf.VariableSpec{"high": {Name: "high", SectionName: ".rodata", Offset: 1, Value: []byte{2}}},
	}
	if err := spec.Variables["high"].Set(uint8(7)); err != nil {
		t.Fatal(err)
	}
	opts := loader.Options{Check: verifier.Options{Profile: verifier.ProfileSections}}
	coll, err := loader.NewCollection(spec, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer coll.Close()
	d, err := loader.Dump(spec.Programs["reads"], spec)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := dump.Write(&file, d); err != nil {
		t.Fatal(err)
	}
	if d, err = dump.Read(&file); err != nil {
		t.Fatal(err)
	}
	again, err := new(loader.Loader).NewProgramFromDump(d, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	packet := make([]byte, 64)
	const want = 1 + 7<<8
	for name, p := range map[string]*ebpf.Program{"object": coll.Programs["reads"], "dump": again} {
		if got, _, err := p.Test(packet); err != nil || got != want {
			t.Errorf("from the %s it returns %#x, %v, expected %#x", name, got, err, want)
		}
	}
	spec.Variables["high"].Offset = 4
	if _, err := loader.Dump(spec.Programs["reads"], spec); err == nil {
		t.Error("a variable behind the section is in a dump, expected an error")
	}
}
