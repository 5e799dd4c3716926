//go:build linux

package fuzz

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// PropFailClosed: whatever the kernel visits, and the flag would refuse, is among
// the findings.
func PropFailClosed(o *oracle.Oracle, g *rapid.Generator[oracle.Program]) func(*rapid.T) {
	return func(t *rapid.T) {
		p := g.Draw(t, "program")
		never(t, o, p, check(p), MissedState, MissedUse, KernelBug)
	}
}

// PropInvalid: the kernel refuses what is invalid. It is asked about nothing else.
func PropInvalid(o *oracle.Oracle, g *rapid.Generator[oracle.Program]) func(*rapid.T) {
	return func(t *rapid.T) {
		p := g.Draw(t, "program")
		if r := check(p); r.Verdict == verifier.Invalid {
			never(t, o, p, r, LoadsInvalid, KernelBug)
		}
	}
}

func check(p oracle.Program) verifier.Report {
	return verifier.Check(&p.Program, verifier.Options{Profile: verifier.ProfileFlag, Precision: verifier.PrecisionCFG})
}

// never fails if the kernel's answer has one of the outcomes.
func never(t *rapid.T, o *oracle.Oracle, p oracle.Program, r verifier.Report, outcomes ...Outcome) {
	a := o.Ask(&p)
	if got := Compare(r, a); slices.Contains(outcomes, got) {
		d := Disagreement{Outcome: got, Drawn: p, Least: p, Report: r, Err: a.Err}
		t.Fatalf("%v\n%s", &d, a.Log)
	}
}
