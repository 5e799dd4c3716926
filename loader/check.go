// Package loader judges programs as github.com/cilium/ebpf holds them. It is the
// only package that knows ebpf.ProgramSpec.
package loader

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// Check judges a program before it is loaded, be it fresh from
// ebpf.LoadCollectionSpec, made by hand, or with its maps already filled in. The
// spec is not changed.
//
// A spec that cannot be converted is reported as invalid.
func Check(spec *ebpf.ProgramSpec, opts verifier.Options) verifier.Report {
	return verifier.Check(Program(spec), opts)
}

// Program converts a spec, which is not changed. Where that cannot be done, the
// program's Err says why.
func Program(spec *ebpf.ProgramSpec) *verifier.Program {
	p := &verifier.Program{
		Name:          spec.Name,
		Section:       spec.SectionName,
		Type:          nameOf(verifier.ProgramTypes(), uint32(spec.Type)),
		AttachTo:      spec.AttachTo,
		TargetProgram: spec.AttachTarget != nil,
	}
	if spec.AttachType != ebpf.AttachNone {
		p.AttachType = nameOf(verifier.AttachTypes(), uint32(spec.AttachType))
	}
	var refs []asm.Reference
	p.Instructions, refs, p.Err = asm.FromCilium(spec.Instructions)
	if p.Err != nil {
		return p
	}
	if p.References, p.Err = references(spec.Instructions, refs); p.Err != nil {
		return p
	}
	p.Functions, p.Err = functions(spec.Instructions)
	p.TypedArguments = typedArguments(spec.Instructions)
	p.Source = sources(spec.Instructions)
	return p
}

// nameOf returns the name of a number, and "" where Linux 6.12 has none: then
// nothing is known of the type.
func nameOf(names []string, number uint32) string {
	if number < uint32(len(names)) {
		return names[number]
	}
	return ""
}

// references names what the instructions refer to outside the program, and the
// slots whose values CO-RE relocations will change.
func references(insns casm.Instructions, refs []asm.Reference) ([]verifier.Reference, error) {
	var out []verifier.Reference
	slot := 0
	for i := range insns {
		for len(refs) > 0 && refs[0].Slot == slot {
			r := verifier.Reference{Slot: slot, Name: refs[0].Name}
			switch refs[0].Kind {
			case asm.ReferenceMap:
				r.Kind, r.Map = verifier.RefMap, mapKind(r.Name)
				if refs[0].Map != nil { // that map, whatever the name says
					r.Map = verifier.MapPlain
				}
			case asm.ReferenceKfunc:
				r.Kind = verifier.RefKfunc
			case asm.ReferenceAddress:
				r.Kind = verifier.RefVariable
			case asm.ReferenceMissing:
				return nil, fmt.Errorf("slot %d: unresolved reference to %q, expected a function or label of the program", slot, r.Name)
			}
			if r.Name == "" {
				r.Name = "map"
			}
			out = append(out, r)
			refs = refs[1:]
		}
		if btf.CORERelocationMetadata(&insns[i]) != nil {
			out = append(out, verifier.Reference{Slot: slot, Kind: verifier.RefCORE})
		}
		slot += int(insns[i].Width())
	}
	if len(refs) > 0 {
		return nil, errors.New("a reference beyond the last instruction")
	}
	return out, nil
}

// mapKind goes by the name that cilium/ebpf gives to the map of a data section:
// the section's, which no map that a program declares can have.
func mapKind(name string) verifier.MapKind {
	switch {
	case strings.HasPrefix(name, ".rodata"):
		return verifier.MapROData
	case strings.HasPrefix(name, ".data"):
		return verifier.MapData
	case strings.HasPrefix(name, ".bss"):
		return verifier.MapBSS
	case name == ".kconfig":
		return verifier.MapKconfig
	case name == ".addr_space.1":
		return verifier.MapArena
	}
	return verifier.MapPlain
}

// functions lists the symbols of the program. Labels are among them, which does
// no harm: functions are found from the calls, and only their names from here.
func functions(insns casm.Instructions) ([]verifier.Function, error) {
	const tag = "exception_callback:"
	var out []verifier.Function
	exceptions := make(map[string]bool)
	// Without any there is no func_info (btf.MarshalExtInfos).
	described := slices.ContainsFunc(insns, func(ins casm.Instruction) bool { return btf.FuncMetadata(&ins) != nil })
	slot := 0
	for i := range insns {
		fn := btf.FuncMetadata(&insns[i])
		if name := insns[i].Symbol(); name != "" {
			f := verifier.Function{Name: name, Start: slot}
			switch {
			case !described, fn != nil && fn.Linkage == btf.StaticFunc:
				f.Linkage = verifier.LinkageStatic
			case fn != nil && fn.Linkage == btf.GlobalFunc:
				f.Linkage, f.Arguments = verifier.LinkageGlobal, arguments(fn)
			}
			out = append(out, f)
		}
		// Only the program's own tag counts, not those of functions that it calls.
		if fn != nil && i == 0 {
			for _, t := range fn.Tags {
				if name, ok := strings.CutPrefix(t, tag); ok {
					exceptions[name] = true
				}
			}
		}
		slot += int(insns[i].Width())
	}
	for i := range out {
		if exceptions[out[i].Name] {
			out[i].ExceptionCallback = true
			delete(exceptions, out[i].Name)
		}
	}
	for name := range exceptions {
		return nil, fmt.Errorf("exception callback %q is not among the instructions, expected it to be linked", name)
	}
	return out, nil
}

// typedArguments reports whether the BTF of a function behind the first types an
// argument: tags it as a pointer to a kernel object, or makes it memory.
func typedArguments(insns casm.Instructions) bool {
	for i := range insns {
		fn := btf.FuncMetadata(&insns[i])
		if fn == nil || i == 0 || fn.Linkage != btf.GlobalFunc {
			continue
		}
		proto, ok := fn.Type.(*btf.FuncProto)
		if !ok || slices.ContainsFunc(proto.Params, func(p btf.FuncParam) bool {
			_, pointer := btf.UnderlyingType(p.Type).(*btf.Pointer)
			return pointer
		}) {
			return true
		}
	}
	return false
}

// sources returns the source line of a slot: that of the instruction, or of the
// one before it that has one.
func sources(insns casm.Instructions) func(int) (verifier.Line, bool) {
	var lines []verifier.Line // by slot
	return func(slot int) (verifier.Line, bool) {
		if lines == nil {
			var last verifier.Line
			for i := range insns {
				if insns[i].Symbol() != "" && btf.FuncMetadata(&insns[i]) != nil {
					last = verifier.Line{} // a function does not continue the one before
				}
				if line, ok := insns[i].Source().(*btf.Line); ok {
					last = verifier.Line{
						File: line.FileName(), Line: int(line.LineNumber()),
						Column: int(line.LineColumn()), Text: strings.TrimSpace(line.Line()),
					}
				} else if text := insns[i].Source(); text != nil {
					last = verifier.Line{Text: strings.TrimSpace(text.String())}
				}
				for range insns[i].Width() {
					lines = append(lines, last)
				}
			}
		}
		if slot < 0 || slot >= len(lines) {
			return verifier.Line{}, false
		}
		return lines[slot], lines[slot] != verifier.Line{}
	}
}

// arguments is what the BTF of a global function says of its arguments.
func arguments(fn *btf.Func) []verifier.Argument {
	proto, ok := fn.Type.(*btf.FuncProto)
	if !ok {
		return nil
	}
	var out []verifier.Argument
	for _, param := range proto.Params[:min(5, len(proto.Params))] {
		argument := verifier.ArgumentUnknown
		switch btf.UnderlyingType(param.Type).(type) {
		case *btf.Int, *btf.Enum:
			argument = verifier.ArgumentNumber
		}
		out = append(out, argument)
	}
	return out
}
