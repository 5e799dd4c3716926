package dump

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// Limits that a program of a kernel stays within.
const (
	maxSlots     = 1_000_000 // include/linux/bpf.h: BPF_COMPLEXITY_LIMIT_INSNS
	maxFunctions = 256       // include/linux/bpf_verifier.h: BPF_MAX_SUBPROGS
	maxArguments = 5         // include/linux/bpf.h: MAX_BPF_FUNC_REG_ARGS
	maxMaps      = 64        // include/linux/bpf_verifier.h: MAX_USED_MAPS
	maxText      = 4096      // bytes of a name; the kernel's own have at most 512 (KSYM_NAME_LEN)
	maxUnknown   = 1024      // sections
)

// Check returns why the dump is none that can be written: what is not sorted, names
// what is not there, or still has a number of the machine that it comes from.
func (d *Dump) Check() error {
	switch {
	case len(d.Instructions) == 0:
		return errors.New("no instruction, expected a program")
	case len(d.Instructions) > maxSlots:
		return fmt.Errorf("%d slots, expected at most %d (kernel/bpf/syscall.c:bpf_prog_load)", len(d.Instructions), maxSlots)
	case d.Flags&^AllFlags != 0:
		return fmt.Errorf("flags %#x, expected only %#x", uint32(d.Flags), uint32(AllFlags))
	case len(d.Unknown) > maxUnknown:
		return fmt.Errorf("%d sections of unknown kind, expected at most %d", len(d.Unknown), maxUnknown)
	}
	for _, t := range []struct{ what, text string }{
		{"name", d.Name}, {"license", d.License}, {"attach target", d.AttachTo}, {"release", d.Release},
	} {
		if err := checkText(t.text); err != nil {
			return fmt.Errorf("%s: %w", t.what, err)
		}
	}
	return cmp.Or(d.checkFunctions(), d.checkNamed(), d.checkReferences(), d.checkUnknown())
}

func checkText(s string) error {
	switch {
	case len(s) > maxText:
		return fmt.Errorf("%d bytes, expected at most %d", len(s), maxText)
	case strings.Contains(s, "\x00"):
		return fmt.Errorf("%q has a NUL, expected none", s)
	}
	return nil
}

// checkName is for what is looked up by its name.
func checkName(s string) error {
	if s == "" {
		return errors.New("no name, expected one")
	}
	return checkText(s)
}

func (d *Dump) checkFunctions() error {
	if len(d.Functions) > maxFunctions {
		return fmt.Errorf("%d functions, expected at most %d (BPF_MAX_SUBPROGS)", len(d.Functions), maxFunctions)
	}
	last, callbacks := -1, 0
	for i, f := range d.Functions {
		switch {
		case i == 0 && f.Slot != 0:
			return fmt.Errorf("the first function starts at slot %d, expected 0", f.Slot)
		case f.Slot <= last || f.Slot >= len(d.Instructions):
			return fmt.Errorf("function %d starts at slot %d, expected %d to %d", i, f.Slot, last+1, len(d.Instructions)-1)
		case !slices.Contains(linkages, f.Linkage):
			return fmt.Errorf("function at slot %d: linkage %d, expected unknown, static or global", f.Slot, f.Linkage)
		case f.Linkage != verifier.LinkageGlobal && len(f.Arguments) > 0:
			return fmt.Errorf("function at slot %d has %d arguments and is not global, expected none", f.Slot, len(f.Arguments))
		case len(f.Arguments) > maxArguments:
			return fmt.Errorf("function at slot %d has %d arguments, expected at most %d", f.Slot, len(f.Arguments), maxArguments)
		}
		if err := checkText(f.Name); err != nil {
			return fmt.Errorf("function at slot %d: %w", f.Slot, err)
		}
		if f.ExceptionCallback {
			callbacks++
		}
		for n, a := range f.Arguments {
			if err := a.check(); err != nil {
				return fmt.Errorf("function at slot %d, argument %d: %w", f.Slot, n+1, err)
			}
		}
		last = f.Slot
	}
	if callbacks > 1 || callbacks == 1 && d.Functions[0].ExceptionCallback {
		return fmt.Errorf("%d exception callbacks, expected at most one and not the program itself", callbacks)
	}
	return nil
}

func (a Argument) check() error {
	memory, object := a.Kind == ArgumentMemory, a.Kind == ArgumentObject
	switch {
	case a.Kind >= numArgumentKinds:
		return fmt.Errorf("kind %d, expected one below %d", a.Kind, numArgumentKinds)
	case memory == (a.Size == 0):
		return fmt.Errorf("%d bytes, expected a size for memory and for nothing else", a.Size)
	case object == (a.Type == ""):
		return fmt.Errorf("type %q, expected one for an object and for nothing else", a.Type)
	case a.Nullable && !memory && !object:
		return errors.New("nullable, expected that of memory and objects alone")
	}
	return checkText(a.Type)
}

// checkNamed checks the lists of what references name.
func (d *Dump) checkNamed() error {
	var names []string
	for _, s := range d.Data {
		names = append(names, s.Name)
	}
	if err := checkNames("data section", names); err != nil {
		return err
	}
	names = names[:0]
	for _, m := range d.Maps {
		names = append(names, m.Name)
	}
	return checkNames("map", names)
}

func checkNames(what string, names []string) error {
	if len(names) > maxMaps {
		return fmt.Errorf("%d entries for a %s, expected at most %d (MAX_USED_MAPS)", len(names), what, maxMaps)
	}
	for i, name := range names {
		if err := checkName(name); err != nil {
			return fmt.Errorf("%s %d: %w", what, i, err)
		}
		if i > 0 && names[i-1] >= name {
			return fmt.Errorf("%s %q after %q, expected them sorted by name, each once", what, name, names[i-1])
		}
	}
	return nil
}

// withOwnTypes are the kernel functions that take the number of a type in the program's
// own BTF (kernel/bpf/helpers.c, arguments called local_type_id__k).
var withOwnTypes = []string{"bpf_obj_new_impl", "bpf_percpu_obj_new_impl"}

// checkReferences walks the slots with the references beside them.
func (d *Dump) checkReferences() error {
	refs := d.References
	used := make(map[string]verifier.MapKind)
	for slot := 0; slot < len(d.Instructions); slot++ {
		ins := d.Instructions[slot]
		var ref verifier.Reference
		if len(refs) > 0 && refs[0].Slot == slot {
			ref, refs = refs[0], refs[1:]
			if err := checkName(ref.Name); err != nil {
				return fmt.Errorf("reference at slot %d: %w", slot, err)
			}
			if ref.Kind == verifier.RefKfunc && slices.Contains(withOwnTypes, ref.Name) {
				return fmt.Errorf("slot %d calls %s, which takes a type of the program's own BTF: a dump has none", slot, ref.Name)
			}
		}
		second := asm.Instruction(0)
		if ins.IsWide() && slot+1 < len(d.Instructions) {
			second = d.Instructions[slot+1]
		}
		if err := checkReference(ins, second, ref); err != nil {
			return fmt.Errorf("slot %d: %w", slot, err)
		}
		if ref.Kind == verifier.RefMap {
			if kind, ok := used[ref.Name]; ok && kind != ref.Map {
				return fmt.Errorf("slot %d: %q is %s here and %s before, expected one kind", slot, ref.Name, ref.Map, kind)
			}
			used[ref.Name] = ref.Map
		}
		if ins.IsWide() {
			slot++ // a reference there is left over
		}
	}
	if len(refs) > 0 {
		return fmt.Errorf("reference to %q at slot %d, expected an instruction, in order and each slot once", refs[0].Name, refs[0].Slot)
	}
	for _, s := range d.Data {
		if kind := used[s.Name]; !isConstant(kind) {
			return fmt.Errorf("data section %q, expected a reference to it as rodata or kconfig", s.Name)
		}
		delete(used, s.Name)
	}
	for _, m := range d.Maps {
		if _, ok := used[m.Name]; !ok {
			return fmt.Errorf("map %q, expected a reference to it, and no data section of that name", m.Name)
		}
	}
	return nil
}

// isConstant reports whether a map of that kind is a read-only data section.
func isConstant(kind verifier.MapKind) bool {
	return kind == verifier.MapROData || kind == verifier.MapKconfig
}

// checkReference checks an instruction with the reference of its slot, and the slot
// after it where it is LD_IMM64: what it needs from outside has a name, and no number.
func checkReference(ins, second asm.Instruction, ref verifier.Reference) error {
	var want []verifier.RefKind // 0: none
	switch {
	case ins.IsKfuncCall():
		want = []verifier.RefKind{verifier.RefKfunc}
	case !ins.IsWide(), ins.IsFunctionAddress():
		want = []verifier.RefKind{0}
	case ins.Src() == 0: // the address of a symbol without a type
		want = []verifier.RefKind{0, verifier.RefVariable}
	case ins.Src() == asm.PseudoBTFID:
		want = []verifier.RefKind{verifier.RefVariable, verifier.RefKfunc}
	case ins.Src() == asm.PseudoMapFD, ins.Src() == asm.PseudoMapValue:
		want = []verifier.RefKind{verifier.RefMap}
	default: // by index into an array that only the call of bpf() has, or unknown
		return fmt.Errorf("LD_IMM64 with source %d, expected 0 to %d", ins.Src(), asm.PseudoFunc)
	}
	switch {
	case !slices.Contains(want, ref.Kind):
		return fmt.Errorf("%s, which the dump refers to as %s, expected %s", describe(ins), refName(ref.Kind), refName(want[len(want)-1]))
	case (ref.Kind == verifier.RefMap) != (ref.Map != ""):
		return fmt.Errorf("reference to %q as a map of kind %q, expected a kind for maps and for nothing else", ref.Name, ref.Map)
	case !slices.Contains(mapKinds, ref.Map):
		return fmt.Errorf("reference to %q as a map of kind %q, expected one of %q", ref.Name, ref.Map, mapKinds[1:])
	case ref.Kind == 0:
		return nil
	case ins.Imm() != 0 || ins.Off() != 0,
		ref.Kind != verifier.RefMap && second.Imm() != 0:
		return fmt.Errorf("%s goes by the name %q and by a number, expected 0 in the number's place", describe(ins), ref.Name)
	}
	return nil
}

func describe(ins asm.Instruction) string {
	if ins.IsWide() {
		return "LD_IMM64 with source " + ins.Src().String()[1:]
	}
	return fmt.Sprintf("opcode %#02x with source %d", uint8(ins.Opcode()), ins.Src())
}

func refName(kind verifier.RefKind) string {
	switch kind {
	case 0:
		return "nothing"
	case verifier.RefMap:
		return "a map"
	case verifier.RefKfunc:
		return "a kernel function"
	case verifier.RefVariable:
		return "a kernel variable"
	}
	return fmt.Sprintf("kind %d", kind)
}

func (d *Dump) checkUnknown() error {
	last := numKinds - 1
	for _, s := range d.Unknown {
		if s.Kind <= last {
			return fmt.Errorf("unknown section of kind %d after %d, expected a higher one", s.Kind, last)
		}
		last = s.Kind
	}
	return nil
}
