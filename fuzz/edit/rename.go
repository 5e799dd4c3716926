package edit

import (
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

// RenameRegisters calls r6 perm[0], r7 perm[1] and so on, in the whole program:
// calls preserve these registers and no call, entry or exit gives them a meaning,
// so that their names are free. It reports false where perm is no permutation of
// r6 to r9, and where r6 is not free: LD_ABS and LD_IND find the packet by it
// (RFC 9669, section 5.5).
func RenameRegisters(p oracle.Program, perm [4]asm.Register) (oracle.Program, bool) {
	sorted := slices.Sorted(slices.Values(perm[:]))
	if !slices.Equal(sorted, []asm.Register{asm.R6, asm.R7, asm.R8, asm.R9}) {
		return oracle.Program{}, false
	}
	b, ok := Lift(p)
	if !ok {
		return oracle.Program{}, false
	}
	name := func(r asm.Register, isRegister bool) asm.Register {
		if isRegister && r >= asm.R6 && r <= asm.R9 {
			return perm[r-asm.R6]
		}
		return r
	}
	for _, n := range b.Nodes {
		ins := n.Instruction
		if readsPacket(ins) && perm[0] != asm.R6 {
			return oracle.Program{}, false
		}
		dst, src := ins.Opcode().Registers()
		n.Instruction = asm.New(ins.Opcode(), name(ins.Dst(), dst), name(ins.Src(), src), ins.Off(), ins.Imm())
	}
	return b.Lower()
}

// readsPacket reports whether the instruction is LD_ABS or LD_IND.
func readsPacket(ins asm.Instruction) bool {
	op := ins.Opcode()
	return op.Class() == asm.ClassLD && (op.Mode() == asm.ModeABS || op.Mode() == asm.ModeIND)
}
