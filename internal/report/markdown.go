package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/statecheck/statecheck/verifier"
)

// maxMarkdown is how many bytes of rows a Markdown report has: GitHub takes a step
// summary of 1 MiB.
const maxMarkdown = 900 << 10

// Markdown returns a handler that writes a table for step summaries and comments: a
// row for each construct of a stateful program, for each program that could not be
// judged, and for each that passes only because something was accepted. The verdict
// stands above it, so all is written on Close.
func Markdown(w io.Writer, run Run) Handler[*Object] {
	return &markdown{w: w, run: run}
}

type markdown struct {
	w       io.Writer
	run     Run
	rows    bytes.Buffer
	omitted int // rows
}

func (h *markdown) Object(o *Object) error {
	if o.Error != "" {
		h.row(codeOf(o.Path), "could not be read", "", "", codeOf(o.Error))
	}
	for i := range o.Programs {
		p := &o.Programs[i]
		what := codeOf(o.Path) + ": " + codeOf(p.title())
		switch by := p.waivers(); {
		case p.Verdict == verifier.Invalid:
			h.row(what, "invalid", "", "", codeOf(p.Error))
			continue
		case len(by) > 0:
			h.row(what, string(p.Verdict), "", "", "accepted: "+codeOf(strings.Join(by, ", ")))
		}
		for _, same := range group(p.Findings) {
			h.finding(what, string(verifier.Stateful), p.Profile, same)
		}
		if p.Omitted > 0 && p.Verdict == verifier.Stateful {
			h.row(what, string(p.Verdict), "", "", fmt.Sprintf("and %d more, too many to list", p.Omitted))
		}
	}
	return nil
}

// finding writes the places of one construct.
func (h *markdown) finding(what, is string, profile verifier.Profile, same []*Finding) {
	f := same[0]
	at := fmt.Sprintf("slot %d", f.Offset)
	if f.File != "" {
		at = codeOf(f.location())
	}
	if more := len(same) - 1; more > 0 {
		at += fmt.Sprintf(" and %d more", more)
	}
	effects := strings.Join(f.rejectedBy(profile).Names(), ", ")
	h.row(what, is, fmt.Sprintf("%s (%s)", codeOf(f.Name), effects), at,
		fmt.Sprintf("%s. Instead: %s.", proseOf(f.Reason), proseOf(cmp.Or(f.Instead, "no stateless way is known"))))
}

func (h *markdown) row(cells ...string) {
	row := "| " + strings.Join(cells, " | ") + " |\n"
	if h.rows.Len()+len(row) > maxMarkdown {
		h.omitted++
		return
	}
	h.rows.WriteString(row)
}

func (h *markdown) Close(s *Summary) error {
	for i := range s.Stale {
		st := &s.Stale[i]
		h.row(codeOf(st.File), "out of date", st.Kind, codeOf(location(st.File, st.Line, st.Column)), proseOf(st.Message))
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "### statecheck: %s\n\n%s. Profile `%s`, precision `%s`, model `%s`.\n",
		s.Verdict(), s, h.run.Profile, h.run.Precision, h.run.Model)
	if text := s.shortfall(); text != "" {
		fmt.Fprintf(&out, "\n**%s**\n", text)
	}
	return h.table(&out, "verdict")
}

// table writes what comes before it and then the rows, of which the second cell is
// called is.
func (h *markdown) table(head *bytes.Buffer, is string) error {
	if h.rows.Len() > 0 {
		fmt.Fprintf(head, "\n| program | %s | construct | where | why |\n| --- | --- | --- | --- | --- |\n", is)
		head.Write(h.rows.Bytes())
	}
	if h.omitted > 0 {
		fmt.Fprintf(head, "\nAnd %s, too many for a summary.\n", plural(h.omitted, "more row"))
	}
	_, err := h.w.Write(head.Bytes())
	return err
}

// codeOf is text from a file that nobody vouches for as code in a cell: there no mark
// has a meaning, and no name calls a person or an issue.
func codeOf(s string) string {
	s = strings.NewReplacer("`", "'", "|", `\|`).Replace(Printable(s))
	return "`" + cmp.Or(strings.TrimSpace(s), " ") + "`"
}

// proseOf is a sentence of ours in a cell.
func proseOf(s string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", "&lt;").Replace(Printable(s))
}
