package verifier

import (
	"fmt"
	"slices"

	"github.com/statecheck/statecheck/asm"
)

// Limits of Linux 6.12 that refuse a program whatever it does.
const (
	maxSlots       = 1_000_000 // include/linux/bpf.h: BPF_COMPLEXITY_LIMIT_INSNS
	maxSubprograms = 256       // include/linux/bpf_verifier.h: BPF_MAX_SUBPROGS
	maxFrames      = 8         // include/linux/bpf_verifier.h: MAX_CALL_FRAMES
)

// FormError is a structural error: the kernel refuses the program wherever the
// slot stands.
type FormError struct {
	Slot   int
	Found  string
	Want   string
	Kernel string // kernel file:function that refuses it
}

func (e *FormError) Error() string {
	return fmt.Sprintf("slot %d: %s, expected %s (%s)", e.Slot, e.Found, e.Want, e.Kernel)
}

// shape is the control flow of a program that has passed the form pass.
type shape struct {
	insns  []asm.Instruction
	starts []int // first slots of the functions, ascending; starts[0] is 0
	// exception is the start of the exception callback, 0 where there is none.
	exception int
	irregular []int // slots that the kernel refuses when its walk visits them
}

// function returns the index in starts of the function that holds slot.
func (s *shape) function(slot int) int {
	i, found := slices.BinarySearch(s.starts, slot)
	if !found {
		i--
	}
	return i
}

// checkForm runs the kernel's structural checks in the kernel's order, so that
// the first error is the one that the kernel would print: bpf_prog_load,
// add_subprog_and_kfunc, check_subprogs, resolve_pseudo_ldimm64, check_cfg and,
// for the call depth alone, check_max_stack_depth.
func checkForm(p *Program) (*shape, error) {
	n := len(p.Instructions)
	if n == 0 || n > maxSlots {
		return nil, &FormError{0, fmt.Sprintf("%d slots", n),
			fmt.Sprintf("1 to %d", maxSlots), "kernel/bpf/syscall.c:bpf_prog_load"}
	}
	s := &shape{insns: p.Instructions}
	if err := s.findFunctions(p.Functions); err != nil {
		return nil, err
	}
	if err := s.checkJumps(); err != nil {
		return nil, err
	}
	for slot := 0; slot < n; slot++ {
		ins := s.insns[slot]
		regular := asm.Regular(ins)
		if regular && !ins.IsWide() {
			continue // then it is not malformed either
		}
		if err := asm.Malformed(s.insns, slot); err != nil {
			return nil, err
		}
		if !regular {
			s.irregular = append(s.irregular, slot)
		}
		if ins.IsWide() {
			slot++
		}
	}
	if err := s.checkReachable(); err != nil {
		return nil, err
	}
	if err := s.checkFrames(); err != nil {
		return nil, err
	}
	return s, nil
}

// callee returns the slot that a call or a function address refers to.
func callee(slot int, ins asm.Instruction) int { return slot + 1 + int(ins.Imm()) }

// refersToFunction reports whether the instruction names a function of the program.
func refersToFunction(ins asm.Instruction) bool {
	switch ins.Opcode() {
	case asm.Call:
		return ins.Src() == asm.PseudoCall
	case asm.LoadImm64:
		return ins.Src() == asm.PseudoFunc
	}
	return false
}

// findFunctions follows add_subprog_and_kfunc: a function starts where a call or
// an address load points, and nowhere else. The second slot of LD_IMM64 has
// opcode 0 in a well-formed program, so it needs no special care here.
func (s *shape) findFunctions(named []Function) error {
	const kernel = "kernel/bpf/verifier.c:add_subprog"
	n := len(s.insns)
	starts := []int{0}
	seen := make(map[int]bool)
	add := func(slot, start int) error {
		if start < 0 || start >= n {
			return &FormError{slot, fmt.Sprintf("call to slot %d", start),
				fmt.Sprintf("a slot from 0 to %d", n-1), kernel}
		}
		if start == 0 || seen[start] {
			return nil
		}
		if len(starts) >= maxSubprograms {
			return &FormError{slot, fmt.Sprintf("function %d", len(starts)+1),
				fmt.Sprintf("at most %d functions", maxSubprograms), kernel}
		}
		seen[start] = true
		starts = append(starts, start)
		return nil
	}
	for slot, ins := range s.insns {
		if !refersToFunction(ins) {
			continue
		}
		if err := add(slot, callee(slot, ins)); err != nil {
			return err
		}
	}
	for _, f := range named {
		if f.ExceptionCallback {
			if err := add(f.Start, f.Start); err != nil {
				return err
			}
			s.exception = f.Start
		}
	}
	slices.Sort(starts)
	s.starts = starts
	return nil
}

// flow is what an opcode does to control flow.
type flow uint8

const (
	flowNext   flow = iota // falls through to the next slot
	flowWide               // falls through to the slot after the next
	flowBranch             // jumps by off, or falls through
	flowGoto               // jumps by off
	flowGotoL              // jumps by imm
	flowExit               // ends the function
	flowCall               // falls through; may call a function
)

// flowOf maps an opcode to its flow. Every JMP and JMP32 opcode that is not CALL,
// EXIT or JA is a conditional jump to check_subprogs, known or not.
var flowOf = func() (t [256]flow) {
	for i := range t {
		op := asm.Opcode(i)
		if c := op.Class(); c != asm.ClassJMP && c != asm.ClassJMP32 {
			continue
		}
		switch op.Code() {
		case asm.JumpCall:
			t[i] = flowCall
		case asm.JumpExit:
			t[i] = flowExit
		default:
			t[i] = flowBranch
		}
	}
	t[asm.LoadImm64] = flowWide
	t[asm.Goto] = flowGoto
	t[asm.GotoL] = flowGotoL
	return t
}()

// target returns where the jump in that slot leads.
func target(slot int, ins asm.Instruction, f flow) int {
	if f == flowGotoL {
		return slot + 1 + int(ins.Imm())
	}
	return slot + 1 + int(ins.Off())
}

// checkJumps follows check_subprogs: jumps stay in their function, and a
// function ends in exit or an unconditional jump.
func (s *shape) checkJumps() error {
	const kernel = "kernel/bpf/verifier.c:check_subprogs"
	for i, start := range s.starts {
		end := len(s.insns)
		if i+1 < len(s.starts) {
			end = s.starts[i+1]
		}
		for slot := start; slot < end; slot++ {
			ins := s.insns[slot]
			f := flowOf[ins.Opcode()]
			if f < flowBranch || f > flowGotoL {
				continue
			}
			if t := target(slot, ins, f); t < start || t >= end {
				return &FormError{slot, fmt.Sprintf("jump to slot %d", t),
					fmt.Sprintf("a slot of the same function, %d to %d", start, end-1), kernel}
			}
		}
		last := s.insns[end-1].Opcode()
		if last != asm.Exit && last != asm.Goto && last != asm.GotoL {
			return &FormError{end - 1, fmt.Sprintf("opcode %02x at the end of a function", uint8(last)),
				"exit or an unconditional jump", kernel}
		}
	}
	return nil
}

// checkReachable follows check_cfg: from the first slot and the exception
// callback, every slot must be reached, and no second slot of LD_IMM64.
func (s *shape) checkReachable() error {
	const kernel = "kernel/bpf/verifier.c:check_cfg"
	reached := make([]bool, len(s.insns))
	work := []int{0}
	if s.exception != 0 {
		work = append(work, s.exception)
	}
	for len(work) > 0 {
		slot := work[len(work)-1]
		work = work[:len(work)-1]
	walk:
		// A function ends in exit or a jump, so slot stays in range.
		for !reached[slot] {
			reached[slot] = true
			ins := s.insns[slot]
			switch f := flowOf[ins.Opcode()]; f {
			case flowNext:
				slot++
			case flowWide:
				if ins.IsFunctionAddress() {
					work = append(work, callee(slot, ins))
				}
				slot += 2
			case flowBranch:
				if t := target(slot, ins, f); !reached[t] {
					work = append(work, t)
				}
				slot++
			case flowGoto, flowGotoL:
				slot = target(slot, ins, f)
			case flowExit:
				break walk
			case flowCall:
				if ins.IsSubprogramCall() {
					work = append(work, callee(slot, ins))
				}
				slot++
			}
		}
	}
	for slot := 0; slot < len(reached); slot++ {
		if !reached[slot] {
			return &FormError{slot, "unreachable instruction", "every instruction to be reachable", kernel}
		}
		if s.insns[slot].IsWide() {
			slot++
			if reached[slot] {
				return &FormError{slot - 1, "jump into the middle of LD_IMM64", "jumps to whole instructions", kernel}
			}
		}
	}
	return nil
}

// checkFrames follows the frame count of check_max_stack_depth_subprog. The
// address of a function counts as a call there unless the walk found that it
// is run asynchronously; only where nothing in the program could do that is it
// certain that it counts.
func (s *shape) checkFrames() error {
	if len(s.starts) == 1 {
		return nil
	}
	type edge struct{ slot, to int }
	calls := make([][]edge, len(s.starts))
	addresses := make([][]edge, len(s.starts))
	async := s.exception != 0
	for i, start := range s.starts {
		end := len(s.insns)
		if i+1 < len(s.starts) {
			end = s.starts[i+1]
		}
		for slot := start; slot < end; slot++ {
			ins := s.insns[slot]
			switch {
			case ins.IsSubprogramCall():
				calls[i] = append(calls[i], edge{slot, s.function(callee(slot, ins))})
			case ins.IsFunctionAddress():
				addresses[i] = append(addresses[i], edge{slot, s.function(callee(slot, ins))})
			case ins.IsKfuncCall(), ins.IsHelperCall() && ins.Imm() == helperTimerSetCallback:
				async = true
			}
		}
	}
	if !async {
		for i := range calls {
			calls[i] = append(calls[i], addresses[i]...)
		}
	}
	// depth[i]: frames that function i needs, itself included; -1 while on the
	// stack, so that recursion is found.
	depth := make([]int, len(s.starts))
	var visit func(i int) *FormError
	visit = func(i int) *FormError {
		depth[i] = -1
		deepest := 0
		for _, e := range calls[i] {
			if depth[e.to] == 0 {
				if err := visit(e.to); err != nil {
					return err
				}
			}
			if depth[e.to] < 0 {
				return &FormError{e.slot, "recursive call", fmt.Sprintf("at most %d frames", maxFrames),
					"kernel/bpf/verifier.c:check_max_stack_depth_subprog"}
			}
			deepest = max(deepest, depth[e.to])
			if deepest >= maxFrames {
				return &FormError{e.slot, fmt.Sprintf("a call stack of %d frames", deepest+1),
					fmt.Sprintf("at most %d", maxFrames), "kernel/bpf/verifier.c:check_max_stack_depth_subprog"}
			}
		}
		depth[i] = deepest + 1
		return nil
	}
	for _, root := range []int{0, s.exception} {
		if i := s.function(root); depth[i] == 0 {
			if err := visit(i); err != nil {
				return err
			}
		}
	}
	return nil
}
