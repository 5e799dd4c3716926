package verifier

import (
	"github.com/statecheck/statecheck/verifier/effect"
)

// Model names the kernel that verdicts speak of: Linux 6.12 on x86-64 with all
// BPF options, the loader holding CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN.
const Model = "linux-6.12"

// Verdict is what Check says of a program.
type Verdict string

// Verdicts of a program.
const (
	// Stateless: for every program that the kernel loads, it would load it with
	// BPF_F_ENFORCE_STATELESS too.
	Stateless Verdict = "stateless"
	// Stateful: at least one finding.
	Stateful Verdict = "stateful"
	// Invalid: the kernel refuses the program whatever its flags, or the program
	// could not be put together. Report.Err says why.
	Invalid Verdict = "invalid"
)

// Precision is how Check decides what can be reached.
type Precision string

// Precisions.
const (
	// PrecisionCFG takes every branch both ways.
	PrecisionCFG Precision = "cfg"
	// PrecisionPaths follows the values that decide branches, as the kernel's verifier
	// does: what its walk does not visit is no finding.
	PrecisionPaths Precision = "paths"
)

// Report is what Check found.
type Report struct {
	Verdict Verdict
	// Precision at which the verdict holds: the one that was asked for, or
	// PrecisionCFG where the walk came to no end; Unfinished then says why.
	Precision  Precision
	Unfinished string
	Profile    Profile
	Err        error     // why the program is invalid
	Findings   []Finding // what the profile rejects, by slot
	Waived     []Finding // what Options.Allow accepted
	Allowed    []Finding // effects other than none that the profile lets pass
	Omitted    int       // constructs beyond the 10,000 that each list holds
}

// Finding is one construct at one place.
type Finding struct {
	Effects  effect.Set // all it has; Effects.Worst() is the one that is shown
	Kind     effect.Kind
	Name     string
	Row      string // name of the row of the table that it is judged by
	ID       int    // helper number, kfunc BTF id or map file descriptor, where it goes by number
	Slot     int
	Function string // function of the program that the slot belongs to
	Line     Line   // zero where the source is unknown
	Reason   string
	Kernel   string // kernel file:function that shows it
	Instead  string
	// Path is a sequence of conditional branches that leads to the slot from the
	// program's first instruction: the shortest one, or where the kernel's walk was
	// followed the first one by which that comes there.
	Path []Branch
	// PathOmitted is set where the paths of a report grew too long to list.
	PathOmitted bool
	WaivedBy    string // for Waived: the name in Options.Allow
}

// Branch is one decision on a path.
type Branch struct {
	Slot  int
	Taken bool
	// Because is what was known of the operands where that decides the branch
	// ("r1 is 5, r2 is 0 to 3"); empty where it can go both ways or nothing was followed.
	Because string
}

// Profile is a set of effects that pass.
type Profile string

// Profiles, from the widest.
const (
	ProfileFlag     Profile = "flag"     // what BPF_F_ENFORCE_STATELESS lets pass
	ProfileSections Profile = "sections" // and read-only data sections
	ProfilePure     Profile = "pure"     // a function of the context alone
)

// Options of Check.
type Options struct {
	Profile   Profile   // default ProfileFlag
	Precision Precision // default PrecisionPaths
	Allow     []string  // effects, or names of helpers and of kfuncs in the table, to accept
	// VerdictOnly leaves out what only a reader needs: all findings but the first
	// that was come by, the Allowed list, source lines and paths.
	VerdictOnly bool
}
