package fuzz

import (
	"bytes"
	"fmt"

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
			if p.Err == nil && p.Type != "" {
				programs = append(programs, Loadable(p))
			}
		}
	}
	return programs, nil
}

// Loadable puts the oracle's maps in the place of the program's, to be loaded without BTF.
func Loadable(p *verifier.Program) oracle.Program {
	asked := oracle.Program{Program: *p}
	asked.Source, asked.References, asked.Functions = nil, nil, nil
	for _, f := range p.Functions {
		if !f.ExceptionCallback { // without BTF there is none, and all others are static
			asked.Functions = append(asked.Functions, verifier.Function{Name: f.Name, Start: f.Start, Linkage: verifier.LinkageStatic})
		}
	}
	for _, r := range p.References {
		switch r.Kind {
		case verifier.RefMap:
			r.Name, r.Map = "hash", verifier.MapPlain
			if p.Instructions[r.Slot].Src() == asm.PseudoMapValue {
				r.Name = "variable"
			}
		case verifier.RefKfunc:
		default:
			continue
		}
		asked.References = append(asked.References, r)
	}
	return asked
}
