package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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

// completeChoices tells the shell the names that the flags of cmd take.
func completeChoices(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if c, ok := f.Value.(*choice); ok {
			// The error is that there is no such flag.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(c.names, cobra.ShellCompDirectiveNoFileComp))
		}
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
		d := min(distance(name, candidate), distance("bpf_"+name, candidate))
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
// to b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1) // from the part of a seen so far to each prefix of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
