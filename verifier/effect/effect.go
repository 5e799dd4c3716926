// Package effect is the table that statecheck decides by: what each helper,
// kfunc and instruction form of Linux 6.12 reads or leaves behind, why it is
// judged so, and which kernel function shows it.
//
// The rows are plain data (helpers.go, kfuncs.go, forms.go), and so are the
// meanings of the effects (meanings.go) and the settled cases that decide where
// the meanings leave room (cases.go). docs/statelessness.md and docs/effects.md
// are made from them.
package effect

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// Set is a set of effects. Every row of the table has at least one.
type Set uint16

// The effects, from the mildest to the worst. Meaning says what each one is.
const (
	None Set = 1 << iota
	Context
	Ambient
	Constant
	Map
	Program
	Handoff
	Kernel
	Output
	User
	Unknown
)

// All lists the effects, from the mildest to the worst.
func All() []Set {
	var all []Set
	for i := range meanings {
		all = append(all, 1<<i)
	}
	return all
}

// Parse returns the effect of that name.
func Parse(name string) (Set, error) {
	i := slices.IndexFunc(meanings[:], func(m Meaning) bool { return m.Name == name })
	if i < 0 {
		return 0, fmt.Errorf("effect %q, expected one of %v", name, Set(1<<len(meanings)-1))
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
	for i, m := range meanings {
		if s&(1<<i) != 0 {
			out = append(out, m.Name)
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

// Slug is the name of a row as it stands where spaces and slashes would have to be
// escaped: in links to docs/effects.md, and as a rule of SARIF.
func Slug(name string) string { return strings.NewReplacer(" ", "-", "/", "-").Replace(name) }
