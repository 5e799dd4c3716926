//go:build linux

// Compare holds verdicts against the kernel that has BPF_F_ENFORCE_STATELESS, which it builds
// and boots, and lists where that kernel and the running one part.
//
//	go run ./fuzz/kernel/compare -corpus                      # every program of the corpus
//	go run ./fuzz/kernel/compare -programs 200000 -seed 1     # drawn programs
//
// It must run as root, as the running kernel is asked too. The exit status is 0 if every
// program agrees, 1 if one does not, and 3 if the run came to no end.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"

	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/verifier"
)

func main() {
	corpus := flag.Bool("corpus", false, "the programs of the corpus, listed each, instead of drawn ones")
	programs := flag.Int("programs", 5000, "how many `programs` to draw")
	seed := flag.Int("seed", 1, "`seed` of the first; program i has seed+i")
	precision := flag.String("precision", string(verifier.PrecisionCFG), "what is compared, `cfg or paths`")
	guests := flag.Int("guests", runtime.NumCPU(), "how many guests to boot")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(compare(ctx, *corpus, *programs, *seed, *guests, verifier.Precision(*precision)))
}

func compare(ctx context.Context, corpus bool, programs, seed, guests int, precision verifier.Precision) int {
	fail := func(err error) int {
		fmt.Fprintf(os.Stderr, "compare: %v\n", err)
		return 3
	}
	if precision != verifier.PrecisionCFG && precision != verifier.PrecisionPaths {
		return fail(fmt.Errorf("precision %q, expected cfg or paths", precision))
	}
	kernel, err := guest.Build(ctx)
	if err != nil {
		return fail(err)
	}
	c := comparison{Kernel: kernel, Guests: guests, Precision: precision, Found: func(s subject, o result) { fmt.Fprintln(os.Stderr, describe(s, o)) }}
	if corpus {
		subjects, err := fromCorpus()
		if err != nil {
			return fail(err)
		}
		c.Programs, c.Draw, c.Each = len(subjects), func(i int) subject { return subjects[i] }, list
	} else {
		drawn := generate.Program()
		c.Programs, c.Draw = programs, func(i int) subject { return fromProgram(i, drawn.Example(seed+i)) }
	}
	table, err := c.run(ctx)
	if table != nil {
		fmt.Print(table)
	}
	switch {
	case err != nil:
		return fail(err)
	case table.disagreements() > 0:
		return 1
	}
	return 0
}
