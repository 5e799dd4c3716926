package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/internal/policy"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
)

// checkFlags are the flags of check.
type checkFlags struct {
	selection
	format    choice
	outputs   outputs
	profile   choice
	profiled  bool // the command line names the profile: then it is that of every program
	precision choice
	allow     allowed
	policy    policyFlags
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
			f.profiled = cmd.Flags().Changed("profile")
			return c.runCheck(&f, args)
		},
	}
	f.format = choice{"text", nil, "FORMAT"}
	for _, format := range checkFormats {
		f.format.names = append(f.format.names, format.name)
	}
	f.outputs.formats = f.format.names
	f.profile = profiles()
	f.precision = precisions()
	f.color = choice{"auto", []string{"auto", "always", "never"}, "WHEN"}

	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(&f.profile, "profile", "what may pass: flag, sections or pure")
	flags.Var(&f.allow, "allow", "accept these effects, helpers or kfuncs (repeatable)")
	f.policy.addTo(flags)
	flags.Var(&f.precision, "precision", "which code counts: paths or cfg (all)")
	f.selection.addTo(flags)
	f.jobs.addTo(flags)
	flags.Var(&f.format, "format", "one of the formats above")
	flags.Var(&f.outputs, "output", outputUsage)
	flags.Var(&f.color, "color", "auto, always or never")
	f.quiet.addTo(flags, "quiet", "nothing on standard output: the exit status says it")
	f.exitZero.addTo(flags, "exit-zero", "exit 0 instead of 1 or 3, if the reports are written")
	return cmd
}

func (c Command) runCheck(f *checkFlags, args []string) error {
	about := reporting{
		run:    aboutRun(verifier.Profile(f.profile.value), verifier.Precision(f.precision.value)),
		color:  f.color.value,
		locate: newRepository().locate,
	}
	options := verifier.Options{Precision: about.run.Precision, Allow: f.allow}
	if f.profiled {
		options.Profile = about.run.Profile
	}
	var ps *policies
	sum, err := run(c, task[*report.Object]{
		selection: &f.selection,
		outputs:   f.outputs,
		format:    f.format.value,
		quiet:     bool(f.quiet),
		handler: func(s sink) report.Handler[*report.Object] {
			i := slices.IndexFunc(checkFormats, func(format checkFormat) bool { return format.name == s.format })
			return checkFormats[i].open(s, about)
		},
		begin: func(inputs []input) (err error) {
			ps, err = f.policy.read(inputs, c.today())
			return err
		},
		end: func(sum *report.Summary) { sum.Stale = ps.stale(sum, &f.selection) },
		read: func(in input, details bool) *report.Object {
			o := &report.Object{Path: report.ObjectPath(in.path), Programs: []report.Program{}}
			if err := f.each(in, c.Stdin, func(p *verifier.Program) {
				options := options
				options.VerdictOnly = !details || o.Full()
				r, waiver := ps.judge(in, p, options)
				if details || r.Verdict == verifier.Invalid {
					o.Add(p, r, waiver)
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

// profiles is the flag --profile.
func profiles() choice {
	profile := choice{string(verifier.ProfileFlag), nil, "PROFILE"}
	for _, p := range verifier.Profiles() {
		profile.names = append(profile.names, string(p))
	}
	return profile
}

// precisions is the flag --precision.
func precisions() choice {
	return choice{string(verifier.PrecisionPaths), []string{string(verifier.PrecisionCFG), string(verifier.PrecisionPaths)}, "NAME"}
}

func aboutRun(profile verifier.Profile, precision verifier.Precision) report.Run {
	return report.Run{
		Tool:      report.Tool{Name: "statecheck", Version: buildVersion()},
		Profile:   profile,
		Precision: precision,
		Model:     verifier.Model,
	}
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
	for name := range strings.SplitSeq(value, ",") {
		if err := policy.CheckName(name); err != nil {
			return err
		}
		*a = append(*a, name)
	}
	return nil
}

// complete goes on with a list.
func (a *allowed) complete(typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	given := typed[:strings.LastIndex(typed, ",")+1]
	var lists []cobra.Completion
	for _, name := range verifier.AllowNames() {
		lists = append(lists, given+name)
	}
	return lists, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
