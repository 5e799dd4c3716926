package kernel

import (
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// Limits of the search for what an access to the context was.
const (
	maxContext  = 256     // bytes of the context that are tried
	maxSearched = 1 << 24 // slots that are hashed, some seconds
)

// Restore returns the instructions that were loaded, for a program that nobody has kept:
// the rewritten ones with helpers by number again, and with accesses to the kernel's own
// structures as accesses to the context, at whichever offsets give the program its tag.
//
// The tag is a hash of what was loaded: that the instructions have it confirms them, up to
// 64 bits. Most programs cannot be restored: code that is gone, or that the kernel has put
// in, is no access; and the numbers of kernel functions are not told.
func (p *Program) Restore(symbols *Symbols) (Original, bool) {
	if p.Instructions == nil {
		return Original{}, false
	}
	out, _ := original(p, symbols)
	isKfunc := func(r verifier.Reference) bool { return r.Kind == verifier.RefKfunc }
	if slices.ContainsFunc(out.References, isKfunc) {
		return Original{}, false
	}
	accesses := accessesOf(out.Instructions)
	tries := len(out.Instructions)
	for _, a := range accesses {
		if tries *= len(a.options); tries > maxSearched {
			return Original{}, false
		}
	}
	if !search(out.Instructions, accesses, p.Tag) {
		return Original{}, false
	}
	found, err := p.original(out.Instructions, out.References)
	return found, err == nil
}

// access is an access to memory that was one to the context, perhaps: the slots that are
// alike, and what they can have been.
type access struct {
	slots   []int
	options []place
}

// place is where an instruction loads or stores.
type place struct {
	size asm.Opcode
	off  int16
}

// accessesOf lists the loads and stores that are not to the stack. What is in one member of
// a structure of the kernel was in one field of the context, of the same size or 4 bytes:
// most fields have 4 (include/uapi/linux/bpf.h).
func accessesOf(insns []asm.Instruction) (accesses []access) {
	at := make(map[place]int) // index in accesses
	for slot, ins := range insns {
		op := ins.Opcode()
		base := ins.Src()
		if class := op.Class(); class == asm.ClassST || class == asm.ClassSTX {
			base = ins.Dst()
		} else if class != asm.ClassLDX {
			continue
		}
		if op.Mode() != asm.ModeMEM || base == asm.R10 {
			continue
		}
		is := place{op.Size(), ins.Off()}
		i, known := at[is]
		if !known {
			i = len(accesses)
			at[is] = i
			accesses = append(accesses, access{options: options(is)})
		}
		accesses[i].slots = append(accesses[i].slots, slot)
	}
	return accesses
}

func options(is place) []place {
	out := []place{is}
	sizes := []asm.Opcode{is.size}
	if is.size != asm.SizeW {
		sizes = append(sizes, asm.SizeW)
	}
	for _, size := range sizes {
		for off := int16(0); off < maxContext; off += 4 {
			out = append(out, place{size, off})
		}
	}
	return out
}

// search tries all options, and leaves in insns those that give the tag.
func search(insns []asm.Instruction, accesses []access, tag [asm.TagSize]byte) bool {
	if len(accesses) == 0 {
		return asm.TagSHA1(insns) == tag || asm.TagSHA256(insns) == tag
	}
	for _, was := range accesses[0].options {
		for _, slot := range accesses[0].slots {
			ins := insns[slot]
			op := ins.Opcode()&^asm.SizeDW&^asm.SizeH&^asm.SizeB | was.size
			insns[slot] = asm.New(op, ins.Dst(), ins.Src(), was.off, ins.Imm())
		}
		if search(insns, accesses[1:], tag) {
			return true
		}
	}
	return false
}
