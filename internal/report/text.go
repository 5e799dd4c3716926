package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// How much of a long thing is shown to a person. All of it is in the JSON report.
const (
	shownSteps  = 8   // of a path: the first and the last half
	shownPlaces = 6   // more places of the same construct
	shownSource = 120 // characters of a source line
)

// TextOptions are what differs between a terminal and a file.
type TextOptions struct {
	Color   bool
	Profile verifier.Profile // the one that was asked for: another is named
	// Errors writes the lines of what could not be judged too. A report that goes
	// to standard output leaves them to standard error.
	Errors bool
}

// Text returns a handler that writes for people: a line for a stateless program,
// and for each construct of a stateful one the reason, the source line, the path
// that leads there and what to do instead, always in that order.
func Text(w io.Writer, opts TextOptions) Handler[*Object] {
	return &text{out: bufio.NewWriter(w), opts: opts}
}

type text struct {
	out   *bufio.Writer // keeps the first error for Flush
	opts  TextOptions
	found effect.Set // the effects that made findings
}

func (t *text) Object(o *Object) error {
	for i := range o.Programs {
		if p := &o.Programs[i]; p.Verdict != verifier.Invalid {
			t.program(o.Path, p)
		}
	}
	if t.opts.Errors {
		for line := range o.Errors() {
			fmt.Fprintln(t.out, line)
		}
	}
	return t.out.Flush()
}

func (t *text) Close(s *Summary) error {
	for i := range s.Stale {
		fmt.Fprintln(t.out, &s.Stale[i])
	}
	if text := s.shortfall(); text != "" && t.opts.Errors {
		fmt.Fprintln(t.out, text)
	}
	if t.found != 0 {
		fmt.Fprintf(t.out, "See also: statecheck explain %s\n", strings.Join(t.found.Names(), " "))
	}
	if s.Programs()+s.Unread+len(s.Stale) > 1 || s.Interrupted {
		fmt.Fprintln(t.out, s)
	}
	return t.out.Flush()
}

func (t *text) program(path string, p *Program) {
	fmt.Fprintf(t.out, "%s: %s", place(path, p.Name, p.Section), t.verdict(p.Verdict))
	if p.Profile != t.opts.Profile {
		fmt.Fprintf(t.out, " under profile %s", p.Profile)
	}
	if by := p.waivers(); len(by) > 0 {
		fmt.Fprintf(t.out, ", with %s", Printable(strings.Join(by, ", ")))
	}
	fmt.Fprintln(t.out)
	for _, same := range group(p.Findings) {
		t.findings("", p.Profile, same)
	}
	if p.Omitted > 0 {
		fmt.Fprintf(t.out, "  and %d more, too many to list\n", p.Omitted)
	}
}

// findings writes the places of one construct, the first one in full.
func (t *text) findings(what string, profile verifier.Profile, same []*Finding) {
	f := same[0]
	t.found |= f.rejectedBy(profile)
	fmt.Fprintf(t.out, "  %s%s: %s\n", what, t.bold(Printable(f.Name)), f.why(profile))
	fmt.Fprintf(t.out, "    at %s\n", f.where())
	fmt.Fprintf(t.out, "    path: %s\n", f.path())
	fmt.Fprintf(t.out, "    instead: %s\n", f.instead())

	if also := same[1:]; len(also) > 0 {
		var places []string
		for _, f := range also[:min(len(also), shownPlaces)] {
			if f.File != "" {
				places = append(places, fmt.Sprintf("%s (slot %d)", f.location(), f.Offset))
			} else {
				places = append(places, fmt.Sprintf("slot %d", f.Offset))
			}
		}
		if more := len(also) - len(places); more > 0 {
			places = append(places, fmt.Sprintf("and %d more", more))
		}
		fmt.Fprintf(t.out, "    also at %s\n", strings.Join(places, ", "))
	}
}

// rejectedBy are the effects for which the profile rejects the construct.
func (f *Finding) rejectedBy(profile verifier.Profile) effect.Set {
	var all effect.Set
	for _, name := range f.Effects {
		if e, err := effect.Parse(name); err == nil {
			all |= e
		}
	}
	return profile.Rejects(all)
}

// The four parts of a finding, each on one line: why, where, path, instead.

func (f *Finding) why(profile verifier.Profile) string {
	why := fmt.Sprintf("%s: %s", strings.Join(f.rejectedBy(profile).Names(), ", "), Printable(f.Reason))
	if f.Kernel != "" {
		why += " [" + Printable(f.Kernel) + "]"
	}
	return why
}

func (f *Finding) where() string {
	at := fmt.Sprintf("slot %d in %s", f.Offset, f.function())
	if f.File != "" {
		at = fmt.Sprintf("%s in %s, slot %d", f.location(), f.function(), f.Offset)
	}
	if f.Source != "" {
		at += ": " + Printable(shorten(f.Source))
	}
	return at
}

func (f *Finding) instead() string {
	return Printable(cmp.Or(f.Instead, "no stateless way is known"))
}

// group puts findings of the same construct together, in the order of their first places.
func group(findings []Finding) [][]*Finding {
	type construct struct{ kind, name string }
	index := make(map[construct]int)
	var groups [][]*Finding
	for i := range findings {
		f := &findings[i]
		key := construct{f.Kind, f.Name}
		at, found := index[key]
		if !found {
			at = len(groups)
			index[key] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], f)
	}
	return groups
}

func (f *Finding) location() string { return location(f.File, f.Line, f.Column) }

func (f *Finding) function() string { return Printable(cmp.Or(f.Function, "the program")) }

func (f *Finding) path() string {
	switch {
	case f.PathOmitted:
		return "too long to list"
	case len(f.Path) == 0:
		return "reached without a branch"
	}
	var steps []string
	for i, s := range f.Path {
		if left := len(f.Path) - shownSteps; left > 0 && i >= shownSteps/2 && i < shownSteps/2+left {
			if i == shownSteps/2 {
				steps = append(steps, fmt.Sprintf("%d more", left))
			}
			continue
		}
		steps = append(steps, s.String())
	}
	return strings.Join(steps, ", ")
}

// String is the step on one line.
func (s Step) String() string {
	at, taken := "", "not taken"
	if s.Line > 0 {
		at = " (" + location(s.File, s.Line, 0) + ")"
	}
	if s.Taken {
		taken = "taken"
	}
	if s.Because != "" {
		taken += " as " + Printable(s.Because)
	}
	return fmt.Sprintf("slot %d%s %s", s.Offset, at, taken)
}

func location(file string, line, column int) string {
	at := Printable(file)
	if line > 0 {
		at += fmt.Sprintf(":%d", line)
		if column > 0 {
			at += fmt.Sprintf(":%d", column)
		}
	}
	return at
}

// place names a program of an object, or without a name the object.
func place(path, name, section string) string {
	at := Printable(cmp.Or(path, `""`))
	if name != "" {
		at += ": " + Printable(name)
	}
	if section != "" {
		at += " (" + Printable(section) + ")"
	}
	return at
}

// errorLine says why something of an object could not be judged.
func errorLine(path, name, section, err string) string {
	return place(path, name, section) + ": " + Printable(err)
}

// Colours of ECMA-48 (SGR).
const (
	bold  = "\x1b[1m"
	red   = "\x1b[1;31m"
	green = "\x1b[32m"
	reset = "\x1b[0m"
)

func (t *text) verdict(v verifier.Verdict) string {
	if v == verifier.Stateless {
		return t.paint(green, string(v))
	}
	return t.paint(red, string(v))
}

func (t *text) bold(s string) string { return t.paint(bold, s) }

func (t *text) paint(color, s string) string {
	if !t.opts.Color {
		return s
	}
	return color + s + reset
}

func shorten(s string) string {
	n := 0
	for i := range s {
		if n == shownSource {
			return s[:i] + "..."
		}
		n++
	}
	return s
}

// Printable makes text from a file that nobody vouches for safe to show on one
// line of a terminal: what is not printable (line breaks, escape sequences,
// direction overrides, invalid UTF-8) is written as a Go escape.
func Printable(s string) string {
	plain := true
	for _, r := range s {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '\t':
			b.WriteByte(' ')
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
		s = s[size:]
	}
	return b.String()
}
