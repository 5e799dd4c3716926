//go:build linux

package fuzz

import (
	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// PropFailClosed: whatever the kernel visits, and the flag would refuse, is among
// the findings.
func PropFailClosed(o *oracle.Oracle, g *rapid.Generator[oracle.Program]) func(*rapid.T) {
	return never(o, g, MissedState, MissedUse)
}

// PropInvalid: the kernel refuses what is invalid.
func PropInvalid(o *oracle.Oracle, g *rapid.Generator[oracle.Program]) func(*rapid.T) {
	return never(o, g, LoadsInvalid)
}

// never: no program has one of the outcomes.
func never(o *oracle.Oracle, g *rapid.Generator[oracle.Program], outcomes ...Outcome) func(*rapid.T) {
	return func(t *rapid.T) {
		p := g.Draw(t, "program")
		r := verifier.Check(&p.Program, verifier.Options{Profile: verifier.ProfileFlag})
		a := o.Ask(&p)
		got := Compare(r, a)
		for _, outcome := range outcomes {
			if got == outcome {
				d := Disagreement{Outcome: got, Drawn: p, Least: p, Report: r, Err: a.Err}
				t.Fatalf("%v\n%s", &d, a.Log)
			}
		}
	}
}
