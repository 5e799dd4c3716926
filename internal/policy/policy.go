// Package policy reads policy files and answers what applies to a program: the
// profile that it is judged by, and the state that is accepted of it. It judges
// nothing: [verifier.Check] is told.
//
// docs/policy.md describes the file, docs/schema/policy.json is its JSON Schema.
package policy

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/statecheck/statecheck/internal/glob"
	"github.com/statecheck/statecheck/internal/nearest"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// File is a policy file.
type File struct {
	Path   string // as messages name it, with forward slashes
	folder string // absolute: paths of rules are relative to it
	rules  []*rule
}

// rule is an item of the list "programs".
type rule struct {
	place
	path, section, name *string // globs; nil: any
	profile             verifier.Profile
	accept              []*waiver        // of single effects, helpers and kfuncs
	expect              verifier.Verdict // empty: says nothing
	stateful            *waiver          // of everything; where expect is stateful
	reason              string
	until               *time.Time // the last day, at midnight UTC; nil: no end
}

// waiver is one thing that a rule accepts.
type waiver struct {
	place
	name string // an effect, a helper or a kfunc; empty: everything
	rule *rule
}

// place is a place in a policy file, from 1.
type place struct{ line, column int }

// CheckName returns an error where the name is nothing that can be accepted.
func CheckName(name string) error {
	known := verifier.AllowNames()
	if slices.Contains(known, name) {
		return nil
	}
	if near := nearest.Name(name, known); near != "" {
		return fmt.Errorf("%q is no effect, helper or kfunc; did you mean %s?", name, near)
	}
	effects := strings.Join(known[:len(effect.All())], ", ")
	return fmt.Errorf("%q is no helper, no kfunc and none of the effects %s", name, effects)
}

// Terms are what applies to one program.
type Terms struct {
	Profile verifier.Profile // empty: that of the run
	Accept  []string         // for verifier.Options.Allow
	// Strict is set where the program has to be stateless: nothing is accepted,
	// whoever does.
	Strict bool

	file    *File
	rules   []*rule // those that match, expired ones too
	waivers []*waiver
}

// Terms returns what applies to a program of the object at that absolute path, on a
// day given as its midnight UTC.
// Every rule that matches applies: what they accept adds up, of profile and expect
// the last one counts.
func (f *File) Terms(path string, p *verifier.Program, today time.Time) Terms {
	t := Terms{file: f}
	rel := f.relative(path)
	for _, r := range f.rules {
		if !matches(r.path, rel) || !matches(r.section, p.Section) || !matches(r.name, p.Name) {
			continue
		}
		t.rules = append(t.rules, r)
		if r.expired(today) {
			continue
		}
		t.Profile = cmp.Or(r.profile, t.Profile)
		t.waivers = append(t.waivers, r.accept...)
		if r.stateful != nil {
			t.waivers = append(t.waivers, r.stateful)
		}
		if r.expect != "" {
			t.Strict = r.expect == verifier.Stateless
		}
	}
	if t.Strict {
		t.waivers = nil
	}
	every := effect.Set(math.MaxUint16).Names()
	for _, w := range t.waivers {
		if w.name != "" {
			t.Accept = append(t.Accept, w.name)
		} else {
			t.Accept = append(t.Accept, every...)
		}
	}
	return t
}

func matches(pattern *string, name string) bool { return pattern == nil || glob.Match(*pattern, name) }

// relative names the file at an absolute path as rules do: relative to the folder of
// the policy file, with forward slashes.
func (f *File) relative(path string) string {
	if rel, err := filepath.Rel(f.folder, path); err == nil {
		path = rel
	}
	return filepath.ToSlash(path)
}

func (r *rule) expired(today time.Time) bool { return r.until != nil && today.After(*r.until) }

// waiver returns the one that accepts an effect, a helper or a kfunc. Of several the
// last one counts, one that names it before one that accepts everything.
func (t *Terms) waiver(name string) *waiver {
	var all *waiver
	for _, w := range slices.Backward(t.waivers) {
		if w.name == name {
			return w
		}
		if w.name == "" && all == nil {
			all = w
		}
	}
	return all
}

// Waiver says where the file accepts an effect, a helper or a kfunc of the program, and
// why. It returns false where the file does not.
func (t *Terms) Waiver(name string) (at, reason string, ok bool) {
	w := t.waiver(name)
	if w == nil {
		return "", "", false
	}
	return fmt.Sprintf("%s:%d", t.file.Path, w.line), w.rule.reason, true
}
