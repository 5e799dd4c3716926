package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/statecheck/statecheck/internal/explain"
)

// TestSchemas holds what the command prints about the whole corpus against the schemas
// in docs/schema, and sees that they are not met by something else.
func TestSchemas(t *testing.T) {
	t.Chdir("../..")
	for _, tt := range []struct {
		schema, reason string
		args           []string
		broken         [][2]string // what makes the document wrong: this text, replaced by that
	}{
		{
			schema: "report", reason: "findings, waived and allowed, invalid programs, unreadable inputs",
			args: []string{"check", "--exit-zero", "--profile", "pure", "--allow", "map,bpf_redirect", "corpus/objects", "missing.o"},
			broken: [][2]string{
				{`"statecheck.report/v1"`, `"statecheck.report/v2"`},
				{`"verdict":"undecided"`, `"verdict":"invalid"`},
				{`"verdict":"stateful"`, `"verdict":"undecided"`},
				{`"effect":"handoff"`, `"effect":"hand-off"`},
				{`"offset":13,`, ``},
				{`"findings":[]`, `"findings":null`},
				{`"by":`, `"because":`},
				{`"taken":true`, `"taken":"yes"`},
			},
		},
		{
			schema: "report", reason: "an interrupted or empty run is one too",
			args:   []string{"check", "--exit-zero", "--program", "none", "corpus/objects"},
			broken: [][2]string{{`"model"`, `"kernel"`}},
		},
		{
			schema: "inventory", reason: "every list of an inventory, and programs that cannot be listed",
			args: []string{"inventory", "corpus/objects", "missing.o"},
			broken: [][2]string{
				{`"kind":"map"`, `"kind":"hash"`},
				{`"calls":1`, `"calls":1.5`},
				{`"sha256":`, `"sha512":`},
			},
		},
		{
			schema: "diff", reason: "state that is added, removed and unchanged, and what cannot be read",
			args: []string{"diff", "--exit-zero", "corpus/objects/demo.o", "corpus/objects"},
			broken: [][2]string{
				{`"verdict":"undecided"`, `"verdict":"stateful"`},
				{`"in":"new"`, `"in":"OLD"`},
				{`"removed":[]`, `"removed":null`},
			},
		},
		{
			schema: "table", reason: "every row",
			args: []string{"table"},
			broken: [][2]string{
				{`"rejected_by":["flag"`, `"rejected_by":["none"`},
				{`"settled":[]`, `"settled":["1"]`},
			},
		},
		{
			schema: "explain", reason: "every topic",
			args: append([]string{"explain"}, explain.NewIndex().Names()...),
			broken: [][2]string{
				{`"kind":"effect"`, `"kind":"side effect"`},
				{`"command":`, `"run":`},
			},
		},
	} {
		t.Run(tt.schema, func(t *testing.T) {
			schema := strictSchema(t, filepath.Join("docs", "schema", tt.schema+".v1.json"))
			var stdout, stderr bytes.Buffer
			c := Command{Stdout: &stdout, Stderr: &stderr}
			c.Main(append(tt.args[:1:1], append([]string{"--format", "json"}, tt.args[1:]...)...))
			text := stdout.String()
			if err := meets(schema, text); err != nil {
				t.Errorf("%s: %v", tt.reason, err)
			}
			for _, b := range tt.broken {
				if !strings.Contains(text, b[0]) {
					t.Errorf("no %s to replace", b[0])
				} else if meets(schema, strings.Replace(text, b[0], b[1], 1)) == nil {
					t.Errorf("%s instead of %s meets the schema", b[1], b[0])
				}
			}
		})
	}
}

func meets(schema *jsonschema.Schema, text string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(doc)
}

// strictSchema reads a schema that allows fields which it does not know, for later
// versions of statecheck have more, and forbids them: this version has none.
func strictSchema(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	var doc any
	raw := readFile(t, path)
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	var forbid func(any)
	forbid = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if v["type"] == "object" {
				v["additionalProperties"] = false
			}
			for _, part := range v {
				forbid(part)
			}
		case []any:
			for _, part := range v {
				forbid(part)
			}
		}
	}
	forbid(doc)
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("strict.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("strict.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
