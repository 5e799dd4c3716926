//go:build linux

package main

import (
	"context"
	"os"
	"testing"

	"github.com/statecheck/statecheck/fuzz"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/internal/kerneltest"
)

// kernel returns the guest's kernel, and skips the test where the cache lacks it. In CI it is
// built before (.ci/run).
func kernel(t *testing.T) string {
	t.Helper()
	kerneltest.Need(t)
	path, err := guest.Cached(t.Context())
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("no kernel for the guest, which fuzz/kernel/build.sh builds: %v", err)
	}
	return path
}

// TestGuestAgrees compares a few programs, and the corpus.
func TestGuestAgrees(t *testing.T) {
	subjects, err := fromCorpus()
	if err != nil {
		t.Fatal(err)
	}
	drawn := generate.Program()
	for i := range 500 {
		subjects = append(subjects, fromProgram(i, drawn.Example(i)))
	}
	c := comparison{
		Kernel: kernel(t), Guests: 1, Programs: len(subjects), Draw: func(i int) subject { return subjects[i] },
		Found: func(s subject, r result) { t.Error(describe(s, r)) },
	}
	table, err := c.run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", table)
	for _, o := range []fuzz.Outcome{fuzz.BothStateless, fuzz.BothStateful, fuzz.Stricter} {
		if table.outcomes[o] < 20 {
			t.Errorf("%d programs: %s, expected 20 at least", table.outcomes[o], o)
		}
	}
}
