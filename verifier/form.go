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

// shape is what the form pass has learned of a program.
type shape struct {
	insns     []asm.Instruction
	starts    []int // first slots of the functions, ascending; starts[0] is 0
	calls     []int // slots that call a function of the program or load its address
	sites     []int // slots of other calls, LD_IMM64 and casts: what may refer to something outside
	irregular []int // slots that the kernel refuses when its walk visits them
	exception int   // start of the exception callback; 0 where there is none
}

// function returns the index in starts of the function that holds slot.
func (s *shape) function(slot int) int {
	i, found := slices.BinarySearch(s.starts, slot)
	if !found {
		i--
	}
	return i
}

// end returns the slot after the last one of function i.
func (s *shape) end(i int) int {
	if i+1 < len(s.starts) {
		return s.starts[i+1]
	}
	return len(s.insns)
}

// checkForm runs the kernel's structural checks. The error is the one that the
// kernel would find first: bpf_prog_load, add_subprog_and_kfunc,
// check_subprogs, resolve_pseudo_ldimm64, check_cfg and, for the call depth
// alone, check_max_stack_depth.
//
// A good program takes two passes over its slots: scan, and the walk of
// reachable. What the walk stumbles over, the others explain.
func checkForm(p *Program) (*shape, error) {
	n := len(p.Instructions)
	if n == 0 || n > maxSlots {
		return nil, &FormError{0, fmt.Sprintf("%d slots", n),
			fmt.Sprintf("1 to %d", maxSlots), "kernel/bpf/syscall.c:bpf_prog_load"}
	}
	s := &shape{insns: p.Instructions}
	malformed := s.scan()
	if err := s.findFunctions(p.Functions); err != nil {
		return nil, err
	}
	if malformed != nil {
		if err := s.checkJumps(); err != nil {
			return nil, err
		}
		return nil, malformed
	}
	if reached, ok := s.reachable(); !ok {
		if err := s.checkJumps(); err != nil {
			return nil, err
		}
		return nil, s.unreached(reached)
	}
	if err := s.checkFrames(); err != nil {
		return nil, err
	}
	return s, nil
}

// scan looks at every slot by itself, lists those that later passes ask for, and
// returns the first error of form.
func (s *shape) scan() (malformed error) {
	insns := s.insns // a copy that no append can change, which spares the loop its loads
	for slot := 0; slot < len(insns); slot++ {
		ins := insns[slot]
		if ins&noteworthy[ins.Opcode()] == 0 && (asm.Plain(ins) || asm.Regular(ins)) {
			continue // regular slots are well-formed, LD_IMM64 apart
		}
		if malformed == nil {
			malformed = asm.Malformed(insns, slot)
		}
		if !asm.Regular(ins) {
			s.irregular = append(s.irregular, slot)
		}
		switch {
		case ins.IsSubprogramCall(), ins.IsFunctionAddress():
			s.calls = append(s.calls, slot)
		case ins&noteworthy[ins.Opcode()] != 0:
			s.sites = append(s.sites, slot)
		}
		if ins.IsWide() && malformed == nil {
			slot++
		}
	}
	return malformed
}

// noteworthy says which instructions can refer to something besides registers and
// the memory that they point to: those with a bit under the opcode's mask.
var noteworthy = [256]asm.Instruction{
	asm.Call:      asm.Instruction(asm.Call),
	asm.LoadImm64: asm.Instruction(asm.LoadImm64),
	asm.MovX:      0xffff << 16, // with an offset, a cast to or from an arena
}

// callee returns the slot that a call or a function address refers to.
func callee(slot int, ins asm.Instruction) int { return slot + 1 + int(ins.Imm()) }

// findFunctions follows add_subprog_and_kfunc: a function starts where a call or
// an address load points, and nowhere else.
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
	for _, slot := range s.calls {
		if err := add(slot, callee(slot, s.insns[slot])); err != nil {
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
	flowSecond             // nowhere: the second slot of LD_IMM64
)

// flowOf maps an opcode to its flow. Every JMP and JMP32 opcode that is not CALL,
// EXIT or JA is a conditional jump to check_subprogs, known or not.
var flowOf = [256]flow{
	0x00: flowSecond, asm.LoadImm64: flowWide,

	// JMP, constant
	0x05: flowGoto, 0x15: flowBranch, 0x25: flowBranch, 0x35: flowBranch,
	0x45: flowBranch, 0x55: flowBranch, 0x65: flowBranch, 0x75: flowBranch,
	0x85: flowCall, 0x95: flowExit, 0xa5: flowBranch, 0xb5: flowBranch,
	0xc5: flowBranch, 0xd5: flowBranch, 0xe5: flowBranch, 0xf5: flowBranch,
	// JMP, register
	0x0d: flowBranch, 0x1d: flowBranch, 0x2d: flowBranch, 0x3d: flowBranch,
	0x4d: flowBranch, 0x5d: flowBranch, 0x6d: flowBranch, 0x7d: flowBranch,
	0x8d: flowCall, 0x9d: flowExit, 0xad: flowBranch, 0xbd: flowBranch,
	0xcd: flowBranch, 0xdd: flowBranch, 0xed: flowBranch, 0xfd: flowBranch,
	// JMP32, constant
	0x06: flowGotoL, 0x16: flowBranch, 0x26: flowBranch, 0x36: flowBranch,
	0x46: flowBranch, 0x56: flowBranch, 0x66: flowBranch, 0x76: flowBranch,
	0x86: flowCall, 0x96: flowExit, 0xa6: flowBranch, 0xb6: flowBranch,
	0xc6: flowBranch, 0xd6: flowBranch, 0xe6: flowBranch, 0xf6: flowBranch,
	// JMP32, register
	0x0e: flowBranch, 0x1e: flowBranch, 0x2e: flowBranch, 0x3e: flowBranch,
	0x4e: flowBranch, 0x5e: flowBranch, 0x6e: flowBranch, 0x7e: flowBranch,
	0x8e: flowCall, 0x9e: flowExit, 0xae: flowBranch, 0xbe: flowBranch,
	0xce: flowBranch, 0xde: flowBranch, 0xee: flowBranch, 0xfe: flowBranch,
}

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
		end := s.end(i)
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

// reachable follows check_cfg: from the first slot and the exception callback,
// every slot must be reached, and no second slot of LD_IMM64. It reports false
// as soon as the walk leaves a function, or if it does not cover the program.
func (s *shape) reachable() ([]bool, bool) {
	insns := s.insns
	reached := make([]bool, len(insns))
	covered := 0
	functions := []int{0} // to walk, by index in starts; only functions are shared between walks
	if s.exception != 0 {
		functions = append(functions, s.function(s.exception))
	}
	var work []int32 // slots: the branches of a long program are many
	for len(functions) > 0 {
		i := functions[len(functions)-1]
		functions = functions[:len(functions)-1]
		start, end := s.starts[i], s.end(i)
		work = append(work, int32(start))
		for len(work) > 0 {
			slot := int(work[len(work)-1])
			work = work[:len(work)-1]
			for {
				if slot < start || slot >= end {
					return reached, false
				}
				if reached[slot] {
					break
				}
				reached[slot] = true
				covered++
				ins := insns[slot]
				f := flowOf[ins.Opcode()]
				if f == flowNext {
					slot++
					continue
				}
				if f == flowExit {
					break
				}
				switch f {
				case flowSecond:
					return reached, false
				case flowWide:
					if ins.IsFunctionAddress() {
						functions = append(functions, s.function(callee(slot, ins)))
					}
					covered++ // the second slot
					slot += 2
				case flowCall:
					if ins.IsSubprogramCall() {
						functions = append(functions, s.function(callee(slot, ins)))
					}
					slot++
				case flowBranch:
					t := target(slot, ins, f)
					if t < start || t >= end {
						return reached, false
					}
					if !reached[t] {
						work = append(work, int32(t))
					}
					slot++
				default:
					slot = target(slot, ins, f)
				}
			}
		}
	}
	return reached, covered == len(s.insns)
}

// unreached returns the error for the first slot that breaks check_cfg's rule.
func (s *shape) unreached(reached []bool) error {
	const kernel = "kernel/bpf/verifier.c:check_cfg"
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
	if len(s.calls) == 0 {
		return nil
	}
	countAddresses := s.exception == 0 && !slices.ContainsFunc(s.insns, func(ins asm.Instruction) bool {
		return ins.IsKfuncCall() || ins.IsHelperCall() && ins.Imm() == helperTimerSetCallback
	})
	type edge struct{ slot, to int }
	calls := make([][]edge, len(s.starts))
	for _, slot := range s.calls {
		ins := s.insns[slot]
		if ins.IsSubprogramCall() || countAddresses {
			from := s.function(slot)
			calls[from] = append(calls[from], edge{slot, s.function(callee(slot, ins))})
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
