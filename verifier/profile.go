package verifier

import "github.com/statecheck/statecheck/verifier/effect"

// Profiles lists the profiles, widest first.
func Profiles() []Profile { return []Profile{ProfileFlag, ProfileSections, ProfilePure} }

// AllowNames lists what Options.Allow may name: effects, mildest first, then
// helpers by number and kfuncs by name.
func AllowNames() []string {
	var names []string
	for _, e := range effect.All() {
		names = append(names, e.String())
	}
	for _, row := range effect.Rows() {
		if row.Kind == effect.KindHelper || row.Kind == effect.KindKfunc {
			names = append(names, row.Name)
		}
	}
	return names
}

// passes are the effects that a profile lets pass, none where it is not known;
// docs/statelessness.md has the same table with the reasons.
func (p Profile) passes() effect.Set {
	switch p {
	case ProfileFlag:
		return effect.None | effect.Context | effect.Ambient
	case ProfileSections:
		return effect.None | effect.Context | effect.Ambient | effect.Constant
	case ProfilePure:
		return effect.None | effect.Context | effect.Constant
	}
	return 0
}

// Rejects returns the effects of the set that the profile does not let pass. An
// unknown profile lets nothing pass.
func (p Profile) Rejects(s effect.Set) effect.Set { return s &^ p.passes() }
