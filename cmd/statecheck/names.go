package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/statecheck/statecheck/internal/nearest"
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
	if near := nearest.Name(name, names); near != "" && len(names) > 5 {
		return fmt.Sprintf("one of %d names; did you mean %s?", len(names), near)
	}
	return strings.Join(names, ", ")
}

// nonEmpty is a flag that takes the path or name of something. An empty one, as of a
// variable of a script that is not set, names nothing and is refused.
type nonEmpty string

func (n *nonEmpty) String() string { return string(*n) }

func (n *nonEmpty) Type() string { return "string" }

func (n *nonEmpty) Set(value string) error {
	if value == "" {
		return errors.New("expected one that is not empty")
	}
	*n = nonEmpty(value)
	return nil
}
