package kernel

import (
	"errors"
	"fmt"
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/loader/store"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Original is a program as it was before it was loaded.
type Original struct {
	From    string // the store, or an object's path; empty: the kernel
	File    string // of one from the store: its name there
	Program *verifier.Program
	Dump    dump.Dump // none of one from an object
}

// Originals are programs by the tags that kernels would give them.
type Originals struct {
	store   *store.Store // nil: none
	folder  string
	release string // of the running kernel
	byTag   map[[asm.TagSize]byte][]known
}

type known struct {
	Original
	entry store.Entry
}

// NewOriginals looks for originals of what a kernel of that release runs in a store (nil:
// in none), whose folder it names.
func NewOriginals(s *store.Store, folder, release string) *Originals {
	return &Originals{store: s, folder: folder, release: release, byTag: make(map[[asm.TagSize]byte][]known)}
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

// Find returns the originals that a loaded program can have: those with its tag, type,
// name and target, of the store first. The match is by tag: 64 bits, which say nothing of
// BTF and license, of the contents of read-only sections, nor of which map is which. How
// many slots there were the kernel does not tell. The error names damaged entries of the
// store; what was found holds all the same.
//
// Where the kernel has kept the instructions the originals have these, slot by slot. The
// kernel has them alone; one from elsewhere with the same ones says more.
func (o *Originals) Find(p *Program) (found []Original, err error) {
	var candidates []known
	if o.store != nil {
		var entries []store.Entry
		entries, err = o.store.Lookup(p.Tag)
		for _, e := range entries {
			candidates = append(candidates, known{Original{From: o.folder, File: e.File, Program: e.Dump.Program(), Dump: e.Dump}, e})
		}
	}
	var kept Original
	var keptErr error
	switch {
	case p.Kept == nil:
	case asm.TagSHA1(p.Kept) != p.Tag && asm.TagSHA256(p.Kept) != p.Tag:
		// kernel/bpf/verifier.c:check_core_relo comes before bpf_prog_calc_tag.
		keptErr = errors.New("the kernel has relocated the instructions that it has kept (CO-RE), and has not kept how")
	default:
		kept, keptErr = p.original(p.Kept, p.KeptNames)
	}
	query := store.Query{Type: number(p.Type), Name: p.Name, Release: o.release}
	for _, c := range append(candidates, o.byTag[p.Tag]...) {
		same := kept.Program == nil || slices.Equal(c.Program.Instructions, kept.Program.Instructions)
		if query.Type != 0 && c.entry.Fits(query) && hasTarget(c.Program, p) && same {
			found = append(found, c.Original)
		}
	}
	if len(found) == 0 && kept.Program != nil {
		found = append(found, kept)
	}
	return found, errors.Join(err, keptErr)
}

// hasTarget reports whether a program can attach to what the loaded one is for, as far as
// both are known. The kernel's own names have a prefix for some types.
func hasTarget(original *verifier.Program, p *Program) bool {
	if p.TargetProgram {
		return original.TargetProgram
	}
	return p.AttachTo == "" || original.AttachTo == "" ||
		slices.Contains([]string{original.AttachTo, "bpf_lsm_" + original.AttachTo, "btf_trace_" + original.AttachTo}, p.AttachTo)
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

// JudgeOriginals judges a loaded program by its originals, by the worst of them, as the tag
// does not say which one it is. It is not ok where there are none, and where they are
// stateless and what the kernel runs is not for certain: then none of them is the program.
func JudgeOriginals(originals []Original, running Judgement, opts verifier.Options) (by Original, r verifier.Report, ok bool) {
	for _, o := range originals {
		if judged := verifier.Check(o.Program, opts); judged.Err == nil && (!ok || r.Verdict == verifier.Stateless) {
			by, r, ok = o, judged, true
		}
	}
	runsState := slices.ContainsFunc(running.Findings, func(f verifier.Finding) bool { return f.Effects&^effect.Ambient != 0 })
	return by, r, ok && (r.Verdict != verifier.Stateless || !runsState)
}
