// Package paths answers which slots of a program the kernel's verifier visits.
//
// It walks over program states as Linux 6.12 does (kernel/bpf/verifier.c:do_check): one
// state at a time, depth first, both ways at a branch that the state does not decide.
// The rule is never to visit less than the kernel does. What is not modelled is an
// unknown value, which decides nothing; and a walk that cannot go on, or takes too long,
// says so, and then nothing follows from it.
package paths

import (
	"github.com/statecheck/statecheck/asm"
)

// Program is what the walk needs to know of a program. Its form must have been
// checked: jumps stay in their functions, and every call leads to a function.
type Program struct {
	Type         string // libbpf's name of the program type
	Instructions []asm.Instruction
	Functions    []Function // sorted by Start; the first is the program's entry
	// Unknown are the slots whose constant or offset a loader writes: CO-RE
	// relocations, and addresses.
	Unknown map[int]bool
	Kfuncs  map[int]string // the names of kfuncs, by the slot of the call
}

// Function is a function of a program.
type Function struct {
	Start     int // first slot
	Linkage   Linkage
	Exception bool       // the exception callback
	Arguments []Argument // of a function of LinkageGlobal, r1 and on
}

// Argument is what is known of an argument of a function that is verified by itself
// (kernel/bpf/btf.c:btf_prepare_func_args).
type Argument uint8

// Arguments.
const (
	ArgumentUnknown Argument = iota
	ArgumentNumber           // any number
	ArgumentContext          // the context
)

// Linkage says how the kernel verifies a function.
type Linkage uint8

// Linkages.
const (
	// LinkageUnknown: one or the other, so that the walk has to cover both.
	LinkageUnknown Linkage = iota
	// LinkageStatic: in the frame of each caller.
	LinkageStatic
	// LinkageGlobal: by itself, with arguments of which only BTF is known, and only
	// if some visited slot calls it (kernel/bpf/verifier.c:do_check_subprogs).
	LinkageGlobal
)

// Limits of a walk.
const (
	MaxVisits  = 1_000_000 // slots: include/linux/bpf.h: BPF_COMPLEXITY_LIMIT_INSNS
	maxPending = 8192      // branches: kernel/bpf/verifier.c: BPF_COMPLEXITY_LIMIT_JMP_SEQ
	maxFrames  = 8         // include/linux/bpf_verifier.h: MAX_CALL_FRAMES
	maxStack   = 512       // bytes a frame: include/linux/filter.h: MAX_BPF_STACK
	maxPath    = 4096      // branches on the way to a slot
	maxHeld    = 24 << 20  // bytes of states that are kept, about
	maxCopied  = 2e9       // bytes of states that are copied, about: a second or two; fits 32 bits
	maxTests   = 100 << 20 // values that are compared with those of other states: the same
)

// Result is what a walk has seen.
type Result struct {
	// Complete is false where the walk could not be finished; Reason says why, and the
	// rest means nothing.
	Complete bool
	Reason   string
	Visits   int    // slots, each as often as it was visited
	Visited  []bool // by slot; of LD_IMM64 the first one alone

	pointers []Pointers
	first    []*choice
}

// Pointers is a set of kinds of values.
type Pointers uint8

// Kinds of values that a register can hold.
const (
	Number  Pointers = 1 << iota
	Stack            // a frame of the program
	Context          // the context or the packet
	Memory           // memory that the verifier knows as such, which is no kernel object
	Passed           // what a function that is verified by itself was passed
	Else             // a kernel object, or anything
)

// Address returns what the address of the load or store in that slot was, in all
// visits.
func (r *Result) Address(slot int) Pointers { return r.pointers[slot*5] }

// CallArgument returns what register reg, r1 to r5, was at the call in that slot, in
// all visits.
func (r *Result) CallArgument(slot int, reg asm.Register) Pointers {
	if reg < asm.R1 || reg > asm.R5 {
		return 0
	}
	return r.pointers[slot*5+int(reg-asm.R1)]
}

// Branch is a conditional jump on a path.
type Branch struct {
	Slot    int
	Taken   bool
	Decided bool // by what was known of the operands
	// Dst and Src are what that was. Src is the constant of a jump that has one.
	Dst, Src Range
}

// Range is what is known of an operand.
type Range struct {
	Min, Max int64 // of a number, signed
	Pointer  bool
}

// Path returns the conditional jumps on the first way by which the walk came to a
// visited slot, and false if they are more than limit, or than 4096. Where it visited the slot for a function
// that is verified by itself, they are those to the first call of that and then those in it;
// to the exception callback there are none.
func (r *Result) Path(slot, limit int) ([]Branch, bool) {
	c := r.first[slot]
	n := c.len()
	if n > min(limit, maxPath) {
		return nil, false
	}
	path := make([]Branch, n)
	for ; c != nil; c = c.before {
		n--
		path[n] = c.branch
	}
	return path, true
}

// choice is a branch on the way of a state, and those before it; nil: there is none.
type choice struct {
	before *choice
	branch Branch
	length int // of the way; more than maxPath: the branches are not known
}

func (c *choice) len() int {
	if c == nil {
		return 0
	}
	return c.length
}

// then is the way with another branch.
func (c *choice) then(b Branch) *choice {
	switch n := c.len(); {
	case n > maxPath:
		return c
	case n == maxPath:
		return &choice{length: n + 1}
	default:
		return &choice{c, b, n + 1}
	}
}

// Walk visits a program.
func Walk(p Program) *Result {
	w := newWalker(p)
	if err := w.run(); err != nil {
		w.result.Reason = err.Error()
		return &w.result
	}
	w.result.Complete = true
	return &w.result
}
