package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"path"
	"slices"

	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/internal/diff"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
)

// diffFlags are the flags of diff.
type diffFlags struct {
	selection
	format    choice
	outputs   outputs
	profile   choice
	precision choice
	color     choice
	quiet     toggle
	exitZero  toggle
}

const diffStatuses = `Exit status:
  0  NEW adds no state
  1  it does
  2  the command line is wrong
  3  something of either side could not be judged, or NEW has no program
`

func (c Command) diff() *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff [flags] OLD NEW",
		Short: "List the state that NEW needs or leaves and OLD did not",
		Long: `List the state that NEW needs or leaves and OLD did not. Each is a path as for
check, or a report of check (--format json); OLD may be an inventory too. A new
program with state adds it. No policy file is read.`,
		Example: `  statecheck diff old.o new.o
  statecheck diff --output markdown=summary.md baseline.json build/
  git show main:baseline.json | statecheck diff - build/`,
		Annotations: map[string]string{"exit": diffStatuses},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("expected two arguments, OLD and NEW, found %d", len(args))
			}
			return c.runDiff(&f, args[0], args[1])
		},
	}
	f.format = choice{"text", nil, "FORMAT"}
	for _, format := range diffFormats {
		f.format.names = append(f.format.names, format.name)
	}
	f.outputs.formats = f.format.names
	f.profile = profiles()
	f.precision = precisions()
	f.color = choice{"auto", []string{"auto", "always", "never"}, "WHEN"}

	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(&f.profile, "profile", "what may pass: flag, sections or pure")
	flags.Var(&f.precision, "precision", "which code counts: paths or cfg (all)")
	f.selection.addTo(flags)
	f.jobs.addTo(flags)
	flags.Var(&f.format, "format", "text, json, github or markdown")
	flags.Var(&f.outputs, "output", outputUsage)
	flags.Var(&f.color, "color", "auto, always or never")
	f.quiet.addTo(flags, "quiet", "nothing on standard output: the exit status says it")
	f.exitZero.addTo(flags, "exit-zero", "exit 0 instead of 1 or 3, if the reports are written")
	return cmd
}

func (c Command) runDiff(f *diffFlags, old, new string) error {
	ctx, stop := signal.NotifyContext(context.Background(), interrupts...)
	defer stop()
	context.AfterFunc(ctx, stop)

	var sides [2]side
	for i, arg := range []string{old, new} {
		s, err := c.expandSide(ctx, arg)
		if err != nil {
			return err
		}
		s.isNew = i == 1
		sides[i] = s
	}
	if old == "-" && new == "-" {
		return usagef("standard input (-) is given twice")
	}
	sinks, err := f.outputs.open(c, f.format.value, bool(f.quiet))
	if err != nil {
		return err
	}
	defer sinks.discard()
	if err := sinks.spare(c.Stdin, []string{old, new}, slices.Concat(sides[0].inputs, sides[1].inputs)); err != nil {
		return err
	}

	about := reporting{
		run:    aboutRun(verifier.Profile(f.profile.value), verifier.Precision(f.precision.value)),
		color:  f.color.value,
		locate: newRepository().locate,
	}
	d := &report.Diff{
		Schema: report.DiffSchema,
		Run:    about.run,
		Old:    report.ObjectPath(old),
		New:    report.ObjectPath(new),
		Errors: []string{},
	}
	var before, after report.Summary
	if err := c.readSide(ctx, f, &sides[0], sinks, &before, d); err != nil {
		return err
	}
	if err := c.readSide(ctx, f, &sides[1], sinks, &after, d); err != nil {
		return err
	}
	if after.Programs() == 0 && len(d.Errors) == 0 {
		err := f.nothing([]string{new}, len(sides[1].inputs))
		c.complain(err)
		d.Errors = append(d.Errors, report.Printable(err.Error()))
	}
	// Where a side could not be read at all, everything would be added, or gone.
	if unread := func(s report.Summary) bool { return s.Programs() == 0 && s.Unread > 0 }; !unread(before) && !unread(after) {
		d.Programs = diff.Compare(sides[0].Side, sides[1].Side, d.Profile)
	}
	d.Judge()
	for _, s := range sinks {
		i := slices.IndexFunc(diffFormats, func(format diffFormat) bool { return format.name == s.format })
		if err := diffFormats[i].write(s, d, about); err != nil {
			return unwritten(err)
		}
	}
	if err := sinks.finish(); err != nil {
		return unwritten(err)
	}
	switch {
	case bool(f.exitZero), d.Verdict == report.DiffNone:
		return nil
	case d.Verdict == report.DiffAdded:
		return &exitError{status: ExitStateful}
	}
	return &exitError{status: ExitUndecided}
}

// side is OLD or NEW.
type side struct {
	diff.Side
	isNew  bool
	inputs []input
	stdin  io.Reader
}

// expandSide finds the inputs of a side.
func (c Command) expandSide(ctx context.Context, arg string) (side, error) {
	s := side{stdin: c.Stdin}
	var err error
	if s.inputs, err = expand(ctx, []string{arg}); err != nil {
		return s, err
	}
	if info, err := os.Stat(arg); err == nil && info.IsDir() {
		s.Folder = path.Clean(report.ObjectPath(arg))
	}
	return s, nil
}

// readSide reads a side: a report, or all objects and what check finds in them.
func (c Command) readSide(ctx context.Context, f *diffFlags, s *side, sinks sinks, sum *report.Summary, d *report.Diff) error {
	if raw := s.report(); raw != nil {
		read, err := diff.Read(raw, d.Precision)
		if err == nil && read.Inventory && s.isNew {
			err = errors.New("an inventory says nothing of instructions, expected objects or a report of check")
		}
		if err != nil {
			s.inputs[0].err = err // said as of an object that cannot be read
		} else {
			s.Side = read
			for i := range s.Objects {
				o := &s.Objects[i]
				o.Programs = slices.DeleteFunc(o.Programs, func(p report.Program) bool { return !f.selects(p.Name, p.Section) })
				o.AddTo(sum)
			}
			return nil
		}
	}
	bar := newProgress(c.Stderr, sinks, len(s.inputs))
	err := walk(ctx, c, int(f.jobs), s.inputs, sinks.errors(c.Stderr), bar, sum, func(in input) *report.Object {
		o := &report.Object{Path: report.ObjectPath(in.path), Programs: []report.Program{}}
		err := f.each(in, s.stdin, func(p *verifier.Program) {
			o.Add(p, verifier.Check(p, verifier.Options{Profile: d.Profile, Precision: d.Precision}), report.ByFlag)
		})
		if err == nil {
			err = diff.Comparable(o)
		}
		if err != nil {
			o.Fail(err)
		}
		return o
	}, func(o *report.Object) error {
		s.Objects = append(s.Objects, *o)
		d.Errors = slices.AppendSeq(d.Errors, o.Errors())
		return nil
	})
	if sum.Interrupted {
		return &exitError{status: ExitUndecided}
	}
	return err
}

// report returns the bytes of the side where it is one JSON document, else nil. What
// cannot be read is no document: whoever reads it next will say so.
func (s *side) report() []byte {
	if len(s.inputs) != 1 || s.inputs[0].found {
		return nil
	}
	r, size, closer, err := s.inputs[0].open(s.stdin)
	if err != nil {
		return nil
	}
	defer closer.Close()
	head := make([]byte, min(size, 4096))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF || !diff.IsReport(head) {
		s.stdin = io.NewSectionReader(r, 0, size) // of a file nobody asks
		return nil
	}
	raw, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil
	}
	return raw
}
