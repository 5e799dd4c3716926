// Package report holds what statecheck prints: the types of its output, and one
// file for each format.
//
// The types are the contract. A document names its schema and its version
// (statecheck.report/v1 of check, and likewise inventory, table, explain). Within a version fields are
// only ever added: none is renamed, removed, or given another meaning. A field
// is always there unless its comment says otherwise; a list with nothing in it
// is [] and not null. Objects stand in the order of the command line, those of a
// folder by path, programs in the order of the object file, findings by slot.
//
// An offset counts 8-byte slots from the program's first instruction, as the
// kernel's verifier counts them: subprograms follow the program in the order in
// which a loader would append them. A count of instructions counts slots too.
//
// Names, sections and source text are copied from files that nobody vouches for.
// JSON documents are valid UTF-8: a byte that is not becomes U+FFFD, and
// everything that is not printable is written as \uXXXX. Text shows it as a Go escape.
// What is longer than a person would read is cut and ends with "..." (limits.go).
package report

import (
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/verifier"
)

// Schema names the document of check.
const Schema = "statecheck.report/v1"

// Undecided is the verdict of a run in which something could not be judged. A
// single program is invalid instead.
const Undecided verifier.Verdict = "undecided"

// Report is what check says of a run.
type Report struct {
	Schema string `json:"schema"`
	Run
	Verdict     verifier.Verdict `json:"verdict"`               // stateless, stateful (or a policy file is out of date) or undecided
	Interrupted bool             `json:"interrupted,omitempty"` // only when inputs are missing because the run was ended
	Policy      []Stale          `json:"policy"`                // what is out of date in policy files, by file and line
	Objects     []Object         `json:"objects"`
}

// Run is what holds for every program of a run.
type Run struct {
	Tool      Tool               `json:"tool"`
	Profile   verifier.Profile   `json:"profile"`   // the one asked for; each program says which one it got, as a policy file may name another
	Precision verifier.Precision `json:"precision"` // likewise
	Model     string             `json:"model"`     // the kernel that the verdicts speak of
}

// Tool is the program that made the document.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Object is one input: an object file, a raw program, or standard input.
type Object struct {
	Path     string    `json:"path"`            // as given, with forward slashes; "<stdin>" for standard input
	Error    string    `json:"error,omitempty"` // only when it could not be read
	Programs []Program `json:"programs"`        // those selected

	titles  titles
	full    bool // something was left out, and so is all that follows
	spent   struct{ findings, allowed, paths int }
	counted Summary // programs that are not listed
}

// Program is one program of an object.
type Program struct {
	Name         string             `json:"name"`    // empty for raw input
	Section      string             `json:"section"` // empty for raw input
	Type         string             `json:"type"`    // libbpf's name; empty: unknown
	AttachType   string             `json:"attach_type"`
	Instructions int                `json:"instructions"`
	Profile      verifier.Profile   `json:"profile"`
	Verdict      verifier.Verdict   `json:"verdict"`              // stateless, stateful or invalid
	Precision    verifier.Precision `json:"precision"`            // cfg where paths was asked for and came to no end
	Unfinished   string             `json:"unfinished,omitempty"` // why it came to none
	Error        string             `json:"error,omitempty"`      // only when invalid
	Findings     []Finding          `json:"findings"`             // what the profile rejects
	Waived       []Waived           `json:"waived"`               // what it rejects and the caller accepted
	Allowed      []Finding          `json:"allowed"`              // effects other than none that the profile lets pass
	Omitted      int                `json:"omitted,omitempty"`    // how many more the three lists would hold; only when they grew too long
}

// Finding is one construct at one place.
type Finding struct {
	Effect      string   `json:"effect"`  // the worst of Effects
	Effects     []string `json:"effects"` // mildest first
	Kind        string   `json:"kind"`    // helper, kfunc, map, variable, instruction or program
	Name        string   `json:"name"`
	Row         string   `json:"row"` // the row of the table that it is judged by, as explain takes it; Name but for what the program names
	ID          int      `json:"id"`  // of what goes by number: helper, kfunc's BTF id, map's file descriptor; else 0
	Offset      int      `json:"offset"`
	Function    string   `json:"function"`
	File        string   `json:"file"` // empty where the source is unknown; then Line and Column are 0
	Line        int      `json:"line"`
	Column      int      `json:"column"`
	Source      string   `json:"source"`
	Reason      string   `json:"reason"`
	Kernel      string   `json:"kernel"`  // kernel file:function that shows it
	Instead     string   `json:"instead"` // empty where nothing is known
	Path        []Step   `json:"path"`    // conditional branches from the program's start to Offset
	PathOmitted bool     `json:"path_omitted,omitempty"`
}

// Step is one decision on a path.
type Step struct {
	Offset int  `json:"offset"`
	Taken  bool `json:"taken"`
	// Because is what was known of the operands where that decides the branch.
	Because string `json:"because,omitempty"`
	File    string `json:"file,omitempty"` // File and Line only where the source is known
	Line    int    `json:"line,omitempty"`
}

// Waived is a finding that the caller accepted.
type Waived struct {
	Finding
	By      string `json:"by"`                // what accepted it: "--allow handoff", ".statecheck.yaml:12", both joined by ", "
	Because string `json:"because,omitempty"` // the reason in the policy file; only where one accepted it
}

// Stale is something in a policy file that is out of date.
type Stale struct {
	File    string `json:"file"` // with forward slashes
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Kind    string `json:"kind"` // unused or expired
	Message string `json:"message"`
}

// String is the line that says it.
func (s *Stale) String() string {
	return location(s.File, s.Line, s.Column) + ": " + Printable(s.Message)
}

// Waiver says what accepted a finding, and why, by the name in [verifier.Finding].WaivedBy.
type Waiver func(name string) (by, because string)

// ByFlag is the waiver of what the command line accepts.
func ByFlag(name string) (by, because string) { return "--allow " + name, "" }

// Full reports whether the object lists no more. What is added from then on needs
// no details.
func (o *Object) Full() bool { return o.full }

// Fail notes why the object could not be read, or not to its end.
func (o *Object) Fail(err error) { o.Error = clip(err.Error(), maxError) }

// Count counts a program whose verdict is all that anybody will ask for.
func (o *Object) Count(v verifier.Verdict) { o.counted.count(v) }

// Add adds what the verifier found in p, and what accepted it. It asks p for the
// source lines of the branches on the paths.
func (o *Object) Add(p *verifier.Program, r verifier.Report, waiver Waiver) {
	out := Program{
		Name:         o.titles.clip(p.Name, maxName),
		Section:      o.titles.clip(p.Section, maxName),
		Type:         p.Type,
		AttachType:   p.AttachType,
		Instructions: len(p.Instructions),
		Profile:      r.Profile,
		Verdict:      r.Verdict,
		Precision:    r.Precision,
		Unfinished:   r.Unfinished,
		Findings:     []Finding{},
		Waived:       []Waived{},
		Allowed:      []Finding{},
		Omitted:      r.Omitted,
	}
	if r.Err != nil {
		out.Error = o.titles.clip(r.Err.Error(), maxError)
	}
	// list takes the room for a finding.
	list := func(f *verifier.Finding, spent *int) (listed Finding, fits bool) {
		if !o.full {
			listed = newFinding(f)
			*spent += listed.size()
			o.full = *spent > maxFindings
		}
		if o.full {
			out.Omitted++
			return listed, false
		}
		path, fits := o.path(p, f.Path)
		listed.Path, listed.PathOmitted = path, f.PathOmitted || !fits
		return listed, true
	}
	for _, f := range r.Findings {
		if listed, fits := list(&f, &o.spent.findings); fits {
			out.Findings = append(out.Findings, listed)
		}
	}
	for _, f := range r.Waived {
		if listed, fits := list(&f, &o.spent.findings); fits {
			by, because := waiver(f.WaivedBy)
			out.Waived = append(out.Waived, Waived{listed, by, because})
		}
	}
	for _, f := range r.Allowed {
		if listed, fits := list(&f, &o.spent.allowed); fits {
			out.Allowed = append(out.Allowed, listed)
		}
	}
	o.Programs = append(o.Programs, out)
}

// newFinding leaves out the path.
func newFinding(f *verifier.Finding) Finding {
	return Finding{
		Effect:   f.Effects.Worst().String(),
		Effects:  f.Effects.Names(),
		Kind:     string(f.Kind),
		Name:     clip(f.Name, maxName),
		Row:      f.Row,
		ID:       f.ID,
		Offset:   f.Slot,
		Function: clip(f.Function, maxName),
		File:     clip(f.Line.File, maxSource),
		Line:     f.Line.Line,
		Column:   f.Line.Column,
		Source:   clip(strings.TrimSpace(f.Line.Text), maxSource),
		Reason:   f.Reason,
		Kernel:   f.Kernel,
		Instead:  f.Instead,
	}
}

// size is about how many bytes of JSON the finding takes without its path.
func (f *Finding) size() int {
	return 600 + printed(f.Name) + printed(f.Function) + printed(f.File) + printed(f.Source)
}

// path reports false where there is no room for it.
func (o *Object) path(p *verifier.Program, branches []verifier.Branch) ([]Step, bool) {
	path := []Step{}
	for _, b := range branches {
		step := Step{Offset: b.Slot, Taken: b.Taken, Because: b.Because}
		if p.Source != nil {
			line, _ := p.Source(b.Slot)
			step.File, step.Line = clip(line.File, maxSource), line.Line
		}
		o.spent.paths += 64 + len(step.Because) + printed(step.File)
		if o.spent.paths > maxPaths {
			return []Step{}, false
		}
		path = append(path, step)
	}
	return path, true
}

// ObjectPath is how a document names the file at path: the same on every system.
func ObjectPath(path string) string { return filepath.ToSlash(path) }

// Errors are what could not be judged in the object, a line each.
func (o *Object) Errors() iter.Seq[string] {
	return func(yield func(string) bool) {
		if o.Error != "" && !yield(errorLine(o.Path, "", "", o.Error)) {
			return
		}
		for i := range o.Programs {
			if p := &o.Programs[i]; p.Verdict == verifier.Invalid && !yield(errorLine(o.Path, p.Name, p.Section, "invalid: "+p.Error)) {
				return
			}
		}
	}
}

// AddTo counts the object.
func (o *Object) AddTo(s *Summary) {
	s.Stateless += o.counted.Stateless
	s.Stateful += o.counted.Stateful
	s.Invalid += o.counted.Invalid
	if o.Error != "" {
		s.Unread++
	}
	for i := range o.Programs {
		s.count(o.Programs[i].Verdict)
	}
}

// Handler writes a report in one format while the run goes on. Its objects are
// those of check or of inventory.
type Handler[O any] interface {
	// Object takes the next object, in the order of the report.
	Object(O) error
	// Close ends the report. Formats that open with the verdict write here.
	Close(*Summary) error
}

// Handlers writes several reports of one run. An error of one of them does not
// keep the report from the others.
type Handlers[O any] []Handler[O]

// Object hands the object to every handler.
func (hs Handlers[O]) Object(o O) error {
	var errs []error
	for _, h := range hs {
		errs = append(errs, h.Object(o))
	}
	return errors.Join(errs...)
}

// Close closes every handler.
func (hs Handlers[O]) Close(s *Summary) error {
	var errs []error
	for _, h := range hs {
		errs = append(errs, h.Close(s))
	}
	return errors.Join(errs...)
}

// Summary counts the verdicts of a run.
type Summary struct {
	Stateless   int
	Stateful    int
	Invalid     int  // programs
	Listed      int  // programs of an inventory, which judges nothing
	Unread      int  // objects with an error
	Interrupted bool // the run ended before everything was judged
	Stale       []Stale
}

func (s *Summary) count(v verifier.Verdict) {
	switch v {
	case verifier.Stateless:
		s.Stateless++
	case verifier.Stateful:
		s.Stateful++
	default:
		s.Invalid++
	}
}

// Programs is how many programs were selected.
func (s *Summary) Programs() int { return s.Stateless + s.Stateful + s.Invalid + s.Listed }

// Complete reports whether everything was read and judged, and there was something.
func (s *Summary) Complete() bool {
	return !s.Interrupted && s.Unread == 0 && s.Invalid == 0 && s.Programs() > 0
}

// Verdict is that of the whole run: undecided beats stateful beats stateless,
// and a run that selected nothing decided nothing. What is out of date in a policy
// file counts as stateful: a gate that may rot does.
func (s *Summary) Verdict() verifier.Verdict {
	switch {
	case !s.Complete():
		return Undecided
	case s.Stateful > 0, len(s.Stale) > 0:
		return verifier.Stateful
	default:
		return verifier.Stateless
	}
}

// String is the line that ends a run of several programs.
func (s *Summary) String() string {
	var parts []string
	count := func(n int, format string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, n))
		}
	}
	count(s.Stateless, "%d stateless")
	count(s.Stateful, "%d stateful")
	count(s.Invalid, "%d could not be judged")
	line := plural(s.Programs(), "program")
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	if len(s.Stale) > 0 {
		line += "; " + plural(len(s.Stale), "policy finding")
	}
	if s.Unread > 0 {
		line += "; " + plural(s.Unread, "input") + " could not be read"
	}
	if s.Interrupted {
		line += "; interrupted"
	}
	return line
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// waivers lists what accepted findings of the program and why, each once, sorted.
func (p *Program) waivers() []string {
	var by []string
	for _, w := range p.Waived {
		waiver := w.By
		if w.Because != "" {
			waiver += " (" + w.Because + ")"
		}
		by = append(by, waiver)
	}
	slices.Sort(by)
	return slices.Compact(by)
}
