package kernel

import (
	"errors"
	"fmt"
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/loader/store"
	"github.com/statecheck/statecheck/verifier"
)

// Original is a program as it was before it was loaded.
type Original struct {
	From    string // the store, or an object's path; empty: the kernel
	Program *verifier.Program
	Dump    dump.Dump // none of one from an object
}

// Originals are programs by the tags that kernels would give them.
type Originals struct {
	store  *store.Store // nil: none
	folder string
	byTag  map[[asm.TagSize]byte][]known
}

type known struct {
	Original
	entry store.Entry
}

// NewOriginals looks for originals in a store (nil: in none), whose folder it names.
func NewOriginals(s *store.Store, folder string) *Originals {
	return &Originals{store: s, folder: folder, byTag: make(map[[asm.TagSize]byte][]known)}
}

// Add adds a program from elsewhere. One whose instructions a loader will change has no
// tag yet, and is never found.
func (o *Originals) Add(from string, p *verifier.Program) {
	tags := verifier.Inventory(p).Tags
	if tags == nil {
		return
	}
	entry := store.Entry{Dump: dump.Dump{Name: p.Name, Type: number(p.Type)}}
	for _, tag := range [][asm.TagSize]byte{tags.SHA1, tags.SHA256} {
		o.byTag[tag] = append(o.byTag[tag], known{Original{From: from, Program: p}, entry})
	}
}

// number is the kernel's of a program type, 0 where it is not known.
func number(progType string) uint32 {
	return uint32(max(0, slices.Index(verifier.ProgramTypes(), progType)))
}

// Find returns the original of a loaded program: one with its tag, type and name. The
// match is by tag: 64 bits, which say nothing of BTF and license. How many slots there
// were the kernel does not tell. The error names damaged entries of the store; what was
// found holds all the same.
//
// Where the kernel has kept the instructions the original has these, slot by slot. The
// kernel has them alone; one from elsewhere with the same ones says more.
func (o *Originals) Find(p *Program) (found Original, ok bool, err error) {
	query := store.Query{Type: number(p.Type), Name: p.Name}
	candidates := slices.Clone(o.byTag[p.Tag])
	if o.store != nil {
		var entries []store.Entry
		entries, err = o.store.Lookup(p.Tag)
		for _, e := range entries {
			candidates = append([]known{{Original{o.folder, e.Dump.Program(), e.Dump}, e}}, candidates...)
		}
	}
	var kept Original
	var keptErr error
	if p.Kept != nil {
		kept, keptErr = p.original(p.Kept, p.KeptNames)
	}
	for _, c := range candidates {
		same := kept.Program == nil || slices.Equal(c.Program.Instructions, kept.Program.Instructions)
		if query.Type != 0 && c.entry.Fits(query) && same {
			return c.Original, true, err
		}
	}
	return kept, kept.Program != nil, errors.Join(err, keptErr)
}

// original makes an original of instructions that the kernel has. Of the license it says
// only whether it is compatible with the GPL, and nothing of flags, functions and most
// attach types.
func (p *Program) original(insns []asm.Instruction, names []verifier.Reference) (Original, error) {
	program := &verifier.Program{
		Name: p.Name, Type: p.Type, AttachType: p.AttachType, AttachTo: p.AttachTo, TargetProgram: p.TargetProgram,
		Instructions: insns, References: names,
	}
	if p.AttachType == anyTracing {
		program.AttachType = ""
	}
	d, err := dump.FromProgram(program)
	if err != nil {
		return Original{}, fmt.Errorf("its instructions cannot be dumped: %w", err)
	}
	if p.GPL {
		d.License = "GPL"
	}
	return Original{Program: d.Program(), Dump: d}, nil
}
