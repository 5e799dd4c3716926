package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/internal/report"
)

// Exit statuses, the same in every format. 3 beats 1 beats 0.
const (
	// ExitStateless: every selected program is stateless.
	ExitStateless = 0
	// ExitStateful: at least one program is stateful, or a policy file is out of date.
	ExitStateful = 1
	// ExitUsage: the command line or a policy file is wrong.
	ExitUsage = 2
	// ExitUndecided: at least one program or file could not be judged (invalid,
	// unreadable, nothing selected, interrupted, our own bug).
	ExitUndecided = 3
)

const exitStatuses = `Exit status:
  0  every selected program is stateless
  1  at least one is stateful, or a waiver is out of date
  2  the command line or a policy file is wrong
  3  something could not be judged: invalid or unreadable, or nothing selected
`

// Command is the statecheck command with its standard streams and its clock, which
// says whether a waiver has ended.
type Command struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Now    func() time.Time // nil: time.Now
}

// today is the day of the clock in UTC, the same for everyone, as its midnight.
func (c Command) today() time.Time {
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	year, month, day := now().UTC().Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// Main runs the command with arguments (without the command's own name) and
// returns its exit status.
func (c Command) Main(args []string) int {
	out := &keeper{w: c.Stdout}
	root := c.root(out)
	root.SetArgs(withDefaultVerb(args, root))
	err := root.Execute()
	if err == nil && out.err != nil {
		err = &exitError{ExitUndecided, fmt.Errorf("standard output could not be written: %w", plain(out.err))}
	}
	if err == nil {
		return ExitStateless
	}
	// What has no status comes from the parser of the command line.
	exit := &exitError{ExitUsage, err}
	errors.As(err, &exit)
	if exit.err != nil {
		c.complain(exit.err)
	}
	return exit.status
}

// keeper keeps the first error of a writer until the end. Much of what the command
// says of itself is written by cobra, which ignores errors or prints them.
type keeper struct {
	w   io.Writer
	err error
}

func (k *keeper) Write(p []byte) (int, error) {
	if k.err == nil {
		_, k.err = k.w.Write(p)
	}
	return len(p), nil
}

// exitError ends the command with a status. Its err is nil where everything has
// been said already.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string { return fmt.Sprintf("exit status %d: %v", e.status, e.err) }

func usagef(format string, args ...any) error {
	return &exitError{ExitUsage, fmt.Errorf(format, args...)}
}

// complain writes the error as one line.
func (c Command) complain(err error) {
	fmt.Fprintln(c.Stderr, report.Printable("statecheck: "+err.Error()))
}

// verbs are the commands within the command.
var verbs = []func(Command) *cobra.Command{
	Command.check, Command.inventory, Command.explain, Command.table, Command.diff, Command.graph, Command.dump, Command.load, Command.demo, Command.version,
}

// root is the command with all its verbs. What cobra and the verbs say of the
// command itself goes to out.
func (c Command) root(out io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "statecheck [VERB] [flags] PATH...",
		Short: "Decide whether BPF programs are stateless, from their instructions alone",
		Long: `Decide whether BPF programs are stateless, from their instructions alone.

The verb comes first; without one it is check: "statecheck prog.o". A file that
is named like a verb is given as "./inventory".`,
		Example: `  statecheck prog.o             judge the programs of an object file
  statecheck inventory prog.o   what they ask of the kernel
  statecheck explain handoff    what a finding means
  statecheck demo               see it at work`,
		Args:          noArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		// A path may stand in the place of a verb.
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(*cobra.Command, []string) error {
			return usagef("nothing to check: give an object file, a folder, @LIST or - (see \"statecheck --help\")")
		},
	}
	root.SetIn(c.Stdin)
	root.SetOut(out)
	root.SetErr(c.Stderr)
	root.SetHelpTemplate(helpTemplate)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%w (see %q)", err, cmd.CommandPath()+" --help")
	})
	for _, verb := range slices.Concat(verbs, packagersVerbs) {
		cmd := verb(c)
		completeFlags(cmd)
		root.AddCommand(cmd)
	}
	root.SetHelpCommand(c.help())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			for _, shell := range cmd.Commands() {
				shell.Args = noArgs
			}
			cmd.Short = "Print the script that completes this command in a shell"
			cmd.RunE = func(cmd *cobra.Command, _ []string) error {
				return usagef("completion needs a shell: bash, fish, powershell or zsh")
			}
		}
	}
	return root
}

// helpTemplate is the same for each verb and short enough for one screen. The annotation
// "exit" has the exit statuses of a verb where they are others.
const helpTemplate = `{{with or .Long .Short}}{{. | trimTrailingWhitespaces}}

{{end}}Usage: {{.UseLine}}
{{- if .HasAvailableSubCommands}}

Verbs:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}{{end}}

{{with .Annotations.exit}}{{.}}{{else}}` + exitStatuses + `{{end}}`

// withDefaultVerb puts "check" before arguments that do not begin with a verb.
// The shell's request for completions comes as a verb of its own.
func withDefaultVerb(args []string, root *cobra.Command) []string {
	if len(args) == 0 {
		return args
	}
	switch first := args[0]; {
	case first == cobra.ShellCompRequestCmd, first == cobra.ShellCompNoDescRequestCmd:
		if len(args) == 2 && !strings.HasPrefix(args[1], "-") {
			return args // the verb itself, or a path
		}
		return append([]string{first}, withDefaultVerb(args[1:], root)...)
	case first == "-h", first == "--help":
		return args
	case first == "--version":
		return append([]string{"version"}, args[1:]...)
	case hasVerb(root, first):
		return args
	}
	return append([]string{"check"}, args...)
}

func hasVerb(root *cobra.Command, name string) bool {
	return slices.ContainsFunc(root.Commands(), func(cmd *cobra.Command) bool { return cmd.Name() == name })
}

// noArgs is for verbs that read nothing.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, found %q", cmd.Name(), args[0])
	}
	return nil
}

func (c Command) help() *cobra.Command {
	return &cobra.Command{
		Use:               "help [VERB]",
		Short:             "Show the flags of a verb",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			topic, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usagef("no verb %q (see \"statecheck --help\")", args[0])
			}
			topic.InitDefaultHelpFlag() // else its own --help shows one flag more
			return topic.Help()
		},
	}
}
