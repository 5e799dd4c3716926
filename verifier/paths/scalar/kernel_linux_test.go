package scalar_test

import (
	"bytes"
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
)

var (
	programs = flag.Int("programs", 200, "how many drawn programs to ask the kernels about")
	seed     = flag.Uint64("seed", 1, "of the first program")
)

// TestGuest asks Linux 6.12, whose states must be ours: every register that the log shows after every
// instruction, and all registers wherever the walk goes on.
func TestGuest(t *testing.T) {
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
	defer g.Close()
	var seen comparison
	const batch = 50
	for first := 0; first < *programs; first += batch {
		var questions []guest.Question
		for i := first; i < min(first+batch, *programs); i++ {
			questions = append(questions, guest.Question{Program: question(draw(*seed+uint64(i), true)), LogLevel: oracle.LogAll})
		}
		answers, err := g.Ask(t.Context(), questions)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range answers {
			insns := questions[i].Program.Instructions
			if a.Plain.Opinion != oracle.Loads {
				t.Fatalf("seed %d: the guest %s: %s\n%s", *seed+uint64(first+i), a.Plain.Opinion, a.Plain.Err, tail(a.Plain.Log))
			}
			if err := seen.follow(insns, a.Plain.Log); err != nil {
				t.Fatalf("seed %d: %v\n%s", *seed+uint64(first+i), err, tail(a.Plain.Log))
			}
		}
	}
	t.Logf("%+v", seen)
}

func question(insns []asm.Instruction) *oracle.Program {
	return &oracle.Program{Program: verifier.Program{Type: "socket_filter", Instructions: insns}}
}

func tail(log []byte) []byte { return log[max(0, len(log)-2000):] }

// comparison counts what was compared.
type comparison struct {
	Programs, Visits, Registers, Scalars int
	Decided, Undecided, Forks, Pruned    int
}

var (
	fromLine = regexp.MustCompile(`^from (\d+) to (\d+): (.*)$`)
	slotLine = regexp.MustCompile(`^(\d+): (.*)$`)
	shown    = regexp.MustCompile(`\bR(\d+)(?:_[rwD]+)?=P?(scalar\((?:[^()]|\([^()]*\))*\)|\S+)`)
	link     = regexp.MustCompile(`id=\d+(?:[+-]\d+)?,?`)
)

// follow walks a program as the log says, and compares.
func (c *comparison) follow(insns []asm.Instruction, log []byte) error {
	c.Programs++
	ids := 0
	start := new(state)
	now := start
	var later []*state
	for _, line := range strings.Split(string(log), "\n") {
		if m := fromLine.FindStringSubmatch(line); m != nil {
			if now != nil {
				return fmt.Errorf("%q, and the walk is not at an end: we are at slot %d", line, now.slot)
			}
			if len(later) == 0 {
				return fmt.Errorf("%q, and no state is left", line)
			}
			now, later = later[len(later)-1], later[:len(later)-1]
			if to, _ := strconv.Atoi(m[2]); to != now.slot {
				return fmt.Errorf("%q, and we go on at slot %d", line, now.slot)
			}
			if m[3] == "safe" {
				now = nil
				c.Pruned++
			} else if err := c.compare(line, m[3], now); err != nil {
				return err
			}
			continue
		}
		m := slotLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if m[2] == "safe" {
			now = nil
			c.Pruned++
			continue
		}
		text, registers, _ := strings.Cut(m[2], ";")
		if strings.HasPrefix(m[2], "R") { // a state alone
			registers = m[2]
		} else {
			if at, _ := strconv.Atoi(m[1]); now == nil || at != now.slot {
				return fmt.Errorf("%q, and we are elsewhere: %+v", line, now)
			}
			c.Visits++
			ins, next := insns[now.slot], asm.Instruction(0)
			if ins.Opcode() == asm.Exit {
				now = nil
				continue
			} else if ins.IsWide() {
				next = insns[now.slot+1]
			}
			other := now.step(ins, next, &ids)
			isJump := ins.Opcode().Class() == asm.ClassJMP || ins.Opcode().Class() == asm.ClassJMP32
			switch {
			case other != nil && isJump:
				c.Undecided++
			case other != nil:
				c.Forks++
			case isJump:
				c.Decided++
			}
			if other != nil {
				later = append(later, other)
			}
			_ = text
		}
		if now != nil {
			if err := c.compare(line, registers, now); err != nil {
				return err
			}
		}
	}
	if now != nil || len(later) > 0 {
		return fmt.Errorf("the log ends, and we are at %+v and have %d states left", now, len(later))
	}
	return nil
}

// compare compares the registers that a line shows.
func (c *comparison) compare(line, registers string, now *state) error {
	for _, m := range shown.FindAllStringSubmatch(registers, -1) {
		r, _ := strconv.Atoi(m[1])
		if r >= 10 || !now.places[r].number {
			continue
		}
		c.Registers++
		text := link.ReplaceAllString(m[2], "")
		if strings.HasPrefix(text, "scalar") {
			c.Scalars++
		}
		if ours := now.places[r].String(); ours != text {
			return fmt.Errorf("r%d is %s to us: %s", r, ours, bytes.TrimSpace([]byte(line)))
		}
	}
	return nil
}
