package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/internal/explain"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// TestExplainEverything explains every name that there is, and runs every command
// that the examples name.
func TestExplainEverything(t *testing.T) {
	t.Chdir("../..")
	names := explain.NewIndex().Names()
	got := runJSON[report.Explanation](t, append([]string{"explain", "--format", "json"}, names...)...)
	if got.Schema != report.ExplainSchema || len(got.Topics) != len(names) {
		t.Fatalf("schema %q, %d topics for %d names", got.Schema, len(got.Topics), len(names))
	}
	commands := make(map[string]verifier.Verdict)
	for _, topic := range got.Topics {
		for _, e := range topic.Examples {
			commands[e.Command] = e.Verdict
		}
	}
	status := map[verifier.Verdict]int{
		verifier.Stateless: ExitStateless, verifier.Stateful: ExitStateful, verifier.Invalid: ExitUndecided,
	}
	for command, verdict := range commands {
		var out bytes.Buffer
		args := strings.Fields(command)[1:]
		if got := (Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out}).Main(args); got != status[verdict] {
			t.Errorf("%s: exit status %d, said to be %s", command, got, verdict)
		}
		if !strings.Contains(out.String(), ": "+string(verdict)) {
			t.Errorf("%s does not say %s:\n%s", command, verdict, &out)
		}
	}
}

// The document has every row of the table, with all that the contract wants of it.
func TestTableJSON(t *testing.T) {
	table := runJSON[report.Table](t, "table", "--format", "json")
	if table.Schema != report.TableSchema {
		t.Errorf("schema %q", table.Schema)
	}
	kinds := make(map[string]int)
	rows := effect.Rows()
	for i, row := range table.Rows {
		kinds[row.Kind]++
		if row.Name != rows[i].Name {
			t.Fatalf("row %d is %s, want %s", i, row.Name, rows[i].Name)
		}
		if row.Reason == "" || row.Kernel == "" || len(row.Effects) == 0 || row.Settled == nil || row.Writes == nil || row.Rejected == nil {
			t.Errorf("%s lacks something: %+v", row.Name, row)
		}
		if row.Kind != "instruction" && slices.Contains(row.Effects, "unknown") {
			t.Errorf("%s is unknown", row.Name)
		}
	}
	if kinds["helper"] != 211 || kinds["kfunc"] != 207 || len(table.Rows) != len(rows) {
		t.Errorf("%v, expected 211 helpers, 207 kfuncs and %d rows", kinds, len(rows))
	}
}

// runJSON runs the command, which must end well, and reads its document: every field
// of it, and no other.
func runJSON[T any](t *testing.T, args ...string) T {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if got := (Command{Stdout: &stdout, Stderr: &stderr}).Main(args); got != 0 {
		t.Fatalf("%s: exit status %d\n%s", args[0], got, &stderr)
	}
	var doc T
	dec := json.NewDecoder(&stdout)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc
}
