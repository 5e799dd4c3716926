package fuzz

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// Walk is what precision paths says of a program.
type Walk struct {
	Report  verifier.Report
	Visited []bool // by slot
	// Finished is false where the walk came to no end, or to what it does not model. Then
	// it visits everything.
	Finished bool
}

// Follow judges a program at precision paths.
func Follow(p *verifier.Program) Walk {
	w := Walk{Report: verifier.Check(p, verifier.Options{Profile: verifier.ProfileFlag, Precision: verifier.PrecisionPaths})}
	if w.Visited, w.Finished = verifier.Visits(p); !w.Finished {
		w.Visited = slices.Repeat([]bool{true}, len(p.Instructions))
	}
	return w
}

// ComparePaths holds precision paths, under the profile flag, against the kernel's answer. Of
// a program that does not load, nothing is claimed of what the walk visits.
func ComparePaths(w Walk, a oracle.Answer) Outcome {
	o := compare(w.Report, a, a.Opinion == oracle.Loads)
	if a.Opinion == oracle.Loads && !o.Disagrees() && len(Missed(w.Visited, a.Visited)) > 0 {
		return MissedVisit
	}
	return o
}

// Missed are the slots that the other walk visits and this one does not.
func Missed(visited, other []bool) (slots []int) {
	for slot, there := range other {
		if there && !visited[slot] {
			slots = append(slots, slot)
		}
	}
	return slots
}

// PathsTable counts what precision paths makes of the programs that a kernel loads.
type PathsTable struct {
	loaded      int
	dead        int // programs with slots that the kernel does not visit
	changed     int // stateful at precision cfg, and not by what the kernel visits
	sameVerdict int
	unfinished  int
	visits      [2]struct{ programs, same int } // the second of programs that are open-ended
	theirs      int                             // slots that only the kernel visits
	ours        int                             // slots that only we visit
	times       []float64                       // of our walk, by the kernel's
}

// Add counts a program that a kernel loads, in which it visits these slots, and to which it
// is stateful or not.
func (t *PathsTable) Add(p *verifier.Program, w Walk, visited []bool, stateful bool) {
	count := func(n *int, is bool) {
		if is {
			*n++
		}
	}
	cfg := verifier.Check(p, verifier.Options{Profile: verifier.ProfileFlag, Precision: verifier.PrecisionCFG, VerdictOnly: true})
	firsts := firstSlots(p)
	theirs, ours := len(Missed(w.Visited, visited)), 0
	for _, slot := range Missed(visited, w.Visited) {
		count(&ours, firsts[slot])
	}
	t.loaded++
	t.theirs += theirs
	t.ours += ours
	count(&t.dead, len(Missed(visited, firsts)) > 0)
	count(&t.changed, cfg.Verdict == verifier.Stateful && !stateful)
	count(&t.sameVerdict, (w.Report.Verdict == verifier.Stateful) == stateful)
	count(&t.unfinished, !w.Finished)
	v := &t.visits[0]
	if isOpenEnded(p) {
		v = &t.visits[1]
	}
	v.programs++
	count(&v.same, theirs+ours == 0)
}

// firstSlots are the slots that an instruction begins with.
func firstSlots(p *verifier.Program) []bool {
	firsts := make([]bool, len(p.Instructions))
	for slot := 0; slot < len(firsts); slot++ {
		firsts[slot] = true
		if p.Instructions[slot].IsWide() {
			slot++
		}
	}
	return firsts
}

// isOpenEnded reports whether a program has loops that the kernel walks until nothing new
// comes of them: open-coded iterators and may_goto.
func isOpenEnded(p *verifier.Program) bool {
	return slices.ContainsFunc(p.Instructions, func(ins asm.Instruction) bool { return ins.Opcode() == asm.MayGoto }) ||
		slices.ContainsFunc(p.References, func(r verifier.Reference) bool {
			return r.Kind == verifier.RefKfunc && strings.HasPrefix(r.Name, "bpf_iter_") && strings.HasSuffix(r.Name, "_next")
		})
}

// AddTime counts how long our walk and the kernel's verification of the same program took.
func (t *PathsTable) AddTime(ours, kernel time.Duration) {
	t.times = append(t.times, ours.Seconds()/max(kernel, time.Microsecond).Seconds()) // the kernel counts microseconds
}

// Merge adds another table.
func (t *PathsTable) Merge(o *PathsTable) {
	t.loaded += o.loaded
	t.dead += o.dead
	t.changed += o.changed
	t.sameVerdict += o.sameVerdict
	t.unfinished += o.unfinished
	t.theirs += o.theirs
	t.ours += o.ours
	for i := range t.visits {
		t.visits[i].programs += o.visits[i].programs
		t.visits[i].same += o.visits[i].same
	}
	t.times = append(t.times, o.times...)
}

// Print writes the table, a line each.
func (t *PathsTable) Print(w io.Writer) {
	row := func(n, of int, what string) {
		fmt.Fprintf(w, "%8d  %7.3f %%  %s\n", n, 100*float64(n)/float64(cmp.Or(of, 1)), what)
	}
	fmt.Fprintf(w, "at precision paths, of %d programs that load:\n", t.loaded)
	row(t.dead, t.loaded, "have code that the kernel does not visit")
	row(t.changed, t.loaded, "are stateful at precision cfg, and not by what the kernel visits")
	row(t.sameVerdict, t.loaded, "have the same verdict")
	row(t.visits[0].same, t.visits[0].programs, fmt.Sprintf("of %d without iterators and may_goto have the same visited slots", t.visits[0].programs))
	row(t.visits[1].same, t.visits[1].programs, fmt.Sprintf("of %d with iterators or may_goto have the same visited slots", t.visits[1].programs))
	row(t.unfinished, t.loaded, "have a walk that came to no end (not modelled, or too long)")
	fmt.Fprintf(w, "%8d             slots that only the kernel visits\n%8d             slots that only we visit\n", t.theirs, t.ours)
	if len(t.times) > 0 {
		slices.Sort(t.times)
		at := func(share float64) float64 { return t.times[int(share*float64(len(t.times)-1))] }
		fmt.Fprintf(w, "our walk takes %.2f of the time of the kernel's verification (median of %d; 0.9 of them at most %.2f)\n",
			at(0.5), len(t.times), at(0.9))
	}
}
