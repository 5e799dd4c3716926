package fuzz

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

func TestComparePaths(t *testing.T) {
	use := []oracle.Use{{Slot: 1, Name: "bpf_redirect"}}
	stateless := verifier.Report{Verdict: verifier.Stateless}
	stateful := verifier.Report{Verdict: verifier.Stateful, Findings: []verifier.Finding{{Slot: 1}}}
	all, first := []bool{true, true}, []bool{true, false}
	for _, tt := range []struct {
		name, reason string
		walk         Walk
		answer       oracle.Answer
		want         Outcome
	}{
		{"the same", "verdict and slots", Walk{stateless, first, true}, oracle.Answer{Opinion: oracle.Loads, Visited: first}, BothStateless},
		{"more", "we may visit more", Walk{stateless, all, true}, oracle.Answer{Opinion: oracle.Loads, Visited: first}, BothStateless},
		{"less", "but never less", Walk{stateless, first, true}, oracle.Answer{Opinion: oracle.Loads, Visited: all}, MissedVisit},
		{"less, and the verdict is wrong", "which is the worse", Walk{stateless, first, true}, oracle.Answer{Opinion: oracle.Loads, Visited: all, Uses: use}, MissedState},
		{"stateful for more", "a walk may be less sharp than the kernel's", Walk{stateful, all, true}, oracle.Answer{Opinion: oracle.Loads, Visited: first}, Stricter},
		{"less of what does not load", "nothing is claimed of it", Walk{stateless, first, true}, oracle.Answer{Opinion: oracle.Refuses, Visited: all, Uses: use}, Refused},
		{"less before a limit", "nothing is claimed of it", Walk{stateless, first, true}, oracle.Answer{Visited: all, Uses: use}, NoOpinion},
		{"invalid but loads", "whatever is visited", Walk{verifier.Report{Verdict: verifier.Invalid}, all, false}, oracle.Answer{Opinion: oracle.Loads, Visited: all}, LoadsInvalid},
	} {
		if got := ComparePaths(tt.walk, tt.answer); got != tt.want {
			t.Errorf("%s: %s, expected: %s: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}

// TestPathsTable counts three programs: one of which both visit all, one with a slot that
// only the kernel visits and an LD_IMM64 that only we do, and one with a may_goto.
func TestPathsTable(t *testing.T) {
	mov, exit := asm.New(0xb7, 0, 0, 0, 0), asm.New(asm.Exit, 0, 0, 0, 0)
	program := func(insns ...asm.Instruction) *verifier.Program {
		return &verifier.Program{Type: "xdp", Instructions: insns}
	}
	all := []bool{true, true}
	stateless := verifier.Report{Verdict: verifier.Stateless}
	table := new(PathsTable)
	table.Add(program(mov, exit), Walk{stateless, all, true}, all, false)
	table.Add(program(mov, asm.New(0x15, 0, 0, 2, 0), asm.New(asm.LoadImm64, 1, 0, 0, 0), 0, asm.New(asm.Call, 0, 0, 0, 23), exit),
		Walk{verifier.Report{Verdict: verifier.Stateful}, []bool{true, true, true, false, false, true}, true},
		[]bool{true, true, false, false, true, true}, false)
	other := new(PathsTable)
	other.Add(program(asm.New(asm.MayGoto, 0, 0, 1, 0), mov, exit), Walk{stateless, []bool{true, true, true}, false}, []bool{true, true, true}, false)
	other.AddTime(30*time.Microsecond, 60*time.Microsecond)
	table.Merge(other)
	var b strings.Builder
	table.Print(&b)
	const want = `at precision paths, of 3 programs that load:
       1   33.333 %  have code that the kernel does not visit
       1   33.333 %  are stateful at precision cfg, and not by what the kernel visits
       2   66.667 %  have the same verdict
       1   50.000 %  of 2 without iterators and may_goto have the same visited slots
       1  100.000 %  of 1 with iterators or may_goto have the same visited slots
       1   33.333 %  have a walk that came to no end (not modelled, or too long)
       1             slots that only the kernel visits
       1             slots that only we visit
our walk takes 0.50 of the time of the kernel's verification (median of 1; 0.9 of them at most 0.50)
`
	if got := b.String(); got != want {
		t.Errorf("%s\nexpected\n%s", got, want)
	}
}

func TestMissed(t *testing.T) {
	got := Missed([]bool{true, false, false, true}, []bool{true, true, false, true})
	if !slices.Equal(got, []int{1}) {
		t.Errorf("%v, expected slot 1", got)
	}
}
