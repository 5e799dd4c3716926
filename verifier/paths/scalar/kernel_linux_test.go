package scalar_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/paths/scalar"
)

var (
	programs = flag.Int("programs", 200, "how many drawn programs to ask the kernels about")
	seed     = flag.Uint64("seed", 1, "of the first program")
	update   = flag.Bool("update", false, "write testdata/linux-6.12.txt anew, from what the guest shows")
)

func newGuest(t *testing.T) *guest.Guest {
	t.Helper()
	kerneltest.Need(t)
	kernel, err := guest.Cached(t.Context())
	if err != nil {
		if os.Getenv("CI") == "true" { // .ci/run has built it
			t.Fatal(err)
		}
		t.Skipf("no kernel for the guest, which fuzz/kernel/build.sh builds: %v", err)
	}
	g, err := guest.New(t.Context(), kernel)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// TestKernelStates asks Linux 6.12, whose states must be ours: every register that the log shows after every
// instruction, and all registers wherever the walk goes on.
func TestKernelStates(t *testing.T) {
	g := newGuest(t)
	var golden *collection
	if *update {
		golden = new(collection)
	}
	c := comparison{collect: golden}
	const batch = 50
	for first := 0; first < *programs; first += batch {
		var questions []guest.Question
		for i := first; i < min(first+batch, *programs); i++ {
			p := question("socket_filter", draw(*seed+uint64(i), true))
			questions = append(questions, guest.Question{Program: p, LogLevel: oracle.LogAll})
		}
		answers, err := g.Ask(t.Context(), questions)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range answers {
			if a.Plain.Opinion != oracle.Loads {
				t.Fatalf("seed %d: the guest %s: %s\n%s", *seed+uint64(first+i), a.Plain.Opinion, a.Plain.Err, tail(a.Plain.Log))
			}
			if err := c.follow(questions[i].Program.Instructions, a.Plain.Log); err != nil {
				t.Fatalf("seed %d: %v\n%s", *seed+uint64(first+i), err, tail(a.Plain.Log))
			}
		}
	}
	t.Logf("%+v", c.counts)
	c.counts.check(t)
	if *update {
		if err := golden.write(goldenFile); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNewerKernel asks the running kernel, which has learnt something since 6.12: bounds learn more from each
// other (kernel/bpf/verifier.c:__reg_deduce_bounds), sums that wrap around as a whole keep their bounds,
// negation and byte swaps are computed. It may know more than we do, and never less, but for
// products, whose bounds come by other rules since 6.14 and whose bits do since 6.18. So
// what we know without it would be a branch that we do not visit and 6.12 does, most likely.
func TestNewerKernel(t *testing.T) {
	if release := kerneltest.Need(t); release == 6012 {
		t.Skip("kernel 6.12: TestKernelStates compares with that one")
	}
	o, err := oracle.New()
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	c := comparison{newer: true}
	for i := range *programs {
		insns := draw(*seed+uint64(i), false)
		a := o.Ask(question("socket_filter", insns))
		if a.Opinion != oracle.Loads {
			t.Fatalf("seed %d: the kernel %s: %v\n%s", *seed+uint64(i), a.Opinion, a.Err, tail(a.Log))
		}
		if err := c.follow(insns, a.Log); err != nil {
			t.Fatalf("seed %d: %v\n%s", *seed+uint64(i), err, tail(a.Log))
		}
	}
	t.Logf("%+v", c.counts)
}

// TestKernelReturns compares [scalar.Range] with what calls return in the guest.
func TestKernelReturns(t *testing.T) {
	g := newGuest(t)
	for _, tt := range []struct {
		name, reason string
		size         []asm.Instruction // puts it into r2
		max          int64
	}{
		{"1", "the smallest", []asm.Instruction{asm.New(opMovK, asm.R2, 0, 0, 1)}, 1},
		{"512", "a whole frame", []asm.Instruction{asm.New(opMovK, asm.R2, 0, 0, 512)}, 512},
		{"up to 63", "the greatest of a range counts", []asm.Instruction{
			asm.New(asm.Call, 0, 0, 0, 7), // bpf_get_prandom_u32
			asm.New(alu64|asm.ALUMov|8, asm.R2, asm.R0, 0, 0),
			asm.New(alu64|asm.ALUAnd, asm.R2, 0, 0, 63)}, 63},
	} {
		insns := append(tt.size,
			asm.New(alu64|asm.ALUMov|8, asm.R1, asm.R10, 0, 0),
			asm.New(alu64|asm.ALUAdd, asm.R1, 0, 0, -512),
			asm.New(opMovK, asm.R3, 0, 0, 0),
			asm.New(asm.Call, 0, 0, 0, 115), // bpf_probe_read_kernel_str
			asm.New(opMovK, asm.R0, 0, 0, 0),
			asm.New(asm.Exit, 0, 0, 0, 0))
		answers, err := g.Ask(t.Context(), []guest.Question{{Program: question("kprobe", insns), LogLevel: oracle.LogAll}})
		if err != nil {
			t.Fatal(err)
		}
		want := regexp.MustCompile(`R0(_w)?=` + regexp.QuoteMeta(scalar.Range(-4095, tt.max).String()) + `[ \n]`)
		if log := answers[0].Plain.Log; !want.Match(log) {
			t.Errorf("%s (%s): no %s in\n%s", tt.name, tt.reason, want, log)
		}
	}
}

func question(kind string, insns []asm.Instruction) *oracle.Program {
	return &oracle.Program{Program: verifier.Program{Type: kind, Instructions: insns}}
}

func tail(log []byte) []byte { return log[max(0, len(log)-2000):] }

// comparison walks as logs say.
type comparison struct {
	newer   bool // the kernel may know more
	collect *collection
	counts
}

// counts is what was compared.
type counts struct {
	Programs, Visits, Registers, Scalars int
	Decided, Undecided, Forks, Pruned    int
	Contradictions                       int // in dead branches

	More  int // states and branches of which a newer kernel knows more
	Fewer int // products of which it does not know as much
}

// check fails if something was not tested.
func (c *counts) check(t *testing.T) {
	for what, n := range map[string]int{
		"scalars": c.Scalars / 10000, "branches decided": c.Decided / 100, "branches undecided": c.Undecided / 100,
		"forks": c.Forks / 10, "contradictions": c.Contradictions,
	} {
		if n == 0 {
			t.Errorf("too few %s: %+v", what, *c)
		}
	}
}

var (
	fromLine = regexp.MustCompile(`^from (\d+) to (\d+): (.*)$`)
	slotLine = regexp.MustCompile(`^(\d+): (.*)$`)
	// A register: its number, and what it holds but for the mark of precision. Before 6.18 there
	// are marks of liveness: "R2_w".
	shown = regexp.MustCompile(`\bR(\d+)(?:_[rwD]+)?=P?(scalar\((?:[^()]|\([^()]*\))*\)|\S+)`)
	link  = regexp.MustCompile(`id=\d+(?:[+-]\d+)?,?`)
)

// follow walks a program as the log says, and compares.
func (c *comparison) follow(insns []asm.Instruction, log []byte) error {
	c.Programs++
	w := &walk{comparison: c, insns: insns, now: new(state)}
	for _, line := range strings.Split(string(log), "\n") {
		if err := w.line(line); err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
	}
	if !c.newer && (w.now != nil || len(w.later) > 0) {
		return fmt.Errorf("the log ends, and we are at %+v and have %d states left", w.now, len(w.later))
	}
	return nil
}

// walk is where we are in a program.
type walk struct {
	*comparison
	insns []asm.Instruction
	ids   int
	now   *state // nil: at an end
	later []*state
	last  struct {
		slot   int
		forked bool
	}
}

func (w *walk) line(line string) error {
	if m := fromLine.FindStringSubmatch(line); m != nil {
		w.last.slot, _ = strconv.Atoi(m[1])
		to, _ := strconv.Atoi(m[2])
		return w.resume(to, m[3])
	}
	m := slotLine.FindStringSubmatch(line)
	switch {
	case strings.HasPrefix(line, "REG INVARIANTS VIOLATION"):
		w.Contradictions++
		return nil
	case m == nil: // what precision depends on, and numbers at the end
		return nil
	case m[2] == "safe":
		w.now = nil
		w.Pruned++
		return nil
	}
	text, registers, _ := strings.Cut(m[2], ";")
	if strings.HasPrefix(m[2], "R") { // a state alone
		text, registers = "", m[2]
	}
	if text != "" {
		at, _ := strconv.Atoi(m[1])
		if err := w.visit(at, strings.TrimSpace(text)); err != nil {
			return err
		}
	}
	if w.now == nil {
		return nil
	}
	return w.compare(registers)
}

// resume goes on in the state that was left last.
func (w *walk) resume(to int, registers string) error {
	if w.now != nil {
		return fmt.Errorf("the walk is not at an end: we are at slot %d", w.now.slot)
	}
	for len(w.later) > 0 && w.now == nil {
		w.now, w.later = w.later[len(w.later)-1], w.later[:len(w.later)-1]
		if w.newer && w.now.slot != to { // a branch that it has decided
			w.now = nil
			w.More++
		}
	}
	if w.now == nil || w.now.slot != to {
		return fmt.Errorf("we go on at %+v", w.now)
	}
	w.last.forked = w.last.slot == to
	if registers == "safe" {
		w.now = nil
		w.Pruned++
		return nil
	}
	return w.compare(registers)
}

// visit executes the instruction at a slot.
func (w *walk) visit(at int, text string) error {
	if top := len(w.later) - 1; w.newer && w.now != nil && top >= 0 && at != w.now.slot && at == w.later[top].slot {
		w.now, w.later = w.later[top], w.later[:top] // a branch that it has decided
		w.More++
	}
	if w.now == nil || at != w.now.slot {
		return fmt.Errorf("we are elsewhere: %+v", w.now)
	}
	w.Visits++
	ins, next := w.insns[at], asm.Instruction(0)
	if ins.Opcode() == asm.Exit {
		w.now = nil
		return nil
	} else if ins.IsWide() {
		next = w.insns[at+1]
	}
	before := *w.now
	other := w.now.step(ins, next, &w.ids)
	isJump := ins.Opcode().Class() == asm.ClassJMP || ins.Opcode().Class() == asm.ClassJMP32
	w.last.slot, w.last.forked = at, other != nil && !isJump
	switch {
	case w.last.forked:
		w.Forks++
	case other != nil:
		w.Undecided++
	case isJump:
		w.Decided++
	}
	if other != nil {
		w.later = append(w.later, other)
	}
	if w.collect != nil {
		w.collect.add(w.Programs, ins, text, &before, w.now, other)
	}
	return nil
}

// compare compares the registers that a line shows.
func (w *walk) compare(registers string) error {
	for _, m := range shown.FindAllStringSubmatch(registers, -1) {
		r, _ := strconv.Atoi(m[1])
		if r >= 10 || !w.now.places[r].number {
			continue
		}
		w.Registers++
		text := link.ReplaceAllString(m[2], "")
		if strings.HasPrefix(text, "scalar") {
			w.Scalars++
		}
		ours := &w.now.places[r].Value
		if ours.String() == text {
			continue
		}
		theirs, err := parse(text)
		if err != nil {
			return err
		}
		op := w.insns[w.last.slot].Opcode()
		isProduct := (op.Class() == asm.ClassALU || op.Class() == asm.ClassALU64) && op.Code() == asm.ALUMul
		switch {
		case !w.newer:
			return fmt.Errorf("r%d is %s to us", r, ours)
		case theirs.Within(*ours):
			w.More++
		case isProduct, w.last.forked: // which not every kernel does
			w.Fewer++
		default:
			return fmt.Errorf("r%d is %s to us, of which this kernel does not know all", r, ours)
		}
		*ours = theirs
	}
	return nil
}
