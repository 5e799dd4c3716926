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
			h.finding(what, same)
		}
		if p.Omitted > 0 && p.Verdict == verifier.Stateful {
			h.row(what, string(p.Verdict), "", "", fmt.Sprintf("and %d more, too many to list", p.Omitted))
		}
	}
	return nil
}

// finding writes the places of one construct.
func (h *markdown) finding(what string, same []*Finding) {
	f := same[0]
	at := fmt.Sprintf("slot %d", f.Offset)
	if f.File != "" {
		at = codeOf(f.location())
	}
	if more := len(same) - 1; more > 0 {
		at += fmt.Sprintf(" and %d more", more)
	}
	effects := strings.Join(f.rejectedBy(h.run.Profile).Names(), ", ")
	h.row(what, string(verifier.Stateful), fmt.Sprintf("%s (%s)", codeOf(f.Name), effects), at,
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
	var out bytes.Buffer
	fmt.Fprintf(&out, "### statecheck: %s\n\n%s. Profile `%s`, precision `%s`, model `%s`.\n",
		s.Verdict(), s, h.run.Profile, h.run.Precision, h.run.Model)
	if text := s.shortfall(); text != "" {
		fmt.Fprintf(&out, "\n**%s**\n", text)
	}
	if h.rows.Len() > 0 {
		out.WriteString("\n| program | verdict | construct | where | why |\n| --- | --- | --- | --- | --- |\n")
		out.Write(h.rows.Bytes())
	}
	if h.omitted > 0 {
		fmt.Fprintf(&out, "\nAnd %s, too many for a summary.\n", plural(h.omitted, "more row"))
	}
	_, err := h.w.Write(out.Bytes())
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
