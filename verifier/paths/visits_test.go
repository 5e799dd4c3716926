package paths_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/asm/text"
	"github.com/statecheck/statecheck/verifier"
)

// A visitCase is a program, and which of its slots are visited: all but those of lines that
// end in "// dead", and those of LD_IMM64 after the first. Lines that end in "// dead in 6.12" are
// visited by us alone, for the reason that is given. A line "// 6.12 refuses: MESSAGE" says that it does
// so, after it has visited some of the slots that we visit.
type visitCase struct {
	name, reason string
	program      string // asm/text, behind the type if that is not sched_cls
}

const (
	dead     = "// dead"
	deadThen = "// dead in 6.12"
	refuses  = "// 6.12 refuses: "
)

// topics are all cases, each topic in a file of its own.
var topics = []struct {
	name  string
	cases []visitCase
}{
	{"branches", branchCases},
	{"links", linkCases},
	{"joins", joinCases},
	{"stack", stackCases},
	{"calls", callCases},
	{"globals", globalCases},
	{"exceptions", exceptionCases},
	{"callbacks", callbackCases},
	{"loops", loopCases},
	{"pointers", pointerCases},
	{"packets", packetCases},
	{"unknown", unknownCases},
	{"pruning", pruningCases},
}

// parse reads the program of a case.
func parse(t testing.TB, program string) *verifier.Program {
	t.Helper()
	kind := "sched_cls"
	if first, rest, ok := strings.Cut(program, "\n"); ok && first != "" {
		kind, program = first, rest
	}
	program = "#! program p\n#! type " + kind + "\n.type p,@function\np:\n" + program
	programs, err := text.Parse(strings.NewReader(program), "case")
	if err != nil {
		t.Fatalf("%v\n%s", err, program)
	}
	if len(programs) != 1 || programs[0].Err != nil {
		t.Fatalf("%d programs, %v, expected one\n%s", len(programs), programs[0].Err, program)
	}
	return programs[0]
}

// expected are the slots that a case says are visited by us, and by 6.12.
func (c *visitCase) expected(p *verifier.Program) (ours, theirs []bool) {
	ours, theirs = make([]bool, len(p.Instructions)), make([]bool, len(p.Instructions))
	for slot := 0; slot < len(ours); slot++ {
		line, _ := p.Source(slot)
		ours[slot] = !strings.HasSuffix(line.Text, dead)
		theirs[slot] = ours[slot] && !strings.HasSuffix(line.Text, deadThen)
		if p.Instructions[slot].IsWide() {
			slot++
		}
	}
	return ours, theirs
}

// show prints a program with the slots that are visited, and not as expected.
func show(p *verifier.Program, got, want []bool) string {
	var b strings.Builder
	for slot := range p.Instructions {
		mark := "  "
		switch {
		case got[slot] && want[slot]:
			mark = "v "
		case got[slot]:
			mark = "+ "
		case want[slot]:
			mark = "- "
		}
		line, _ := p.Source(slot)
		b.WriteString(mark + line.Text + "\n")
	}
	return b.String()
}

func TestVisits(t *testing.T) {
	for _, topic := range topics {
		names := make(map[string]bool)
		for _, tt := range topic.cases {
			if tt.name == "" || tt.reason == "" || names[tt.name] {
				t.Fatalf("%s, case %q (%q): expected a name of its own, and a reason", topic.name, tt.name, tt.reason)
			}
			names[tt.name] = true
			t.Run(topic.name+"/"+tt.name, func(t *testing.T) {
				p := parse(t, tt.program)
				want, _ := tt.expected(p)
				got, ok := verifier.Visits(p)
				if !ok {
					t.Fatal("the walk came to no end")
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s\n%s", tt.reason, show(p, got, want))
				}
			})
		}
	}
}
