// Package corpus holds small BPF programs with the verdicts that statecheck must
// give on them, and the reasons why.
//
// Each program is in a source of ours (src/, C or assembly), built by clang-19 into
// an object (objects/), and has a row in the index (index_*.go). README.md shows the
// rows to people. The objects are embedded, so that tests and tools need no compiler.
package corpus

import (
	"embed"
	"slices"

	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

//go:generate go run ./gen
//go:generate go run ./page

//go:embed objects/*.o
var objects embed.FS

// Case is one program and what must be said of it.
type Case struct {
	Object  string // file name, for Open
	Program string
	Section string
	Shows   string // what the program is in the corpus for

	// The verdicts at precision cfg, under each profile.
	Flag, Sections, Pure verifier.Verdict

	// Uses are the constructs that have an effect, each once, in the order of
	// their first place in the program, and of their names where they share it.
	// Which of them are findings depends on the profile.
	Uses []Use

	// Unvisited are those of Uses that the kernel's walk does not come to, or shows to be
	// harmless: at precision paths they are no findings.
	Unvisited []string

	// Calls are the helpers and then the kfuncs that have no effect.
	Calls []string

	// Reason is why these are the right verdicts. Every case has one.
	Reason string

	// Settled is the number of the settled case that decides, 0 where the
	// definition alone does (docs/statelessness.md).
	Settled int

	// Since is the first Linux release that loads the program, where that is
	// later than 6.12.
	Since string

	// Refused is why a kernel may refuse the program, or cilium/ebpf may not be
	// able to load it; empty where every kernel since 6.12 loads it.
	Refused string
}

// Use is a construct and all its effects.
type Use struct {
	Name    string
	Effects effect.Set
	In      string // the function that it stands in; empty: the program itself
}

// Name is unique among the cases.
func (c Case) Name() string { return c.Object + "/" + c.Program }

// Verdict returns the verdict under a profile.
func (c Case) Verdict(p verifier.Profile) verifier.Verdict {
	switch p {
	case verifier.ProfileSections:
		return c.Sections
	case verifier.ProfilePure:
		return c.Pure
	}
	return c.Flag
}

// Followed returns the verdict under a profile at precision paths.
func (c Case) Followed(p verifier.Profile) verifier.Verdict {
	rejected := func(u Use) bool { return p.Rejects(u.Effects) != 0 && !slices.Contains(c.Unvisited, u.Name) }
	if c.Verdict(p) == verifier.Stateful && !slices.ContainsFunc(c.Uses, rejected) {
		return verifier.Stateless
	}
	return c.Verdict(p)
}

// Theme is a part of the index.
type Theme struct {
	Title string
	About string // a sentence
	Cases []Case
}

// Themes returns the parts of the index.
func Themes() []Theme { return slices.Clone(themes[:]) }

// Programs returns all cases, theme by theme.
func Programs() []Case {
	var all []Case
	for _, theme := range themes {
		all = append(all, theme.Cases...)
	}
	return all
}

// Objects returns the names of the objects, in the order of the alphabet.
func Objects() []string {
	entries, err := objects.ReadDir("objects")
	if err != nil {
		panic(err) // embedded
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Open returns the contents of an object.
func Open(object string) ([]byte, error) { return objects.ReadFile("objects/" + object) }
