// Package effect is the table that statecheck decides by: what each helper,
// kfunc and instruction form of Linux 6.12 reads or leaves behind, why it is
// judged so, and which kernel function shows it.
//
// The rows are plain data (helpers.go, kfuncs.go, forms.go). The meaning of an
// effect, and the settled cases that decide between them, are in
// docs/statelessness.md.
package effect

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// Set is a set of effects. Every row of the table has at least one.
type Set uint16

// The effects, from the mildest to the worst.
const (
	None     Set = 1 << iota // computes on what the program passes, or reads the context
	Context                  // writes what the invocation owns
	Ambient                  // reads surroundings
	Constant                 // needs a read-only, frozen data section
	Map                      // needs or touches any other map or what lives in one
	Program                  // needs another program
	Handoff                  // leaves a value that a later kernel stage or invocation consumes
	Kernel                   // changes a kernel object other than the context, or emits something
	Output                   // writes a buffer that user space reads without a map
	User                     // writes user memory
	Unknown                  // not classified
)

var names = [...]string{
	"none", "context", "ambient", "constant", "map", "program",
	"handoff", "kernel", "output", "user", "unknown",
}

// Parse returns the effect of that name.
func Parse(name string) (Set, error) {
	i := slices.Index(names[:], name)
	if i < 0 {
		return 0, fmt.Errorf("effect %q, expected one of %s", name, strings.Join(names[:], " "))
	}
	return 1 << i, nil
}

// Worst returns the worst effect of a set that is not empty.
func (s Set) Worst() Set {
	if s == 0 {
		return 0
	}
	return 1 << (bits.Len16(uint16(s)) - 1)
}

// Names lists the effects of the set, mildest first.
func (s Set) Names() []string {
	var out []string
	for i, name := range names {
		if s&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

// String joins the names with commas.
func (s Set) String() string { return strings.Join(s.Names(), ",") }

// Kind says what a row or a finding is about.
type Kind string

// Kinds of rows; findings have the first three, and three of their own.
const (
	KindHelper      Kind = "helper"
	KindKfunc       Kind = "kfunc"
	KindInstruction Kind = "instruction"
	KindMap         Kind = "map"      // a reference to a map or data section
	KindVariable    Kind = "variable" // a reference to a kernel variable
	KindProgram     Kind = "program"  // the program itself: its type or target
)

// Row is one fact of the table.
type Row struct {
	Kind    Kind
	ID      int    // helper number (include/uapi/linux/bpf.h, enum bpf_func_id); 0 for others
	Name    string // the kernel's name for helpers and kfuncs, ours for instruction forms
	Effects Set
	Reason  string // one clause: what it reads or leaves, and who can see it
	Kernel  string // file:function in Linux 6.12 that shows it
	Since   string // first Linux release that has it
	Instead string // what a stateless program could do; empty where there is nothing
}
