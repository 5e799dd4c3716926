package loader

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/proto"
)

// Dump makes a dump of a program that was not loaded. Of the collection only maps and
// variables matter; it may be missing, and then nothing is said of them.
//
// The error is that it cannot be loaded elsewhere, or depends on the types of the
// kernel that it is loaded into (CO-RE): such a program is dumped once it is loaded, see
// Options.AllowDump.
func Dump(spec *ebpf.ProgramSpec, collection *ebpf.CollectionSpec) (dump.Dump, error) {
	if collection == nil {
		collection = new(ebpf.CollectionSpec)
	}
	program := Program(spec)
	withoutConstants(program, collection, nil)
	for _, r := range program.References {
		if program.Err == nil && isConstant(program.Instructions, r) {
			return dump.Dump{}, fmt.Errorf("slot %d: %s has a value and a name: whether the value is loaded is told once it is (Options.AllowDump)", r.Slot, r.Name)
		}
	}
	return dumpOf(spec, program, collection, "")
}

// errBigEndian: what a program makes of packets and of the parts of numbers depends on the
// byte order that it was compiled for.
var errBigEndian = errors.New("the program is big-endian, and a dump holds one for little-endian machines")

// dumpOf makes a dump of a spec and of the program with the slots to keep.
func dumpOf(spec *ebpf.ProgramSpec, p *verifier.Program, collection *ebpf.CollectionSpec, release string) (dump.Dump, error) {
	if spec.Ifindex != 0 {
		return dump.Dump{}, errors.New("the program is bound to a network device, which a dump cannot hold")
	}
	order := spec.ByteOrder
	if order == nil {
		order = nativeOrder()
	}
	if order == binary.BigEndian {
		return dump.Dump{}, errBigEndian
	}
	for slot, ins := range p.Instructions {
		named := slices.ContainsFunc(p.References, func(r verifier.Reference) bool { return r.Slot == slot })
		if ins.IsWide() && ins.Src() == asm.PseudoMapValue && !named {
			return dump.Dump{}, fmt.Errorf("slot %d refers to a map without a name, as cilium/ebpf does for .kconfig: its values are those of one kernel", slot)
		}
	}
	unnamed := *p
	unnamed.Functions = nil // they hold labels too
	d, err := dump.FromProgram(&unnamed)
	if err != nil {
		return d, err
	}
	d.Type, d.AttachType = uint32(spec.Type), uint32(spec.AttachType)
	d.Flags = dump.Flags(spec.Flags) & dump.AllFlags
	d.License, d.Release = spec.License, release
	d.Functions = dumpFunctions(spec, p)
	described := make(map[string]bool)
	for _, r := range d.References {
		if m := collection.Maps[r.Name]; r.Kind == verifier.RefMap && m != nil && !described[r.Name] {
			described[r.Name] = true
			if err := describe(&d, r, m, collection.Variables); err != nil {
				return d, err
			}
		}
	}
	slices.SortFunc(d.Data, func(a, b dump.Data) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(d.Maps, func(a, b dump.Map) int { return strings.Compare(a.Name, b.Name) })
	return d, d.Check()
}

// describe adds a map that the dump refers to: a read-only section with its contents,
// another one with its shape.
func describe(d *dump.Dump, r verifier.Reference, m *ebpf.MapSpec, variables map[string]*ebpf.VariableSpec) error {
	if r.Map != verifier.MapROData {
		d.Maps = append(d.Maps, dump.Map{
			Name: r.Name, Type: uint32(m.Type), KeySize: m.KeySize, ValueSize: m.ValueSize, MaxEntries: m.MaxEntries, Flags: m.Flags,
		})
		return nil
	}
	if len(m.Contents) != 1 {
		return fmt.Errorf("data section %q with %d values, expected 1", r.Name, len(m.Contents))
	}
	contents, ok := m.Contents[0].Value.([]byte)
	if !ok {
		return fmt.Errorf("data section %q of type %T, expected bytes", r.Name, m.Contents[0].Value)
	}
	contents = slices.Clone(contents)
	for _, v := range variables { // set since the object was read; cilium/ebpf refuses those that overlap
		if v.SectionName != r.Name {
			continue
		}
		if int(v.Offset) > len(contents) || len(v.Value) > len(contents)-int(v.Offset) {
			return fmt.Errorf("variable %q: %d bytes at %d, and the data section %q has %d", v.Name, len(v.Value), v.Offset, r.Name, len(contents))
		}
		copy(contents[v.Offset:], v.Value)
	}
	d.Data = append(d.Data, dump.Data{Name: r.Name, Contents: contents})
	return nil
}

// readOnlyForPrograms is BPF_F_RDONLY_PROG (include/uapi/linux/bpf.h).
const readOnlyForPrograms = 1 << 7

// withoutConstants makes plain maps of the data sections that are read-only by their
// name alone. What cilium/ebpf makes of a map of the collection nobody can write, only if
// it creates the map, freezes it, and programs may not write to it: not if the map is
// replaced, or is one that somebody has pinned.
func withoutConstants(p *verifier.Program, collection *ebpf.CollectionSpec, replaced map[string]*ebpf.Map) {
	for i := range p.References {
		r := &p.References[i]
		if r.Map != verifier.MapROData && r.Map != verifier.MapKconfig {
			continue
		}
		m := collection.Maps[r.Name]
		if m == nil { // it has to come from elsewhere, or loading fails
			continue
		}
		if replaced[r.Name] != nil || mapKind(m.Name) != r.Map || m.Type != ebpf.Array ||
			m.Flags&readOnlyForPrograms == 0 || m.Pinning != ebpf.PinNone {
			r.Map = verifier.MapPlain
		}
	}
}

// dumpFunctions lists the functions of the program with what BTF says of them, or those
// that are called where there is no BTF.
func dumpFunctions(spec *ebpf.ProgramSpec, p *verifier.Program) []dump.Function {
	described := slices.ContainsFunc(spec.Instructions, func(ins casm.Instruction) bool { return btf.FuncMetadata(&ins) != nil })
	targets := make(map[int]bool)
	for slot, ins := range p.Instructions {
		if ins.IsSubprogramCall() || ins.IsFunctionAddress() {
			targets[slot+1+int(ins.Imm())] = true
		}
	}
	callback := make(map[int]bool)
	for _, f := range p.Functions {
		callback[f.Start] = f.ExceptionCallback
	}
	var out []dump.Function
	slot := 0
	for i := range spec.Instructions {
		ins := &spec.Instructions[i]
		fn := btf.FuncMetadata(ins)
		switch {
		case fn == nil && described, fn == nil && i > 0 && !targets[slot]:
		default:
			f := dump.Function{Name: ins.Symbol(), Slot: slot, Linkage: verifier.LinkageStatic, ExceptionCallback: callback[slot]}
			if fn != nil {
				f.Name = fn.Name
				if fn.Linkage == btf.GlobalFunc {
					f.Linkage = verifier.LinkageGlobal
				}
			}
			if f.Linkage == verifier.LinkageGlobal && i > 0 && !f.ExceptionCallback {
				f.Arguments = dumpArguments(fn, p.Type)
			}
			out = append(out, f)
		}
		slot += int(ins.Width())
	}
	if len(out) == 1 && out[0].Linkage == verifier.LinkageStatic {
		return nil // nothing is known that the instructions do not say
	}
	return out
}

// dumpArguments is what the kernel takes the arguments of a global function for, in the
// order of its tests (kernel/bpf/btf.c:btf_prepare_func_args).
func dumpArguments(fn *btf.Func, progType string) []dump.Argument {
	proto, ok := fn.Type.(*btf.FuncProto)
	if !ok {
		return nil
	}
	var out []dump.Argument
	for i, param := range proto.Params {
		var tags []string
		if i < len(fn.ParamTags) {
			tags = fn.ParamTags[i]
		}
		out = append(out, dumpArgument(param.Type, tags, progType))
	}
	return out
}

func dumpArgument(t btf.Type, tags []string, progType string) dump.Argument {
	unknown := dump.Argument{}
	has := func(tag string) bool { return slices.Contains(tags, "arg:"+tag) }
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Int, *btf.Enum:
		if len(tags) == 0 {
			return dump.Argument{Kind: dump.ArgumentNumber}
		}
	case *btf.Pointer:
		name := ""
		if s, ok := btf.UnderlyingType(t.Target).(*btf.Struct); ok {
			name = s.Name
		}
		switch {
		case has("ctx"), len(tags) == 0 && isContext(t.Target, name, progType):
			return dump.Argument{Kind: dump.ArgumentContext}
		case len(tags) == 0 && name == "bpf_dynptr":
			return dump.Argument{Kind: dump.ArgumentDynptr}
		case has("trusted") && name != "":
			return dump.Argument{Kind: dump.ArgumentObject, Type: name, Nullable: has("nullable")}
		case has("arena"):
			return dump.Argument{Kind: dump.ArgumentArena}
		case len(tags) == 0, len(tags) == 1 && has("nonnull"):
			if size, err := btf.Sizeof(t.Target); err == nil && size > 0 {
				return dump.Argument{Kind: dump.ArgumentMemory, Size: uint32(size), Nullable: len(tags) == 0}
			}
		}
	}
	return unknown
}

// isContext reports whether a pointer to t, a structure of that name if it is one,
// points to the context (kernel/bpf/btf.c:btf_is_prog_ctx_type).
func isContext(t btf.Type, name, progType string) bool {
	if progType == "kprobe" { // one structure for each architecture, and a name for all
		typedef, ok := t.(*btf.Typedef)
		return ok && typedef.Name == "bpf_user_pt_regs_t" || name == "pt_regs"
	}
	return name != "" && name == proto.ContextStruct(progType)
}
