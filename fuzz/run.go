//go:build linux

package fuzz

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// Config says what a run does.
type Config struct {
	Programs int                      // how many
	Draw     func(int) oracle.Program // program i, the same whenever it is asked
	Workers  int                      // how many oracles ask at once
	Progress io.Writer                // gets a line now and then; nil for none
	// Found, which must be set, gets every disagreement, the first of them minimised unless it is the
	// kernel's bug, in no order of note, and never two at once.
	Found func(Disagreement) error

	// Precision is what is compared; empty for PrecisionCFG.
	Precision verifier.Precision
	// Confirm asks a kernel of the model what the running one says against precision paths:
	// another release visits other slots. Never called twice at once; nil for none.
	Confirm func(*oracle.Program) (oracle.Answer, error)

	// check and, at precision paths, follow are what is tested; nil for verifier.Check and
	// Follow. Tests put broken ones here, to see that the run notices.
	check  func(*verifier.Program) verifier.Report
	follow func(*oracle.Program) Walk
}

// Disagreement is a program on which the verdict and the kernel differ.
type Disagreement struct {
	Index   int // of the program in the run
	Outcome Outcome
	Drawn   oracle.Program // as drawn
	Least   oracle.Program // minimised if Run did so, with the same outcome
	Report  verifier.Report
	Err     error  // the kernel's, for Least; nil if it loads
	Log     []byte // the kernel's, for Least
	BTF     []byte // what Least's func_info refers to
	Missed  []int  // slots of Least that the kernel visits, and precision paths does not
}

// Table counts what came of a run.
type Table struct {
	Programs int
	Loaded   int // accepted by the kernel
	Bugs     int // on which the kernel's verifier complained of itself
	Slots    int // of all programs
	Outcomes [numOutcomes]int
	Uses     [numUses]int // programs that load and in which the walk visited such a use
	Elapsed  time.Duration
	// Rates are those of sampled batches: the time of loading their programs alone, by
	// the time of the whole way from drawing to comparing.
	Rates []float64
	Paths *PathsTable // nil at precision cfg
}

// use is a kind of thing that the walk visits. The flag refuses all but some of the
// calls and variables.
type use uint8

const (
	useHelper use = iota
	useKfunc
	useMap
	useStore
	useVariable
	numUses
)

// String is the use in the words of the table.
func (u use) String() string {
	return [...]string{"a helper", "a kfunc", "a map", "a store to what others share", "an address in the kernel"}[u]
}

// usesOf are the kinds of use in a program of which the kernel gave this answer: those
// that the flag refuses, and addresses in the kernel, none of which it refuses.
func usesOf(p *oracle.Program, a *oracle.Answer) (has [numUses]bool) {
	for _, u := range a.Uses {
		switch ins := p.Instructions[u.Slot]; {
		case ins.IsHelperCall():
			has[useHelper] = true
		case ins.IsKfuncCall():
			has[useKfunc] = true
		case ins.IsWide():
			has[useMap] = true
		case u.Name == "store":
			has[useStore] = true
		}
	}
	for slot, visited := range a.Visited {
		if ins := p.Instructions[slot]; visited && ins.IsWide() && ins.Src() == asm.PseudoBTFID {
			has[useVariable] = true
		}
	}
	return has
}

// batch is how many programs a worker takes at once. Every sampled-th batch is also
// loaded alone, to measure what the rest costs.
const (
	batch   = 64
	sampled = 16
)

// maxMinimised is how many disagreements of a run are minimised: the first tell what
// is wrong, and each costs as much as hundreds of programs.
const maxMinimised = 20

// Disagreements is how many programs contradict a claim.
func (t *Table) Disagreements() (n int) {
	for o, count := range t.Outcomes {
		if Outcome(o).Disagrees() {
			n += count
		}
	}
	return n
}

// Rate is the median of the rates: a few programs that the kernel takes seconds for do
// not decide it. It is 0 where no batch was sampled.
func (t *Table) Rate() float64 {
	if len(t.Rates) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(t.Rates))[len(t.Rates)/2]
}

// String is the table, a line each.
func (t *Table) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	share := func(n int) string { return fmt.Sprintf("%.2f %%", 100*float64(n)/float64(max(t.Programs, 1))) }
	row := func(n int, name string) { fmt.Fprintf(w, "%d\t%s\t  %s\n", n, share(n), name) }
	fmt.Fprintf(w, "%d\t\t  programs, %.1f slots each\n", t.Programs, float64(t.Slots)/float64(max(t.Programs, 1)))
	row(t.Loaded, "accepted by the kernel")
	for o, n := range t.Outcomes {
		row(n, Outcome(o).String())
	}
	for u, n := range t.Uses {
		row(n, "load, and the kernel visits "+use(u).String())
	}
	row(t.Bugs, "on which the kernel's verifier complains of itself (fuzz/oracle/alarm.go)")
	w.Flush()
	if t.Paths != nil {
		t.Paths.Print(&b)
	}
	fmt.Fprintf(&b, "%.0f programs a second, %.2fx of loading the same programs alone (median of %d batches)\n",
		float64(t.Programs)/t.Elapsed.Seconds(), t.Rate(), len(t.Rates))
	return b.String()
}

func (t *Table) add(o *Table) {
	t.Programs += o.Programs
	t.Loaded += o.Loaded
	t.Bugs += o.Bugs
	t.Slots += o.Slots
	for i, n := range o.Outcomes {
		t.Outcomes[i] += n
	}
	t.Rates = append(t.Rates, o.Rates...)
	if t.Paths != nil {
		t.Paths.Merge(o.Paths)
	}
	for i, n := range o.Uses {
		t.Uses[i] += n
	}
}

// Run asks the kernel about every program, and stops with an error if the context
// ends, the oracle fails or the kernel raises an alarm. The counts of the table are
// the same whenever the programs are.
func Run(ctx context.Context, c Config) (*Table, error) {
	kernelLog, err := oracle.OpenKernelLog()
	if err != nil {
		return nil, err
	}
	defer kernelLog.Close()
	if c.check == nil {
		c.check = func(p *verifier.Program) verifier.Report { return check(oracle.Program{Program: *p}) }
	}
	if c.follow == nil {
		c.follow = func(p *oracle.Program) Walk { return Follow(&p.Program) }
	}
	r := &run{Config: c, kernelLog: kernelLog, started: time.Now()}
	r.table = r.newTable()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers sync.WaitGroup
	for range max(c.Workers, 1) {
		workers.Go(func() {
			if err := r.work(ctx); err != nil {
				cancel(err)
			}
		})
	}
	workers.Wait()
	r.table.Elapsed = time.Since(r.started)
	return &r.table, context.Cause(ctx)
}

// run is what the workers share.
type run struct {
	Config
	next      atomic.Int64 // first program of the next batch
	minimised atomic.Int64
	started   time.Time

	confirming sync.Mutex // for Confirm

	mu        sync.Mutex // for what follows
	kernelLog *oracle.KernelLog
	table     Table
	told      time.Time // last progress
}

// newTable is one in which nothing is counted.
func (r *run) newTable() (t Table) {
	if r.Precision == verifier.PrecisionPaths {
		t.Paths = new(PathsTable)
	}
	return t
}

// work takes batches until there are none.
func (r *run) work(ctx context.Context) error {
	o, err := oracle.New()
	if err != nil {
		return err
	}
	defer o.Close()
	for ctx.Err() == nil {
		first := int(r.next.Add(batch)) - batch
		if first >= r.Programs {
			return nil
		}
		programs := min(batch, r.Programs-first)
		t := r.newTable()
		if first/batch%sampled == 0 {
			err = r.sample(ctx, o, first, programs, &t)
		} else {
			err = r.batch(ctx, o, first, programs, &t)
		}
		if err := cmp.Or(err, r.finish(first, &t)); err != nil {
			return err
		}
	}
	return nil
}

// sample does a batch, and loads its programs alone too. Which comes first alternates,
// so that neither always finds warm caches.
func (r *run) sample(ctx context.Context, o *oracle.Oracle, first, programs int, t *Table) error {
	drawn := make([]oracle.Program, programs)
	for i := range drawn {
		drawn[i] = r.Draw(first + i)
	}
	var asking, loading time.Duration
	loadAll := func() {
		start := time.Now()
		for i := range drawn {
			_ = o.Load(&drawn[i], 0, oracle.LogAll) // whatever comes of it, the time counts
		}
		loading = time.Since(start)
	}
	loadFirst := first/batch/sampled%2 == 0
	if loadFirst {
		loadAll()
	}
	start := time.Now()
	if err := r.batch(ctx, o, first, programs, t); err != nil {
		return err
	}
	asking = time.Since(start)
	if !loadFirst {
		loadAll()
	}
	t.Rates = append(t.Rates, float64(loading)/float64(asking))
	if t.Paths != nil {
		r.race(o, drawn, t.Paths)
	}
	return nil
}

// race times our walk and the kernel's verification, which must not write what it visits for that.
func (r *run) race(o *oracle.Oracle, drawn []oracle.Program, t *PathsTable) {
	for i := range drawn {
		a := o.Load(&drawn[i], 0, oracle.LogMessages)
		kernel, ok := oracle.VerificationTime(a.Log)
		if a.Opinion != oracle.Loads || !ok {
			continue
		}
		start := time.Now()
		verifier.Visits(&drawn[i].Program)
		t.AddTime(time.Since(start), kernel)
	}
}

// batch draws, judges, asks and compares.
func (r *run) batch(ctx context.Context, o *oracle.Oracle, first, programs int, t *Table) error {
	for i := first; i < first+programs && ctx.Err() == nil; i++ {
		p := r.Draw(i)
		v, err := r.ask(o, &p)
		if err != nil {
			return err
		}
		a := &v.answer
		t.Programs++
		t.Slots += len(p.Instructions)
		t.Outcomes[v.outcome]++
		if a.Opinion == oracle.Loads {
			t.Loaded++
			for u, has := range usesOf(&p, a) {
				if has {
					t.Uses[u]++
				}
			}
			if t.Paths != nil {
				t.Paths.Add(&p.Program, v.Walk, a.Visited, len(a.Uses) > 0)
			}
		}
		if _, found := oracle.Complaint(a.Log); found {
			t.Bugs++
		}
		if v.outcome.Disagrees() {
			if err := r.disagree(ctx, o, i, v.outcome, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// view is what both sides say of a program.
type view struct {
	Walk                    // the report alone at precision cfg
	answer    oracle.Answer // the running kernel's
	confirmed oracle.Answer // that on which the outcome rests
	outcome   Outcome
}

// ask compares verdict and kernel on a program.
func (r *run) ask(o *oracle.Oracle, p *oracle.Program) (v view, err error) {
	v.answer = o.Ask(p)
	v.confirmed = v.answer
	if r.Precision != verifier.PrecisionPaths {
		v.Report = r.check(&p.Program)
		v.outcome = Compare(v.Report, v.answer)
		return v, nil
	}
	v.Walk = r.follow(p)
	v.outcome = ComparePaths(v.Walk, v.answer)
	if r.Confirm == nil || v.outcome < MissedState || v.outcome > MissedVisit {
		return v, nil
	}
	r.confirming.Lock()
	v.confirmed, err = r.Confirm(p)
	r.confirming.Unlock()
	switch v.outcome = ComparePaths(v.Walk, v.confirmed); {
	case v.outcome.Disagrees(), v.outcome == NoOpinion, v.outcome == NotAsked:
	default:
		v.outcome = Newer
	}
	return v, err
}

// disagree minimises a disagreement and hands it on.
func (r *run) disagree(ctx context.Context, o *oracle.Oracle, index int, outcome Outcome, p oracle.Program) error {
	least := p
	var failed error
	if outcome != KernelBug && r.minimised.Add(1) <= maxMinimised { // a kernel's bug is not to be asked for again and again
		least = Minimise(ctx, p, func(p oracle.Program) bool {
			got, err := r.ask(o, &p)
			failed = cmp.Or(failed, err)
			return failed == nil && got.outcome == outcome
		})
	}
	v, err := r.ask(o, &least)
	if err := cmp.Or(failed, err); err != nil {
		return err
	}
	d := Disagreement{
		Index: index, Outcome: outcome, Drawn: p, Least: least, Report: v.Report,
		Err: v.confirmed.Err, Log: slices.Clone(v.confirmed.Log), BTF: o.BTF(),
	}
	if outcome == MissedVisit {
		d.Missed = Missed(v.Visited, v.confirmed.Visited)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.Found(d); err != nil || outcome != KernelBug {
		return err
	}
	return fmt.Errorf("program %d: %s", index, outcome)
}

// finish adds a batch to the table, and looks at the kernel's log.
func (r *run) finish(first int, t *Table) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.table.add(t)
	alarm, found, err := r.kernelLog.Alarm()
	if found {
		err = errors.New("the kernel's log: " + alarm)
	}
	if err != nil {
		return fmt.Errorf("at or after program %d: %w", first, err)
	}
	if r.Progress != nil && time.Since(r.told) > 5*time.Second {
		r.told = time.Now()
		fmt.Fprintf(r.Progress, "%d of %d programs, %.0f %% accepted, %d disagreements, %.0f a second\n",
			r.table.Programs, r.Programs, 100*float64(r.table.Loaded)/float64(cmp.Or(r.table.Programs, 1)),
			r.table.Disagreements(), float64(r.table.Programs)/time.Since(r.started).Seconds())
	}
	return nil
}
