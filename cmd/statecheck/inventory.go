package main

import (
	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
)

func (c Command) inventory() *cobra.Command {
	var (
		sel    selection
		format = choice{"text", plainFormats, "FORMAT"}
		out    = outputs{formats: plainFormats}
	)
	cmd := &cobra.Command{
		Use:   "inventory [flags] PATH...",
		Short: "List what programs ask of the kernel: helpers, kfuncs, maps, variables",
		Long: `List what each program asks of the kernel: helpers, kfuncs, maps, variables, and
its tags. PATH is as for check. Nothing is judged: the exit status is 0 or 3.`,
		Example: `  statecheck inventory prog.o
  statecheck inventory --format json build/ | jq '.objects[].programs[].helpers'`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("nothing to list: give an object file, a folder, @LIST or -")
			}
			return c.runInventory(&sel, format.value, out, args)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	sel.addTo(flags)
	sel.jobs.addTo(flags)
	flags.Var(&format, "format", "text or json")
	flags.Var(&out, "output", outputUsage)
	return cmd
}

func (c Command) runInventory(sel *selection, format string, out outputs, args []string) error {
	sum, err := run(c, task[*report.InventoryObject]{
		selection: sel,
		outputs:   out,
		format:    format,
		handler: func(s sink) report.Handler[*report.InventoryObject] {
			if s.format == "json" {
				return report.InventoryJSON(s)
			}
			return report.InventoryText(s)
		},
		read: func(in input, _ bool) *report.InventoryObject {
			o := &report.InventoryObject{Path: report.ObjectPath(in.path), Programs: []report.InventoryProgram{}}
			if err := sel.each(in, c.Stdin, func(p *verifier.Program) {
				o.Add(p, verifier.Inventory(p))
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
