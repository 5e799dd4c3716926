// Package explain says what the names mean that statecheck prints: those of
// helpers, kfuncs, instruction forms, effects, settled cases, verdicts and profiles.
//
// A topic is put together from the facts where they are kept: the table and the
// settled cases (verifier/effect), the profiles (verifier), the corpus. Only what
// verdicts and profiles are is written here (words.go).
package explain

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Index knows all topics: the rows in the order of the table, then effects, settled
// cases, verdicts and profiles.
type Index struct {
	topics []report.Topic
	byName map[string]*report.Topic
}

// NewIndex puts all topics together.
func NewIndex() *Index {
	x := &Index{topics(), make(map[string]*report.Topic)}
	for i := range x.topics {
		t := &x.topics[i]
		x.byName[name(t)] = t
		x.byName[t.Kind+" "+name(t)] = t
		if t.Kind == report.KindCase {
			x.byName["case "+strconv.Itoa(t.ID)] = t
		}
	}
	return x
}

// name is what a topic is called, in lower case. The titles of settled cases are
// no names.
func name(t *report.Topic) string {
	if t.Kind == report.KindCase {
		return report.KindCase + " " + strconv.Itoa(t.ID)
	}
	return strings.ToLower(t.Name)
}

// Names lists one name for each topic.
func (x *Index) Names() []string {
	var names []string
	for i := range x.topics {
		names = append(names, name(&x.topics[i]))
	}
	return names
}

func topics() []report.Topic {
	rows := effect.Rows()
	ex := newExamples(rows)
	var all []report.Topic
	for _, row := range rows {
		all = append(all, topic(report.NewRow(row), ex.ofRow(row)))
	}
	for _, e := range effect.All() {
		m := e.Meaning()
		t := topic(report.Row{
			Kind: report.KindEffect, Name: m.Name, Effects: e.Names(), Rejected: report.RejectedBy(e),
			Reason: report.Plain(m.Text) + "; " + rules[m.Rule], Instead: report.Plain(m.Instead),
		}, ex.ofEffect(e))
		for _, row := range rows {
			if row.Effects&e != 0 {
				t.Rows = append(t.Rows, row.Name)
			}
		}
		all = append(all, t)
	}
	for _, c := range effect.Cases() {
		t := topic(report.Row{
			Kind: report.KindCase, ID: c.Number, Name: c.Title, Reason: report.Plain(c.Text),
		}, ex.ofCase(c.Number))
		t.Rows = append(t.Rows, c.Names...)
		all = append(all, t)
	}
	for _, v := range verdicts {
		all = append(all, topic(report.Row{
			Kind: report.KindVerdict, Name: string(v.name), Reason: v.text, Instead: v.instead,
		}, ex.ofVerdict(v.name)))
	}
	for _, p := range verifier.Profiles() {
		all = append(all, topic(report.Row{
			Kind: report.KindProfile, Name: string(p), Reason: profiles[p] + ": " + passing(p),
		}, ex.ofProfile(p)))
	}
	return all
}

// topic makes lists that have nothing in them empty, as the contract wants it.
func topic(row report.Row, examples []report.Example) report.Topic {
	t := report.Topic{Row: row, Rows: []string{}, Examples: append([]report.Example{}, examples...)}
	t.Effects = append([]string{}, t.Effects...)
	t.Rejected = append([]verifier.Profile{}, t.Rejected...)
	t.Settled = append([]int{}, t.Settled...)
	t.Writes = append([]int{}, t.Writes...)
	return t
}

// passing says which effects a profile lets pass.
func passing(p verifier.Profile) string {
	var pass, reject []string
	for _, e := range effect.All() {
		if p.Rejects(e) == 0 {
			pass = append(pass, e.String())
		} else {
			reject = append(reject, e.String())
		}
	}
	return fmt.Sprintf("%s pass, and %s do not", strings.Join(pass, ", "), strings.Join(reject, ", "))
}
