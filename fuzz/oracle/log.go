package oracle

import (
	"bytes"
	"iter"
)

// Visit is one visit of the verifier's walk to a slot.
type Visit struct {
	Slot int
	// Line is the whole line of the log. After the instruction it tells the
	// registers that the visit changed or read, if any.
	Line []byte
}

// Visits goes through the visits in a log of level 2, in the order of the walk:
// the lines that start with a slot and, in parentheses, an opcode
// (kernel/bpf/verifier.c:do_check). Other lines tell of the state ("3: R1=ctx()"), the
// liveness of registers ("  3: .1........ (b7) r0 = 0", no visit), precision or
// functions.
func Visits(log []byte) iter.Seq[Visit] {
	return func(yield func(Visit) bool) {
		for len(log) > 0 {
			line := log
			if end := bytes.IndexByte(log, '\n'); end >= 0 {
				line, log = log[:end], log[end+1:]
			} else {
				log = nil
			}
			if slot, ok := visited(line); ok && !yield(Visit{slot, line}) {
				return
			}
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

// pointer returns what the line says that a register holds, such as
// "ptr_nf_conn" in "R2=ptr_nf_conn(off=0)"; nil where it says nothing of it.
func pointer(line []byte, register string) []byte {
	_, state, found := bytes.Cut(line, []byte("; "))
	if !found {
		return nil
	}
	for field := range bytes.FieldsSeq(state) {
		name, value, found := bytes.Cut(field, []byte("="))
		// Before 6.8 the name may carry a mark of liveness: "R2_w".
		base, _, _ := bytes.Cut(name, []byte("_"))
		if found && string(base) == register {
			end := bytes.IndexByte(value, '(')
			if end < 0 {
				end = len(value)
			}
			return value[:end]
		}
	}
	return nil
}
