package policy

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// day reads "2026-03-31".
func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fileOf returns a policy file in the folder /repo that has these rules.
func fileOf(t *testing.T, rules string) *File {
	t.Helper()
	parsed, err := parse([]byte("programs:\n" + rules))
	if err != nil {
		t.Fatal(err)
	}
	return &File{Path: Name, folder: filepath.FromSlash("/repo"), rules: parsed}
}

func TestTerms(t *testing.T) {
	every := strings.Join(verifier.AllowNames()[:len(effect.All())], " ")
	for _, tt := range []struct {
		name, reason string
		rules        string
		path         string // default bpf/a.o
		want         string // profile, accepted names, "strict"
	}{
		{"none", "no rule, nothing applies", "- {name: b, profile: pure}\n", "", ""},
		{"name", "by name", "- {name: a, profile: pure}\n", "", "pure"},
		{"section", "by section", "- {section: xdp*, profile: pure}\n", "", "pure"},
		{"path", "relative to the policy file", "- {path: bpf/a.o, profile: pure}\n", "", "pure"},
		{"path from outside", "the globs are not those of the root", "- {path: repo/bpf/a.o, profile: pure}\n", "", ""},
		{"path above", "--config may name a file that lies elsewhere", "- {path: ../x/*, profile: pure}\n", "/x/a.o", "pure"},
		{"all globs", "each of them has to match", "- {path: bpf/*, section: tc, name: a, profile: pure}\n", "", ""},
		{"last profile", "as with .gitattributes", "- {name: a, profile: pure}\n- {name: '*', profile: sections}\n", "", "sections"},
		{"sum", "what is accepted adds up", "- {name: a, accept: [map], reason: r}\n- {name: '*', accept: [bpf_redirect], reason: r}\n", "", "map bpf_redirect"},
		{"stateful", "everything is accepted", "- {name: a, expect: stateful, reason: r}\n", "", every},
		{"strict", "nothing is accepted", "- {name: '*', accept: [map], reason: r}\n- {name: a, expect: stateless}\n", "", "strict"},
		{"strict first", "nothing is, wherever the rule stands", "- {name: a, expect: stateless}\n- {name: '*', accept: [map], reason: r}\n", "", "strict"},
		{"last expect", "the last one counts", "- {name: '*', expect: stateless}\n- {name: a, expect: stateful, reason: r}\n", "", every},
		{"last day", "the day is part of the time", "- {name: a, accept: [map], reason: r, until: 2026-03-31}\n", "", "map"},
		{"expired", "the day after is not", "- {name: a, accept: [map], reason: r, until: 2026-03-30}\n", "", ""},
		{"expired profile", "the rule has ended as a whole", "- {name: a, profile: sections, accept: [map], reason: r, until: 2026-03-30}\n", "", ""},
		{"long ago", "the first day of all is no end that is missing", "- {name: a, accept: [map], reason: r, until: 0001-01-01}\n", "", ""},
	} {
		path := tt.path
		if path == "" {
			path = "/repo/bpf/a.o"
		}
		got := fileOf(t, tt.rules).Terms(filepath.FromSlash(path), &verifier.Program{Name: "a", Section: "xdp/a"}, day(t, "2026-03-31"))
		words := append([]string{string(got.Profile)}, got.Accept...)
		if got.Strict {
			words = append(words, "strict")
		}
		if text := strings.TrimSpace(strings.Join(words, " ")); text != tt.want {
			t.Errorf("%s (%s): got %q, want %q", tt.name, tt.reason, text, tt.want)
		}
	}
}

// Of several waivers for one thing, which one is shown.
func TestWaiver(t *testing.T) {
	terms := fileOf(t, `
- {name: a, expect: stateful, reason: everything}
- {name: a, accept: [map], reason: first}
- {name: '*', accept: [map, bpf_redirect], reason: last}
`).Terms(filepath.FromSlash("/repo/a.o"), &verifier.Program{Name: "a"}, day(t, "2026-03-31"))
	for name, want := range map[string]string{
		"map":          ".statecheck.yaml:5 last true",
		"bpf_redirect": ".statecheck.yaml:5 last true",
		"kernel":       ".statecheck.yaml:3 everything true",
	} {
		at, reason, ok := terms.Waiver(name)
		if got := fmt.Sprint(at, " ", reason, " ", ok); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if at, reason, ok := new(Terms).Waiver("map"); ok {
		t.Errorf("waived at %s (%s) without a rule", at, reason)
	}
}

func TestStale(t *testing.T) {
	all := Scope{Complete: true, Folders: true}
	redirect := verifier.Report{Verdict: verifier.Stateless, Waived: []verifier.Finding{{WaivedBy: "bpf_redirect"}}}
	needsTwo := verifier.Report{Verdict: verifier.Stateless, Waived: []verifier.Finding{{WaivedBy: "map,handoff"}}}
	for _, tt := range []struct {
		name, reason string
		rules        string
		scope        Scope
		report       verifier.Report
		cut          bool // the report leaves findings out
		want         string
	}{
		{"used", "nothing is wrong", "- {name: a, accept: [bpf_redirect], reason: r}\n", all, redirect, false, ""},
		{"both effects", "a finding with two effects needs both", "- {name: a, accept: [map, handoff], reason: r}\n", all, needsTwo, false, ""},
		{"one of two", "each name is a waiver", "- {name: a, accept: [bpf_redirect, map], reason: r}\n", all, redirect, false,
			"2:36 unused: accepts map, and no program needs that: remove it"},
		{"stateful", "it is needed for what no other rule accepts", "- {name: a, expect: stateful, reason: r}\n", all, redirect, false, ""},
		{"stateless by now", "an expected verdict rots too", "- {name: a, expect: stateful, reason: r}\n", all, verifier.Report{}, false,
			"2:21 unused: expects stateful programs, and these are stateless, or other rules accept their state: remove it"},
		{"no program", "a glob that matches nothing", "- {name: b, profile: pure}\n", all, redirect, false,
			"2:3 unused: the rule matches no program: correct its globs, or remove it"},
		{"no file", "a path that leads nowhere", "- {path: gone.o, profile: pure}\n", all, redirect, false,
			"2:3 unused: the rule matches no program: correct its globs, or remove it"},
		{"other file", "a run on single files is about these", "- {path: other.o, profile: pure}\n", Scope{Complete: true}, redirect, false, ""},
		{"this file", "but about them it is", "- {path: a.o, name: b, profile: pure}\n", Scope{Complete: true}, redirect, false,
			"2:3 unused: the rule matches no program: correct its globs, or remove it"},
		{"incomplete", "what was not judged may need it", "- {name: a, accept: [map], reason: r}\n- {name: b, profile: pure}\n",
			Scope{Folders: true}, redirect, false, ""},
		{"cut", "what is not listed may need it", "- {name: a, accept: [map], reason: r}\n", all, redirect, true, ""},
		{"expired", "whether it is needed or not", "- {name: a, accept: [map], reason: r, until: 2026-03-30}\n", all, redirect, false,
			"2:3 expired: the waiver ended on 2026-03-30: renew it with a new reason, or remove it"},
		{"expired and incomplete", "the date is known all the same", "- {name: a, accept: [map], reason: r, until: 2026-03-30}\n",
			Scope{}, redirect, false, "2:3 expired: the waiver ended on 2026-03-30: renew it with a new reason, or remove it"},
		{"expired elsewhere", "a run on single files is about these", "- {path: b.o, accept: [map], reason: r, until: 2026-03-30}\n",
			Scope{Complete: true}, redirect, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := fileOf(t, tt.rules)
			path, today := filepath.FromSlash("/repo/a.o"), day(t, "2026-03-31")
			usage := NewUsage([]*File{file})
			usage.Input(file, path)
			terms := file.Terms(path, &verifier.Program{Name: "a"}, today)
			usage.Program(&terms, tt.report, !tt.cut)
			var got []string
			for _, s := range usage.Stale(today, tt.scope) {
				got = append(got, fmt.Sprintf("%d:%d %s: %s", s.Line, s.Column, s.Kind, s.Message))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	write := func(path string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("programs: []\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(Name)
	write("sub/deep/x.o")
	write("near/" + Name)
	write("near/deep/x.o")
	write("repo/.git/config")
	write("repo/bpf/x.o")
	write("own/.git/config")
	write("own/" + Name)
	write("own/bpf/x.o")
	write("worktree/.git")
	write("repo/vendor/y/.git")
	working := filepath.Join(root, "near")
	for folder, want := range map[string]string{
		".":                 "", // anyone may have put it there: no repository, and not where we work
		"sub/deep":          "",
		"near":              "near/" + Name,
		"near/deep":         "near/" + Name,
		"repo/bpf":          "", // the repository ends the search
		"own/bpf":           "own/" + Name,
		"worktree":          "", // whose .git is a file
		"gone/away":         "",
		"near/gone":         "near/" + Name,
		"repo/vendor/y/bpf": "", // a repository in another one
	} {
		if want != "" {
			want = filepath.Join(root, filepath.FromSlash(want))
		}
		got, err := Find(filepath.Join(root, filepath.FromSlash(folder)), working)
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", folder, got, err, want)
		}
	}
	if got, err := Find(filepath.Join(root, Name, "below a file"), working); err == nil {
		t.Errorf("below a file: got %q, want an error", got)
	}
}

func TestRead(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	for name, raw := range map[string]string{
		"large":   "programs: []\n" + strings.Repeat("#", maxSize),
		"wrong":   "programs: 1\n",
		"latin-1": "programs: [{name: \xe9}]\n",
		"syntax":  "programs: a: b\n",
	} {
		if err := os.WriteFile(path(name), []byte(raw), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"gone":    "p: no such file or directory",
		".":       "p: not a regular file, expected a policy in YAML",
		"large":   "p: more than 1048576 bytes, expected a policy in YAML",
		"wrong":   `p:1:11: found "1" (!!int), expected a list of rules`,
		"latin-1": "p: not YAML: invalid trailing UTF-8 octet",
		"syntax":  "p: not YAML: mapping values are not allowed in this context",
	} {
		file, err := Read(path(name), "p")
		got := ""
		if err != nil {
			got = err.Error()
		}
		if file != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
