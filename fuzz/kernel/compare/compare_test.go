//go:build linux

package main

import (
	"testing"

	"github.com/statecheck/statecheck/fuzz"
	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

const message = "insn 2: bpf_redirect keeps state (handoff): BPF_F_ENFORCE_STATELESS\nprocessed 3 insns\n"

var (
	unasked  = guest.Result{Opinion: oracle.Unasked}
	loads    = guest.Result{Opinion: oracle.Loads}
	refuses  = guest.Result{Opinion: oracle.Refuses, Log: []byte("R0 !read_ok\n")}
	enforces = guest.Result{Opinion: oracle.Refuses, Log: []byte(message)}
)

func TestOutcome(t *testing.T) {
	report := func(v verifier.Verdict, slots ...int) (r verifier.Report) {
		r.Verdict = v
		for _, s := range slots {
			r.Findings = append(r.Findings, verifier.Finding{Slot: s})
		}
		return r
	}
	for _, tt := range []struct {
		name, reason string
		report       verifier.Report
		answer       guest.Answer
		want         fuzz.Outcome
	}{
		{"both let it pass", "it loads with the flag", report(verifier.Stateless), guest.Answer{Plain: loads, Enforced: loads}, fuzz.BothStateless},
		{"both refuse it", "the flag names what we found", report(verifier.Stateful, 2), guest.Answer{Plain: loads, Enforced: enforces}, fuzz.BothStateful},
		{"dead code", "the guest never visits it", report(verifier.Stateful, 2), guest.Answer{Plain: loads, Enforced: loads}, fuzz.Stricter},
		{"missed", "stateless must load with the flag", report(verifier.Stateless), guest.Answer{Plain: loads, Enforced: enforces}, fuzz.MissedState},
		{"other slot", "the flag names a slot of which we say nothing", report(verifier.Stateful, 1), guest.Answer{Plain: loads, Enforced: enforces}, fuzz.MissedUse},
		{"other slot of what does not load", "a use counts whatever comes after it", report(verifier.Stateless), guest.Answer{Plain: refuses, Enforced: enforces}, fuzz.MissedUse},
		{"refused", "it does not load without the flag", report(verifier.Stateless), guest.Answer{Plain: refuses, Enforced: refuses}, fuzz.Refused},
		{"invalid", "the kernel refuses it too", report(verifier.Invalid), guest.Answer{Plain: refuses, Enforced: refuses}, fuzz.BothInvalid},
		{"invalid and loads", "what loads is not invalid", report(verifier.Invalid), guest.Answer{Plain: loads, Enforced: loads}, fuzz.LoadsInvalid},
		{"another reason", "the flag must add no other reason to refuse", report(verifier.Stateful, 2), guest.Answer{Plain: loads, Enforced: refuses}, fuzz.KernelBug},
		{"only with the flag", "the flag must not let more load", report(verifier.Stateless), guest.Answer{Plain: refuses, Enforced: loads}, fuzz.KernelBug},
		{"not asked", "the guest lets nobody load the type", report(verifier.Stateless), guest.Answer{Plain: unasked, Enforced: unasked}, fuzz.NotAsked},
		{"no opinion", "the guest died", report(verifier.Invalid), guest.Answer{}, fuzz.NoOpinion},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := outcome(tt.report, tt.answer, verifier.PrecisionCFG); got != tt.want {
				t.Errorf("%q, expected %q: %s", got, tt.want, tt.reason)
			}
		})
	}
}

func TestComplaint(t *testing.T) {
	log := "R1 invalid mem access 'scalar', off=-16\nverification time 120 usec\nstack depth 0\nprocessed 3 insns (limit 1000000)\n"
	if got, want := complaint([]byte(log)), `"RN invalid mem access 'scalar', off=-N"`; got != want {
		t.Errorf("%s, expected %s", got, want)
	}
}

func TestNothingToCompare(t *testing.T) {
	if got := run([]string{"-objects", t.TempDir()}); got != noEnd {
		t.Errorf("exit status %d of a folder without objects, expected %d", got, noEnd)
	}
}
