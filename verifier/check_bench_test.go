package verifier

import (
	"testing"

	"github.com/statecheck/statecheck/asm"
)

// BenchmarkCheck compares the passes with a bare loop over the same slots, in
// one run: the ratios are what counts (docs/performance.md).
func BenchmarkCheck(b *testing.B) {
	p := &Program{Name: "large", Type: "xdp", Instructions: largeProgram(200_000)}
	perSlot := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(p.Instructions)), "ns/slot")
	}
	b.Run("bareloop", func(b *testing.B) {
		var sum uint64
		for b.Loop() {
			for _, ins := range p.Instructions {
				switch ins.Opcode().Class() {
				case asm.ClassJMP, asm.ClassJMP32:
					sum += uint64(ins.Off())
				case asm.ClassLD:
					sum += uint64(ins.Imm())
				default:
					sum++
				}
			}
		}
		perSlot(b)
		_ = sum
	})
	b.Run("form", func(b *testing.B) {
		for b.Loop() {
			if _, err := checkForm(p); err != nil {
				b.Fatal(err)
			}
		}
		perSlot(b)
	})
	for name, verdictOnly := range map[string]bool{"check": false, "verdict": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if r := Check(p, Options{VerdictOnly: verdictOnly}); r.Verdict != Stateless {
					b.Fatal(r.Verdict, r.Err)
				}
			}
			perSlot(b)
		})
	}
}

// largeProgram is packet code as clang emits it for unrolled loops: loads,
// arithmetic, spills, a branch in eight slots.
func largeProgram(n int) []asm.Instruction {
	var insns []asm.Instruction
	add := func(op asm.Opcode, dst, src asm.Register, off int16, imm int32) {
		insns = append(insns, asm.New(op, dst, src, off, imm))
	}
	add(0xb7, 0, 0, 0, 0)
	add(0xbf, 6, 1, 0, 0)
	for len(insns) < n-1 {
		add(0x61, 2, 6, 0, 0)   // r2 = *(u32 *)(r6 + 0)
		add(0xbf, 3, 2, 0, 0)   // r3 = r2
		add(0x07, 3, 0, 0, 14)  // r3 += 14
		add(0x25, 2, 0, 2, 77)  // if r2 > 77 goto +2
		add(0x7b, 10, 3, -8, 0) // *(u64 *)(r10 - 8) = r3
		add(0x79, 4, 10, -8, 0) // r4 = *(u64 *)(r10 - 8)
		add(0x0f, 0, 2, 0, 0)   // r0 += r2
		add(0x57, 0, 0, 0, 255) // r0 &= 255
	}
	add(0x95, 0, 0, 0, 0)
	return insns
}
