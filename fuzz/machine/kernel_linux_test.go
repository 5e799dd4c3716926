package machine

import (
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/internal/kerneltest"
)

// TestKernel runs drawn programs in the kernel too: each form of ALU, jump, store, load and atomic operation does
// the same there. A program folds what registers and stack hold into what it returns.
func TestKernel(t *testing.T) {
	kerneltest.Need(t)
	var forms []asm.Instruction
	for ins, f := range asm.Forms() {
		op := ins.Opcode()
		acquires := op.Mode() == asm.ModeAtomic && op.Class() == asm.ClassSTX && ins.Imm() >= asm.AtomicLoadAcquire // newer than 6.12
		cast := op == asm.MovX && (ins.Off() == asm.OffAddrSpaceCast || ins.Off() == asm.OffAddrPercpu)
		if f.Since != "" && op.Class() != asm.ClassLD && op != asm.Call && op != asm.Exit && op != asm.GotoL && op != asm.MayGoto && op != asm.Goto && !acquires && !cast {
			forms = append(forms, ins)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		insns := draw(t, forms)
		m := Machine{Instructions: insns, Unknown: func() uint64 { return 0 }}
		r0, ok := m.Run(0, 10_000)
		if !ok {
			t.Fatalf("the machine came to no end\n%#v", insns)
		}
		converted, err := asm.ToCilium(insns)
		if err != nil {
			t.Fatal(err)
		}
		prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.SocketFilter, Instructions: converted, License: "GPL"})
		if err != nil {
			t.Fatalf("%v\n%#v", err, insns)
		}
		defer prog.Close()
		got, _, err := prog.Test(make([]byte, 64))
		if err != nil {
			t.Fatal(err)
		}
		if got != uint32(r0) {
			t.Fatalf("%#x, in the kernel %#x\n%#v", uint32(r0), got, insns)
		}
	})
}

// draw draws a program: numbers in r0 to r9 and in 16 bytes of stack, then each form, in any order
// but for the last ones.
func draw(t *rapid.T, forms []asm.Instruction) (insns []asm.Instruction) {
	const mov, add, mul, store = asm.Opcode(0xb7), asm.Opcode(0x0f), asm.Opcode(0x27), asm.Opcode(0x7b)
	put := func(op asm.Opcode, dst, src asm.Register, off int16, imm int32) {
		insns = append(insns, asm.New(op, dst, src, off, imm))
	}
	number := func() int32 {
		return rapid.OneOf(rapid.Int32Range(-3, 3), rapid.Int32()).Draw(t, "number")
	}
	register := func() asm.Register { return asm.Register(rapid.IntRange(0, 9).Draw(t, "register")) }
	for r := range asm.R10 {
		put(asm.LoadImm64, r, 0, 0, number())
		put(0, 0, 0, 0, number())
	}
	put(store, asm.R10, asm.R1, -8, 0)
	put(store, asm.R10, asm.R2, -16, 0)
	forms = rapid.Permutation(forms).Draw(t, "forms")
	// What an atomic operation fetches must decide no jump: Linux 6.18.44 can take such a jump for
	// decided that is not, and removes the other way: its backtrack_insn does not know that the number comes from
	// the stack (6.12.117's does).
	slices.SortStableFunc(forms, func(a, b asm.Instruction) int { return fetches(a) - fetches(b) })
	for _, form := range forms {
		op, dst, src, off, imm := form.Opcode(), register(), register(), form.Off(), form.Imm()
		hasDst, hasSrc := op.Registers()
		if !hasDst {
			dst = 0
		}
		if !hasSrc {
			src = 0
		}
		at := int16(-8 * rapid.IntRange(1, 2).Draw(t, "slot"))
		switch op.Class() {
		case asm.ClassALU, asm.ClassALU64:
			switch code := op.Code(); {
			case op.SourceX() || code == asm.ALUNeg || code == asm.ALUEnd:
			case code == asm.ALULsh || code == asm.ALURsh || code == asm.ALUArsh:
				imm = rapid.Int32Range(0, 31).Draw(t, "bits")
			case code == asm.ALUDiv || code == asm.ALUMod:
				imm = number() | 1
			default:
				imm = number()
			}
		case asm.ClassLDX:
			src, off = asm.R10, at
		case asm.ClassST:
			dst, off, imm = asm.R10, at, number()
		case asm.ClassSTX:
			dst, off = asm.R10, at
		default: // over the next operation
			off = 1
			if !op.SourceX() {
				imm = number()
			}
			put(op, dst, src, off, imm)
			put(mov, register(), 0, 0, number())
			continue
		}
		put(op, dst, src, off, imm)
	}
	for r := asm.R1; r < asm.R10; r++ {
		put(mul, asm.R0, 0, 0, 31)
		put(add, asm.R0, r, 0, 0)
	}
	for _, at := range []int16{-8, -16} {
		put(0x79, asm.R1, asm.R10, at, 0)
		put(mul, asm.R0, 0, 0, 31)
		put(add, asm.R0, asm.R1, 0, 0)
	}
	put(0xbf, asm.R1, asm.R0, 0, 0) // what a program returns has 32 bits
	put(0x77, asm.R1, 0, 0, 32)
	put(0xaf, asm.R0, asm.R1, 0, 0)
	put(asm.Exit, 0, 0, 0, 0)
	return insns
}

// fetches is 1 for an atomic operation that leaves in a register what it found.
func fetches(ins asm.Instruction) int {
	if op := ins.Opcode(); op.Class() != asm.ClassSTX || op.Mode() != asm.ModeAtomic {
		return 0
	}
	return int(ins.Imm() & asm.AtomicFetch)
}
