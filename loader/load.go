package loader

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/cilium/ebpf"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/internal/features"
	"github.com/statecheck/statecheck/internal/sys"
	"github.com/statecheck/statecheck/loader/store"
	"github.com/statecheck/statecheck/verifier"
)

// Options of loading.
type Options struct {
	// Check is how programs are judged. Without anything, as BPF_F_ENFORCE_STATELESS
	// would.
	Check verifier.Options

	// Relaxed loads what is stateful too.
	Relaxed bool

	// AllowDump keeps the instructions of what is loaded; nil: they are not kept. Of a
	// stateful program, which only Relaxed lets in, they are not the whole program. A
	// kernel that can keep them too is asked to.
	AllowDump *store.Store

	// Load is for cilium/ebpf: its Programs are the options of every program. A dump
	// gets the maps that it names from MapReplacements.
	Load ebpf.CollectionOptions
}

// RefusedError is why a program was not loaded: it is not stateless.
type RefusedError struct {
	Program string
	Report  verifier.Report
}

// Error is one line with the first finding.
func (e *RefusedError) Error() string {
	r := &e.Report
	if r.Verdict == verifier.Invalid {
		return fmt.Sprintf("program %q is invalid, expected a stateless one: %v", e.Program, r.Err)
	}
	if len(r.Findings) == 0 {
		return fmt.Sprintf("program %q is %s, expected a stateless one", e.Program, r.Verdict)
	}
	f, more := &r.Findings[0], ""
	if n := len(r.Findings) - 1 + r.Omitted; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Sprintf("program %q is stateful, expected a stateless one: slot %d: %s (%s): %s%s",
		e.Program, f.Slot, f.Name, f.Effects, f.Reason, more)
}

// NewProgram is [Loader.NewProgram] of a new Loader.
func NewProgram(spec *ebpf.ProgramSpec, opts Options) (*ebpf.Program, error) {
	return new(Loader).NewProgram(spec, opts)
}

// NewCollection is [Loader.NewCollection] of a new Loader.
func NewCollection(spec *ebpf.CollectionSpec, opts Options) (*ebpf.Collection, error) {
	return new(Loader).NewCollection(spec, opts)
}

// Loader loads programs that are stateless. It knows whether the kernel enforces that
// too, and keeps originals, which it tries once. The zero value is ready; it is safe for
// concurrent use.
type Loader struct {
	once sync.Once
	has  features.Features
}

// NewProgram is ebpf.NewProgramWithOptions for programs that are stateless. The others
// are refused with a [*RefusedError] before anything is loaded.
//
// What is judged is what is loaded: the spec, and then the instructions as cilium/ebpf
// will hand them to the kernel, with relocations applied and names replaced by numbers.
// The tag of the loaded program must be the tag of these. If it is not, the program is
// closed, and the error says so.
func (l *Loader) NewProgram(spec *ebpf.ProgramSpec, opts Options) (*ebpf.Program, error) {
	c, err := admit(spec, new(ebpf.CollectionSpec), opts)
	if err != nil {
		return nil, err
	}
	return l.load(c, opts)
}

// NewCollection is ebpf.NewCollectionWithOptions for collections whose programs are all
// stateless; see [Loader.NewProgram]. All are judged before anything is loaded.
//
// A collection with a struct_ops map is refused unless Relaxed: to fill in the map is to
// attach the programs, before it is known what was loaded.
func (l *Loader) NewCollection(spec *ebpf.CollectionSpec, opts Options) (*ebpf.Collection, error) {
	if spec == nil {
		return nil, errors.New("no collection, expected a spec")
	}
	candidates := make(map[string]*candidate)
	enforcing := spec.Copy()
	for _, name := range slices.Sorted(maps.Keys(spec.Maps)) {
		switch m := spec.Maps[name]; {
		case m == nil:
			return nil, fmt.Errorf("map %q: no map, expected a spec", name)
		case m.Type == ebpf.StructOpsMap && !opts.Relaxed:
			return nil, fmt.Errorf("map %q is of type struct_ops, which attaches programs while they are loaded: load them with NewProgram", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
		p := spec.Programs[name]
		if p != nil && p.Type == ebpf.UnspecifiedProgram { // cilium/ebpf does not load it
			continue
		}
		c, err := admit(p, spec, opts)
		if err != nil {
			return nil, err
		}
		candidates[name] = c
		enforcing.Programs[name] = l.enforcing(p, opts)
	}
	coll, err := ebpf.NewCollectionWithOptions(enforcing, opts.Load)
	if err != nil {
		var types []ebpf.ProgramType
		for _, c := range candidates {
			types = append(types, c.spec.Type)
		}
		return nil, needing(err, heldCapabilities(), types...)
	}
	for _, name := range slices.Sorted(maps.Keys(candidates)) {
		if err := candidates[name].confirm(coll.Programs[name], opts); err != nil {
			coll.Close()
			return nil, err
		}
	}
	return coll, nil
}

// NewProgramFromDump loads a dump. What it refers to by name is looked up in the
// running kernel, and maps in Options.Load.MapReplacements; data sections become new
// maps that nobody can write. Otherwise it is as [Loader.NewProgram].
func (l *Loader) NewProgramFromDump(d dump.Dump, opts Options) (*ebpf.Program, error) {
	if err := d.Check(); err != nil {
		return nil, fmt.Errorf("program %q: %w", d.Name, err)
	}
	program := d.Program()
	if program.Err != nil && opts.Relaxed { // it is state that is let in, not what nobody understands
		return nil, fmt.Errorf("program %q: %w", d.Name, program.Err)
	}
	if err := judge(program, opts); err != nil {
		return nil, err
	}
	spec, slots, maps, err := specOf(&d, opts.Load.MapReplacements)
	if err != nil {
		return nil, fmt.Errorf("program %q: %w", d.Name, err)
	}
	defer maps.close() // the program holds them
	c := &candidate{spec: spec, slots: slots, dump: func() (dump.Dump, error) { return d, nil }}
	if err := judge(withSlots(program, slots), opts); err != nil {
		return nil, err
	}
	return l.load(c, opts)
}

// candidate is a program that may be loaded.
type candidate struct {
	spec  *ebpf.ProgramSpec
	slots []asm.Instruction // as they will be sent to the kernel; nil where err says why they are not known
	err   error
	dump  func() (dump.Dump, error) // what to keep
}

// admit judges a program of a collection that is about to be loaded.
func admit(spec *ebpf.ProgramSpec, collection *ebpf.CollectionSpec, opts Options) (*candidate, error) {
	if spec == nil {
		return nil, errors.New("no program, expected a spec")
	}
	program := Program(spec)
	withoutConstants(program, collection, opts.Load.MapReplacements)
	if err := judge(program, opts); err != nil {
		return nil, err
	}
	c := &candidate{spec: spec}
	var release string
	c.slots, release, c.err = sent(spec, program.References, opts.Load.Programs)
	if c.err != nil {
		if opts.Relaxed && opts.AllowDump == nil {
			return c, nil // nobody wants to know
		}
		return nil, fmt.Errorf("program %q: the instructions that it would be loaded with cannot be told: %w", spec.Name, c.err)
	}
	program = withSlots(program, c.slots)
	if err := judge(program, opts); err != nil {
		return nil, err
	}
	c.dump = func() (dump.Dump, error) { return dumpOf(spec, program, collection, release) }
	return c, nil
}

// judge returns a [*RefusedError] for what is not stateless.
func judge(p *verifier.Program, opts Options) error {
	if opts.Relaxed {
		return nil
	}
	if r := verifier.Check(p, opts.Check); r.Verdict != verifier.Stateless {
		return &RefusedError{Program: p.Name, Report: r}
	}
	return nil
}

// withSlots returns the program with the values that it will be loaded with. What is
// named still goes by its name, unless it is a constant, or a weak kernel function that the
// kernel does not have.
func withSlots(p *verifier.Program, slots []asm.Instruction) *verifier.Program {
	out := *p
	out.Instructions, out.References = slots, nil
	for _, r := range p.References {
		switch {
		case r.Kind == verifier.RefCORE, isConstant(p.Instructions, r):
		case r.Kind == verifier.RefKfunc && slots[r.Slot] == poison:
		default:
			out.References = append(out.References, r)
		}
	}
	return &out
}

// load loads one program.
func (l *Loader) load(c *candidate, opts Options) (*ebpf.Program, error) {
	prog, err := ebpf.NewProgramWithOptions(l.enforcing(c.spec, opts), opts.Load.Programs)
	if err != nil {
		return nil, fmt.Errorf("program %q: %w", c.spec.Name, needing(err, heldCapabilities(), c.spec.Type))
	}
	if err := c.confirm(prog, opts); err != nil {
		prog.Close()
		return nil, err
	}
	return prog, nil
}

// confirm holds a loaded program against what was judged, and keeps it where that is
// asked for. The tag is a hash of the instructions: it shows that this module and
// cilium/ebpf agree on them, which is all that it has to.
func (c *candidate) confirm(prog *ebpf.Program, opts Options) error {
	if c.err != nil {
		return nil // relaxed
	}
	info, err := prog.Info()
	if err != nil {
		return fmt.Errorf("program %q: what was loaded cannot be told: %w", c.spec.Name, err)
	}
	insns, err := asm.ToCilium(c.slots)
	if err != nil {
		return fmt.Errorf("program %q: %w", c.spec.Name, err)
	}
	ok, err := insns.HasTag(info.Tag, nativeOrder())
	if err != nil {
		return fmt.Errorf("program %q: %w", c.spec.Name, err)
	}
	if !ok || info.Type != c.spec.Type {
		return fmt.Errorf("program %q: a program of type %s with the tag %s was loaded, which is not what was judged (slots that have the tag %x, or %x before Linux 6.18)",
			c.spec.Name, info.Type, info.Tag, asm.TagSHA256(c.slots), asm.TagSHA1(c.slots))
	}
	if opts.AllowDump == nil {
		return nil
	}
	d, err := c.dump()
	if err != nil {
		return fmt.Errorf("program %q cannot be kept: %w", c.spec.Name, err)
	}
	tag, err := parseTag(info.Tag)
	if err != nil {
		return fmt.Errorf("program %q: %w", c.spec.Name, err)
	}
	if _, err := opts.AllowDump.Put(tag, d); err != nil {
		return fmt.Errorf("program %q cannot be kept: %w", c.spec.Name, err)
	}
	return nil
}

func parseTag(s string) (tag store.Tag, err error) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != len(tag) {
		return tag, fmt.Errorf("tag %q, expected %d hexadecimal digits", s, 2*len(tag))
	}
	return store.Tag(raw), nil
}

// enforcing returns the spec with the kernel's flags, where the kernel has them and they
// say what the options say: the second one where the instructions are kept. The spec is
// not changed.
func (l *Loader) enforcing(spec *ebpf.ProgramSpec, opts Options) *ebpf.ProgramSpec {
	ofTheFlag := opts.Check.Profile == verifier.ProfileFlag || opts.Check.Profile == ""
	if opts.Relaxed || !ofTheFlag || len(opts.Check.Allow) > 0 || !l.Enforces() {
		return spec
	}
	out := *spec
	out.Flags |= sys.EnforceStateless
	if opts.AllowDump != nil && l.kernel().Keeps {
		out.Flags |= sys.AllowDump
	}
	return &out
}

// Enforces reports whether the kernel has BPF_F_ENFORCE_STATELESS; another meaning of its
// number is not taken for it.
func (l *Loader) Enforces() bool { return l.kernel().Enforces }

func (l *Loader) kernel() features.Features {
	l.once.Do(func() { l.has = features.Probe() })
	return l.has
}
