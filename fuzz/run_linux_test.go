package fuzz

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
)

func draw(i int) oracle.Program { return generate.Program().Example(i) }

// TestKernelAgrees asks the kernel about a few thousand programs. The command
// fuzz/agree does the same with as many as one likes.
func TestKernelAgrees(t *testing.T) {
	kerneltest.Need(t)
	programs := 3000
	if testing.Short() {
		programs = 500
	}
	table, err := Run(context.Background(), Config{
		Programs: programs, Draw: draw, Workers: 2,
		Found: func(d Disagreement) error {
			t.Errorf("%v\n%s", &d, d.Log)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", table)
	if 2*table.Loaded < programs {
		t.Errorf("%d of %d programs load, expected half of them", table.Loaded, programs)
	}
	for _, o := range []Outcome{BothStateless, BothStateful, Stricter} {
		if table.Outcomes[o] < programs/20 {
			t.Errorf("%d programs: %s, expected 1 in 20 at least", table.Outcomes[o], o)
		}
	}
	for u, n := range table.Uses {
		if n < programs/100 {
			t.Errorf("%d programs that load have %s, expected 1 in 100 at least: what none has is not tested", n, use(u))
		}
	}
}

// TestSameForASeed runs the same programs in other company.
func TestSameForASeed(t *testing.T) {
	kerneltest.Need(t)
	counts := func(workers int) [numOutcomes]int {
		table, err := Run(context.Background(), Config{Programs: 300, Draw: draw, Workers: workers, Found: func(Disagreement) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		return table.Outcomes
	}
	if diff := cmp.Diff(counts(1), counts(3)); diff != "" {
		t.Errorf("outcomes with one worker and with three (-one +three):\n%s", diff)
	}
}

// TestNotices breaks the checker, and wants the run to see it, to make the program
// small, and to write it down.
func TestNotices(t *testing.T) {
	kerneltest.Need(t)
	honest := func(p *verifier.Program) verifier.Report {
		return verifier.Check(p, verifier.Options{Precision: verifier.PrecisionCFG})
	}
	for _, tt := range []struct {
		name  string
		want  Outcome
		slots int // how many a minimised program has at most
		check func(*verifier.Program) verifier.Report
	}{
		{"blind to calls", MissedState, 12, func(p *verifier.Program) verifier.Report {
			r := honest(p)
			r.Findings = slices.DeleteFunc(r.Findings, func(f verifier.Finding) bool { return f.Kind == "helper" })
			if r.Verdict == verifier.Stateful && len(r.Findings) == 0 {
				r.Verdict = verifier.Stateless
			}
			return r
		}},
		{"reports only the first", MissedUse, 16, func(p *verifier.Program) verifier.Report {
			r := honest(p)
			r.Findings = r.Findings[:min(1, len(r.Findings))]
			return r
		}},
		{"refuses subprograms", LoadsInvalid, 12, func(p *verifier.Program) verifier.Report {
			r := honest(p)
			if slices.ContainsFunc(p.Instructions, asm.Instruction.IsSubprogramCall) {
				r = verifier.Report{Verdict: verifier.Invalid}
			}
			return r
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			enough := errors.New("found one")
			var found *Disagreement
			_, err := Run(context.Background(), Config{
				Programs: 200, Draw: draw, Workers: 1, check: tt.check,
				Found: func(d Disagreement) error {
					if d.Outcome != tt.want {
						return nil
					}
					found = &d
					return enough
				},
			})
			if !errors.Is(err, enough) {
				t.Fatalf("error %v, expected a disagreement", err)
			}
			if n := len(found.Least.Instructions); n > tt.slots || n > len(found.Drawn.Instructions) {
				t.Errorf("minimised to %d slots, expected at most %d:\n%v", n, tt.slots, found)
			}
			if err := found.Save(folder); err != nil {
				t.Fatal(err)
			}
			for _, suffix := range []string{"insns", "btf", "log", "txt"} {
				files, _ := filepath.Glob(filepath.Join(folder, "*."+suffix))
				if len(files) != 1 {
					t.Fatalf("%d files with the suffix %s, expected one", len(files), suffix)
				}
				if info, err := os.Stat(files[0]); err != nil || info.Size() == 0 {
					t.Errorf("%s: %v, or empty", files[0], err)
				}
			}
		})
	}
}

// TestStops ends a run by its context.
func TestStops(t *testing.T) {
	kerneltest.Need(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	table, err := Run(ctx, Config{Programs: 1 << 30, Draw: draw, Workers: 1})
	if err == nil || table.Programs > 1000 {
		t.Errorf("error %v after %d programs, expected an early end", err, table.Programs)
	}
}
