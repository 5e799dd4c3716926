package verifier

import "github.com/statecheck/statecheck/verifier/effect"

// Profiles lists the profiles, widest first.
func Profiles() []Profile { return []Profile{ProfileFlag, ProfileSections, ProfilePure} }

// passes are the effects that each profile lets pass; docs/statelessness.md has
// the same table with the reasons.
var passes = map[Profile]effect.Set{
	ProfileFlag:     effect.None | effect.Context | effect.Ambient,
	ProfileSections: effect.None | effect.Context | effect.Ambient | effect.Constant,
	ProfilePure:     effect.None | effect.Context | effect.Constant,
}

// Rejects returns the effects of the set that the profile does not let pass. An
// unknown profile lets nothing pass.
func (p Profile) Rejects(s effect.Set) effect.Set { return s &^ passes[p] }
