package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// ExplainSchema names the document of explain.
const ExplainSchema = "statecheck.explain/v1"

// Explanation is what explain says of the names that it was asked for.
type Explanation struct {
	Schema string  `json:"schema"`
	Topics []Topic `json:"topics"` // in the order of the names
}

// Topic is what there is to say of one name: a row of the table, or something of
// another kind, which fills of a Row what it has: an effect, a settled case (ID is
// its number, Name its title), a verdict, a profile.
type Topic struct {
	Row
	Rows     []string  `json:"rows"`     // of an effect: those that have it; of a settled case: those that rest on it
	Examples []Example `json:"examples"` // programs of the corpus: one that trips it, one that does not; those there are
}

// Kinds of topics that are not those of rows.
const (
	KindEffect  = "effect"
	KindCase    = "settled case"
	KindVerdict = "verdict"
	KindProfile = "profile"
)

// Example is a program of the corpus and its verdict.
type Example struct {
	Verdict verifier.Verdict `json:"verdict"`
	Profile verifier.Profile `json:"profile"` // under which it has that verdict
	// Precision at which it has that verdict; empty: any.
	Precision verifier.Precision `json:"precision,omitempty"`
	Object    string             `json:"object"` // path in the repository
	Program   string             `json:"program"`
	Shows     string             `json:"shows"` // what the program is in the corpus for
	By        string             `json:"by"`    // the construct that shares the worst effect; empty: the topic itself does it
	Command   string             `json:"command"`
}

// Args are the arguments of the command that shows the verdict.
func (e Example) Args() []string {
	args := []string{"--program", e.Program, e.Object}
	if e.Profile != verifier.ProfileFlag {
		args = append([]string{"--profile", string(e.Profile)}, args...)
	}
	if e.Precision != "" {
		args = append([]string{"--precision", string(e.Precision)}, args...)
	}
	return args
}

// ExplainJSON writes one [Explanation], a line for each topic.
func ExplainJSON(w io.Writer, topics []Topic) error {
	return writeList(w, Explanation{Schema: ExplainSchema, Topics: []Topic{}}, topics)
}

// ExplainText writes for people: the reason, where the kernel shows it, programs
// that show it, and what to do instead, in the order in which check says them.
func ExplainText(w io.Writer, topics []Topic) error {
	out := bufio.NewWriter(w) // keeps the first error for Flush
	for i := range topics {
		if i > 0 {
			fmt.Fprintln(out)
		}
		topics[i].text(out)
	}
	return out.Flush()
}

func (t *Topic) text(w io.Writer) {
	fmt.Fprintf(w, "%s\n  %s", t.title(), t.Reason)
	if t.Kernel != "" {
		fmt.Fprintf(w, " [%s]", t.Kernel)
	}
	fmt.Fprintln(w)
	line := func(what, text string) { fmt.Fprintf(w, "    %s: %s\n", what, text) }
	switch {
	case t.Kind == KindEffect:
		line("profiles", rejectedBy(t.Rejected))
		line("rows", fmt.Sprintf("%d, listed by statecheck table --effect %s", len(t.Rows), t.Name))
	case len(t.Rows) > 0:
		line("rows", strings.Join(t.Rows, ", "))
	default:
		for _, name := range t.Effects {
			if e, err := effect.Parse(name); err == nil {
				line(name, Plain(e.Meaning().Text)+"; "+rejectedBy(RejectedBy(e)))
			}
		}
	}
	if len(t.Writes) > 0 {
		line("writes", fmt.Sprintf("argument %s; memory of the program's choice, judged as a store to it would be", numbers(t.Writes)))
	}
	for _, c := range effect.Cases() {
		if slices.Contains(t.Settled, c.Number) {
			line(fmt.Sprintf("%s %d", KindCase, c.Number), c.Title)
		}
	}
	for _, e := range t.Examples {
		by := ""
		if e.By != "" {
			by = "by " + e.By + ": "
		}
		line(string(e.Verdict), fmt.Sprintf("%s (%s%s)", e.Command, by, e.Shows))
	}
	if t.Instead != "" {
		line("instead", t.Instead)
	} else if len(t.Rejected) > 0 && t.Rejected[0] == verifier.ProfileFlag {
		line("instead", "no stateless way is known")
	}
}

// title names the topic, what it is and its effects.
func (t *Topic) title() string {
	switch t.Kind {
	case KindCase:
		return fmt.Sprintf("%s %d: %s", t.Kind, t.ID, t.Name)
	case KindEffect, KindVerdict, KindProfile:
		return fmt.Sprintf("%s: %s", t.Name, t.Kind)
	}
	title := t.Name + ": " + t.numbered()
	if t.Since != "" {
		title += ", since Linux " + t.Since
	}
	return title + ": " + strings.Join(t.Effects, ", ")
}

// rejectedBy says which profiles reject an effect.
func rejectedBy(profiles []verifier.Profile) string {
	if len(profiles) == 0 {
		return "every profile lets it pass"
	}
	var names []string
	for _, p := range profiles {
		names = append(names, string(p))
	}
	return "rejected by " + strings.Join(names, ", ")
}

// numbers joins them with commas.
func numbers(list []int) string {
	var all []string
	for _, n := range list {
		all = append(all, fmt.Sprint(n))
	}
	return strings.Join(all, ", ")
}

// Plain drops the marks of Markdown.
func Plain(s string) string { return strings.ReplaceAll(s, "`", "") }
