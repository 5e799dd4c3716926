package policy

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// TestParse reads testdata/*.yaml. The comments on top of each say why it is there
// ("reason"), which error it is ("error"), and why the schema cannot see that
// ("schema"); else the JSON Schema agrees.
func TestParse(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("../../docs/schema/policy.json")
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no testdata (%v)", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			said := make(map[string]string)
			for line := range strings.Lines(string(raw)) {
				comment, ok := strings.CutPrefix(line, "# ")
				if !ok {
					break
				}
				key, value, _ := strings.Cut(strings.TrimSpace(comment), ": ")
				said[key] = value
			}
			if said["reason"] == "" {
				t.Fatal("no reason")
			}

			got := ""
			if _, err := parse(raw); err != nil {
				got = err.Error()
			}
			if got != said["error"] {
				t.Errorf("%s: got %q, want %q", said["reason"], got, said["error"])
			}
			var document yaml.Node
			if err := yaml.NewDecoder(bytes.NewReader(raw)).Decode(&document); err != nil {
				return // not YAML
			}
			err = schema.Validate(plain(t, &document))
			if blind := said["schema"] != ""; (err == nil) != (got == "" || blind) {
				t.Errorf("%s: the schema says %v", said["reason"], err)
			}
		})
	}
}

// plain returns what an editor hands to a schema.
func plain(t *testing.T, n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return plain(t, n.Content[0])
	case yaml.AliasNode:
		return plain(t, n.Alias)
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range n.Content {
			list = append(list, plain(t, item))
		}
		return list
	case yaml.MappingNode:
		object := make(map[string]any)
		for i := 0; i < len(n.Content); i += 2 {
			object[n.Content[i].Value] = plain(t, n.Content[i+1])
		}
		return object
	}
	switch n.ShortTag() {
	case "!!timestamp", "!x":
		return n.Value
	}
	var value any
	if err := n.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// Whatever the bytes are, there are rules or an error of one line that begins with a
// place, and what is accepted has a reason.
func FuzzPolicy(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		rules, err := parse(raw)
		if err != nil && rules != nil {
			t.Error("rules and an error")
		}
		for _, r := range rules {
			if (len(r.accept) > 0 || r.stateful != nil) && r.reason == "" {
				t.Error("a waiver without a reason")
			}
			if r.path == nil && r.section == nil && r.name == nil {
				t.Error("a rule without a glob")
			}
		}
	})
}
