package fuzz

import (
	"errors"
	"testing"

	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

func TestCompare(t *testing.T) {
	use := []oracle.Use{{Slot: 2, Name: "bpf_redirect"}}
	found := []verifier.Finding{{Slot: 1}, {Slot: 2}}
	for _, tt := range []struct {
		name   string
		report verifier.Report
		answer oracle.Answer
		want   Outcome
	}{
		{"stateless", verifier.Report{Verdict: verifier.Stateless}, oracle.Answer{Opinion: oracle.Loads}, BothStateless},
		{"stateful", verifier.Report{Verdict: verifier.Stateful, Findings: found}, oracle.Answer{Opinion: oracle.Loads, Uses: use}, BothStateful},
		{"not visited", verifier.Report{Verdict: verifier.Stateful, Findings: found}, oracle.Answer{Opinion: oracle.Loads}, Stricter},
		{"missed", verifier.Report{Verdict: verifier.Stateless}, oracle.Answer{Opinion: oracle.Loads, Uses: use}, MissedState},
		{"missed one of two", verifier.Report{Verdict: verifier.Stateful, Findings: found[:1]}, oracle.Answer{Opinion: oracle.Loads, Uses: use}, MissedUse},
		{"missed before the refusal", verifier.Report{Verdict: verifier.Stateless}, oracle.Answer{Opinion: oracle.Refuses, Uses: use}, MissedUse},
		{"missed before the limit", verifier.Report{Verdict: verifier.Stateless}, oracle.Answer{Uses: use}, MissedUse},
		{"refused", verifier.Report{Verdict: verifier.Stateful, Findings: found}, oracle.Answer{Opinion: oracle.Refuses, Uses: use}, Refused},
		{"limit", verifier.Report{Verdict: verifier.Stateless}, oracle.Answer{}, NoOpinion},
		{"invalid and refused", verifier.Report{Verdict: verifier.Invalid}, oracle.Answer{Opinion: oracle.Refuses, Uses: use}, BothInvalid},
		{"invalid and limit", verifier.Report{Verdict: verifier.Invalid}, oracle.Answer{}, NoOpinion},
		{"invalid but loads", verifier.Report{Verdict: verifier.Invalid}, oracle.Answer{Opinion: oracle.Loads}, LoadsInvalid},
		{"not asked", verifier.Report{Verdict: verifier.Invalid}, oracle.Answer{Opinion: oracle.Unasked}, NotAsked},
		{"missed before a known kernel bug", verifier.Report{Verdict: verifier.Stateless},
			oracle.Answer{Opinion: oracle.Refuses, Uses: use, Log: []byte("verifier bug: backtracking misuse")}, MissedUse},
		{"new kernel bug after a known one", verifier.Report{Verdict: verifier.Stateless},
			oracle.Answer{Opinion: oracle.Refuses, Log: []byte("verifier bug: backtracking misuse\nverifier bug: new")}, KernelBug},
		{"known kernel bug", verifier.Report{Verdict: verifier.Stateless},
			oracle.Answer{Opinion: oracle.Refuses, Log: []byte("verifier bug: backtracking misuse")}, NoOpinion},
		{"known kernel bug, and it loads", verifier.Report{Verdict: verifier.Stateless},
			oracle.Answer{Opinion: oracle.Loads, Uses: use, Log: []byte("verifier bug: REG INVARIANTS VIOLATION")}, MissedState},
		{"kernel bug", verifier.Report{Verdict: verifier.Stateless},
			oracle.Answer{Opinion: oracle.Refuses, Err: errors.New("bad address"), Log: []byte("verifier bug: no program")}, KernelBug},
	} {
		got := Compare(tt.report, tt.answer)
		if got != tt.want {
			t.Errorf("%s: %s, expected: %s", tt.name, got, tt.want)
		}
		if disagrees := got >= MissedState; got.Disagrees() != disagrees {
			t.Errorf("%s: disagrees %v", got, !disagrees)
		}
	}
}
