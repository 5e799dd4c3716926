package explain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// examples chooses examples from the corpus.
type examples struct {
	cases []corpus.Case
	row   map[corpus.Use]string // the name of the row that a use is of; empty: not known
}

func newExamples(rows []effect.Row) *examples {
	ex := &examples{corpus.Programs(), make(map[corpus.Use]string)}
	known := make(map[string]bool)
	for _, row := range rows {
		known[row.Name] = true
	}
	for _, c := range ex.cases {
		for _, u := range c.Uses {
			// The name of a map or kernel function is the program's own.
			name, general := printed(u.Name)
			switch {
			case general:
				ex.row[u] = name
			case known[u.Name]:
				ex.row[u] = u.Name
			case u.Effects == effect.Map:
				ex.row[u] = effect.FormMap.Row().Name
			case u.Effects == effect.Unknown:
				ex.row[u] = effect.FormUnknownKfunc.Row().Name
			}
		}
	}
	return ex
}

// ofRow returns the examples of a row: a program that the widest profile which
// rejects the row rejects for it, or else for another row with the same worst
// effect, and one like it that passes. Where no profile rejects it, one that has it.
func (ex *examples) ofRow(row effect.Row) []report.Example {
	has := func(c corpus.Case) bool {
		return slices.Contains(c.Calls, row.Name) ||
			slices.ContainsFunc(c.Uses, func(u corpus.Use) bool { return ex.row[u] == row.Name })
	}
	by := report.RejectedBy(row.Effects)
	if len(by) == 0 {
		return ex.first(verifier.ProfileFlag, has, verifier.Stateless)
	}
	if i := slices.IndexFunc(ex.cases, has); i >= 0 {
		return []report.Example{example(ex.cases[i], by[0], ""), ex.like(ex.cases[i], by[0])}
	}
	return ex.ofRejected(by[0], by[0].Rejects(row.Effects).Worst())
}

// ofEffect returns the examples of one effect, as ofRow does.
func (ex *examples) ofEffect(e effect.Set) []report.Example {
	if by := report.RejectedBy(e); len(by) > 0 {
		return ex.ofRejected(by[0], e)
	}
	return ex.first(verifier.ProfileFlag, func(c corpus.Case) bool {
		all := effect.Set(0)
		for _, u := range c.Uses {
			all |= u.Effects
		}
		return all == e || all == 0 && e == effect.None
	}, verifier.Stateless)
}

// ofRejected returns a program that the profile rejects for the effect, and one like
// it that passes. The construct with the fewest other effects shows it best.
func (ex *examples) ofRejected(profile verifier.Profile, worst effect.Set) []report.Example {
	var best corpus.Case
	var by corpus.Use
	for _, c := range ex.cases {
		for _, u := range c.Uses {
			if profile.Rejects(u.Effects).Worst() == worst && (by.Name == "" || len(u.Effects.Names()) < len(by.Effects.Names())) {
				best, by = c, u
			}
		}
	}
	return []report.Example{example(best, profile, by.Name), ex.like(best, profile)}
}

// like returns the program that passes the profile and is most like c: of the same
// object, of the same section, or at least attached alike, and rather one that does
// something than none.
func (ex *examples) like(c corpus.Case, profile verifier.Profile) report.Example {
	hook := func(c corpus.Case) string {
		before, _, _ := strings.Cut(c.Section, "/")
		return before
	}
	distance := func(other corpus.Case) int {
		idle := 0
		if len(other.Uses) == 0 {
			idle = 1
		}
		switch {
		case other.Verdict(profile) != verifier.Stateless:
			return 8
		case other.Object == c.Object:
			return 0 + idle
		case other.Section == c.Section:
			return 2 + idle
		case hook(other) == hook(c):
			return 4 + idle
		}
		return 6 + idle
	}
	near := slices.MinFunc(ex.cases, func(a, b corpus.Case) int { return cmp.Compare(distance(a), distance(b)) })
	return example(near, profile, "")
}

// ofCase returns the programs that the settled case decides.
func (ex *examples) ofCase(number int) []report.Example {
	return ex.first(verifier.ProfileFlag, func(c corpus.Case) bool { return c.Settled == number },
		verifier.Stateful, verifier.Stateless)
}

// ofVerdict returns the first program that has the verdict; of a run that could
// not decide, one that is invalid.
func (ex *examples) ofVerdict(v verifier.Verdict) []report.Example {
	if v == report.Undecided {
		v = verifier.Invalid
	}
	return ex.first(verifier.ProfileFlag, func(corpus.Case) bool { return true }, v)
}

// ofProfile returns a program that the profile rejects and one that it lets pass:
// rather those on which the flag does not agree, or another profile.
func (ex *examples) ofProfile(p verifier.Profile) []report.Example {
	differs := func(c corpus.Case, others ...verifier.Profile) bool {
		return slices.ContainsFunc(others, func(other verifier.Profile) bool { return c.Verdict(other) != c.Verdict(p) })
	}
	var out []report.Example
	for _, v := range []verifier.Verdict{verifier.Stateful, verifier.Stateless} {
		out = append(out, slices.Concat(
			ex.first(p, func(c corpus.Case) bool { return differs(c, verifier.ProfileFlag) }, v),
			ex.first(p, func(c corpus.Case) bool { return differs(c, verifier.Profiles()...) }, v),
			ex.first(p, func(corpus.Case) bool { return true }, v),
		)[0])
	}
	return out
}

// first returns for each verdict under the profile the first program that matches.
func (ex *examples) first(profile verifier.Profile, match func(corpus.Case) bool, verdicts ...verifier.Verdict) []report.Example {
	var out []report.Example
	for _, v := range verdicts {
		i := slices.IndexFunc(ex.cases, func(c corpus.Case) bool { return c.Verdict(profile) == v && match(c) })
		if i >= 0 {
			out = append(out, example(ex.cases[i], profile, ""))
		}
	}
	return out
}

func example(c corpus.Case, profile verifier.Profile, by string) report.Example {
	e := report.Example{
		Verdict: c.Verdict(profile), Profile: profile, Object: "corpus/objects/" + c.Object,
		Program: c.Program, Shows: c.Shows, By: by,
	}
	if c.Followed(profile) != e.Verdict {
		e.Precision = verifier.PrecisionCFG
	}
	e.Command = "statecheck " + strings.Join(e.Args(), " ")
	return e
}
