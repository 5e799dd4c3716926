package explain

import (
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// rules say why what an effect does is state, by the rule of its meaning.
var rules = map[string]string{
	"":                "no state: nothing must exist beside the instructions, and nothing stays",
	effect.RuleNeeds:  "state, because it must exist beside the instructions",
	effect.RuleLeaves: "state, because somebody can find it when the program has ended",
	effect.RuleClosed: "counts as state, because nobody knows what it leaves behind",
}

var verdicts = [...]struct {
	name          verifier.Verdict
	text, instead string
}{
	{
		name: verifier.Stateless,
		text: "no branch leads to a construct that the profile rejects: if Linux 6.12 loads the program, it would load it with BPF_F_ENFORCE_STATELESS too",
	},
	{
		name:    verifier.Stateful,
		text:    "some branch leads to a construct that the profile rejects, or the program refers to a map; the findings say which",
		instead: "do what each finding says after instead, or accept its effect or name with --allow",
	},
	{
		name:    verifier.Invalid,
		text:    "the kernel refuses the program whatever its flags, or something that it calls is nowhere to be found; the error says which",
		instead: "load the program without the flag, and read what the kernel says",
	},
	{
		name:    report.Undecided,
		text:    "said of a run, not of a program: something was invalid or unreadable, or nothing was selected",
		instead: "correct what the errors name, or leave it out with --program and --section",
	},
}

var profiles = map[verifier.Profile]string{
	verifier.ProfileFlag:     "the default, what BPF_F_ENFORCE_STATELESS lets pass",
	verifier.ProfileSections: "read-only data may stand beside the instructions, because it can be dumped with them",
	verifier.ProfilePure:     "the program is a function of its context alone",
}
