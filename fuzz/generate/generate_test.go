package generate_test

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// checkShape is what holds of every drawn program, without exception: it is one to
// [verifier.Check], and its functions and references are in order.
func checkShape(t interface{ Fatalf(string, ...any) }, p oracle.Program) {
	if r := verifier.Check(&p.Program, verifier.Options{VerdictOnly: true}); r.Verdict == verifier.Invalid {
		t.Fatalf("invalid: %v", r.Err)
	}
	if len(p.Functions) == 0 || p.Functions[0].Start != 0 || len(p.Signatures) != len(p.Functions) ||
		p.Signatures[0] != oracle.Main && p.Signatures[0] != oracle.Throwing {
		t.Fatalf("functions %v with signatures %v", p.Functions, p.Signatures)
	}
	for i := range p.Functions[1:] {
		if p.Functions[i].Start >= p.Functions[i+1].Start {
			t.Fatalf("functions %v, expected ascending starts", p.Functions)
		}
	}
	checkLinkage(t, p)
	for i, ref := range p.References {
		if i > 0 && ref.Slot <= p.References[i-1].Slot {
			t.Fatalf("references %v, expected ascending slots", p.References)
		}
		ins := p.Instructions[ref.Slot]
		fits := ins.IsWide()
		switch ref.Kind {
		case verifier.RefKfunc:
			fits = ins.IsKfuncCall() || ins.IsWide() && ins.Src() == asm.PseudoBTFID
		case verifier.RefCORE:
			fits = slices.Contains([]asm.Class{asm.ClassLDX, asm.ClassST, asm.ClassSTX}, ins.Opcode().Class())
		}
		if !fits {
			t.Fatalf("reference %v to %#v", ref, ins)
		}
	}
}

// checkLinkage: what the checker is told of the functions is what the kernel is told.
func checkLinkage(t interface{ Fatalf(string, ...any) }, p oracle.Program) {
	for i, f := range p.Functions {
		want := verifier.LinkageStatic
		if len(p.Signatures) > 0 {
			want = p.Signatures[i].Linkage()
		}
		if f.Linkage != want {
			t.Fatalf("function %d of %v with signatures %v: linkage %v", i, p.Functions, p.Signatures, f.Linkage)
		}
	}
}

func TestShape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkShape(t, generate.Program().Draw(t, "program")) })
}

func TestShapeOfExamples(t *testing.T) {
	for seed := range 2000 {
		checkShape(t, generate.Program().Example(seed))
	}
}

func TestDeterministic(t *testing.T) {
	for seed := range 200 {
		if a, b := generate.Program().Example(seed), generate.Program().Example(seed); !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d: two programs", seed)
		}
	}
}

// TestMutant: Check stands whatever becomes of a program, and the corpus stays as it is.
func TestMutant(t *testing.T) {
	corpus, again := examples(50), examples(50)
	for _, mutants := range []*rapid.Generator[oracle.Program]{generate.Mutant(corpus), generate.Mutant(nil)} {
		rapid.Check(t, func(t *rapid.T) {
			p := mutants.Draw(t, "mutant")
			verifier.Check(&p.Program, verifier.Options{})
			checkLinkage(t, p)
			for _, ref := range p.References {
				if ref.Slot < 0 || ref.Slot >= len(p.Instructions) {
					t.Fatalf("reference to slot %d of %d", ref.Slot, len(p.Instructions))
				}
			}
		})
	}
	if !reflect.DeepEqual(corpus, again) {
		t.Fatal("the corpus has changed")
	}
}

func examples(n int) (list []oracle.Program) {
	for seed := range n {
		list = append(list, generate.Program().Example(seed))
	}
	return list
}

func BenchmarkProgram(b *testing.B) {
	b.ReportAllocs()
	seed := 0
	for b.Loop() {
		generate.Program().Example(seed)
		seed++
	}
}

func BenchmarkMutant(b *testing.B) {
	mutants := generate.Mutant(examples(100))
	b.ReportAllocs()
	seed := 0
	for b.Loop() {
		mutants.Example(seed)
		seed++
	}
}
