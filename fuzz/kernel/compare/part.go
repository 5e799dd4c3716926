//go:build linux

package main

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// part says how the guest and the running kernel differ on a program, and at which
// operation; nothing where they agree or one has no opinion. ask asks the guest for a log
// of all visits.
func part(p *verifier.Program, a guest.Answer, running oracle.Answer, ask func() (guest.Result, error)) (string, error) {
	if noAnswer(running.Opinion) || noAnswer(a.Plain.Opinion) {
		return "", nil
	}
	slot, refused := refusedState(a.Enforced)
	extraHere := a.Enforced.Opinion == oracle.Loads && len(running.Uses) > 0
	extraThere := refused && !slices.ContainsFunc(running.Uses, func(u oracle.Use) bool { return u.Slot == slot })
	if running.Opinion == a.Plain.Opinion && (running.Opinion == oracle.Refuses || !extraHere && !extraThere) {
		return "", nil
	}
	again, err := ask()
	if err != nil {
		return "", err
	}
	_, there := oracle.Judge(p, again.Log)
	after := " that the other does not visit, after " + firstParting(p, there, running.Visited)
	refusal := func(log []byte, other []bool, message string) string {
		slot := lastVisit(log)
		if slot >= 0 && slot < len(other) && !other[slot] {
			return "refuses code" + after
		}
		return "refuses at " + operation(p, slot) + ": " + message
	}
	switch {
	case a.Plain.Opinion == oracle.Refuses:
		return "the guest " + refusal(again.Log, running.Visited, complaint(a.Plain.Log)), nil
	case running.Opinion == oracle.Refuses:
		return "the running kernel " + refusal(running.Log, there, complaint(running.Log)), nil
	case extraThere:
		return "the guest visits a use" + after, nil
	}
	return "the running kernel visits a use" + after, nil
}

// lastVisit is the slot at which a walk ended, -1 if there was none.
func lastVisit(log []byte) int {
	slot := -1
	for v := range oracle.Visits(log) {
		slot = v.Slot
	}
	return slot
}

// firstParting names the first jump or call that both walks visit and from which only one of them
// goes on to some slot.
func firstParting(p *verifier.Program, a, b []bool) string {
	for slot, ins := range p.Instructions {
		if !a[slot] || !b[slot] {
			continue
		}
		var next []int
		switch op := ins.Opcode(); {
		case op == asm.Call && ins.Src() == asm.PseudoCall, op == asm.GotoL:
			next = []int{slot + 1, slot + 1 + int(ins.Imm())}
		case ins.IsFunctionAddress():
			next = []int{slot + 1 + int(ins.Imm())}
		case op.Class() == asm.ClassJMP, op.Class() == asm.ClassJMP32:
			next = []int{slot + 1, slot + 1 + int(ins.Off())}
		}
		for _, n := range next {
			if n >= 0 && n < len(a) && a[n] != b[n] {
				return operation(p, slot)
			}
		}
	}
	return "nothing that the logs show"
}

// operation names an instruction, by its callee if it is a call.
func operation(p *verifier.Program, slot int) string {
	if slot < 0 || slot >= len(p.Instructions) {
		return "no instruction"
	}
	ins := p.Instructions[slot]
	if ins.IsHelperCall() {
		if row, known := effect.Helper(ins.Imm()); known {
			return row.Name
		}
	}
	for _, r := range p.References {
		if r.Slot == slot && ins.IsKfuncCall() {
			return r.Name
		}
	}
	return asm.Name(ins)
}

// complaint is the last message of a log, with N for its numbers.
func complaint(log []byte) string {
	var last []byte
	for line := range bytes.Lines(log) {
		line = bytes.TrimSpace(line)
		numbers := slices.ContainsFunc([]string{"processed ", "verification time ", "stack depth "}, func(s string) bool {
			return bytes.HasPrefix(line, []byte(s))
		})
		if !numbers && len(line) > 0 {
			last = line
		}
	}
	var b bytes.Buffer
	for i, c := range last {
		switch digit := c >= '0' && c <= '9'; {
		case !digit:
			b.WriteByte(c)
		case i == 0 || last[i-1] < '0' || last[i-1] > '9':
			b.WriteByte('N')
		}
	}
	return fmt.Sprintf("%q", b.String())
}
