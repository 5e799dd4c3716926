//go:build linux

// Agree asks the running kernel about many drawn programs, and compares what it
// says with the verdicts.
//
//	go run ./fuzz/agree -programs 1000000 -seed 1 -out /tmp/disagreements
//
// With -mutants they are programs of the corpus with a few changes, most of which the
// kernel refuses: for the side of invalid. Those take longer, as changed loops do not end.
//
// With -precision paths the slots that are visited are compared too. What the running kernel
// says against us is then asked of Linux 6.12 in a guest (fuzz/kernel), and counts if that says
// the same.
//
// It must run as root. It loads programs and attaches none. The exit status is 0
// if every program agrees, 1 if one does not, 2 if the command line is wrong, and 3 if
// the run came to no end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"

	"github.com/statecheck/statecheck/fuzz"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/oracle"
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

func run(args []string) int {
	flags := flag.NewFlagSet("agree", flag.ContinueOnError) // rapid has put its own among the usual ones
	programs := flags.Int("programs", 100_000, "how many `programs` to draw, 1 at least")
	seed := flags.Int("seed", 1, "`seed` of the first; program i has seed+i")
	workers := flags.Int("workers", runtime.NumCPU(), "how many ask at once, 1 at least")
	mutants := flags.Bool("mutants", false, "change programs of the corpus, instead of drawing new ones")
	precision := flags.String("precision", string(verifier.PrecisionCFG), "what is compared, `cfg or paths`")
	out := flags.String("out", "disagreements", "`folder` for the programs that disagree")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return agreed
	case err != nil:
		return wrongUsage
	case flags.NArg() > 0 || *programs < 1 || *workers < 1:
		fmt.Fprintln(os.Stderr, "agree: expected flags alone, with 1 program and 1 worker at least")
		return wrongUsage
	case *precision != string(verifier.PrecisionCFG) && *precision != string(verifier.PrecisionPaths):
		fmt.Fprintf(os.Stderr, "agree: precision %q, expected cfg or paths\n", *precision)
		return wrongUsage
	}
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "agree: not root, which loading programs needs")
		return noEnd
	}
	drawn := generate.Program()
	if *mutants {
		real, err := fuzz.Real()
		if err != nil {
			fmt.Fprintf(os.Stderr, "agree: %v\n", err)
			return noEnd
		}
		drawn = generate.Mutant(real)
	}
	if err := os.MkdirAll(*out, 0o777); err != nil { // now, and not when there is something to write
		fmt.Fprintf(os.Stderr, "agree: %v\n", err)
		return noEnd
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process
	model := model{ctx: ctx}
	defer model.close()
	table, err := fuzz.Run(ctx, fuzz.Config{
		Programs:  *programs,
		Draw:      func(i int) oracle.Program { return drawn.Example(*seed + i) },
		Workers:   *workers,
		Progress:  os.Stderr,
		Precision: verifier.Precision(*precision),
		Confirm:   model.ask,
		Found: func(d fuzz.Disagreement) error {
			fmt.Fprintf(os.Stderr, "program %d, seed %d: %s; see %s\n", d.Index, *seed+d.Index, d.Outcome, *out)
			return d.Save(*out)
		},
	})
	if table != nil {
		fmt.Printf("seed %d\n%s", *seed, table)
	}
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "agree: %v\n", err)
		return noEnd
	case table.Disagreements() > 0:
		return disagreed
	}
	return agreed
}
