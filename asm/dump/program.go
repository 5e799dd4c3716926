package dump

import (
	"errors"
	"fmt"
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// Program returns the program as the verifier judges it. A read-only data section whose
// contents the dump does not have is a map: what is there would be somebody else's. Where
// the dump has a section that may change what the program means, and that this package does not know, the
// program's Err says so.
func (d *Dump) Program() *verifier.Program {
	p := &verifier.Program{
		Name:         d.Name,
		Type:         nameOf(verifier.ProgramTypes(), d.Type),
		AttachTo:     d.AttachTo,
		Instructions: d.Instructions,
		References:   slices.Clone(d.References),
	}
	if d.AttachType != 0 { // 0 is also for none
		p.AttachType = nameOf(verifier.AttachTypes(), d.AttachType)
	}
	p.TargetProgram = p.Type == "ext"
	for i := range p.References {
		r := &p.References[i]
		if isConstant(r.Map) && !slices.ContainsFunc(d.Data, func(s Data) bool { return s.Name == r.Name }) {
			r.Map = verifier.MapPlain
		}
	}
	for i, f := range d.Functions {
		out := verifier.Function{
			Name: f.Name, Start: f.Slot, ExceptionCallback: f.ExceptionCallback, Linkage: f.Linkage,
		}
		for _, a := range f.Arguments {
			argument := verifier.ArgumentUnknown
			switch a.Kind {
			case ArgumentNumber:
				argument = verifier.ArgumentNumber
			case ArgumentContext:
				argument = verifier.ArgumentContext
			default:
				p.TypedArguments = p.TypedArguments || i > 0
			}
			out.Arguments = append(out.Arguments, argument)
		}
		p.Functions = append(p.Functions, out)
	}
	if len(d.Functions) == 0 {
		p.TypedArguments = slices.ContainsFunc(d.Instructions, asm.Instruction.IsSubprogramCall)
	}
	for _, s := range d.Unknown {
		if !s.Optional() {
			p.Err = fmt.Errorf("the dump has a section of kind %d, which may change what the program means: it needs a newer statecheck", s.Kind)
			break
		}
	}
	return p
}

// nameOf returns the name of a number, and "" where Linux 6.12 has none.
func nameOf(names []string, number uint32) string {
	if number < uint32(len(names)) {
		return names[number]
	}
	return ""
}

// FromProgram makes a dump of what the verifier knows of a program: no license, flags,
// contents of data sections or kinds of maps, which the caller fills in. Numbers of
// named things become 0.
//
// The error is that the program cannot be loaded elsewhere: it could not be put
// together, depends on another program, on the types of a kernel (CO-RE) or on
// something that has no name.
func FromProgram(p *verifier.Program) (Dump, error) {
	d := Dump{Name: p.Name, AttachTo: p.AttachTo}
	switch {
	case p.Err != nil:
		return d, p.Err
	case p.TargetProgram:
		return d, errors.New("the program attaches to another program, which a dump cannot hold")
	}
	var err error
	if d.Type, err = numberOf(verifier.ProgramTypes(), p.Type, "program type"); err != nil {
		return d, err
	}
	if p.AttachType != "" {
		if d.AttachType, err = numberOf(verifier.AttachTypes(), p.AttachType, "attach type"); err != nil {
			return d, err
		}
	}
	d.Instructions = slices.Clone(p.Instructions)
	for _, ref := range p.References {
		if ref.Slot < 0 || ref.Slot >= len(d.Instructions) {
			return d, fmt.Errorf("reference at slot %d, expected one of %d slots", ref.Slot, len(d.Instructions))
		}
		if ref.Kind == verifier.RefCORE {
			return d, fmt.Errorf("slot %d has a CO-RE relocation, expected a value: it is that of the kernel that the program is loaded into", ref.Slot)
		}
		withoutNumber(d.Instructions, ref)
		d.References = append(d.References, ref)
	}
	for _, f := range p.Functions {
		out := Function{Name: f.Name, Slot: f.Start, Linkage: f.Linkage, ExceptionCallback: f.ExceptionCallback}
		if f.Linkage == verifier.LinkageGlobal { // of others only their callers know
			out.Arguments = argumentsOf(f, p.TypedArguments)
		}
		d.Functions = append(d.Functions, out)
	}
	return d, d.Check()
}

// argumentsOf returns the arguments of a global function. One that is no number is a
// pointer, and unless the program has typed arguments it points to the context: the
// kernel takes nothing else (kernel/bpf/btf.c:btf_prepare_func_args).
func argumentsOf(f verifier.Function, typed bool) []Argument {
	var out []Argument
	for _, a := range f.Arguments {
		kind := ArgumentUnknown
		switch {
		case a == verifier.ArgumentNumber:
			kind = ArgumentNumber
		case a == verifier.ArgumentContext, !typed:
			kind = ArgumentContext
		}
		out = append(out, Argument{Kind: kind})
	}
	return out
}

// withoutNumber puts 0 in the place of the number by which the instruction at a reference
// goes: a file descriptor, an index into an array of them, a BTF id or an address. The
// offset into a map's value stays.
func withoutNumber(insns []asm.Instruction, ref verifier.Reference) {
	ins := insns[ref.Slot]
	src := ins.Src()
	if ref.Kind == verifier.RefMap {
		switch src {
		case asm.PseudoMapIdx:
			src = asm.PseudoMapFD
		case asm.PseudoMapIdxValue:
			src = asm.PseudoMapValue
		}
	}
	insns[ref.Slot] = asm.New(ins.Opcode(), ins.Dst(), src, 0, 0)
	if next := ref.Slot + 1; ins.IsWide() && ref.Kind != verifier.RefMap && next < len(insns) {
		insns[next] = asm.New(insns[next].Opcode(), insns[next].Dst(), insns[next].Src(), insns[next].Off(), 0)
	}
}

func numberOf(names []string, name, what string) (uint32, error) {
	i := slices.Index(names, name)
	if i < 0 {
		return 0, fmt.Errorf("%s %q, expected one of Linux 6.12", what, name)
	}
	return uint32(i), nil
}
