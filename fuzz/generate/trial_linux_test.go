package generate

import (
	"encoding/binary"
	"testing"

	"github.com/cilium/ebpf"
	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/internal/kerneltest"
)

// steps are the links of a chain that neither call nor jump.
var steps = [...]func(*chain){(*chain).bound, (*chain).apply, (*chain).duplicate, (*chain).widen, (*chain).save, (*chain).get}

// TestTrial runs chains in the kernel: each number comes out as in a trial.
func TestTrial(t *testing.T) {
	kerneltest.Need(t)
	rapid.Check(t, func(t *rapid.T) {
		b := &builder{source: source{t}, functions: []function{{}}}
		c := &chain{builder: b, slot: -1, trials: make([]trial, numTrials)}
		c.begin(asm.R7, anyNumber)
		for range b.between(2, 12) {
			pick(b.source, steps[:])(c)
		}
		i := b.below(numTrials)
		first := begin(i, asm.R7, anyNumber)
		chained := b.insns

		b.insns = nil
		for off := -8 * numSlots; off < 0; off += 8 {
			b.load64(asm.R0, binary.LittleEndian.Uint64(first.at(int16(off))))
			b.emit(storeLong, asm.R10, asm.R0, int16(off), 0)
		}
		b.load64(asm.R7, first.regs[asm.R7])
		b.insns = append(b.insns, chained...)
		r, half := c.one(), uint64(0)
		b.emit(mov64|withReg, asm.R0, r, 0, 0)
		if b.coin() { // what a program returns has 32 bits
			half = 32
			b.emit(asm.Opcode(asm.ClassALU64)|asm.ALURsh, asm.R0, 0, 0, 32)
		}
		b.emit(asm.Exit, 0, 0, 0, 0)

		insns, err := asm.ToCilium(b.insns)
		if err != nil {
			t.Fatal(err)
		}
		prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.SocketFilter, Instructions: insns, License: "GPL"})
		if err != nil {
			t.Fatalf("%v\n%#v", err, b.insns)
		}
		defer prog.Close()
		got, _, err := prog.Test(make([]byte, 64))
		if err != nil {
			t.Fatal(err)
		}
		if want := uint32(c.trials[i].regs[r] >> half); got != want {
			t.Fatalf("%v, bits from %d: %#x in the trial, %#x in the kernel\n%#v", r, half, want, got, b.insns)
		}
	})
}
