//go:build linux

package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/fuzz"
	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// result is what came of a program.
type result struct {
	report  verifier.Report
	walk    fuzz.Walk // at precision paths
	missed  []int     // slots that the guest visits, and precision paths does not
	guest   guest.Answer
	running oracle.Answer
	outcome fuzz.Outcome
}

// outcome holds a report under the profile flag against the guest's answers. The flag must
// refuse nothing for any reason but state. At precision paths, nothing is claimed of what a
// program does that does not load.
func outcome(r verifier.Report, a guest.Answer, precision verifier.Precision) fuzz.Outcome {
	plain, enforced := a.Plain.Opinion, a.Enforced.Opinion
	slot, refused := refusedState(a.Enforced)
	switch {
	case refused && plain == oracle.Loads && r.Verdict == verifier.Stateless:
		return fuzz.MissedState
	case refused && plain != oracle.None && (plain == oracle.Loads || precision == verifier.PrecisionCFG) && r.Verdict != verifier.Invalid && !finds(r, slot):
		return fuzz.MissedUse
	case plain == oracle.None, enforced == oracle.None:
		return fuzz.NoOpinion
	case plain == oracle.Unasked:
		return fuzz.NotAsked
	case a.Alarm != "", plain == oracle.Refuses && enforced == oracle.Loads,
		plain == oracle.Loads && enforced == oracle.Refuses && !refused:
		return fuzz.KernelBug
	case r.Verdict == verifier.Invalid && plain == oracle.Loads:
		return fuzz.LoadsInvalid
	case r.Verdict == verifier.Invalid:
		return fuzz.BothInvalid
	case plain == oracle.Refuses:
		return fuzz.Refused
	case r.Verdict == verifier.Stateless:
		return fuzz.BothStateless
	case refused:
		return fuzz.BothStateful
	}
	return fuzz.Stricter
}

// follow holds the slots that precision paths visits against those of the guest, and
// counts what came of it.
func (res *result) follow(p *verifier.Program, t *fuzz.PathsTable) {
	if res.guest.Plain.Opinion != oracle.Loads {
		return
	}
	visited := res.guest.Plain.Answer(p).Visited
	if res.missed = fuzz.Missed(res.walk.Visited, visited); len(res.missed) > 0 && !res.outcome.Disagrees() {
		res.outcome = fuzz.MissedVisit
	}
	t.Add(p, res.walk, visited, res.guest.Enforced.Opinion == oracle.Refuses)
}

func finds(r verifier.Report, slot int) bool {
	return slices.ContainsFunc(r.Findings, func(f verifier.Finding) bool { return f.Slot == slot })
}

// refusedState returns the slot that the flag refuses, from the message
// "insn 2: bpf_redirect keeps state (handoff): BPF_F_ENFORCE_STATELESS".
func refusedState(r guest.Result) (slot int, refused bool) {
	for line := range bytes.Lines(r.Log) {
		if bytes.HasSuffix(bytes.TrimSpace(line), []byte(": BPF_F_ENFORCE_STATELESS")) {
			_, err := fmt.Sscanf(string(line), "insn %d:", &slot)
			return slot, err == nil
		}
	}
	return 0, false
}

// describe is a disagreement to read.
func describe(s subject, r result) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: %s\n  type %q, attach type %q, attaches to %q\n", s.name, r.outcome,
		s.program.Type, s.program.AttachType, s.program.AttachTo)
	fmt.Fprintf(&b, "  statecheck: %s (%v)\n", r.report.Verdict, r.report.Err)
	for _, f := range r.report.Findings {
		fmt.Fprintf(&b, "    slot %d: %s %s\n", f.Slot, f.Effects, f.Name)
	}
	fmt.Fprintf(&b, "  guest: %s %s\n  guest with the flag: %s %s\n%s  guest's alarm: %q\n", r.guest.Plain.Opinion, r.guest.Plain.Err,
		r.guest.Enforced.Opinion, r.guest.Enforced.Err, r.guest.Enforced.Log, r.guest.Alarm)
	if len(r.missed) > 0 {
		fmt.Fprintf(&b, "  slots that the guest alone visits: %v\n", r.missed)
	}
	for slot, ins := range s.program.Instructions {
		fmt.Fprintf(&b, "  %4d  %#016x\n", slot, uint64(ins))
	}
	return b.String()
}

// list prints a program of an object.
func list(s subject, r result) {
	said := r.guest.Enforced.Opinion.String()
	if slot, refused := refusedState(r.guest.Enforced); refused {
		said = fmt.Sprintf("refuses slot %d", slot)
	}
	why := ""
	switch r.guest.Plain.Opinion {
	case oracle.None, oracle.Unasked:
		why, _, _ = strings.Cut(r.guest.Plain.Err, "\n")
	case oracle.Refuses:
		why = complaint(r.guest.Plain.Log)
	}
	fmt.Printf("%-50s %-9s  guest: %-15s  with the flag: %-15s  running kernel: %-15s  %s %s\n", s.name, r.report.Verdict,
		r.guest.Plain.Opinion, said, r.running.Opinion, r.outcome, why)
}
