// Package diff compares the state of programs: what the new ones need or leave that
// the old ones did not. It judges nothing: both sides come from reports.
package diff

import (
	"cmp"
	"iter"
	"path"
	"path/filepath"
	"slices"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Side is one of the two things that are compared.
type Side struct {
	Objects []report.Object
	Folder  string // the one that holds the objects, with forward slashes; empty: none
	// Inventory is set where the objects are those of an inventory. It says what a
	// program refers to, and not what effects that has in it: the same as on the
	// other side.
	Inventory bool
}

// program names a program. Of several that have all in common, which compilers do not
// make, the first goes with the first.
type program struct {
	path, section, name string
	nth                 int
}

// placed is a program and the path of its object.
type placed struct {
	*report.Program
	path string
}

// construct names what has effects.
type construct struct{ kind, name string }

// Compare lists the programs of new in their order, and then those that only old has,
// with what of their state the profile rejects.
func Compare(old, new Side, profile verifier.Profile) []report.DiffProgram {
	name := naming(old, new)
	before := make(map[program]placed)
	for key, p := range old.programs(name) {
		before[key] = p
	}
	programs := []report.DiffProgram{}
	for key, p := range new.programs(name) {
		was, found := before[key]
		out := p.header("both")
		if !found {
			out.In, was = "new", placed{Program: &report.Program{}}
		}
		delete(before, key)
		had, has := effects(was.Program, profile), effects(p.Program, profile)
		for c := range had {
			if now, found := has[c]; found && old.Inventory {
				had[c] = now
			}
		}
		for _, f := range findings(p.Program) {
			c := constructOf(&f)
			out.Added = list(out.Added, f, has[c]&^had[c])
			out.Unchanged = list(out.Unchanged, f, has[c]&had[c])
		}
		for _, f := range findings(was.Program) {
			c := constructOf(&f)
			out.Removed = list(out.Removed, f, had[c]&^has[c])
		}
		programs = append(programs, out)
	}
	for key, p := range old.programs(name) {
		if _, left := before[key]; !left {
			continue
		}
		out := p.header("old")
		had := effects(p.Program, profile)
		for _, f := range findings(p.Program) {
			out.Removed = list(out.Removed, f, had[constructOf(&f)])
		}
		programs = append(programs, out)
	}
	return programs
}

// naming returns how an object is called that is to be found on the other side too: in
// two folders by its path in them, otherwise by its path. Two single files are compared
// whatever their names.
func naming(old, new Side) func(Side, *report.Object) string {
	switch {
	case old.Folder != "" && new.Folder != "":
		return func(s Side, o *report.Object) string {
			rel, err := filepath.Rel(s.Folder, o.Path)
			if err != nil {
				return o.Path // of no folder, then
			}
			return filepath.ToSlash(rel)
		}
	case old.Folder == "" && new.Folder == "" && len(old.Objects) == 1 && len(new.Objects) == 1:
		return func(Side, *report.Object) string { return path.Clean(new.Objects[0].Path) }
	}
	return func(_ Side, o *report.Object) string { return path.Clean(o.Path) }
}

// programs yields the programs of a side with their names, which are those that stand
// in a document: a report that was read has no others.
func (s Side) programs(name func(Side, *report.Object) string) iter.Seq2[program, placed] {
	return func(yield func(program, placed) bool) {
		seen := make(map[program]int)
		for i := range s.Objects {
			o := &s.Objects[i]
			for j := range o.Programs {
				p := &o.Programs[j]
				key := program{path: written(name(s, o)), section: written(p.Section), name: written(p.Name)}
				seen[key]++
				key.nth = seen[program{key.path, key.section, key.name, 0}]
				if !yield(key, placed{p, o.Path}) {
					return
				}
			}
		}
	}
}

// written is text as it comes back from a JSON document: what is not UTF-8 has become
// U+FFFD, byte by byte.
func written(s string) string { return string([]rune(s)) }

func (p placed) header(in string) report.DiffProgram {
	return report.DiffProgram{
		Path: p.path, Name: p.Name, Section: p.Section, Type: p.Type, AttachType: p.AttachType, In: in,
		Added: []report.Finding{}, Removed: []report.Finding{}, Unchanged: []report.Finding{},
	}
}

// findings are all constructs of a program that have effects, by slot. What a waiver
// accepted is state too, and what another profile let pass may be.
func findings(p *report.Program) []report.Finding {
	all := slices.Concat(p.Findings, p.Allowed)
	for i := range p.Waived {
		all = append(all, p.Waived[i].Finding)
	}
	slices.SortStableFunc(all, func(a, b report.Finding) int { return cmp.Compare(a.Offset, b.Offset) })
	return all
}

func constructOf(f *report.Finding) construct { return construct{f.Kind, written(f.Name)} }

// effects are those that the profile rejects, which may be none, of each construct.
func effects(p *report.Program, profile verifier.Profile) map[construct]effect.Set {
	all := make(map[construct]effect.Set)
	for _, f := range findings(p) {
		all[constructOf(&f)] |= profile.Rejects(set(f.Effects))
	}
	return all
}

// set is the set of effects of these names, all of which are known ([Comparable]).
func set(names []string) effect.Set {
	var s effect.Set
	for _, name := range names {
		e, _ := effect.Parse(name)
		s |= e
	}
	return s
}

// list appends the finding as far as it has these effects.
func list(to []report.Finding, f report.Finding, some effect.Set) []report.Finding {
	if some &= set(f.Effects); some == 0 {
		return to
	}
	f.Effect, f.Effects = some.Worst().String(), some.Names()
	return append(to, f)
}
