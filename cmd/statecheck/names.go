package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/statecheck/statecheck/verifier"
)

// choice is a flag that takes one of a list of names.
type choice struct {
	value string
	names []string
	kind  string // what the help calls the value
}

func (c *choice) String() string { return c.value }

func (c *choice) Type() string { return c.kind }

func (c *choice) Set(value string) error {
	if !slices.Contains(c.names, value) {
		return fmt.Errorf("expected %s", expected(value, c.names))
	}
	c.value = value
	return nil
}

// profileChoice is the flag --profile.
func profileChoice() choice {
	profile := choice{string(verifier.ProfileFlag), nil, "PROFILE"}
	for _, p := range verifier.Profiles() {
		profile.names = append(profile.names, string(p))
	}
	return profile
}

// precisionChoice is the flag --precision.
func precisionChoice() choice {
	return choice{string(verifier.PrecisionPaths), []string{string(verifier.PrecisionCFG), string(verifier.PrecisionPaths)}, "NAME"}
}

const precisionUsage = "which code counts: paths or cfg (all)"

// toggle is a flag that needs no value.
type toggle bool

func (t *toggle) addTo(flags *pflag.FlagSet, name, usage string) {
	flags.VarPF(t, name, "", usage).NoOptDefVal = "true"
}

func (t *toggle) String() string { return strconv.FormatBool(bool(*t)) }

func (t *toggle) Type() string { return "bool" }

func (t *toggle) Set(value string) error {
	on, err := strconv.ParseBool(value)
	if err != nil {
		return errors.New("expected true or false")
	}
	*t = toggle(on)
	return nil
}

// words is a flag whose values are known. It lists those that may take the place of
// what has been typed.
type words interface {
	complete(typed string) ([]cobra.Completion, cobra.ShellCompDirective)
}

func (c *choice) complete(string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return c.names, cobra.ShellCompDirectiveNoFileComp
}

// completeFlags tells the shell the values that the flags of cmd take. Those of flags
// that are no words are not names of files either.
func completeFlags(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		complete := cobra.NoFileCompletions
		if w, ok := f.Value.(words); ok {
			complete = func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
				return w.complete(typed)
			}
		}
		// The error is that there is no such flag.
		_ = cmd.RegisterFlagCompletionFunc(f.Name, complete)
	})
}

// expected names the closest of many names, or all where none is close.
func expected(name string, names []string) string {
	if near := nearest(name, names); near != "" && len(names) > 5 {
		return fmt.Sprintf("one of %d names; did you mean %s?", len(names), near)
	}
	return strings.Join(names, ", ")
}

// nearest returns the name that was probably meant, or "". Ties go to the first.
func nearest(name string, names []string) string {
	near := nearestFew(name, names)
	if len(near) == 0 {
		return ""
	}
	return near[0]
}

// nearestFew returns up to three names that are equally near. The prefix bpf_ may be
// missing.
func nearestFew(name string, names []string) []string {
	const few, longest = 3, 100 // bytes; no name is that long, and the time grows with it
	if len(name) > longest {
		return nil
	}
	var near []string
	least := max(2, len(name)/3)
	for _, candidate := range names {
		d := min(distance(name, candidate, least), distance("bpf_"+name, candidate, least))
		if d < least {
			near, least = nil, d
		}
		if d == least && len(near) < few {
			near = append(near, candidate)
		}
	}
	return near
}

// distance is how many bytes must be inserted, deleted or replaced to get from a
// to b (Levenshtein), or something more than most where it is more than that.
func distance(a, b string, most int) int {
	if gap := len(a) - len(b); gap > most || -gap > most {
		return most + 1
	}
	var room [64]int // for any name of the table, so that nothing is allocated
	row := room[:0]  // from the part of a seen so far to each prefix of b
	for j := range len(b) + 1 {
		row = append(row, j)
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		least := row[0]
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
			least = min(least, row[j+1])
		}
		if least > most { // what follows can but add to it
			return least
		}
	}
	return row[len(b)]
}
