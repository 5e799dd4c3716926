//go:build linux

// Agree asks the running kernel about many drawn programs, and compares what it
// says with the verdicts.
//
//	go run ./fuzz/agree -programs 1000000 -seed 1 -out /tmp/disagreements
//
// With -mutants they are programs of the corpus with a few changes, most of which the
// kernel refuses: for the side of invalid. Those take longer, as changed loops do not end.
//
// It must run as root. It loads programs and attaches none. The exit status is 0
// if every program agrees, 1 if one does not, and 3 if the run came to no end.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/fuzz"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

func main() {
	programs := flag.Int("programs", 100_000, "how many `programs` to draw")
	seed := flag.Int("seed", 1, "`seed` of the first; program i has seed+i")
	workers := flag.Int("workers", runtime.NumCPU(), "how many ask at once")
	mutants := flag.Bool("mutants", false, "change programs of the corpus, instead of drawing new ones")
	out := flag.String("out", "disagreements", "`folder` for the programs that disagree")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	drawn := generate.Program()
	if *mutants {
		real, err := fuzz.Real()
		if err != nil {
			fmt.Fprintf(os.Stderr, "agree: %v\n", err)
			os.Exit(3)
		}
		drawn = generate.Mutant(real)
	}
	os.Exit(run(ctx, drawn, *programs, *seed, *workers, *out))
}

func run(ctx context.Context, drawn *rapid.Generator[oracle.Program], programs, seed, workers int, out string) int {
	table, err := fuzz.Run(ctx, fuzz.Config{
		Programs: programs,
		Draw:     func(i int) oracle.Program { return drawn.Example(seed + i) },
		Workers:  workers,
		Progress: os.Stderr,
		Found: func(d fuzz.Disagreement) error {
			fmt.Fprintf(os.Stderr, "program %d, seed %d: %s; see %s\n", d.Index, seed+d.Index, d.Outcome, out)
			return d.Save(out)
		},
	})
	if table != nil {
		fmt.Printf("seed %d\n%s", seed, table)
	}
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "agree: %v\n", err)
		return 3
	case table.Disagreements() > 0:
		return 1
	}
	return 0
}
