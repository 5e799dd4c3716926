package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Locate says where a file lies: as a path from the root of the repository, with
// forward slashes. File is one that the debug information of the object names; where
// it is empty, the object itself is asked for.
//
// It returns "" for a source file that is not in the repository. The path of an object
// that is not there is absolute.
type Locate func(object, file string) string

// issue is one reason for which a run does not end with stateless, at one place of the
// repository. It is what the formats have in common that show issues beside the
// source: SARIF, GitHub and GitLab.
type issue struct {
	rule  string // the row of the table that it is judged by, or one of rules
	title string // a few words
	text  string // lines that say all there is to say, the most important one first
	file  string // a source file where it is in the repository, else the object
	line  int    // from 1
	// column counts bytes from 1; 0 where it is not known.
	column int
	path   []waypoint // branches that lead there, as far as they are in the repository
	// fingerprint is one of its own in the run, and the same when lines have moved.
	fingerprint string
}

// waypoint is a line of a source file in the repository, and what happens there.
type waypoint struct {
	file string
	line int
	text string
}

// Rules of issues that are no findings.
const (
	ruleIncomplete = "incomplete"
	ruleInvalid    = "invalid"
	ruleOmitted    = "omitted"
	rulePolicy     = "policy"
	ruleUnreadable = "unreadable"
)

var ruleTexts = map[string]string{
	ruleInvalid:    "a program that Linux refuses whatever the flags, or of which a part is missing",
	ruleOmitted:    "a stateful program with more findings than a report lists",
	rulePolicy:     "a rule of a policy file that no program needs, or that has ended",
	ruleUnreadable: "an input that could not be read, or not to its end",
}

// issues makes the issues of a run.
type issues struct {
	locate Locate
	seen   map[string]int // fingerprints that are alike
}

func newIssues(locate Locate) *issues { return &issues{locate, make(map[string]int)} }

// of lists the issues of an object, in the order of its programs.
func (is *issues) of(o *Object) []issue {
	var all []issue
	file := is.locate(o.Path, "")
	add := func(p *Program, rule, text string) {
		all = append(all, issue{
			rule: rule, title: rule, text: errorLine(o.Path, p.Name, p.Section, text),
			file: file, line: 1, fingerprint: is.fingerprint(rule, file, p.Name, p.Section),
		})
	}
	if o.Error != "" {
		add(&Program{}, ruleUnreadable, "could not be read: "+o.Error)
	}
	for i := range o.Programs {
		p := &o.Programs[i]
		switch p.Verdict {
		case verifier.Invalid:
			add(p, ruleInvalid, "invalid: "+p.Error)
		case verifier.Stateful:
			all = append(all, is.findings(o, p)...)
			if p.Omitted > 0 {
				add(p, ruleOmitted, fmt.Sprintf("stateful, with %d more constructs, too many to list", p.Omitted))
			}
		}
	}
	return all
}

// policy lists what is out of date in policy files.
func (is *issues) policy(s *Summary) []issue {
	var all []issue
	for i := range s.Stale {
		st := &s.Stale[i]
		file := is.locate(st.File, "")
		all = append(all, issue{
			rule: rulePolicy, title: rulePolicy + ": " + st.Kind, text: Printable(st.String()),
			file: file, line: st.Line, column: st.Column, fingerprint: is.fingerprint(rulePolicy, file, st.Message),
		})
	}
	return all
}

// findings lists those of a program. Of several that one line makes, as an unrolled
// loop does, the first stands for all.
func (is *issues) findings(o *Object, p *Program) []issue {
	type spot struct {
		kind, name, file string
		line, column     int
	}
	seen := make(map[spot]bool)
	var all []issue
	for i := range p.Findings {
		f := &p.Findings[i]
		at := spot{f.Kind, f.Name, f.File, f.Line, f.Column}
		if seen[at] && f.Line > 0 {
			continue
		}
		seen[at] = true
		all = append(all, is.finding(o, p, f))
	}
	return all
}

func (is *issues) finding(o *Object, p *Program, f *Finding) issue {
	name := Printable(f.Name)
	found := issue{
		rule:  effect.Slug(f.Row),
		title: name + ": " + strings.Join(f.rejectedBy(p.Profile).Names(), ", "),
		text: strings.Join([]string{
			name + ": " + f.why(p.Profile),
			"program: " + place(o.Path, p.Name, p.Section),
			"at " + f.where(),
			"path: " + f.path(),
			"instead: " + f.instead(),
		}, "\n"),
		file: is.locate(o.Path, ""), line: 1,
		fingerprint: is.fingerprint(f.Row, f.Name, p.Name, p.Section, f.Function, f.Source),
	}
	if file := is.source(o, f.File, f.Line); file != "" {
		found.file, found.line, found.column = file, f.Line, f.Column
	}
	for _, s := range f.Path {
		if file := is.source(o, s.File, s.Line); file != "" {
			found.path = append(found.path, waypoint{file, s.Line, s.String()})
		}
	}
	return found
}

// source returns where in the repository a source file lies; "" where it does not, or
// the line is not known.
func (is *issues) source(o *Object, file string, line int) string {
	if file == "" || line < 1 {
		return ""
	}
	return is.locate(o.Path, file)
}

// fingerprint names an issue by what stays when lines above it come and go, and counts
// those that are alike in that.
func (is *issues) fingerprint(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	print := hex.EncodeToString(sum[:8])
	is.seen[print]++
	return fmt.Sprintf("%s:%d", print, is.seen[print])
}

// shortfall says why the run is not all that was asked for, though no input is to
// blame; "" where it is.
func (s *Summary) shortfall() string {
	switch {
	case s.Interrupted:
		return "interrupted: not every input was judged"
	case s.Programs() == 0 && s.Unread == 0:
		return "nothing was judged: no program was selected"
	}
	return ""
}
