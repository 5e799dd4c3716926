//go:build linux

// Agree asks the running kernel about many drawn programs, and compares what it
// says with the verdicts.
//
//	go run ./fuzz/agree -programs 1000000 -seed 1 -out /tmp/disagreements
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

	"github.com/statecheck/statecheck/fuzz"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

func main() {
	programs := flag.Int("programs", 100_000, "how many `programs` to draw")
	seed := flag.Int("seed", 1, "`seed` of the first; program i has seed+i")
	workers := flag.Int("workers", runtime.NumCPU(), "how many ask at once")
	out := flag.String("out", "disagreements", "`folder` for the programs that disagree")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, *programs, *seed, *workers, *out))
}

func run(ctx context.Context, programs, seed, workers int, out string) int {
	drawn := generate.Program()
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
