package effect

// Rules of docs/statelessness.md: why an effect is state.
const (
	RuleNeeds  = "a" // the program needs it beside its instructions
	RuleLeaves = "b" // an invocation leaves it where somebody can find it
	RuleClosed = "-" // nobody knows, and what is not known counts as state
)

// Meaning is what there is to say of one effect.
type Meaning struct {
	Name string
	Text string // what a construct with this effect does; Markdown, as that of a Case
	Rule string // RuleNeeds, RuleLeaves or RuleClosed; empty: no state
	// Instead is what a program without it could do; empty where the effect is no
	// state.
	Instead string
}

// Meaning returns what the worst effect of the set means.
func (s Set) Meaning() Meaning {
	for i := len(meanings) - 1; i >= 0; i-- {
		if s&(1<<i) != 0 {
			return meanings[i]
		}
	}
	return Meaning{}
}

// meanings are those of the effects, in their order.
var meanings = [...]Meaning{
	{Name: "none", Text: "computes on what the program passes, or reads the context"},
	{Name: "context", Text: "writes what the invocation owns"},
	{Name: "ambient", Text: "reads surroundings"},
	{
		Name: "constant", Text: "needs a read-only data section (`.rodata*`, `.kconfig`)", Rule: RuleNeeds,
		Instead: "put constants into the instructions: macros, enum constants, short strings on the stack; or judge with the profile sections",
	},
	{
		Name: "map", Text: "needs or touches a map, or what lives in one", Rule: RuleNeeds,
		Instead: "put what the map would hold into the instructions when the program is generated, and load one program for each value",
	},
	{
		Name: "program", Text: "needs another program", Rule: RuleNeeds,
		Instead: "call a function of the same object",
	},
	{
		Name: "handoff", Text: "leaves a value that a later kernel stage or invocation consumes", Rule: RuleLeaves,
		Instead: "say it with the return value, or in the context: packet, mark, control buffer",
	},
	{
		Name: "kernel", Text: "changes a kernel object other than the context, or emits something", Rule: RuleLeaves,
		Instead: "return a verdict, and leave the action to the kernel's own configuration or to user space",
	},
	{
		Name: "output", Text: "writes a buffer that user space reads without a map", Rule: RuleLeaves,
		Instead: "drop the call, and look at return value and packet with BPF_PROG_TEST_RUN",
	},
	{
		Name: "user", Text: "writes user memory", Rule: RuleLeaves,
		Instead: "there is no stateless way to write to a process",
	},
	{
		Name: "unknown", Text: "not classified", Rule: RuleClosed,
		Instead: "use what Linux 6.12 has; `statecheck table` lists it",
	},
}
