package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/internal/graph"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
)

// graphFormats are the formats of a graph.
var graphFormats = []string{"html", "svg", "dot"}

// maxDrawn bounds the slots of a picture: what is beyond no browser shows.
const maxDrawn = 100_000

func (c Command) graph() *cobra.Command {
	var (
		sel       selection
		format    = choice{"html", graphFormats, "FORMAT"}
		profile   = profiles()
		precision = precisions()
		out       = outputs{formats: graphFormats}
	)
	cmd := &cobra.Command{
		Use:   "graph [flags] PATH...",
		Short: "Draw control flow, with what is stateful and the way there",
		Long: `Draw the control-flow graph of programs, with the stateful instructions and
the way to them marked: a page for a browser, with the source beside it (html),
a picture (svg), or a digraph for Graphviz (dot). What the kernel's verification
never visits is grey. PATH is as for check. The exit status is 0 or 3.`,
		Example: `  statecheck graph --output prog.html prog.o
  statecheck graph --format dot --program xdp_main prog.o | dot -Tpdf > prog.pdf`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("nothing to draw: give an object file, a folder, @LIST or -")
			}
			return c.runGraph(&sel, format.value, verifier.Options{
				Profile: verifier.Profile(profile.value), Precision: verifier.Precision(precision.value),
			}, out, args)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(&profile, "profile", "what may pass: flag, sections or pure")
	flags.Var(&precision, "precision", "which code counts: paths or cfg (all)")
	sel.addTo(flags)
	sel.jobs.addTo(flags)
	flags.Var(&format, "format", "html, svg or dot")
	flags.Var(&out, "output", outputUsage)
	return cmd
}

func (c Command) runGraph(sel *selection, format string, opts verifier.Options, out outputs, args []string) error {
	sum, err := run(c, task[*drawn]{
		selection: sel,
		outputs:   out,
		format:    format,
		handler:   func(s sink) report.Handler[*drawn] { return &drawer{sink: s} },
		read: func(in input, _ bool) *drawn {
			o := &drawn{Object: report.Object{Path: report.ObjectPath(in.path)}}
			if err := sel.each(in, c.Stdin, func(p *verifier.Program) {
				if o.slots += len(p.Instructions); o.slots > maxDrawn {
					return // the drawer refuses it
				}
				r := verifier.Check(p, opts)
				if r.Verdict == verifier.Invalid {
					o.Add(p, r, report.ByFlag)
					return
				}
				o.Count(r.Verdict)
				g, err := graph.New(o.Path, p, &r, live(p, r.Precision))
				if err != nil {
					o.Fail(err)
					return
				}
				o.programs = append(o.programs, g)
			}); err != nil {
				o.Fail(err)
			}
			return o
		},
	}, args)
	if err != nil {
		return err
	}
	if !sum.Complete() {
		return &exitError{status: ExitUndecided}
	}
	return nil
}

// live says which slots the kernel's walk visits: all, where it was not followed.
func live(p *verifier.Program, precision verifier.Precision) func(slot int) bool {
	if precision == verifier.PrecisionPaths {
		if visits, ok := verifier.Visits(p); ok {
			return func(slot int) bool { return visits[slot] }
		}
	}
	return func(int) bool { return true }
}

// drawn is an input with its programs as they are drawn.
type drawn struct {
	report.Object
	programs []*graph.Program
	slots    int // of all programs
}

// drawer writes all programs of a run in one format.
type drawer struct {
	sink
	programs []*graph.Program
	slots    int
}

func (d *drawer) Object(o *drawn) error {
	if d.slots += o.slots; d.slots > maxDrawn {
		return fmt.Errorf("%d instructions in one picture, expected at most %d: choose with --program", d.slots, maxDrawn)
	}
	d.programs = append(d.programs, o.programs...)
	return nil
}

func (d *drawer) Close(*report.Summary) error {
	switch d.format {
	case "svg":
		return graph.SVG(d, d.programs)
	case "dot":
		return graph.DOT(d, d.programs)
	}
	return graph.HTML(d, d.programs)
}
