package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/joshdk/go-junit"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
)

// TestFormatsOfCorpus judges the corpus once and writes every format. Readers that are
// not ours take what is theirs, and all say as much as the JSON report does.
func TestFormatsOfCorpus(t *testing.T) {
	sarifSchema, err := filepath.Abs("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("../..")
	dir := t.TempDir()
	args := []string{"--profile", "pure", "--exit-zero"}
	for _, format := range checkFormats {
		args = append(args, "--output", format.name+"="+filepath.Join(dir, format.name))
	}
	var stdout, stderr bytes.Buffer
	if got := (Command{Stdout: &stdout, Stderr: &stderr}).Main(append(args, "corpus/objects", "missing.o")); got != 0 {
		t.Fatalf("exit status %d\n%s", got, &stderr)
	}
	read := func(format string) []byte { return readFile(t, filepath.Join(dir, format)) }
	var doc report.Report
	decode(t, read("json"), &doc)
	want := saidBy(&doc)

	t.Run("sarif", func(t *testing.T) {
		validate(t, sarifSchema, read("sarif")) // that of OASIS
		var log sarifLog
		if err := json.Unmarshal(read("sarif"), &log); err != nil {
			t.Fatal(err)
		}
		run := log.Runs[0]
		if len(run.Results) != want.issues {
			t.Errorf("%d results, want %d", len(run.Results), want.issues)
		}
		prints := make(map[string]bool)
		for i, r := range run.Results {
			if rule := run.Tool.Driver.Rules[r.RuleIndex]; rule.ID != r.RuleID {
				t.Errorf("result %d: rule %s, but %s has its index", i, r.RuleID, rule.ID)
			}
			if print := r.Fingerprints["primaryLocationLineHash"]; print == "" || prints[print] {
				t.Errorf("result %d: fingerprint %q, want one of its own", i, print)
			} else {
				prints[print] = true
			}
			inRepository(t, r.Locations[0].Physical.Artifact.URI)
			for _, flow := range r.CodeFlows {
				steps := flow.ThreadFlows[0].Locations
				for _, step := range steps {
					inRepository(t, step.Location.Physical.Artifact.URI)
				}
				if diff := cmp.Diff(r.Locations[0], steps[len(steps)-1].Location); diff != "" {
					t.Errorf("result %d: its path ends elsewhere:\n%s", i, diff)
				}
			}
		}
		for _, rule := range run.Tool.Driver.Rules {
			if rule.Short.Text == "" || rule.Help.Text == "" {
				t.Errorf("rule %s has no text", rule.ID)
			}
		}
		if run.Invocations[0].Successful {
			t.Error("successful, though an input is missing")
		}
	})

	t.Run("junit", func(t *testing.T) {
		suites, err := junit.Ingest(read("junit"))
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[junit.Status]int)
		for _, s := range suites {
			for _, test := range s.Tests {
				got[test.Status]++
			}
			if s.Totals.Failed+s.Totals.Error+s.Totals.Passed != len(s.Tests) {
				t.Errorf("%s: %+v for %d test cases", s.Name, s.Totals, len(s.Tests))
			}
		}
		if len(suites) != len(doc.Objects) {
			t.Errorf("%d suites for %d objects", len(suites), len(doc.Objects))
		}
		if diff := cmp.Diff(want.cases, got); diff != "" {
			t.Errorf("test cases (-want +got):\n%s", diff)
		}
	})

	t.Run("gitlab", func(t *testing.T) {
		// GitLab documents the fields that it reads, and has no schema.
		var all []struct {
			Description string `json:"description"`
			Check       string `json:"check_name"`
			Fingerprint string `json:"fingerprint"`
			Severity    string `json:"severity"`
			Location    struct {
				Path  string `json:"path"`
				Lines struct {
					Begin int `json:"begin"`
				} `json:"lines"`
			} `json:"location"`
		}
		decode(t, read("gitlab"), &all)
		if len(all) != want.issues {
			t.Errorf("%d issues, want %d", len(all), want.issues)
		}
		prints := make(map[string]bool)
		for i, found := range all {
			if found.Description == "" || found.Check == "" || found.Severity != "major" || found.Location.Lines.Begin < 1 {
				t.Errorf("issue %d lacks something: %+v", i, found)
			}
			if prints[found.Fingerprint] {
				t.Errorf("issue %d: fingerprint %s is not its own", i, found.Fingerprint)
			}
			prints[found.Fingerprint] = true
			inRepository(t, found.Location.Path)
		}
	})

	t.Run("github", func(t *testing.T) {
		lines := strings.Split(strings.TrimSuffix(string(read("github")), "\n"), "\n")
		for _, line := range lines[:len(lines)-1] {
			if !strings.HasPrefix(line, "::error file=") {
				t.Errorf("no annotation: %s", line)
			}
		}
		if len(lines)-1 != want.issues {
			t.Errorf("%d annotations, want %d", len(lines)-1, want.issues)
		}
	})

	t.Run("markdown", func(t *testing.T) {
		rows := 0
		for line := range strings.Lines(string(read("markdown"))) {
			if !strings.HasPrefix(line, "| ") {
				continue
			}
			rows++
			if cells := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") - 1; cells != 5 {
				t.Errorf("%d cells in %s", cells, line)
			}
		}
		if rows < want.stateful {
			t.Errorf("%d rows for %d stateful programs", rows, want.stateful)
		}
	})
}

// sarifLog is as much of a SARIF log as GitHub reads ("SARIF support for code scanning").
type sarifLog struct {
	Runs []struct {
		Results []struct {
			RuleID       string            `json:"ruleId"`
			RuleIndex    int               `json:"ruleIndex"`
			Locations    []sarifLocation   `json:"locations"`
			Fingerprints map[string]string `json:"partialFingerprints"`
			CodeFlows    []struct {
				ThreadFlows []struct {
					Locations []struct {
						Location sarifLocation `json:"location"`
					} `json:"locations"`
				} `json:"threadFlows"`
			} `json:"codeFlows"`
		} `json:"results"`
		Tool struct {
			Driver struct {
				Rules []struct {
					ID    string    `json:"id"`
					Short sarifText `json:"shortDescription"`
					Help  sarifText `json:"help"`
				} `json:"rules"`
			} `json:"driver"`
		} `json:"tool"`
		Invocations []struct {
			Successful bool `json:"executionSuccessful"`
		} `json:"invocations"`
	} `json:"runs"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region struct {
			Line   int `json:"startLine"`
			Column int `json:"startColumn"`
		} `json:"region"`
	} `json:"physicalLocation"`
}

// said is what the other formats must say, by the JSON report.
type said struct {
	issues, stateful int
	cases            map[junit.Status]int
}

func saidBy(doc *report.Report) said {
	want := said{cases: make(map[junit.Status]int)}
	for _, o := range doc.Objects {
		if o.Error != "" {
			want.issues++
			want.cases[junit.StatusError]++
		}
		for _, p := range o.Programs {
			switch p.Verdict {
			case verifier.Stateless:
				want.cases[junit.StatusPassed]++
			case verifier.Invalid:
				want.cases[junit.StatusError]++
				want.issues++
			case verifier.Stateful:
				want.cases[junit.StatusFailed]++
				want.stateful++
				places := make(map[string]bool)
				for i, f := range p.Findings {
					if f.Line == 0 {
						f.File = fmt.Sprint("finding ", i)
					}
					places[fmt.Sprintln(f.Kind, f.Name, f.File, f.Line, f.Column)] = true
				}
				want.issues += len(places)
			}
		}
	}
	return want
}

// inRepository complains about a path that does not lead to where the corpus lies.
func inRepository(t *testing.T, uri string) {
	t.Helper()
	path, err := url.PathUnescape(uri)
	if err != nil {
		t.Errorf("%s: %v", uri, err)
	}
	if !strings.HasPrefix(path, "corpus/") && path != "missing.o" {
		t.Errorf("%s: not a path from the root of the repository", uri)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// validate holds a document against a schema.
func validate(t *testing.T, schema string, raw []byte) {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiled, err := compiler.Compile(schema)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(doc); err != nil {
		t.Errorf("%#v", err)
	}
}

// decode reads a document that has no other fields than v.
func decode(t *testing.T, raw []byte, v any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		t.Fatal(err)
	}
}
