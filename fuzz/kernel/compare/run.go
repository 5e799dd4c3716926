//go:build linux

package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/statecheck/statecheck/fuzz"
	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// comparison says what a run does.
type comparison struct {
	Kernel    string             // file
	Guests    int                // how many run at once
	Programs  int                // how many
	Draw      func(int) subject  // program i
	Precision verifier.Precision // what is compared
	Found     func(subject, result)
	Each      func(subject, result) // nil, or called for every program in their order; then there is one guest
}

// table counts what came of a run.
type table struct {
	programs, slots int
	accepted        int // by the guest
	enforced        int // of these, with the flag too
	running         int // accepted by the running kernel
	outcomes        [fuzz.KernelBug + 1]int
	paths           *fuzz.PathsTable  // nil at precision cfg
	partings        map[string]int    // by how the kernels part
	examples        map[string]string // a program for each
	deaths          int
	boot, elapsed   time.Duration // boot: until the first answers
}

func (t *table) disagreements() (n int) {
	for o, count := range t.outcomes {
		if fuzz.Outcome(o).Disagrees() {
			n += count
		}
	}
	return n
}

// String is the table, a line each.
func (t *table) String() string {
	var b strings.Builder
	row := func(n int, what string) {
		fmt.Fprintf(&b, "%8d  %6.2f %%  %s\n", n, 100*float64(n)/float64(max(t.programs, 1)), what)
	}
	row(t.programs, fmt.Sprintf("programs, %.1f slots each", float64(t.slots)/float64(max(t.programs, 1))))
	row(t.accepted, "accepted by the guest")
	row(t.enforced, "accepted by the guest with BPF_F_ENFORCE_STATELESS")
	row(t.running, "accepted by the running kernel")
	b.WriteString("verdict and guest:\n")
	for o, n := range t.outcomes {
		row(n, fuzz.Outcome(o).String())
	}
	if t.paths != nil {
		t.paths.Print(&b)
	}
	total := 0
	for _, n := range t.partings {
		total += n
	}
	fmt.Fprintf(&b, "guest and running kernel part on %d programs:\n", total)
	byCount := slices.SortedFunc(maps.Keys(t.partings), func(a, b string) int {
		if n := t.partings[b] - t.partings[a]; n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	for _, parting := range byCount {
		row(t.partings[parting], parting+"; such as "+t.examples[parting])
	}
	fmt.Fprintf(&b, "%d deaths of the guest; %.1f s until the first answer, then %.0f programs a second\n", t.deaths,
		t.boot.Seconds(), float64(t.programs)/max(t.elapsed-t.boot, 1).Seconds())
	return b.String()
}

// batch is how many programs a worker takes at once.
const batch = 128

// run compares all programs. A disagreement is no error.
func (c *comparison) run(ctx context.Context) (*table, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &runner{comparison: c, started: time.Now(), table: table{partings: make(map[string]int), examples: make(map[string]string)}}
	if c.Precision == verifier.PrecisionPaths {
		r.table.paths = new(fuzz.PathsTable)
	}
	guests := max(c.Guests, 1)
	if c.Each != nil {
		guests = 1
	}
	var workers sync.WaitGroup
	for range guests {
		workers.Go(func() {
			if err := r.work(ctx); err != nil {
				cancel(err)
			}
		})
	}
	workers.Wait()
	r.table.elapsed = time.Since(r.started)
	return &r.table, context.Cause(ctx)
}

// runner is what the workers share.
type runner struct {
	*comparison
	started time.Time
	next    atomic.Int64 // first program of the next batch

	mu    sync.Mutex // for what follows, and for Found and Each
	table table
	told  time.Time // last progress
}

// work takes batches until there are none.
func (r *runner) work(ctx context.Context) error {
	g, err := guest.New(ctx, r.Kernel)
	if err != nil {
		return err
	}
	defer g.Close()
	o, err := oracle.New()
	if err != nil {
		return err
	}
	defer o.Close()
	for ctx.Err() == nil {
		first := int(r.next.Add(batch)) - batch
		if first >= r.Programs {
			break
		}
		var subjects []subject
		for i := first; i < min(first+batch, r.Programs); i++ {
			s := r.Draw(i)
			if r.Precision == verifier.PrecisionPaths {
				s.question.LogLevel = oracle.LogAll
			}
			subjects = append(subjects, s)
		}
		answers, err := ask(ctx, g, subjects)
		if err != nil {
			return err
		}
		r.answered()
		for i, s := range subjects {
			if err := r.compare(ctx, g, o, s, answers[i]); err != nil {
				return err
			}
		}
		r.progress()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.table.deaths += g.Deaths
	return nil
}

// ask asks the guest about all subjects, and again about those that have a fallback.
func ask(ctx context.Context, g *guest.Guest, subjects []subject) ([]guest.Answer, error) {
	questions := make([]guest.Question, len(subjects))
	for i, s := range subjects {
		questions[i] = s.question
	}
	answers, err := g.Ask(ctx, questions)
	if err != nil {
		return nil, err
	}
	for i := range subjects {
		s := &subjects[i]
		if !noAnswer(answers[i].Plain.Opinion) || s.fallback == nil {
			continue
		}
		s.question = guest.Question{Program: s.fallback, LogLevel: s.question.LogLevel}
		again, err := g.Ask(ctx, []guest.Question{s.question})
		if err != nil {
			return nil, err
		}
		answers[i] = again[0]
	}
	return answers, nil
}

// compare counts one program.
func (r *runner) compare(ctx context.Context, g *guest.Guest, o *oracle.Oracle, s subject, a guest.Answer) error {
	res := result{guest: a, running: s.askRunning(o)}
	if r.Precision == verifier.PrecisionPaths {
		res.walk = fuzz.Follow(s.program)
		res.report = res.walk.Report
	} else {
		res.report = verifier.Check(s.program, verifier.Options{Profile: verifier.ProfileFlag, Precision: verifier.PrecisionCFG})
	}
	res.outcome = outcome(res.report, a, r.Precision)
	parting, err := part(s.program, a, res.running, func() (guest.Result, error) {
		q := s.question
		q.LogLevel = oracle.LogAll
		again, err := g.Ask(ctx, []guest.Question{q})
		if err != nil {
			return guest.Result{}, err
		}
		return again[0].Plain, nil
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	t := &r.table
	t.programs++
	t.slots += len(s.program.Instructions)
	if t.paths != nil {
		res.follow(s.program, t.paths)
	}
	t.outcomes[res.outcome]++
	count := func(n *int, o oracle.Opinion) {
		if o == oracle.Loads {
			*n++
		}
	}
	count(&t.accepted, a.Plain.Opinion)
	count(&t.enforced, a.Enforced.Opinion)
	count(&t.running, res.running.Opinion)
	if parting != "" {
		t.partings[parting]++
		t.examples[parting] = cmp.Or(t.examples[parting], s.name)
	}
	if r.Each != nil {
		r.Each(s, res)
	}
	if res.outcome.Disagrees() {
		r.Found(s, res)
	}
	return nil
}

// answered notes when the first answers came.
func (r *runner) answered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.table.boot == 0 {
		r.table.boot = time.Since(r.started)
	}
}

// progress says now and then how far the run is.
func (r *runner) progress() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.told) > 10*time.Second {
		r.told = time.Now()
		fmt.Fprintf(os.Stderr, "%d of %d programs, %d disagreements, %.0f a second\n", r.table.programs, r.Programs,
			r.table.disagreements(), float64(r.table.programs)/time.Since(r.started).Seconds())
	}
}
