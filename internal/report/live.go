package report

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/statecheck/statecheck/verifier"
)

// LiveSchema names the document of live.
const LiveSchema = "statecheck.live/v1"

// What the verdict on a loaded program goes by.
const (
	ByKernel    = "kernel"    // the original, kept by the kernel (BPF_F_ALLOW_DUMP)
	ByStore     = "store"     // the original, kept when the program was loaded; found by tag
	ByObject    = "object"    // the original, of a file that was named; found by tag
	ByRewritten = "rewritten" // the instructions that the kernel has made of the original
)

// Live is what runs in a kernel.
type Live struct {
	Schema   string           `json:"schema"`
	Tool     Tool             `json:"tool"`
	Profile  verifier.Profile `json:"profile"`
	Kernel   string           `json:"kernel"`  // its release
	Verdict  verifier.Verdict `json:"verdict"` // stateless, stateful or undecided
	Unseen   []string         `json:"unseen"`  // what this process could not look at, and why
	Programs []LiveProgram    `json:"programs"`
}

// LiveProgram is a program of the kernel.
type LiveProgram struct {
	ID       int              `json:"id"`
	Name     string           `json:"name"` // at most 15 bytes of it; empty: loaded without one
	Type     string           `json:"type"` // libbpf's name; empty: unknown
	Tag      string           `json:"tag"`
	UID      int              `json:"uid"`    // who loaded it
	Loaded   string           `json:"loaded"` // when (RFC 3339), to about a second
	Attached []string         `json:"attached"`
	Pins     []string         `json:"pins"`
	Maps     []string         `json:"maps"`     // all that it holds; those that it uses are findings
	Verdict  verifier.Verdict `json:"verdict"`  // stateless, stateful or undecided
	By       string           `json:"by"`       // kernel, store, object or rewritten
	Source   string           `json:"source"`   // the folder of the store, or the file
	Findings []Finding        `json:"findings"` // paths and source lines are of the original, and rewritten instructions have none
	Unknown  []string         `json:"unknown"`  // what the rewritten instructions do not tell
}

// Judge notes what was found in the program, and what could not be told.
func (p *LiveProgram) Judge(by, source string, findings []verifier.Finding, unknown []string) {
	p.By, p.Source, p.Verdict = by, source, verifier.Stateless
	for i := range findings {
		finding := newFinding(&findings[i])
		finding.Path, finding.PathOmitted = []Step{}, len(findings[i].Path) > 0
		p.Findings = append(p.Findings, finding)
	}
	for _, u := range unknown {
		p.Unknown = append(p.Unknown, clip(u, maxError))
	}
	switch {
	case len(findings) > 0:
		p.Verdict = verifier.Stateful
	case len(unknown) > 0:
		p.Verdict = Undecided
	}
}

// Decide sets the verdict of the whole: complete says that every program was seen.
func (l *Live) Decide(complete bool) {
	l.Verdict = verifier.Stateless
	for i := range l.Programs {
		switch v := l.Programs[i].Verdict; {
		case v == Undecided:
			complete = false
		case v == verifier.Stateful:
			l.Verdict = v
		}
	}
	if !complete || len(l.Programs) == 0 {
		l.Verdict = Undecided
	}
}

// LiveJSON writes the document, a line for each program.
func LiveJSON(w io.Writer, l Live) error {
	programs := l.Programs
	l.Programs = []LiveProgram{}
	return writeList(w, l, programs)
}

// LiveText writes a table, and under the line of a program where it is and why its
// verdict is what it is.
func LiveText(w io.Writer, l Live) error {
	var table bytes.Buffer
	columns := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "ID\tNAME\tTYPE\tTAG\tUID\tLOADED\tVERDICT\tBY")
	for i := range l.Programs {
		p := &l.Programs[i]
		fmt.Fprintf(columns, "%d\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", p.ID, Printable(cmp.Or(p.Name, "-")), cmp.Or(p.Type, "unknown"),
			p.Tag, p.UID, p.Loaded, p.Verdict, p.By)
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	out := bufio.NewWriter(w) // keeps the first error for Flush
	lines := strings.SplitAfter(table.String(), "\n")
	out.WriteString(lines[0])
	for i := range l.Programs {
		out.WriteString(lines[i+1])
		l.Programs[i].details(out)
	}
	return out.Flush()
}

// shownFindings bounds what is shown of a program. All of it is in the JSON document.
const shownFindings = 4

func (p *LiveProgram) details(w io.Writer) {
	line := func(title, text string) { fmt.Fprintf(w, "    %-9s %s\n", title, Printable(text)) }
	for _, where := range p.Attached {
		line("attached", where)
	}
	for _, path := range p.Pins {
		line("pinned", path)
	}
	for i, f := range p.Findings {
		if i == shownFindings {
			line("", fmt.Sprintf("and %d more", len(p.Findings)-i))
			break
		}
		line("state", fmt.Sprintf("slot %d: %s (%s): %s", f.Offset, f.Name, f.Effect, f.Reason))
	}
	if p.Verdict != Undecided {
		return
	}
	for i, text := range p.Unknown {
		if i == shownFindings {
			line("", fmt.Sprintf("and %d more", len(p.Unknown)-i))
			break
		}
		line("untold", text)
	}
}
