package loader

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// sent returns the slots that cilium/ebpf hands to the kernel when it loads the
// program, except for descriptors of maps: it does what newProgramWithOptions does.
// Whether it is the same shows the tag of what was loaded. The release is that of the
// running kernel where the slots depend on its types, else it is empty.
func sent(spec *ebpf.ProgramSpec, refs []verifier.Reference, opts ebpf.ProgramOptions) (slots []asm.Instruction, release string, err error) {
	types := btf.NewCache()
	insns := spec.Copy().Instructions
	relocated, err := relocate(insns, spec.ByteOrder, opts, types)
	if err != nil {
		return nil, "", err
	}
	if relocated {
		if release, err = runningRelease(); err != nil {
			return nil, "", err
		}
	}
	if slots, _, err = asm.FromCilium(insns); err != nil {
		return nil, "", err
	}
	// What is missing and not weak cilium/ebpf refuses by itself.
	kernel := names{types: types}
	return slots, release, kernel.number(slots, refs, true)
}

// relocate applies CO-RE relocations to the instructions, and reports whether there
// were any.
func relocate(insns casm.Instructions, order binary.ByteOrder, opts ebpf.ProgramOptions, types *btf.Cache) (bool, error) {
	var relocations []*btf.CORERelocation
	var at []*casm.Instruction
	for i := range insns {
		if r := btf.CORERelocationMetadata(&insns[i]); r != nil {
			relocations, at = append(relocations, r), append(at, &insns[i])
		}
	}
	if len(relocations) == 0 {
		return false, nil
	}
	targets := []*btf.Spec{opts.KernelTypes}
	if opts.KernelTypes == nil {
		kernel, err := types.Kernel()
		if err != nil {
			return false, err
		}
		targets[0] = kernel
		modules, err := types.Modules()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		for _, name := range modules {
			module, err := types.Module(name)
			if err != nil {
				return false, fmt.Errorf("types of module %s: %w", name, err)
			}
			targets = append(targets, module)
		}
	}
	targets = append(targets, opts.ExtraRelocationTargets...)
	if order == nil {
		order = nativeOrder()
	}
	var local btf.Builder // ids of the program's own types: they come first in what cilium/ebpf loads
	fixups, err := btf.CORERelocate(relocations, targets, order, local.Add)
	if err != nil {
		return false, fmt.Errorf("CO-RE: %w", err)
	}
	for i, fixup := range fixups {
		if err := fixup.Apply(at[i]); err != nil {
			return false, fmt.Errorf("CO-RE relocation %s: %w", relocations[i], err)
		}
	}
	return true, nil
}

// nativeOrder is the byte order of this machine by the name that the orders of objects
// are compared with.
func nativeOrder() binary.ByteOrder {
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// runningRelease is the release of the running kernel, as uname has it.
func runningRelease() (string, error) {
	raw, err := os.ReadFile("/proc/sys/kernel/osrelease")
	return strings.TrimSpace(string(raw)), err
}
