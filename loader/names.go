package loader

import (
	"bufio"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// names finds in the running kernel what programs refer to by name.
type names struct {
	types   *btf.Cache
	modules int16             // uses of functions of modules so far
	symbols map[string]uint64 // of /proc/kallsyms, once it was read
}

// errModule: a function is in a module. cilium/ebpf then hands an array of descriptors
// to the kernel, in which each use has its own place.
var errModule = errors.New("in a module")

// poison stands where a weak kernel function is called that the kernel does not have:
// the number is cilium/ebpf's (kfuncCallPoisonBase), and no helper's.
var poison = asm.New(asm.Call, 0, 0, 0, 0xdedc0de)

// number puts the numbers of the running kernel into the slots that refer to it. Maps
// and data sections keep 0. What the kernel does not have is 0 or [poison] where it is
// weak. Where optional is set everything may be, and refs say Weak of what was not there.
func (n *names) number(slots []asm.Instruction, refs []verifier.Reference, optional bool) error {
	functions := make(map[string]bool)
	for _, ref := range refs {
		if ref.Kind == verifier.RefKfunc {
			functions[ref.Name] = true
		}
	}
	for i, ref := range refs {
		ins := &slots[ref.Slot]
		if ins.IsWide() && ref.Slot+1 == len(slots) {
			return fmt.Errorf("slot %d: the second slot of LD_IMM64 is missing", ref.Slot)
		}
		var err error
		missing := func() bool {
			if !errors.Is(err, btf.ErrNotFound) || !ref.Weak && !optional {
				return false
			}
			refs[i].Weak, err = true, nil
			return true
		}
		switch {
		case ref.Kind == verifier.RefKfunc && ins.IsKfuncCall():
			var id btf.TypeID
			id, err = n.id(ref.Name, new(*btf.Func))
			off := int16(0)
			if errors.Is(err, errModule) {
				n.modules++
				off, err = n.modules, nil
			}
			*ins = asm.New(asm.Call, 0, asm.PseudoKfuncCall, off, int32(id))
			if missing() {
				*ins = poison
			}
		case ref.Kind == verifier.RefMap, ref.Kind == verifier.RefCORE, isConstant(slots, ref):
			continue
		case ins.Src() == asm.PseudoBTFID:
			var id btf.TypeID
			if ref.Kind == verifier.RefKfunc {
				id, err = n.id(ref.Name, new(*btf.Func))
			} else {
				id, err = n.id(ref.Name, new(*btf.Var))
			}
			src := asm.PseudoBTFID
			if missing() {
				src, id = 0, 0
			}
			setWide(slots, ref.Slot, src, uint64(id))
		case functions[ref.Name]: // to ask whether there is one, cilium/ebpf puts its id there
			var id btf.TypeID
			id, err = n.id(ref.Name, new(*btf.Func))
			if missing() {
				id = 0
			}
			setWide(slots, ref.Slot, 0, uint64(id))
		default: // the address of a symbol without a type
			var address uint64
			if address, err = n.address(ref.Name); missing() {
				address = 0
			}
			setWide(slots, ref.Slot, 0, address)
		}
		if err != nil {
			return fmt.Errorf("slot %d: %s: %w", ref.Slot, ref.Name, err)
		}
	}
	return nil
}

// isConstant reports whether a value stands where the name of a kernel variable does: it
// is a constant that inline assembly has left to the loader, and somebody has set it.
func isConstant(slots []asm.Instruction, ref verifier.Reference) bool {
	ins := slots[ref.Slot]
	return ref.Kind == verifier.RefVariable && ins.Src() == 0 && (ins.Imm() != 0 || slots[ref.Slot+1].Imm() != 0)
}

// setWide sets the source and the constant of an LD_IMM64.
func setWide(slots []asm.Instruction, slot int, src asm.Register, constant uint64) {
	slots[slot] = asm.New(asm.LoadImm64, slots[slot].Dst(), src, 0, int32(constant))
	slots[slot+1] = asm.New(0, 0, 0, 0, int32(constant>>32))
}

// id returns the BTF id of what has that name in the kernel, or in a module with
// [errModule]. The target says what it is to be, as in [btf.Spec.TypeByName].
func (n *names) id(name string, target any) (btf.TypeID, error) {
	kernel, err := n.types.Kernel()
	if err != nil {
		return 0, err
	}
	if id, err := idIn(kernel, name, target); err == nil || !errors.Is(err, btf.ErrNotFound) {
		return id, err
	}
	var modules btf.HandleIterator
	defer modules.Handle.Close()
	for modules.Next() {
		info, err := modules.Handle.Info()
		if err != nil {
			return 0, err
		}
		if !info.IsModule() {
			continue
		}
		module, err := n.types.Module(info.Name)
		if err != nil {
			return 0, err
		}
		if id, err := idIn(module, name, target); err == nil {
			return id, errModule
		} else if !errors.Is(err, btf.ErrNotFound) {
			return 0, err
		}
	}
	return 0, fmt.Errorf("the kernel has nothing of that name and kind: %w", btf.ErrNotFound)
}

func idIn(types *btf.Spec, name string, target any) (btf.TypeID, error) {
	if err := types.TypeByName(name, target); err != nil {
		return 0, err
	}
	var found btf.Type
	switch t := target.(type) {
	case **btf.Func:
		found = *t
	case **btf.Var:
		found = *t
	}
	id, err := types.TypeID(found)
	if err == nil && id > math.MaxInt32 {
		err = fmt.Errorf("BTF id %d, expected 31 bits", id)
	}
	return id, err
}

// address returns the address of a symbol of the kernel.
func (n *names) address(name string) (uint64, error) {
	if n.symbols == nil {
		symbols, err := readSymbols()
		if err != nil {
			return 0, err
		}
		n.symbols = symbols
	}
	address, ok := n.symbols[name]
	switch {
	case !ok:
		return 0, fmt.Errorf("no such symbol in /proc/kallsyms: %w", btf.ErrNotFound)
	case address == 0:
		return 0, errors.New("/proc/kallsyms does not show addresses: that takes CAP_SYSLOG (kernel.kptr_restrict)")
	}
	return address, nil
}

// readSymbols reads /proc/kallsyms: address, kind, name, and the module's name.
func readSymbols() (map[string]uint64, error) {
	f, err := os.Open("/proc/kallsyms")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	symbols := make(map[string]uint64)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 {
			return nil, fmt.Errorf("/proc/kallsyms: line %q, expected an address, a kind and a name", lines.Text())
		}
		address, err := strconv.ParseUint(fields[0], 16, 64)
		if err != nil {
			return nil, fmt.Errorf("/proc/kallsyms: %w", err)
		}
		symbols[fields[2]] = address
	}
	return symbols, lines.Err()
}
