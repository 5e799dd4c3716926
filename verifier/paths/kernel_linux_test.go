package paths_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/fuzz/kernel/guest/guesttest"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// TestKernelVisits asks Linux 6.12 about every case: it must load, and the slots that its log shows
// must be those that the case says. What the guest refuses, where the case says so, it has visited in part.
func TestKernelVisits(t *testing.T) {
	g, err := guest.New(t.Context(), guesttest.Kernel(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	var cases []visitCase
	var programs []*verifier.Program
	var questions []guest.Question
	for _, topic := range topics {
		for _, tt := range topic.cases {
			p := parse(t, tt.program)
			tt.name = topic.name + "/" + tt.name
			cases, programs = append(cases, tt), append(programs, p)
			questions = append(questions, guest.Question{Program: question(t, p), LogLevel: oracle.LogAll})
		}
	}
	answers, err := g.Ask(t.Context(), questions)
	if err != nil {
		t.Fatal(err)
	}
	for i, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			p, a := programs[i], answers[i].Plain
			_, want := tt.expected(p)
			_, got := oracle.Judge(p, a.Log)
			if _, message, refused := strings.Cut(tt.program, refuses); refused {
				message, _, _ := strings.Cut(message, "\n")
				if a.Opinion == oracle.Loads || !strings.Contains(string(a.Log)+a.Err, message) || !isWithin(got, want) {
					t.Errorf("the guest %s, expected that it refuses: %s\n%s\n%s", a.Opinion, message, show(p, got, want), a.Log)
				}
				return
			}
			if a.Opinion != oracle.Loads {
				t.Fatalf("the guest %s: %s\n%s", a.Opinion, a.Err, a.Log)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s\n%s\n%s", tt.reason, show(p, got, want), a.Log)
			}
		})
	}
}

// isWithin reports whether every slot that is visited is so in all.
func isWithin(visited, all []bool) bool {
	for slot := range visited {
		if visited[slot] && !all[slot] {
			return false
		}
	}
	return true
}

// TestKernelDrawn asks Linux 6.12 about drawn programs: what it visits we do, also of what it refuses, and nearly
// always no more.
func TestKernelDrawn(t *testing.T) {
	g, err := guest.New(t.Context(), guesttest.Kernel(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	var questions []guest.Question
	const programs = 60
	for seed := range uint64(programs) {
		questions = append(questions, guest.Question{Program: question(t, drawProgram(seed)), LogLevel: oracle.LogAll})
	}
	answers, err := g.Ask(t.Context(), questions)
	if err != nil {
		t.Fatal(err)
	}
	var loaded, same int
	for seed, a := range answers {
		p := &questions[seed].Program.Program
		want, finished := verifier.Visits(p)
		if a.Plain.Opinion == oracle.None || !finished {
			continue
		}
		_, got := oracle.Judge(p, a.Plain.Log)
		if !isWithin(got, want) {
			t.Errorf("seed %d: the guest visits more\n%#v", seed, p.Instructions)
		}
		if a.Plain.Opinion == oracle.Loads {
			loaded++
			if slices.Equal(got, want) {
				same++
			}
		} else {
			t.Logf("seed %d: %s", seed, a.Plain.Log[max(0, len(a.Plain.Log)-300):])
		}
	}
	t.Logf("of %d programs the guest loads %d, and of these visits the same slots of %d", programs, loaded, same)
	if loaded < programs*9/10 || same < loaded*8/10 {
		t.Error("expected 90 % and 80 %")
	}
}

// question makes of a program what a kernel can be asked: with BTF of its functions, if it has
// more than one.
func question(t testing.TB, p *verifier.Program) *oracle.Program {
	t.Helper()
	q := &oracle.Program{Program: *p}
	q.Source = nil
	if len(p.Functions) < 2 {
		return q
	}
	q.Signatures = []oracle.Signature{oracle.Main}
	for _, f := range p.Functions[1:] {
		s := oracle.Exception
		switch {
		case f.ExceptionCallback:
			q.Signatures[0] = oracle.Throwing
		case f.Linkage == verifier.LinkageUnknown: // 6.12 is asked about the one
			s = oracle.Static
		default:
			for s = oracle.Static; s.Linkage() != f.Linkage || !slices.Equal(s.Arguments(), f.Arguments); s++ {
				if s == oracle.Exception {
					t.Fatalf("%s: no signature with arguments %v", f.Name, f.Arguments)
				}
			}
		}
		q.Signatures = append(q.Signatures, s)
	}
	return q
}
