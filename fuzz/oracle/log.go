package oracle

import (
	"bytes"
	"iter"
	"strconv"
	"time"
)

// Visit is one visit of the verifier's walk to a slot.
type Visit struct {
	Slot int
	// Line is the whole line of the log. After the instruction it tells the
	// registers that the visit changed or read, if any.
	Line []byte
	// Before and After are the log up to the line and behind it.
	Before, After []byte
}

// Visits goes through the visits in a log of level 2, in the order of the walk:
// the lines that start with a slot and, in parentheses, an opcode
// (kernel/bpf/verifier.c:do_check). Other lines tell of the state ("3: R1=ctx()"), the
// liveness of registers ("  3: .1........ (b7) r0 = 0", no visit), precision or
// functions.
func Visits(log []byte) iter.Seq[Visit] {
	return func(yield func(Visit) bool) {
		for at := 0; at < len(log); {
			line, rest, _ := bytes.Cut(log[at:], []byte("\n"))
			if slot, ok := visited(line); ok && !yield(Visit{slot, line, log[:at], rest}) {
				return
			}
			at += len(line) + 1
		}
	}
}

// visited reads the slot of a line like "12: (85) call bpf_redirect#23".
func visited(line []byte) (slot int, ok bool) {
	i := 0
	for ; i < len(line) && i < 7 && line[i] >= '0' && line[i] <= '9'; i++ {
		slot = 10*slot + int(line[i]-'0')
	}
	rest := line[i:]
	ok = i > 0 && len(rest) > 5 && rest[0] == ':' && rest[1] == ' ' && rest[2] == '(' &&
		isHex(rest[3]) && isHex(rest[4]) && rest[5] == ')'
	return slot, ok
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }

// VerificationTime returns how long the kernel took, by a log of LogMessages
// (kernel/bpf/verifier.c:print_verification_stats), in whole microseconds.
func VerificationTime(log []byte) (time.Duration, bool) {
	for line := range bytes.Lines(log) {
		if text, found := bytes.CutPrefix(line, []byte("verification time ")); found {
			number, _, _ := bytes.Cut(text, []byte(" "))
			usec, err := strconv.Atoi(string(number))
			return time.Duration(usec) * time.Microsecond, err == nil
		}
	}
	return 0, false
}

// pointer returns what a register holds at a visit, such as "ptr_nf_conn" for
// "R2=ptr_nf_conn(off=0)"; nil where the log does not say.
func (v Visit) pointer(register string) []byte {
	if state, _ := stateOf(v.Line); state != nil || !v.pruned() {
		return inState(state, register)
	}
	// What was last said of the register, in the frame that the walk is in.
	var frame []byte
	log := v.Before
	for len(log) > 0 {
		log = log[:len(log)-1] // the end of the line
		line := log[bytes.LastIndexByte(log, '\n')+1:]
		log = log[:len(log)-len(line)]
		state, whole := stateOf(line)
		if state == nil {
			continue
		}
		if frame == nil {
			frame = frameOf(state)
		}
		if !bytes.Equal(frame, frameOf(state)) {
			continue
		}
		if name := inState(state, register); name != nil || whole {
			return name
		}
	}
	return nil
}

// pruned reports whether the walk ended behind the slot, in a state that it had seen.
// The line tells no registers then.
func (v Visit) pruned() bool {
	next, _, _ := bytes.Cut(v.After, []byte("\n"))
	return bytes.HasSuffix(next, []byte(": safe"))
}

// stateOf returns the registers that a line tells, and whether those are all of a
// frame.
func stateOf(line []byte) (state []byte, whole bool) {
	if _, ok := visited(line); ok {
		_, state, _ = bytes.Cut(line, []byte("; "))
		return state, false
	}
	head, state, found := bytes.Cut(line, []byte(": "))
	switch {
	case bytes.HasPrefix(line, []byte(" R")), bytes.HasPrefix(line, []byte(" frame")): // caller, callee
		return line, true
	case found && bytes.HasPrefix(head, []byte("from ")):
		return state, true
	case found && len(head) > 0 && len(bytes.Trim(head, "0123456789")) == 0 &&
		(bytes.HasPrefix(state, []byte("R")) || bytes.HasPrefix(state, []byte("frame"))):
		return state, false
	}
	return nil, false
}

// frameOf returns the name of the frame that a state is of; the first has none.
func frameOf(state []byte) []byte {
	name, _, found := bytes.Cut(bytes.TrimLeft(state, " "), []byte(":"))
	if !found || !bytes.HasPrefix(name, []byte("frame")) {
		return []byte{}
	}
	return name
}

// inState returns what a state says of a register, nil for nothing.
func inState(state []byte, register string) []byte {
	for field := range bytes.FieldsSeq(state) {
		name, value, found := bytes.Cut(field, []byte("="))
		// Before 6.8 the name may carry a mark of liveness: "R2_w".
		base, _, _ := bytes.Cut(name, []byte("_"))
		if found && string(base) == register {
			kind, _, _ := bytes.Cut(value, []byte("("))
			return kind
		}
	}
	return nil
}
