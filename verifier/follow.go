package verifier

import (
	"slices"

	"github.com/statecheck/statecheck/verifier/effect"
	"github.com/statecheck/statecheck/verifier/paths"
)

// Visits reports which slots of a program the kernel's verification visits, of
// LD_IMM64 the first alone, and false where that is not known: of an invalid program, and
// where the walk takes too long or comes to what it does not model.
func Visits(p *Program) ([]bool, bool) {
	s, err := checkForm(p)
	if p.Err != nil || err != nil {
		return nil, false
	}
	r := walk(p, s)
	return r.Visited, r.Complete
}

// follow drops the findings that the kernel's walk does not come to.
func (c *checker) follow() {
	verdictOnly := c.opts.VerdictOnly
	if verdictOnly { // behind the first finding may be one that no walk can drop
		c.opts.VerdictOnly = false
		c.findings()
		c.opts.VerdictOnly = true
	}
	if !slices.ContainsFunc(c.report.Findings, func(f Finding) bool { return !visitable(f.Kind) }) {
		if result := walk(c.p, c.s); result.Complete {
			c.walk = result
		} else {
			c.report.Precision, c.report.Unfinished = PrecisionCFG, result.Reason
		}
	}
	if verdictOnly || c.walk != nil {
		c.findings()
	}
}

// visitable reports whether the kernel refuses such a construct only if it visits it. References are
// resolved before the walk, and what a program is does not depend on it.
func visitable(kind effect.Kind) bool {
	return kind == effect.KindHelper || kind == effect.KindKfunc || kind == effect.KindInstruction
}

// walk hands a program to paths.
func walk(p *Program, s *shape) *paths.Result {
	in := paths.Program{Type: p.Type, Instructions: s.insns, Kfuncs: make(map[int]string), Unknown: make(map[int]bool)}
	named := p.Functions
	for i, start := range s.starts {
		f := paths.Function{Start: start, Exception: start != 0 && start == s.exception}
		for len(named) > 0 && named[0].Start < start {
			named = named[1:]
		}
		if len(named) > 0 && named[0].Start == s.starts[i] {
			f.Linkage, f.Arguments = named[0].Linkage, named[0].Arguments
		}
		in.Functions = append(in.Functions, f)
	}
	for _, r := range p.References {
		if r.Kind == RefKfunc && r.Slot >= 0 && r.Slot < len(s.insns) && s.insns[r.Slot].IsKfuncCall() {
			in.Kfuncs[r.Slot] = r.Name
		} else {
			in.Unknown[r.Slot] = true
		}
	}
	return paths.Walk(in)
}
