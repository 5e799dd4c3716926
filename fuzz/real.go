package fuzz

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// Real returns the programs of the corpus as an oracle can load them: with its own
// maps in the place of theirs. They are what mutants are made from.
func Real() ([]oracle.Program, error) {
	var programs []oracle.Program
	for _, name := range corpus.Objects() {
		contents, err := corpus.Open(name)
		if err != nil {
			return nil, err
		}
		o, err := object.Read(bytes.NewReader(contents), int64(len(contents)))
		if err != nil {
			return nil, fmt.Errorf("corpus/objects/%s: %w", name, err)
		}
		for p := range o.Programs() {
			if p.Err != nil || p.Type == "" {
				continue
			}
			asked := loadable(p)
			for i := range asked.References {
				r := &asked.References[i]
				switch {
				case r.Kind != verifier.RefMap:
				case p.Instructions[r.Slot].Src() == asm.PseudoMapValue:
					r.Name, r.Map = "variable", verifier.MapPlain
				default:
					r.Name, r.Map = "hash", verifier.MapPlain
				}
			}
			programs = append(programs, asked)
		}
	}
	return programs, nil
}

// AsRead returns a program as it was read from an object, with maps as near to the
// object's as can be told: for what cilium/ebpf does not load, old objects most of all. The
// error is that the object cannot be read, or that the program could not be put together.
func AsRead(contents []byte, p *verifier.Program) (oracle.Program, error) {
	if p.Err != nil {
		return oracle.Program{}, p.Err
	}
	f, err := elf.NewFile(bytes.NewReader(contents))
	if err != nil {
		return oracle.Program{}, err
	}
	symbols, err := f.Symbols()
	if err != nil {
		return oracle.Program{}, err
	}
	asked := loadable(p)
	if p.AttachTo == "" && (p.Type == "lsm" || p.Type == "tracing") {
		_, asked.AttachTo, _ = strings.Cut(p.Section, "/")
	}
	for _, r := range asked.References {
		if r.Kind != verifier.RefMap || slices.ContainsFunc(asked.Maps, func(m oracle.MapSpec) bool { return m.Name == r.Name }) {
			continue
		}
		m, err := readMap(f, symbols, r.Name)
		if err != nil {
			return oracle.Program{}, fmt.Errorf("map %s: %w", r.Name, err)
		}
		asked.Maps = append(asked.Maps, m)
	}
	return asked, nil
}

// readMap returns a map as the object's old definition has it (struct bpf_map_def in
// the sections that start with "maps"), and else an array large enough for a section
// of data.
func readMap(f *elf.File, symbols []elf.Symbol, name string) (oracle.MapSpec, error) {
	for _, s := range symbols {
		if s.Name != name || int(s.Section) >= len(f.Sections) || !strings.HasPrefix(f.Sections[s.Section].Name, "maps") {
			continue
		}
		var def struct{ Type, KeySize, ValueSize, MaxEntries uint32 }
		err := binary.Read(io.NewSectionReader(f.Sections[s.Section], int64(s.Value), 16), f.ByteOrder, &def)
		return oracle.MapSpec{Name: name, Type: def.Type, KeySize: def.KeySize, ValueSize: def.ValueSize, MaxEntries: min(def.MaxEntries, 4)}, err
	}
	const array = 2 // BPF_MAP_TYPE_ARRAY
	return oracle.MapSpec{Name: name, Type: array, KeySize: 4, ValueSize: 4096, MaxEntries: 1}, nil
}

// loadable leaves out of a program what an oracle does not fill in.
func loadable(p *verifier.Program) oracle.Program {
	asked := oracle.Program{Program: *p}
	asked.Source, asked.Functions = nil, nil
	for _, f := range p.Functions {
		if !f.ExceptionCallback { // without BTF there is none, and all others are static
			asked.Functions = append(asked.Functions, verifier.Function{Name: f.Name, Start: f.Start, Linkage: verifier.LinkageStatic})
		}
	}
	asked.References = slices.DeleteFunc(slices.Clone(p.References), func(r verifier.Reference) bool {
		return r.Kind == verifier.RefCORE
	})
	return asked
}
