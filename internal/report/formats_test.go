package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/verifier"
)

// everyFormat are the formats of check.
var everyFormat = map[string]func(io.Writer) Handler[*Object]{
	"text":     func(w io.Writer) Handler[*Object] { return Text(w, TextOptions{Profile: verifier.ProfileFlag}) },
	"json":     func(w io.Writer) Handler[*Object] { return JSON(w, flagRun) },
	"sarif":    func(w io.Writer) Handler[*Object] { return SARIF(w, flagRun, rootIsHere) },
	"junit":    func(w io.Writer) Handler[*Object] { return JUnit(w, flagRun) },
	"github":   func(w io.Writer) Handler[*Object] { return GitHub(w, rootIsHere) },
	"gitlab":   func(w io.Writer) Handler[*Object] { return GitLab(w, rootIsHere) },
	"markdown": func(w io.Writer) Handler[*Object] { return Markdown(w, flagRun) },
}

var flagRun = Run{Tool{"statecheck", "v1"}, verifier.ProfileFlag, verifier.PrecisionCFG, verifier.Model}

// rootIsHere has every file in the repository.
func rootIsHere(object, file string) string {
	if file == "" {
		return object
	}
	return file
}

// write writes a report of the objects.
func write(t *testing.T, open func(io.Writer) Handler[*Object], s Summary, objects ...*Object) string {
	t.Helper()
	var out bytes.Buffer
	h := open(&out)
	for _, o := range objects {
		o.AddTo(&s)
		if err := h.Object(o); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Close(&s); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A run that ended early says so in every format: what is there never looks complete.
func TestInterruptedShows(t *testing.T) {
	o := &Object{Path: "prog.o"}
	o.Add(&verifier.Program{Name: "fwd"}, verifier.Report{Verdict: verifier.Stateless}, ByFlag)
	for name, open := range everyFormat {
		whole, part := write(t, open, Summary{}, o), write(t, open, Summary{Interrupted: true}, o)
		if strings.Contains(whole, "interrupted") || !strings.Contains(part, "interrupted") {
			t.Errorf("%s: whole:\n%s\ninterrupted:\n%s", name, whole, part)
		}
	}
	var list bytes.Buffer
	for name, h := range map[string]Handler[*InventoryObject]{"json": InventoryJSON(&list), "text": InventoryText(&list)} {
		list.Reset()
		if err := h.Close(&Summary{Interrupted: true}); err != nil || !strings.Contains(list.String(), "interrupted") {
			t.Errorf("inventory %s: %v, %s", name, err, &list)
		}
	}
}

// What is out of date in a policy file shows in every format, with its place.
func TestStaleShows(t *testing.T) {
	o := &Object{Path: "prog.o"}
	o.Add(&verifier.Program{Name: "fwd"}, verifier.Report{Verdict: verifier.Stateless, Profile: verifier.ProfileFlag}, ByFlag)
	stale := Summary{Stale: []Stale{{"policy.yaml", 7, 3, "unused", "the rule is of no use"}}}
	for name, open := range everyFormat {
		got := write(t, open, stale, o)
		for _, want := range []string{"policy.yaml", "7", "the rule is of no use"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", name, want, got)
			}
		}
		if none := write(t, open, Summary{}, o); strings.Contains(none, "policy.yaml") {
			t.Errorf("%s: nothing is stale:\n%s", name, none)
		}
	}
}

// at is a finding on a line of C.
func at(slot, line int, source string) verifier.Finding {
	f := redirect(slot)
	f.Line = verifier.Line{File: "prog.c", Line: line, Column: 9, Text: source}
	return f
}

// A fingerprint stays when lines above come and go, and is another one where the code is.
func TestFingerprints(t *testing.T) {
	prints := func(findings ...verifier.Finding) []string {
		o := &Object{Path: "prog.o"}
		o.Add(&verifier.Program{Name: "fwd", Section: "xdp"}, stateful(findings...), ByFlag)
		var all []string
		for _, found := range newIssues(rootIsHere).of(o) {
			all = append(all, found.fingerprint)
		}
		return all
	}
	before := prints(at(3, 10, "a();"), at(5, 12, "b();"), at(8, 14, "a();"))
	if diff := cmp.Diff(before, prints(at(30, 110, "\ta(); "), at(50, 112, "b();"), at(80, 114, "a();"))); diff != "" {
		t.Errorf("lines moved (-before +after):\n%s", diff)
	}
	if before[0] == before[1] || before[0] == before[2] {
		t.Errorf("%v, want three that differ", before)
	}
	if after := prints(at(3, 10, "c();")); after[0] == before[0] {
		t.Error("other code has the same fingerprint")
	}
	renamed := at(3, 10, "a();")
	renamed.Function = "other"
	if after := prints(renamed); after[0] == before[0] {
		t.Error("another function has the same fingerprint")
	}
}

// Several findings of one construct on one line are one issue; without a line each has
// its own.
func TestIssuesOfALine(t *testing.T) {
	for _, tt := range []struct {
		name, reason string
		findings     []verifier.Finding
		want         int
	}{
		{"unrolled", "a loop makes many calls of one", []verifier.Finding{at(3, 10, "a();"), at(5, 10, "a();")}, 1},
		{"two lines", "each is to be seen", []verifier.Finding{at(3, 10, "a();"), at(5, 11, "a();")}, 2},
		{"no lines", "nothing says that they are one", []verifier.Finding{redirect(3), redirect(5)}, 2},
	} {
		o := &Object{Path: "prog.o"}
		o.Add(&verifier.Program{Name: "fwd"}, stateful(tt.findings...), ByFlag)
		if got := newIssues(rootIsHere).of(o); len(got) != tt.want {
			t.Errorf("%s: %d issues, want %d: %s", tt.name, len(got), tt.want, tt.reason)
		}
	}
}

// A stateful program is an issue even where its findings did not fit the report, and a
// stateless one that leaves out what the profile lets pass is none.
func TestOmittedIsAnIssue(t *testing.T) {
	o := &Object{Path: "prog.o"}
	o.Add(&verifier.Program{Name: "fwd"}, verifier.Report{Verdict: verifier.Stateful, Omitted: 3}, ByFlag)
	o.Add(&verifier.Program{Name: "drop"}, verifier.Report{Verdict: verifier.Stateless, Omitted: 3}, ByFlag)
	got := newIssues(rootIsHere).of(o)
	if len(got) != 1 || got[0].rule != ruleOmitted || !strings.Contains(got[0].text, "3 more") {
		t.Errorf("%+v, want one that says 3 more", got)
	}
	for _, name := range []string{"junit", "markdown"} {
		if text := write(t, everyFormat[name], Summary{}, o); !strings.Contains(text, "3 more, too many to list") {
			t.Errorf("%s does not say what is left out:\n%s", name, text)
		}
	}
}

// What GitHub would refuse is left out, and said to be.
func TestGitHubLimits(t *testing.T) {
	o := &Object{Path: "prog.o"}
	var findings []verifier.Finding
	for i := range 900 {
		findings = append(findings, at(i, i+1, "a();"))
	}
	o.Add(&verifier.Program{Name: "fwd"}, stateful(findings...), ByFlag)
	objects := make([]*Object, 31) // the same one again and again: 27,000 results
	for i := range objects {
		objects[i] = o
	}
	first := at(1, 1, "a();")
	first.Path = make([]verifier.Branch, 2*maxSteps)
	objects[0] = &Object{Path: "long.o"}
	objects[0].Add(&verifier.Program{Name: "fwd", Source: func(int) (verifier.Line, bool) { return verifier.Line{File: "prog.c", Line: 7}, true }},
		stateful(first), ByFlag)
	var log struct {
		Runs []struct {
			Results []struct {
				CodeFlows []struct{ ThreadFlows []struct{ Locations []any } }
			}
			Invocations []struct {
				ToolExecutionNotifications []struct{ Message struct{ Text string } }
			}
		}
	}
	if err := json.Unmarshal([]byte(write(t, everyFormat["sarif"], Summary{}, objects...)), &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if len(run.Results) != maxResults {
		t.Errorf("%d results, want %d", len(run.Results), maxResults)
	}
	if steps := run.Results[0].CodeFlows[0].ThreadFlows[0].Locations; len(steps) != maxSteps {
		t.Errorf("%d steps, want %d", len(steps), maxSteps)
	}
	want := fmt.Sprintf("%d more results, too many to list", 1+30*900-maxResults)
	if notes := run.Invocations[0].ToolExecutionNotifications; len(notes) != 1 || notes[0].Message.Text != want {
		t.Errorf("%+v, want %q", notes, want)
	}

	o = &Object{Path: "prog.o"}
	for range 1_100 {
		o.Add(&verifier.Program{Name: "fwd"}, verifier.Report{Verdict: verifier.Invalid, Err: errors.New(strings.Repeat("b", 1000))}, ByFlag)
	}
	text := write(t, everyFormat["markdown"], Summary{}, o)
	if len(text) > 1<<20 || !strings.Contains(text, "more rows, too many") {
		t.Errorf("%d bytes, want at most %d and to be told of the rest", len(text), 1<<20)
	}
}

// Nothing that a file holds is a mark of the format that it is written in.
func TestMarks(t *testing.T) {
	const name = "a|b`c`%0A,:<img>@who]]>\n::error::x"
	o := &Object{Path: name}
	f := at(3, 10, name)
	f.Line.File = name
	o.Add(&verifier.Program{Name: name, Section: name}, stateful(f), ByFlag)
	o.Add(&verifier.Program{Name: name}, verifier.Report{Verdict: verifier.Invalid, Err: errors.New(name)}, ByFlag)
	for format, want := range map[string]string{
		"markdown": "`a\\|b'c'%0A,:<img>@who]]>\\n::error::x`",
		"github":   `::error file=a|b` + "`c`" + `%250A%2C%3A<img>@who]]>\n%3A%3Aerror%3A%3Ax,line=10,col=9,title=`,
		"junit":    `classname="a|b` + "`c`" + `%0A,:&lt;img&gt;@who]]&gt;\n::error::x"`,
		"sarif":    `"uri":"./a%7Cb%60c%60%250A,:%3Cimg%3E@who%5D%5D%3E%0A::error::x"`,
	} {
		got := write(t, everyFormat[format], Summary{}, o)
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s:\n%s", format, want, got)
		}
		for line := range strings.Lines(got) {
			if format == "github" && strings.HasPrefix(line, "::error::x") {
				t.Errorf("a name is a command: %s", line)
			}
		}
	}
}
