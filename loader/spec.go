package loader

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/verifier"
)

// MissingMapError is a map that a dump refers to, and that nobody has given.
type MissingMapError struct {
	Name  string
	Shape *dump.Map // as far as the dump has it
}

// Error says which map is asked for.
func (e *MissingMapError) Error() string {
	if e.Shape == nil {
		return fmt.Sprintf("it refers to a map %q, which has to be given", e.Name)
	}
	return fmt.Sprintf("it refers to a map %q (%s, keys of %d bytes, values of %d, %d entries), which has to be given",
		e.Name, ebpf.MapType(e.Shape.Type), e.Shape.KeySize, e.Shape.ValueSize, e.Shape.MaxEntries)
}

// sections are the maps that were made for the data sections of a dump, by name.
type sections map[string]*ebpf.Map

func (s sections) close() {
	for _, m := range s {
		m.Close()
	}
}

// specOf makes a spec that cilium/ebpf loads as it is, and returns the slots that it
// loads: names have become numbers of the running kernel.
func specOf(d *dump.Dump, given map[string]*ebpf.Map) (spec *ebpf.ProgramSpec, slots []asm.Instruction, made sections, err error) {
	if nativeOrder() == binary.BigEndian {
		return nil, nil, nil, errors.New("this machine is big-endian, and a dump holds a program for little-endian ones")
	}
	if d.Type == 0 {
		return nil, nil, nil, errors.New("its type is unknown, expected one to be given")
	}
	if d.Release != "" {
		release, err := runningRelease()
		if err != nil {
			return nil, nil, nil, err
		}
		if release != d.Release {
			return nil, nil, nil, fmt.Errorf("its instructions suit the types of Linux %s (CO-RE), and this is %s", d.Release, release)
		}
	}
	slots = append(slots, d.Instructions...)
	kernel := names{types: btf.NewCache()}
	if err := kernel.number(slots, d.References, false); err != nil {
		return nil, nil, nil, err
	}
	if kernel.modules > 0 {
		return nil, nil, nil, errors.New("it calls a function of a module, which cilium/ebpf v0.22.0 loads from objects alone")
	}
	insns, err := asm.ToCilium(slots)
	if err != nil {
		return nil, nil, nil, err
	}
	bySlot := make(map[int]*casm.Instruction)
	slot := 0
	for i := range insns {
		bySlot[slot] = &insns[i]
		slot += int(insns[i].Width())
	}
	if err := describeFunctions(d, bySlot); err != nil {
		return nil, nil, nil, err
	}
	made = make(sections)
	defer func() {
		if err != nil {
			made.close()
		}
	}()
	for _, s := range d.Data {
		if made[s.Name], err = newSection(s); err != nil {
			return nil, nil, nil, fmt.Errorf("data section %q: %w", s.Name, err)
		}
	}
	for _, ref := range d.References {
		if ref.Kind != verifier.RefMap {
			continue
		}
		m := made[ref.Name]
		if m == nil {
			m = given[ref.Name]
		}
		if m == nil {
			return nil, nil, nil, missing(d, ref.Name)
		}
		if err := bySlot[ref.Slot].AssociateMap(m); err != nil {
			return nil, nil, nil, fmt.Errorf("slot %d: map %q: %w", ref.Slot, ref.Name, err)
		}
	}
	return &ebpf.ProgramSpec{
		Name:         d.Name,
		Type:         ebpf.ProgramType(d.Type),
		AttachType:   ebpf.AttachType(d.AttachType),
		AttachTo:     d.AttachTo,
		Instructions: insns,
		Flags:        uint32(d.Flags),
		License:      d.License,
	}, slots, made, nil
}

func missing(d *dump.Dump, name string) error {
	e := &MissingMapError{Name: name}
	for i := range d.Maps {
		if d.Maps[i].Name == name {
			e.Shape = &d.Maps[i]
		}
	}
	return e
}

// newSection makes the map that a read-only data section is to the kernel.
func newSection(s dump.Data) (*ebpf.Map, error) {
	m, err := ebpf.NewMap(&ebpf.MapSpec{
		Name: "dump" + s.Name, Type: ebpf.Array, KeySize: 4, ValueSize: uint32(len(s.Contents)), MaxEntries: 1,
		Flags: readOnlyForPrograms, Contents: []ebpf.MapKV{{Key: uint32(0), Value: s.Contents}},
	})
	if err != nil {
		return nil, err
	}
	if err := m.Freeze(); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// describeFunctions gives the functions the BTF that the kernel goes by. It wants that
// of all functions, or of none.
func describeFunctions(d *dump.Dump, bySlot map[int]*casm.Instruction) error {
	for i, f := range d.Functions {
		fn := &btf.Func{Name: identifier(f.Name), Linkage: btf.StaticFunc, Type: &btf.FuncProto{Return: integer}}
		switch {
		case i == 0:
			fn.Linkage = btf.GlobalFunc
			for _, callback := range d.Functions {
				if callback.ExceptionCallback {
					fn.Tags = []string{"exception_callback:" + identifier(callback.Name)}
				}
			}
		case f.ExceptionCallback: // int f(u64), global (kernel/bpf/btf.c:btf_prepare_func_args, verifier.c:do_check_common)
			fn.Linkage = btf.GlobalFunc
			fn.Type = &btf.FuncProto{Return: integer, Params: []btf.FuncParam{{Name: "cookie", Type: number}}}
		case f.Linkage == verifier.LinkageGlobal:
			fn.Linkage = btf.GlobalFunc
			if err := describeArguments(fn, f.Arguments); err != nil {
				return fmt.Errorf("function %q at slot %d: %w", f.Name, f.Slot, err)
			}
		}
		ins := bySlot[f.Slot]
		if ins == nil {
			return fmt.Errorf("function %q at slot %d, where no instruction starts", f.Name, f.Slot)
		}
		*ins = btf.WithFuncMetadata(*ins, fn)
	}
	return nil
}

// Types of arguments and results.
var (
	integer = &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	number  = &btf.Int{Name: "unsigned long", Size: 8}
	octet   = &btf.Int{Name: "unsigned char", Size: 1}
)

// argumentTypes is the BTF that makes the kernel take an argument for what it was, with
// tags (kernel/bpf/btf.c:btf_prepare_func_args).
var argumentTypes = map[dump.ArgumentKind]func(dump.Argument) (t btf.Type, tags []string){
	dump.ArgumentNumber: func(dump.Argument) (btf.Type, []string) { return number, nil },
	dump.ArgumentContext: func(dump.Argument) (btf.Type, []string) {
		return &btf.Pointer{Target: (*btf.Void)(nil)}, []string{"arg:ctx"} // valid for every type of program
	},
	dump.ArgumentMemory: func(a dump.Argument) (btf.Type, []string) {
		t := &btf.Pointer{Target: &btf.Array{Index: number, Type: octet, Nelems: a.Size}}
		if a.Nullable {
			return t, nil
		}
		return t, []string{"arg:nonnull"}
	},
	dump.ArgumentObject: func(a dump.Argument) (btf.Type, []string) {
		tags := []string{"arg:trusted"}
		if a.Nullable {
			tags = append(tags, "arg:nullable")
		}
		return &btf.Pointer{Target: structure(a.Type)}, tags // the kernel goes by the name
	},
	dump.ArgumentDynptr: func(dump.Argument) (btf.Type, []string) {
		return &btf.Pointer{Target: structure("bpf_dynptr")}, nil
	},
	dump.ArgumentArena: func(dump.Argument) (btf.Type, []string) {
		return &btf.Pointer{Target: (*btf.Void)(nil)}, []string{"arg:arena"}
	},
}

func structure(name string) btf.Type {
	return &btf.Struct{Name: name, Size: 8, Members: []btf.Member{{Name: "x", Type: number}}}
}

func describeArguments(fn *btf.Func, arguments []dump.Argument) error {
	proto := &btf.FuncProto{Return: integer}
	for i, a := range arguments {
		make, ok := argumentTypes[a.Kind]
		if !ok {
			return fmt.Errorf("argument %d is of a type that the dump does not say, and the kernel wants to know", i+1)
		}
		t, tags := make(a)
		proto.Params = append(proto.Params, btf.FuncParam{Name: fmt.Sprintf("a%d", i+1), Type: t})
		fn.ParamTags = append(fn.ParamTags, tags)
	}
	fn.Type = proto
	return nil
}

// identifier makes a name of a function one that BTF takes
// (kernel/bpf/btf.c:btf_name_valid_identifier).
func identifier(name string) string {
	const maxName = 511 // KSYM_NAME_LEN
	name = strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_') {
			return r
		}
		return '_'
	}, name)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	return name[:min(len(name), maxName)]
}
