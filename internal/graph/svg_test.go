package graph

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/verifier"
)

// hostile are programs whose names and source would be markup, script, DOT or the end
// of what holds them, if they were not escaped.
func hostile(t testing.TB) []*Program {
	t.Helper()
	var all []*Program
	for _, name := range []string{
		`<script>window.pwned=1</script>`, `"><img src=x onerror=window.pwned=1>`, `</style></svg>`, `]]>`, `&lt;&amp;&#x41;`,
		`"]; b [label="x`, `\`, `\N\l"`, "\x1b[31m\u202e\x00\xff\n", `javascript:window.pwned=1`, `{{.}}`, `'+window.pwned+'`,
	} {
		s := subjects(t)[0]
		p := *s.program
		p.Name, p.Section, p.Type = name, name, "xdp"
		p.Functions = []verifier.Function{{Name: name}}
		p.Source = func(slot int) (verifier.Line, bool) {
			return verifier.Line{File: name, Line: slot + 1, Text: name}, true
		}
		r := verifier.Check(&p, verifier.Options{})
		for i := range r.Findings {
			r.Findings[i].Name, r.Findings[i].Reason = name, name
		}
		all = append(all, draw(t, name, &p, &r))
	}
	return all
}

func corpusPrograms(t testing.TB) []*Program {
	var all []*Program
	for _, s := range subjects(t) {
		all = append(all, s.drawn)
	}
	return all
}

// An XML reader reads the picture, finds each instruction in it once and in order, and
// every link leads somewhere.
func TestSVG(t *testing.T) {
	for _, tt := range []struct {
		name     string
		reason   string
		programs []*Program
	}{
		{"corpus", "real programs, many in one picture", corpusPrograms(t)},
		{"hostile", "names that nobody vouches for", hostile(t)},
		{"large", "a function of many pages", []*Program{drawLarge(t, 10_000)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := SVG(&out, tt.programs); err != nil {
				t.Fatal(err)
			}
			ids, links := make(map[string]bool), make(map[string]bool)
			var code []string
			within := "" // the class of the element
			for d := xml.NewDecoder(&out); ; {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
				switch token := token.(type) {
				case xml.StartElement:
					if slices.Contains([]string{"script", "foreignObject", "image", "use"}, token.Name.Local) {
						t.Errorf("an element %s", token.Name.Local)
					}
					within = ""
					for _, a := range token.Attr {
						switch name := a.Name.Local; {
						case name == "id" && ids[a.Value]:
							t.Errorf("two elements %s", a.Value)
						case name == "id":
							ids[a.Value] = true
						case name == "href":
							links[strings.TrimPrefix(a.Value, "#")] = true
						case name == "class":
							within = a.Value
						case strings.HasPrefix(name, "on"):
							t.Errorf("an attribute %s", name)
						}
					}
				case xml.CharData:
					if within == "code" {
						code = append(code, string(token))
					}
				case xml.EndElement:
					within = ""
				}
			}
			for link := range links {
				if !ids[link] {
					t.Errorf("a link to %s, which is not there", link)
				}
			}
			var want []string
			for _, p := range tt.programs {
				for _, b := range p.Blocks {
					for _, ins := range b.Instructions {
						want = append(want, ins.Text)
					}
				}
			}
			if got := strings.Join(code, "\n"); got != strings.Join(want, "\n") {
				t.Errorf("%d instructions in the picture, want %d", len(code), len(want))
			}
		})
	}
}

// Graphviz reads the digraph and has the same blocks and edges.
func TestDOT(t *testing.T) {
	dot, err := exec.LookPath("dot")
	if err != nil {
		missing(t, err)
	}
	for _, tt := range []struct {
		name     string
		reason   string
		programs []*Program
	}{
		{"corpus", "real programs", corpusPrograms(t)[:60]},
		{"hostile", "names that nobody vouches for", hostile(t)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			nodes, edges := 0, 0
			for _, p := range tt.programs {
				nodes += len(p.Blocks)
				for _, b := range p.Blocks {
					edges += len(b.Edges)
					for _, ins := range b.Instructions {
						if ins.Calls {
							edges++
						}
					}
				}
			}
			path := write(t, "x.dot", func(f *os.File) error { return DOT(f, tt.programs) })
			var stderr bytes.Buffer
			cmd := exec.Command(dot, "-Tplain", path)
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil || stderr.Len() > 0 {
				t.Fatalf("%v\n%s", err, stderr.Bytes())
			}
			got := make(map[string]int)
			for line := range strings.Lines(string(out)) {
				kind, _, _ := strings.Cut(line, " ")
				got[kind]++
			}
			if got["node"] != nodes || got["edge"] != edges {
				t.Errorf("dot has %d nodes and %d edges, want %d and %d", got["node"], got["edge"], nodes, edges)
			}
		})
	}
}
