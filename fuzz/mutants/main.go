// Mutants changes our own code in small ways, one at a time, and runs the tests on
// each: a mutant that no test notices is either a test that is missing, code that
// is not needed, or equivalent, which equivalent.go then explains.
//
//	go run ./fuzz/mutants [-sample N] [-seed S] [-run REGEXP] [-j N] [FILE...]
//
// It runs in the root of the repository, which it does not change. The exit status
// is 1 if a mutant survives that is not explained. docs/mutants.md has the last
// result.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
)

// code is what is mutated: form, reachability, pointers, profiles, the inventory;
// the judgement of single slots; the object reader.
var code = []string{
	"verifier/form.go", "verifier/check.go", "verifier/paths.go", "verifier/pointers.go", "verifier/profile.go",
	"verifier/inventory.go", "asm/check.go", "asm/decode.go", "asm/forms.go", "asm/object/*.go",
}

func main() {
	sample := flag.Int("sample", 0, "test only about `n` mutants, of each file in proportion; 0: all")
	seed := flag.Int("seed", 1, "which ones")
	pattern := flag.String("run", "", "test only the mutants whose line in the listing matches the `regexp`")
	workers := flag.Int("j", runtime.NumCPU(), "how many at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := mutate(ctx, flag.Args(), *pattern, *sample, *seed, *workers)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func mutate(ctx context.Context, files []string, pattern string, sample, seed, workers int) (ok bool, err error) {
	root, err := os.Getwd()
	if err != nil {
		return false, err
	}
	all, err := collect(code)
	if err != nil {
		return false, err
	}
	if err := checkEquivalents(all); err != nil {
		return false, err
	}
	if len(files) > 0 {
		if all, err = collect(files); err != nil {
			return false, err
		}
	}
	listed, err := regexp.Compile(pattern)
	if err != nil {
		return false, err
	}
	mutants := slices.DeleteFunc(draw(all, sample, seed), func(m mutant) bool { return !listed.MatchString(m.String()) })
	for _, pkg := range packages {
		if out, err := test(ctx, root, pkg); err != nil {
			return false, fmt.Errorf("without a mutant the tests must pass: %w\n%s", err, out)
		}
	}
	outcomes, err := runAll(ctx, root, mutants, workers)
	if err != nil {
		return false, err
	}
	return report(mutants, outcomes), nil
}

// collect returns the mutants of the files, sorted by file.
func collect(patterns []string) ([]mutant, error) {
	var all []mutant
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("no file %s: run this in the root of the repository", pattern)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			mutants, err := mutantsOf(file, source)
			if err != nil {
				return nil, err
			}
			all = append(all, mutants...)
		}
	}
	return all, nil
}

// draw takes a share of the mutants of each file. Which ones depends on what they
// change and not on what stands around it.
func draw(all []mutant, sample, seed int) []mutant {
	if sample == 0 || sample >= len(all) {
		return all
	}
	rank := func(m mutant) uint64 {
		h := fnv.New64a()
		fmt.Fprint(h, seed, m.key())
		return h.Sum64()
	}
	var drawn []mutant
	for rest := all; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(m mutant) bool { return m.file != rest[0].file })
		if n < 0 {
			n = len(rest)
		}
		ofFile := slices.SortedFunc(slices.Values(rest[:n]), func(a, b mutant) int {
			if rank(a) < rank(b) {
				return -1
			}
			return 1
		})
		drawn = append(drawn, ofFile[:(n*sample+len(all)-1)/len(all)]...)
		rest = rest[n:]
	}
	return drawn
}

// checkEquivalents wants a reason for each of the equivalents, and a mutant that it
// is about.
func checkEquivalents(all []mutant) error {
	known := make(map[equivalent]bool)
	for _, m := range all {
		known[m.key()] = true
	}
	var wrong []error
	for _, e := range equivalents {
		reason := e.reason
		e.reason = ""
		if reason == "" || !known[e] {
			wrong = append(wrong, fmt.Errorf("equivalent.go: there is no such mutant, or no reason: %s %s: `%s`: %s", e.file, e.function, e.line, e.change))
		}
	}
	return errors.Join(wrong...)
}

// runAll runs the mutants that are not explained, and tells of each as it goes.
func runAll(ctx context.Context, root string, mutants []mutant, workers int) ([]outcome, error) {
	reasons := make(map[equivalent]string)
	for _, e := range equivalents {
		reason := e.reason
		e.reason = ""
		reasons[e] = reason
	}
	outcomes := make([]outcome, len(mutants))
	work := make(chan int)
	failed := make(chan error, workers)
	var done sync.WaitGroup
	for range workers {
		done.Go(func() {
			dir, err := os.MkdirTemp("", "mutant")
			if err != nil {
				failed <- err
				return
			}
			defer os.RemoveAll(dir)
			for i := range work {
				by := ""
				if reasons[mutants[i].key()] != "" {
					outcomes[i] = explained
				} else if outcomes[i], by, err = run(ctx, root, dir, mutants[i]); err != nil {
					failed <- err
					return
				}
				fmt.Fprintf(os.Stderr, "%d/%d %s: %v %s\n", i+1, len(mutants), mutants[i], outcomes[i], by)
			}
		})
	}
	var err error
feed:
	for i := range mutants {
		select {
		case work <- i:
		case err = <-failed:
			break feed
		}
	}
	close(work)
	done.Wait()
	return outcomes, err
}

func (o outcome) String() string {
	return [...]string{"survived", "killed", "equivalent", "does not compile"}[o]
}

// report prints the survivors and the table, and returns whether there are none.
func report(mutants []mutant, outcomes []outcome) bool {
	type row [broken + 1]int
	rows := make(map[string]*row)
	var files []string
	var total row
	for i, m := range mutants {
		if rows[m.file] == nil {
			rows[m.file] = new(row)
			files = append(files, m.file)
		}
		rows[m.file][outcomes[i]]++
		total[outcomes[i]]++
		if outcomes[i] == survived {
			fmt.Println(m)
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	fmt.Fprintln(w, "file\tmutants\tkilled\tsurvived\tequivalent\t")
	line := func(name string, r row) {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", name, r[killed]+r[survived]+r[explained], r[killed], r[survived], r[explained])
	}
	for _, file := range files {
		line(file, *rows[file])
	}
	line("total", total)
	w.Flush()
	fmt.Printf("%.1f %% of those that are not equivalent are killed\n", 100*float64(total[killed])/float64(max(1, total[killed]+total[survived])))
	return total[survived] == 0
}
