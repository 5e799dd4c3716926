package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/internal/features"
	"github.com/statecheck/statecheck/internal/sys"
	"github.com/statecheck/statecheck/verifier"
)

// kept asks for the instructions as they were loaded, if this kernel can have kept them.
func (k *Kernel) kept(p *Program, fd int) error {
	if k.has == nil {
		has := features.Probe()
		k.has = &has
	}
	if !k.has.Keeps {
		return nil
	}
	raw, err := sys.ProgDump(fd)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EPERM) {
		return nil
	}
	if err == nil {
		p.Kept, err = asm.Decode(raw, binary.NativeEndian)
	}
	if err != nil {
		return fmt.Errorf("its original: %w", err)
	}
	for slot := 0; slot < len(p.Kept); slot++ {
		ins := p.Kept[slot]
		module := ins.Off() != 0 // a descriptor's index, or the descriptor itself
		if ins.IsWide() && slot+1 < len(p.Kept) {
			module = p.Kept[slot+1].Imm() != 0
		}
		if !module && (ins.IsKfuncCall() || ins.IsWide() && ins.Src() == asm.PseudoBTFID) {
			k.name(p, slot)
		}
		if ins.IsWide() {
			slot++
		}
	}
	return nil
}

// name finds the name of what the instruction at a slot refers to by its BTF id. What is in
// a module, or nothing that can be referred to, stays without one, and cannot be dumped.
func (k *Kernel) name(p *Program, slot int) {
	t, err := k.typeByID(uint32(p.Kept[slot].Imm()))
	if err != nil {
		return
	}
	ref := verifier.Reference{Slot: slot, Name: t.TypeName()}
	switch t.(type) {
	case *btf.Func:
		ref.Kind = verifier.RefKfunc
	case *btf.Var:
		ref.Kind = verifier.RefVariable
	default:
		return
	}
	p.KeptNames = append(p.KeptNames, ref)
}
