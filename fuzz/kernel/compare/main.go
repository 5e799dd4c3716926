//go:build linux

// Compare holds verdicts against the kernel that has BPF_F_ENFORCE_STATELESS, which it builds
// and boots, and lists where that kernel and the running one part.
//
//	go run ./fuzz/kernel/compare -corpus                      # every program of the corpus, listed each
//	go run ./fuzz/kernel/compare -objects PATH...             # every program of object files and folders, listed each
//	go run ./fuzz/kernel/compare -programs 200000 -seed 1     # drawn programs
//	go run ./fuzz/kernel/compare -programs 5000 -mutants      # programs of the corpus with a few changes
//
// It must run as root, as the running kernel is asked too. The exit status is that of
// fuzz/agree: 0 if every program agrees, 1 if one does not, 2 if the command line is wrong,
// and 3 if the run came to no end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/statecheck/statecheck/fuzz"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/verifier"
)

// Exit statuses.
const (
	agreed     = 0
	disagreed  = 1
	wrongUsage = 2
	noEnd      = 3
)

func main() {
	os.Exit(run(os.Args[1:]))
}

// options are what the command line says.
type options struct {
	corpus, objects, mutants bool
	programs, seed, guests   int
	precision                string
	paths                    []string
}

func run(args []string) int {
	var o options
	flags := flag.NewFlagSet("compare", flag.ContinueOnError) // rapid has put its own among the usual ones
	flags.BoolVar(&o.corpus, "corpus", false, "the programs of the corpus, listed each, instead of drawn ones")
	flags.BoolVar(&o.objects, "objects", false, "the programs of the object files and folders that are named, listed each")
	flags.BoolVar(&o.mutants, "mutants", false, "change programs of the corpus, instead of drawing new ones")
	flags.IntVar(&o.programs, "programs", 5000, "how many `programs` to draw, 1 at least")
	flags.IntVar(&o.seed, "seed", 1, "`seed` of the first; program i has seed+i")
	flags.StringVar(&o.precision, "precision", string(verifier.PrecisionCFG), "what is compared, `cfg or paths`")
	flags.IntVar(&o.guests, "guests", runtime.NumCPU(), "how many guests to boot, 1 at least")
	err := flags.Parse(args)
	o.paths = flags.Args()
	switch {
	case errors.Is(err, flag.ErrHelp):
		return agreed
	case err != nil:
		return wrongUsage
	case o.corpus && (o.objects || o.mutants), o.objects && o.mutants, o.objects != (len(o.paths) > 0), o.programs < 1, o.guests < 1:
		fmt.Fprintln(os.Stderr, "compare: expected one of -corpus, -objects and -mutants at most, paths after -objects alone, "+
			"and 1 program and 1 guest at least")
		return wrongUsage
	}
	if p := verifier.Precision(o.precision); p != verifier.PrecisionCFG && p != verifier.PrecisionPaths {
		fmt.Fprintf(os.Stderr, "compare: precision %q, expected cfg or paths\n", o.precision)
		return wrongUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	table, err := compare(ctx, o)
	if table != nil {
		fmt.Print(table)
	}
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "compare: %v\n", err)
		return noEnd
	case table.disagreements() > 0:
		return disagreed
	}
	return agreed
}

func compare(ctx context.Context, o options) (*table, error) {
	c := comparison{Guests: o.guests, Precision: verifier.Precision(o.precision), Found: func(s subject, r result) { fmt.Fprintln(os.Stderr, describe(s, r)) }}
	if err := c.choose(o); err != nil {
		return nil, err
	}
	var err error
	if c.Kernel, err = guest.Build(ctx); err != nil {
		return nil, err
	}
	return c.run(ctx)
}

// choose says which programs are compared.
func (c *comparison) choose(o options) error {
	if o.corpus || o.objects {
		subjects, err := fromFiles(o.paths)
		if o.corpus {
			subjects, err = fromCorpus()
		}
		if err == nil && len(subjects) == 0 {
			err = fmt.Errorf("%s: no program in it", strings.Join(o.paths, " "))
		}
		c.Programs, c.Draw, c.Each = len(subjects), func(i int) subject { return subjects[i] }, list
		return err
	}
	drawn := generate.Program()
	if o.mutants {
		real, err := fuzz.Real()
		if err != nil {
			return err
		}
		drawn = generate.Mutant(real)
	}
	c.Programs, c.Draw = o.programs, func(i int) subject { return fromProgram(i, drawn.Example(o.seed+i)) }
	return nil
}
