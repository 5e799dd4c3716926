package fuzz

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// exact is a walk that visits what the kernel does.
func exact(o *oracle.Oracle, p *oracle.Program) Walk {
	w := Walk{Report: check(*p), Visited: slices.Clone(o.Ask(p).Visited), Finished: true}
	w.Report.Findings = slices.DeleteFunc(w.Report.Findings, func(f verifier.Finding) bool {
		return f.Kind != effect.KindMap && !w.Visited[f.Slot]
	})
	if w.Report.Verdict == verifier.Stateful && len(w.Report.Findings) == 0 {
		w.Report.Verdict = verifier.Stateless
	}
	return w
}

// blind is one that does not see the last instruction that the kernel visits.
func blind(o *oracle.Oracle, p *oracle.Program) Walk {
	w := exact(o, p)
	for slot := len(w.Visited) - 1; slot >= 0; slot-- {
		if w.Visited[slot] {
			w.Visited[slot] = false
			break
		}
	}
	return w
}

// TestPathsAgree: a walk that visits what the kernel does agrees on all programs.
func TestPathsAgree(t *testing.T) {
	o := openOracle(t)
	table, err := Run(context.Background(), Config{
		Programs: 500, Draw: draw, Workers: 1, Precision: verifier.PrecisionPaths,
		follow: func(p *oracle.Program) Walk { return exact(o, p) },
		Found: func(d Disagreement) error {
			t.Errorf("%v\n%s", &d, d.Log)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", table)
	p := table.Paths
	same := p.visits[0].same + p.visits[1].same
	if p.loaded != table.Loaded || same != p.loaded || p.theirs+p.ours+p.unfinished != 0 || len(p.times) == 0 {
		t.Errorf("%+v, expected the same slots in all %d programs", p, table.Loaded)
	}
	// What is left are stores of which we do not know that they are harmless.
	if p.sameVerdict < p.loaded*98/100 {
		t.Errorf("the same verdict on %d of %d programs, expected 98 %%", p.sameVerdict, p.loaded)
	}
	for name, least := range map[string][2]int{
		"dead code": {p.dead, 60}, "a verdict that dead code changes": {p.changed, 25}, "iterators or may_goto": {p.visits[1].programs, 5},
	} {
		if 100*least[0] < least[1]*p.loaded {
			t.Errorf("%d of %d programs have %s, expected %d %%", least[0], p.loaded, name, least[1])
		}
	}
}

// small has no loops, over which it would take long to minimise it.
func small(i int) oracle.Program {
	mov, exit := asm.New(0xb7, asm.R0, 0, 0, int32(i)), asm.New(asm.Exit, 0, 0, 0, 0)
	ifZero := asm.New(0x15, asm.R0, 0, 1, 0)
	return oracle.Program{Program: verifier.Program{Type: "socket_filter", Instructions: []asm.Instruction{mov, ifZero, mov, exit}}}
}

// TestPathsNotices: a slot that is not seen is found, minimised and written down, unless the
// model does not visit it either.
func TestPathsNotices(t *testing.T) {
	kerneltest.Need(t)
	enough := errors.New("enough")
	for _, tt := range []struct {
		name, reason string
		confirm      func(*oracle.Oracle) func(*oracle.Program) (oracle.Answer, error)
		want         Outcome
	}{
		{"nobody else is asked", "the running kernel decides",
			func(*oracle.Oracle) func(*oracle.Program) (oracle.Answer, error) { return nil }, MissedVisit},
		{"the model says the same", "it decides",
			func(o *oracle.Oracle) func(*oracle.Program) (oracle.Answer, error) {
				return func(p *oracle.Program) (oracle.Answer, error) { return o.Ask(p), nil }
			}, MissedVisit},
		{"the model does not visit it", "it decides",
			func(o *oracle.Oracle) func(*oracle.Program) (oracle.Answer, error) {
				return func(p *oracle.Program) (oracle.Answer, error) {
					return oracle.Answer{Opinion: oracle.Loads, Visited: make([]bool, len(p.Instructions))}, nil
				}
			}, Newer},
		{"the model has no opinion", "so nobody knows",
			func(*oracle.Oracle) func(*oracle.Program) (oracle.Answer, error) {
				return func(*oracle.Program) (oracle.Answer, error) { return oracle.Answer{}, nil }
			}, NoOpinion},
		{"the model cannot be asked", "the run ends",
			func(*oracle.Oracle) func(*oracle.Program) (oracle.Answer, error) {
				return func(*oracle.Program) (oracle.Answer, error) { return oracle.Answer{}, enough }
			}, NotAsked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, model := openOracle(t), openOracle(t)
			var found []Disagreement
			table, err := Run(context.Background(), Config{
				Programs: 3, Draw: small, Workers: 1, Precision: verifier.PrecisionPaths, Confirm: tt.confirm(model),
				follow: func(p *oracle.Program) Walk { return blind(o, p) },
				Found: func(d Disagreement) error {
					found = append(found, d)
					return nil
				},
			})
			if tt.want == NotAsked {
				if !errors.Is(err, enough) {
					t.Errorf("error %v, expected %v: %s", err, enough, tt.reason)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if n := table.Outcomes[tt.want]; n == 0 || n != table.Loaded {
				t.Errorf("%d of %d programs: %s, expected all: %s", n, table.Loaded, tt.want, tt.reason)
			}
			if tt.want == MissedVisit && len(found) != table.Loaded || tt.want != MissedVisit && len(found) > 0 {
				t.Errorf("%d found of %d", len(found), table.Loaded)
			}
			for _, d := range found {
				if text := d.String(); len(d.Least.Instructions) > 2 || !strings.Contains(text, fmt.Sprint(d.Missed)) || len(d.Missed) != 1 {
					t.Errorf("minimised to\n%s", text)
				}
			}
		})
	}
}
