package scalar_test

import (
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/paths/scalar"
)

// values are of the kinds that programs have most: constants, loads, what is left after branches, nothing known.
func values() []scalar.Value {
	word := scalar.Zext(scalar.Unknown(), 4)
	_, _, bounded, _ := scalar.Refine(jmp|asm.JumpGT, word, scalar.Const(1500))
	return []scalar.Value{
		scalar.Const(0), scalar.Const(7), scalar.Zext(scalar.Unknown(), 1), scalar.Sext(scalar.Unknown(), 2), word, bounded,
		scalar.Range(-4095, 64), scalar.Unknown(),
	}
}

// sink keeps what is measured from being left out.
var sink scalar.Value

func BenchmarkALU(b *testing.B) {
	for _, bb := range []struct {
		name string
		op   asm.Opcode
	}{
		{"add", alu64 | asm.ALUAdd}, {"add32", alu | asm.ALUAdd}, {"and", alu64 | asm.ALUAnd},
		{"lsh", alu64 | asm.ALULsh}, {"mul", alu64 | asm.ALUMul},
	} {
		b.Run(bb.name, func(b *testing.B) {
			vs := values()
			b.ReportAllocs()
			for i := range b.N {
				sink = scalar.ALU(bb.op, vs[i%8], vs[i/8%8])
			}
		})
	}
}

func BenchmarkSync(b *testing.B) {
	vs := values()
	b.ReportAllocs()
	for i := range b.N {
		sink = vs[i%8].Sync()
	}
}

func BenchmarkBranch(b *testing.B) {
	vs := values()
	b.ReportAllocs()
	for i := range b.N {
		if scalar.Branch(jmp|conditions[i%len(conditions)], vs[i%8], vs[i/8%8]) == scalar.Undecided {
			sink = vs[0]
		}
	}
}

func BenchmarkRefine(b *testing.B) {
	vs := values()
	b.ReportAllocs()
	for i := range b.N {
		sink, _, _, _ = scalar.Refine(jmp|conditions[i%len(conditions)], vs[i%8], vs[i/8%8])
	}
}

func BenchmarkZext(b *testing.B) {
	vs := values()
	b.ReportAllocs()
	for i := range b.N {
		sink = scalar.Zext(vs[i%8], 2)
	}
}

func BenchmarkWithin(b *testing.B) {
	vs := values()
	n := 0
	for i := range b.N {
		if vs[i%8].Within(vs[i/8%8]) {
			n++
		}
	}
	sink.Umin = uint64(n)
}
