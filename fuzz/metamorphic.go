package fuzz

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/edit"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/fuzz/plain"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// What no verdict may depend on. Each Prop is a property of the programs that a
// generator draws, for rapid.Check and rapid.MakeFuzz. They are judged with the
// profile flag and with cfg, which takes every branch both ways; by PropPaths with paths.

// PropRename: renaming r6 to r9 changes neither verdict nor findings.
func PropRename(g *rapid.Generator[oracle.Program]) func(*rapid.T) { return unchanged(g, rename) }

// PropNops: inserting no-ops changes neither verdict nor findings.
func PropNops(g *rapid.Generator[oracle.Program]) func(*rapid.T) { return unchanged(g, insertNops) }

// PropBlocks: reordering basic blocks changes neither verdict nor findings.
func PropBlocks(g *rapid.Generator[oracle.Program]) func(*rapid.T) {
	return unchanged(g, reorderBlocks)
}

// PropByteOrder: a program written in the other byte order has the same verdict and
// findings.
func PropByteOrder(g *rapid.Generator[oracle.Program]) func(*rapid.T) {
	return unchanged(g, swapByteOrder)
}

// PropSplit: moving code into subprograms changes neither verdict nor findings.
func PropSplit(g *rapid.Generator[oracle.Program]) func(*rapid.T) {
	return unchanged(g, splitIntoSubprograms)
}

// PropPrepend: a stateful program is stateful, and for the same, behind a block
// that falls through into it; and no program becomes invalid or valid.
func PropPrepend(g *rapid.Generator[oracle.Program]) func(*rapid.T) {
	return func(t *rapid.T) {
		p := g.Draw(t, "program")
		q, ok := prependBlock(t, p)
		if !ok {
			return
		}
		before, after := judge(p, verifier.PrecisionCFG), judge(q, verifier.PrecisionCFG)
		same := (before.verdict == verifier.Invalid) == (after.verdict == verifier.Invalid)
		if !same || before.verdict == verifier.Stateful && after.verdict != verifier.Stateful ||
			!includes(after.findings, before.findings) {
			t.Fatalf("was %v\n%#v\nis %v\n%#v", before, p.Instructions, after, q.Instructions)
		}
	}
}

// PropPlain: the plain implementation agrees on what is invalid and on which calls
// and map references are rejected.
func PropPlain(g *rapid.Generator[oracle.Program]) func(*rapid.T) {
	return func(t *rapid.T) {
		p := g.Draw(t, "program")
		r := verifier.Check(&p.Program, verifier.Options{Precision: verifier.PrecisionCFG})
		invalid, stateful := plain.Judge(plainProgram(p))
		if invalid != (r.Verdict == verifier.Invalid) {
			t.Fatalf("invalid to the plain implementation: %v, verdict %s (%v)\n%#v", invalid, r.Verdict, r.Err, p.Instructions)
		}
		var found []int
		for _, f := range r.Findings {
			if f.Kind == effect.KindHelper || f.Kind == effect.KindKfunc || f.Kind == effect.KindMap {
				found = append(found, f.Slot)
			}
		}
		if !slices.Equal(found, stateful) {
			t.Fatalf("findings at %v, the plain implementation has %v\n%#v", found, stateful, p.Instructions)
		}
	}
}

// plainProgram hands over what the plain implementation looks at.
func plainProgram(p oracle.Program) plain.Program {
	out := plain.Program{Instructions: p.Instructions, Kfuncs: make(map[int]string)}
	for _, f := range p.Functions {
		if f.ExceptionCallback {
			out.Exception = f.Start
		}
	}
	for _, r := range p.References {
		if r.Kind == verifier.RefKfunc {
			out.Kfuncs[r.Slot] = r.Name
		}
	}
	return out
}

// transformation draws how to change a program, and reports false where it cannot.
type transformation func(*rapid.T, oracle.Program) (oracle.Program, bool)

// PropPaths: at precision paths too, renaming, no-ops, another order of blocks and the other byte
// order change neither verdict nor findings. It holds of programs that read no register
// before they write it: a walk may end where another register is read first.
func PropPaths(g *rapid.Generator[oracle.Program]) func(*rapid.T) {
	return func(t *rapid.T) {
		change := rapid.SampledFrom([]transformation{rename, insertNops, reorderBlocks, swapByteOrder}).Draw(t, "change")
		unchangedAt(verifier.PrecisionPaths, g, change)(t)
	}
}

// unchanged: the transformation changes neither verdict nor findings.
func unchanged(g *rapid.Generator[oracle.Program], change transformation) func(*rapid.T) {
	return unchangedAt(verifier.PrecisionCFG, g, change)
}

func unchangedAt(precision verifier.Precision, g *rapid.Generator[oracle.Program], change transformation) func(*rapid.T) {
	return func(t *rapid.T) {
		p := g.Draw(t, "program")
		q, ok := change(t, p)
		if !ok {
			return
		}
		before, after := judge(p, precision), judge(q, precision)
		if before.verdict != after.verdict || !slices.Equal(before.findings, after.findings) ||
			!slices.Equal(before.allowed, after.allowed) {
			t.Fatalf("was %v\n%#v\nis %v\n%#v", before, p.Instructions, after, q.Instructions)
		}
	}
}

// judgement is what must not change: the report without places.
type judgement struct {
	verdict           verifier.Verdict
	findings, allowed []string // sorted; as often as they are there
}

func judge(p oracle.Program, precision verifier.Precision) judgement {
	r := verifier.Check(&p.Program, verifier.Options{Precision: precision})
	return judgement{r.Verdict, placeless(r.Findings), placeless(r.Allowed)}
}

func placeless(findings []verifier.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s %s %d %s", f.Kind, f.Name, f.ID, f.Effects))
	}
	slices.Sort(out)
	return out
}

// includes reports whether a sorted list has all that another one has, as often.
func includes(list, part []string) bool {
	for _, s := range list {
		if len(part) > 0 && part[0] == s {
			part = part[1:]
		}
	}
	return len(part) == 0
}

func rename(t *rapid.T, p oracle.Program) (oracle.Program, bool) {
	perm := rapid.Permutation([]asm.Register{asm.R9, asm.R8, asm.R7, asm.R6}).Draw(t, "names")
	return edit.RenameRegisters(p, [4]asm.Register(perm))
}

func insertNops(t *rapid.T, p oracle.Program) (oracle.Program, bool) {
	return edit.InsertNops(p, drawNodes(t, p))
}

func reorderBlocks(t *rapid.T, p oracle.Program) (oracle.Program, bool) {
	return edit.ReorderBlocks(p, func(n int) []int {
		last := make([]int, n)
		for i := range last {
			last[i] = n - 1 - i
		}
		return rapid.Permutation(last).Draw(t, "blocks")
	})
}

func swapByteOrder(_ *rapid.T, p oracle.Program) (oracle.Program, bool) {
	return edit.SwapByteOrder(p)
}

// splitIntoSubprograms leaves programs alone whose BTF types arguments: there a new
// call that is handed a pointer makes more memory suspect, as it should.
func splitIntoSubprograms(t *rapid.T, p oracle.Program) (oracle.Program, bool) {
	if p.TypedArguments {
		return p, false
	}
	return edit.SplitIntoSubprograms(p, drawNodes(t, p))
}

// drawNodes draws about half of the nodes of a program.
func drawNodes(t *rapid.T, p oracle.Program) []int {
	var at []int
	for i := range p.Instructions { // at least as many as nodes
		if rapid.Bool().Draw(t, "here") {
			at = append(at, i)
		}
	}
	return at
}

// prependBlock draws a block that computes on numbers and maps. It writes neither
// r1, which is the context, nor pointers to the stack: the origin of a pointer
// would no longer be what it was.
func prependBlock(t *rapid.T, p oracle.Program) (oracle.Program, bool) {
	var block []asm.Instruction
	for range rapid.IntRange(1, 6).Draw(t, "prepended") {
		dst := rapid.SampledFrom([]asm.Register{0, 2, 3, 4, 5, 6, 7, 8, 9}).Draw(t, "dst")
		imm := rapid.Int32().Draw(t, "imm")
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0:
			block = append(block, asm.New(0xb7, dst, 0, 0, imm)) // mov64 imm
		case 1:
			block = append(block, asm.New(0x07, dst, 0, 0, imm)) // add64 imm
		case 2:
			block = append(block, asm.New(asm.LoadImm64, dst, 0, 0, imm), asm.New(0, 0, 0, 0, imm))
		case 3:
			block = append(block, asm.New(asm.LoadImm64, dst, asm.PseudoMapFD, 0, imm), asm.New(0, 0, 0, 0, 0))
		}
	}
	return edit.PrependBlock(p, block)
}
