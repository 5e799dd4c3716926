package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// checkFlags are the flags of check.
type checkFlags struct {
	selection
	format    choice
	outputs   outputs
	profile   choice
	precision choice
	allow     allowed
	color     choice
	quiet     toggle
	exitZero  toggle
}

func (c Command) check() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [flags] PATH...",
		Short: "Judge programs (the verb when none is given)",
		Long: `Judge BPF programs. The word check may be left out. PATH is an object file, raw
instructions, text (assembly, the output of llvm-objdump -dr, a verifier log),
a folder (all BPF objects in it), @LIST (a file with a path on each line) or -
(standard input). FORMAT is text, json, sarif, junit, github, gitlab, markdown.`,
		Example: `  statecheck prog.o
  statecheck --section 'tc*' --allow ambient,bpf_redirect --profile pure prog.o
  statecheck --output text=- --output sarif=report.sarif build/
  statecheck --type cgroup_sock vrf.bin`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("nothing to check: give an object file, a folder, @LIST or -")
			}
			if wasVerb(args[0]) && hasVerb(cmd.Root(), args[0]) {
				return usagef("%s: no file of that name, and a verb comes before its flags: statecheck %[1]s [flags] ...", args[0])
			}
			return c.runCheck(&f, args)
		},
	}
	f.format = choice{"text", nil, "FORMAT"}
	for _, format := range checkFormats {
		f.format.names = append(f.format.names, format.name)
	}
	f.outputs.formats = f.format.names
	f.profile = profileChoice()
	f.precision = precisionChoice()
	f.color = choice{"auto", []string{"auto", "always", "never"}, "WHEN"}

	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(&f.profile, "profile", "what may pass: flag, sections or pure")
	flags.Var(&f.allow, "allow", "accept these effects, helpers or kfuncs (repeatable)")
	flags.Var(&f.precision, "precision", precisionUsage)
	f.selection.addTo(flags)
	flags.Var(&f.format, "format", "one of the formats above")
	flags.Var(&f.outputs, "output", outputUsage)
	flags.Var(&f.color, "color", "auto, always or never")
	f.quiet.addTo(flags, "quiet", "nothing on standard output: the exit status says it")
	f.exitZero.addTo(flags, "exit-zero", "exit 0 instead of 1 or 3, if the reports are written")
	return cmd
}

func (c Command) runCheck(f *checkFlags, args []string) error {
	about := reporting{
		run: report.Run{
			Tool:      report.Tool{Name: "statecheck", Version: buildVersion()},
			Profile:   verifier.Profile(f.profile.value),
			Precision: verifier.Precision(f.precision.value),
			Model:     verifier.Model,
		},
		color:  f.color.value,
		locate: newRepository().locate,
	}
	sum, err := run(c, task[*report.Object]{
		selection: &f.selection,
		outputs:   f.outputs,
		format:    f.format.value,
		quiet:     bool(f.quiet),
		handler: func(s sink) report.Handler[*report.Object] {
			i := slices.IndexFunc(checkFormats, func(format checkFormat) bool { return format.name == s.format })
			return checkFormats[i].open(s, about)
		},
		read: func(in input, details bool) *report.Object {
			o := &report.Object{Path: report.ObjectPath(in.path), Programs: []report.Program{}}
			if err := f.each(in, c.Stdin, func(p *verifier.Program) {
				r := verifier.Check(p, verifier.Options{
					Profile:     about.run.Profile,
					Precision:   about.run.Precision,
					Allow:       f.allow,
					VerdictOnly: !details || o.Full(),
				})
				if details || r.Verdict == verifier.Invalid {
					o.Add(p, r)
				} else {
					o.Count(r.Verdict)
				}
			}); err != nil {
				o.Fail(err)
			}
			return o
		},
	}, args)
	if err != nil || bool(f.exitZero) {
		return err
	}
	return statusOf(sum.Verdict())
}

// statusOf ends the command with the exit status of a verdict.
func statusOf(v verifier.Verdict) error {
	switch v {
	case verifier.Stateless:
		return nil
	case verifier.Stateful:
		return &exitError{status: ExitStateful}
	}
	return &exitError{status: ExitUndecided}
}

func unwritten(err error) error {
	return &exitError{ExitUndecided, fmt.Errorf("the report could not be written: %w", err)}
}

// colored reports whether a text report to w is coloured.
func colored(when string, w io.Writer) bool {
	if when != "auto" {
		return when == "always"
	}
	return os.Getenv("NO_COLOR") == "" && isTerminal(w)
}

// isTerminal reports whether somebody looks at w, on something that can move its
// cursor.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// allowed is a flag that takes names of effects, helpers and kfuncs.
type allowed []string

func (a *allowed) String() string { return strings.Join(*a, ",") }

func (a *allowed) Type() string { return "NAME,..." }

func (a *allowed) Set(value string) error {
	known := allowable()
	for name := range strings.SplitSeq(value, ",") {
		if slices.Contains(known, name) {
			*a = append(*a, name)
		} else if near := nearest(name, known); near != "" {
			return fmt.Errorf("%q is no effect, helper or kfunc; did you mean %s?", name, near)
		} else {
			return fmt.Errorf("%q is no helper, no kfunc and none of the effects %s", name, strings.Join(known[:len(effect.All())], ", "))
		}
	}
	return nil
}

// complete goes on with a list.
func (a *allowed) complete(typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	given := typed[:strings.LastIndex(typed, ",")+1]
	var lists []cobra.Completion
	for _, name := range allowable() {
		lists = append(lists, given+name)
	}
	return lists, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// allowable are the effects, and then the names of all helpers and kfuncs.
func allowable() []string {
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
