// Package plain judges form, reachability and calls a second time, written for
// clarity alone: it asks of every slot again and again until nothing changes. It
// shares with package verifier only the table of effects and asm's judgement of
// single slots, and imports nothing else of it, so that verifier's tests can
// compare the two.
package plain

import (
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Program is what of a verifier.Program is looked at.
type Program struct {
	Instructions []asm.Instruction
	Exception    int            // first slot of the exception callback; 0 where there is none
	Kfuncs       map[int]string // names of the kfuncs that slots refer to
}

// Judge returns whether the program is invalid, and else the slots of calls and
// map references that BPF_F_ENFORCE_STATELESS rejects.
func Judge(p Program) (invalid bool, stateful []int) {
	insns := p.Instructions
	n := len(insns)
	if n == 0 || n > 1_000_000 {
		return true, nil
	}
	isSecond := make([]bool, n)
	for i := 0; i < n; i++ {
		if asm.Malformed(insns, i) != nil {
			return true, nil
		}
		if insns[i].IsWide() {
			isSecond[i+1] = true
			i++
		}
	}
	functionAt := make([]bool, n)
	functionAt[0] = true
	starts := []int{p.Exception}
	for i, ins := range insns {
		if ins.IsSubprogramCall() || ins.IsFunctionAddress() {
			starts = append(starts, i+1+int(ins.Imm()))
		}
	}
	functions := 1
	for _, start := range starts {
		if start < 0 || start >= n {
			return true, nil
		}
		if !functionAt[start] {
			functionAt[start] = true
			functions++
		}
	}
	if functions > 256 {
		return true, nil
	}
	functionOf := make([]int, n)
	for i := 1; i < n; i++ {
		functionOf[i] = functionOf[i-1]
		if functionAt[i] {
			functionOf[i] = i
		}
	}
	// successors of a slot, and whether the function may go on there.
	successors := func(i int) []int {
		ins := insns[i]
		switch op := ins.Opcode(); {
		case op == asm.Exit:
			return nil
		case op == asm.Goto:
			return []int{i + 1 + int(ins.Off())}
		case op == asm.GotoL:
			return []int{i + 1 + int(ins.Imm())}
		case op.Class() == asm.ClassJMP && op != asm.Call, op.Class() == asm.ClassJMP32:
			return []int{i + 1, i + 1 + int(ins.Off())}
		case ins.IsWide():
			return []int{i + 2}
		}
		return []int{i + 1}
	}
	for i := range insns {
		last := i == n-1 || functionAt[i+1]
		op := insns[i].Opcode()
		if last && op != asm.Exit && op != asm.Goto && op != asm.GotoL {
			return true, nil
		}
		if isSecond[i] {
			continue
		}
		for _, s := range successors(i) {
			if s < 0 || s >= n || functionOf[s] != functionOf[i] {
				return true, nil
			}
		}
	}
	reached := make([]bool, n)
	reached[0], reached[p.Exception] = true, true
	for changed := true; changed; {
		changed = false
		mark := func(i int) {
			changed = changed || !reached[i]
			reached[i] = true
		}
		for i := range insns {
			if !reached[i] {
				continue
			}
			for _, s := range successors(i) {
				mark(s)
			}
			if insns[i].IsSubprogramCall() || insns[i].IsFunctionAddress() {
				mark(i + 1 + int(insns[i].Imm()))
			}
		}
	}
	for i := range insns {
		if reached[i] == isSecond[i] {
			return true, nil
		}
	}
	// Frames: a function needs one more than what it calls. Eight rounds tell all
	// depths up to eight; what still grows in the ninth is too deep.
	// The address of a function counts as a call only where nothing could run it
	// asynchronously.
	async := p.Exception != 0 || slices.ContainsFunc(insns, func(ins asm.Instruction) bool {
		return ins.IsKfuncCall() || ins.IsHelperCall() && ins.Imm() == 170
	})
	depth := make([]int, n)
	for round := 0; round <= 9; round++ {
		for i, ins := range insns {
			if ins.IsSubprogramCall() || ins.IsFunctionAddress() && !async {
				from, to := functionOf[i], i+1+int(ins.Imm())
				depth[from] = max(depth[from], depth[to]+1)
			}
		}
	}
	if depth[0] > 7 || depth[p.Exception] > 7 {
		return true, nil
	}
	rejected := func(row effect.Row, known bool) bool {
		return !known || row.Effects&^(effect.None|effect.Context|effect.Ambient) != 0
	}
	for i, ins := range insns {
		switch {
		case isSecond[i]:
		case ins.IsKfuncCall(): // a name at any other slot says nothing: the kernel goes by the source
			if rejected(effect.Kfunc(p.Kfuncs[i])) {
				stateful = append(stateful, i)
			}
		case ins.IsHelperCall():
			if rejected(effect.Helper(ins.Imm())) {
				stateful = append(stateful, i)
			}
		case ins.IsWide() && slices.Contains([]asm.Register{1, 2, 5, 6}, ins.Src()):
			stateful = append(stateful, i)
		}
	}
	return false, stateful
}
