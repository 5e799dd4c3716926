package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// DiffSchema names the document of diff.
const DiffSchema = "statecheck.diff/v1"

// Diff is what NEW needs or leaves and OLD did not, and the other way round.
type Diff struct {
	Schema string `json:"schema"`
	Run
	Old      string        `json:"old"` // as given, with forward slashes
	New      string        `json:"new"`
	Verdict  DiffVerdict   `json:"verdict"`
	Errors   []string      `json:"errors"`   // what could not be read or judged, a line each
	Programs []DiffProgram `json:"programs"` // those of NEW in their order, then those that only OLD has
}

// DiffVerdict is what diff says of a run.
type DiffVerdict string

// Verdicts of diff.
const (
	DiffAdded     DiffVerdict = "added"     // NEW has state that OLD does not have
	DiffNone      DiffVerdict = "none"      // it has not; there may be less
	DiffUndecided DiffVerdict = "undecided" // something could not be read or judged
)

// DiffProgram is one program. It is the same in OLD and NEW where it has the same name in
// the same section, and its object the same path: within the folder where both are
// folders. Two single files are compared whatever their names.
//
// State is the same where kind, name and effect are; how often it stands in the program,
// and where, is not compared. Findings that differ in some effects alone are in two of
// the lists, each with the effects that belong there.
type DiffProgram struct {
	Path       string    `json:"path"` // of the object: in NEW, or where it is only there, in OLD
	Name       string    `json:"name"`
	Section    string    `json:"section"`
	Type       string    `json:"type"`
	AttachType string    `json:"attach_type"`
	In         string    `json:"in"`        // old, new or both
	Added      []Finding `json:"added"`     // as NEW has them
	Removed    []Finding `json:"removed"`   // as OLD has them; of an inventory only kind, name, ID and effects
	Unchanged  []Finding `json:"unchanged"` // as NEW has them
}

// Judge sets the verdict by the programs and the errors.
func (d *Diff) Judge() {
	d.Verdict = DiffNone
	for i := range d.Programs {
		if len(d.Programs[i].Added) > 0 {
			d.Verdict = DiffAdded
		}
	}
	if len(d.Errors) > 0 {
		d.Verdict = DiffUndecided
	}
}

// DiffJSON writes one [Diff], a line for each program.
func DiffJSON(w io.Writer, d *Diff) error {
	head := *d
	head.Programs = []DiffProgram{}
	return writeList(w, head, d.Programs)
}

// changes says in a few words what became of a program; "" where nothing did.
func (p *DiffProgram) changes() string {
	var parts []string
	for _, list := range []struct {
		findings []Finding
		what     string
	}{{p.Added, "added"}, {p.Removed, "removed"}, {p.Unchanged, "unchanged"}} {
		if n := len(group(list.findings)); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, list.what))
		}
	}
	if len(p.Added)+len(p.Removed) == 0 {
		return ""
	}
	said := strings.Join(parts, ", ")
	switch p.In {
	case "new":
		said = "new program, " + said
	case "old":
		said = "program removed, " + said
	}
	return said
}

// counts is the line that ends a comparison.
func (d *Diff) counts() string {
	var added, removed, same int
	for i := range d.Programs {
		switch p := &d.Programs[i]; {
		case len(p.Added) > 0:
			added++
		case len(p.Removed) > 0:
			removed++
		default:
			same++
		}
	}
	var parts []string
	for _, count := range []struct {
		n    int
		what string
	}{{added, "with added state"}, {removed, "with less state"}, {same, "as before"}} {
		if count.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count.n, count.what))
		}
	}
	line := "nothing was compared"
	if len(parts) > 0 {
		line = plural(len(d.Programs), "program") + ": " + strings.Join(parts, ", ")
	}
	if n := len(d.Errors); n > 0 {
		line += fmt.Sprintf("; %d could not be judged", n)
	}
	return line
}

// DiffText writes for people: of each program that changed, what it added in full and
// what it has no more by name.
func DiffText(w io.Writer, d *Diff, opts TextOptions) error {
	t := &text{out: bufio.NewWriter(w), opts: opts}
	for i := range d.Programs {
		p := &d.Programs[i]
		changes := p.changes()
		if changes == "" {
			continue
		}
		color := green
		if len(p.Added) > 0 {
			color = red
		}
		fmt.Fprintf(t.out, "%s: %s\n", place(p.Path, p.Name, p.Section), t.paint(color, changes))
		for _, same := range group(p.Added) {
			t.findings("added: ", d.Profile, same)
		}
		for _, same := range group(p.Removed) {
			f := same[0]
			fmt.Fprintf(t.out, "  removed: %s: %s\n", Printable(f.Name), strings.Join(f.Effects, ", "))
		}
	}
	if opts.Errors {
		for _, line := range d.Errors {
			fmt.Fprintln(t.out, line)
		}
	}
	if t.found != 0 {
		fmt.Fprintf(t.out, "See also: statecheck explain %s\n", strings.Join(t.found.Names(), " "))
	}
	fmt.Fprintln(t.out, d.counts())
	return t.out.Flush()
}

// DiffGitHub writes workflow commands of GitHub Actions, as [GitHub] does: an annotation
// on the line of each finding that was added.
func DiffGitHub(w io.Writer, d *Diff, locate Locate) error {
	h := &github{bufio.NewWriter(w), newIssues(locate)}
	for i := range d.Programs {
		p := &d.Programs[i]
		h.list(h.issues.findings(&Object{Path: p.Path}, &Program{
			Name: p.Name, Section: p.Section, Profile: d.Profile, Findings: p.Added,
		}))
	}
	for _, line := range d.Errors {
		fmt.Fprintf(h.out, "::error title=statecheck::%s\n", githubData.Replace(line))
	}
	fmt.Fprintln(h.out, d.counts())
	return h.out.Flush()
}

// DiffMarkdown writes a table for a comment on a pull request: a row for each construct
// that was added, or is gone.
func DiffMarkdown(w io.Writer, d *Diff) error {
	m := &markdown{w: w}
	for i := range d.Programs {
		p := &d.Programs[i]
		what := codeOf(p.Path) + ": " + codeOf((&Program{Name: p.Name, Section: p.Section}).title())
		if p.In == "new" {
			what += " (new)"
		}
		for _, same := range group(p.Added) {
			m.finding(what, "**added**", d.Profile, same)
		}
		for _, same := range group(p.Removed) {
			f := same[0]
			m.row(what, "removed", codeOf(f.Name)+" ("+strings.Join(f.Effects, ", ")+")", "", "")
		}
	}
	for _, line := range d.Errors {
		m.row(codeOf(line), "could not be judged", "", "", "")
	}
	title := map[DiffVerdict]string{
		DiffAdded: "state is added", DiffNone: "no state is added", DiffUndecided: "undecided",
	}[d.Verdict]
	var head bytes.Buffer
	fmt.Fprintf(&head, "### statecheck: %s\n\nFrom %s to %s: %s. Profile `%s`, precision `%s`, model `%s`.\n",
		title, codeOf(d.Old), codeOf(d.New), d.counts(), d.Profile, d.Precision, d.Model)
	return m.table(&head, "change")
}
