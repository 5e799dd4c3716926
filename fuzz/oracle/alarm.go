package oracle

import (
	"bytes"
	"slices"
	"strings"
)

// alarms are what the kernel writes where something went wrong in itself:
// include/asm-generic/bug.h and lib/bug.c, the BPF verifier about its own state
// (kernel/bpf/verifier.c: verifier_bug of newer kernels, reg_bounds_sanity_check of
// all since 6.8), and the checkers of memory, locks and undefined behaviour.
var alarms = []string{
	"WARNING:", "BUG:", "verifier bug", "REG INVARIANTS VIOLATION", "Oops", "general protection fault",
	"KASAN", "KCSAN", "UBSAN", "INFO: task", "INFO: rcu", "possible circular locking",
}

// knownBugs are bugs of the kernel that drawn programs came by, told by its message
// or by the function that warns. They are counted and do not stop a run.
var knownBugs = []struct{ text, function, what string }{
	{"REG INVARIANTS VIOLATION", "reg_bounds_sanity_check",
		"the bounds of a register contradict each other on a branch that cannot be taken; the verifier gives up the bounds"},
	{"backtracking", "__mark_chain_precision",
		"the walk back that looks for where a number came from loses track; the program is refused with EFAULT"},
	{"global subprog unexpected regs", "__mark_chain_precision",
		"the same, at the call of a global function"},
	{"no visit info for call chain", "maybe_exit_scc",
		"an exception that is thrown below a call leaves a loop that the verifier does not know to have entered; EFAULT"},
	{"No program to jit", "jit_subprogs",
		"a callback that bpf_loop runs at most 0 times is not visited and so removed, its address is not; EFAULT"},
}

// IsKnownBug reports whether an alarm tells of a bug of the kernel that is known to
// this package.
func IsKnownBug(text string) bool {
	for _, bug := range knownBugs {
		if strings.Contains(text, bug.text) || strings.Contains(text, bug.function) {
			return true
		}
	}
	return false
}

// IsAlarm reports whether a line of the kernel's log says that something went wrong
// in the kernel itself.
func IsAlarm(text string) bool {
	return slices.ContainsFunc(alarms, func(a string) bool { return strings.Contains(text, a) })
}

// Complaint returns the line of a verifier's log in which it complains of itself; of
// several the first that is no known bug, if there is one.
func Complaint(log []byte) (text string, found bool) {
	for _, mark := range []string{"verifier bug", "REG INVARIANTS VIOLATION"} {
		for rest := log; ; {
			i := bytes.Index(rest, []byte(mark))
			if i < 0 {
				break
			}
			line, after, _ := bytes.Cut(rest[i:], []byte("\n"))
			if !found || IsKnownBug(text) && !IsKnownBug(string(line)) {
				text, found = string(line), true
			}
			rest = after
		}
	}
	return text, found
}
