// Package fuzz tests the claims of a verdict against the running kernel, over
// programs that fuzz/generate draws.
package fuzz

import (
	"slices"

	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// Outcome is how the verdict and the kernel's answer go together.
type Outcome uint8

// Outcomes. From MissedState on they are disagreements: one of the claims in
// docs/architecture.md is false, or the kernel says so of itself.
const (
	NoOpinion     Outcome = iota // a limit or resource kept the kernel from an answer
	NotAsked                     // the kernel's verifier could not be asked
	BothInvalid                  // invalid, and the kernel refuses it
	Refused                      // the kernel refuses it for what it visited, which the claims do not speak of
	BothStateless                // loads, stateless to both
	BothStateful                 // loads, stateful to both
	Stricter                     // loads, stateful for what the walk never visited
	Newer                        // the running kernel visited what the model of the claims does not
	MissedState                  // loads, stateless, but the flag would refuse it
	MissedUse                    // visited something that the flag refuses, which is not among the findings
	MissedVisit                  // visited a slot that precision paths does not
	LoadsInvalid                 // invalid, and the kernel loads it
	KernelBug                    // the kernel's verifier complains of itself, and not of a known bug: this ends a run
	numOutcomes
)

// outcomes are the words of the table.
var outcomes = [numOutcomes]string{
	NoOpinion:     "no opinion (limit, resource, log too long, known bug of the kernel)",
	NotAsked:      "not asked (type not permitted here, or a name that this kernel has not)",
	BothInvalid:   "refused, and invalid to us",
	Refused:       "refused for what it does",
	BothStateless: "loads, stateless to both",
	BothStateful:  "loads, stateful to both",
	Stricter:      "loads, stateful to us for calls that the walk never visits",
	Newer:         "the running kernel visits what Linux 6.12 does not, and we neither",
	MissedState:   "DISAGREES: stateless to us, and the flag would refuse it",
	MissedUse:     "DISAGREES: visited a use that is not among our findings",
	MissedVisit:   "DISAGREES: visited a slot that we do not",
	LoadsInvalid:  "DISAGREES: invalid to us, and the kernel loads it",
	KernelBug:     "KERNEL BUG: its verifier complains of itself",
}

// String is the outcome in words.
func (o Outcome) String() string { return outcomes[o] }

// Disagrees reports whether the outcome contradicts a claim.
func (o Outcome) Disagrees() bool { return o >= MissedState && o < numOutcomes }

// Compare holds a report at precision cfg, under the profile flag, against the
// kernel's answer. A use that the walk visited must be among the findings whether
// or not the program loads in the end.
func Compare(r verifier.Report, a oracle.Answer) Outcome { return compare(r, a, true) }

// compare asks for findings at all uses that the walk visited only if it is told so.
func compare(r verifier.Report, a oracle.Answer, everyUse bool) Outcome {
	loads := a.Opinion == oracle.Loads
	bug, complains := oracle.Complaint(a.Log)
	switch {
	case complains && !oracle.IsKnownBug(bug):
		return KernelBug
	case a.Opinion == oracle.Unasked:
		return NotAsked
	case r.Verdict == verifier.Invalid && loads:
		return LoadsInvalid
	case r.Verdict == verifier.Invalid && a.Opinion == oracle.Refuses:
		return BothInvalid
	case r.Verdict == verifier.Invalid:
		return NoOpinion
	case loads && len(a.Uses) > 0 && r.Verdict == verifier.Stateless:
		return MissedState
	case everyUse && !foundAll(r.Findings, a.Uses):
		return MissedUse
	case !loads && complains, a.Opinion == oracle.None:
		return NoOpinion
	case !loads:
		return Refused
	case r.Verdict == verifier.Stateless:
		return BothStateless
	case len(a.Uses) > 0:
		return BothStateful
	}
	return Stricter
}

// foundAll reports whether there is a finding at the slot of every use.
func foundAll(findings []verifier.Finding, uses []oracle.Use) bool {
	return !slices.ContainsFunc(uses, func(u oracle.Use) bool {
		return !slices.ContainsFunc(findings, func(f verifier.Finding) bool { return f.Slot == u.Slot })
	})
}
