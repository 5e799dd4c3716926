package main

import (
	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
)

func (c Command) inventory() *cobra.Command {
	var (
		sel    selection
		format = choice{"text", formats, "FORMAT"}
		out    outputs
	)
	cmd := &cobra.Command{
		Use:   "inventory [flags] PATH...",
		Short: "List what programs ask of the kernel: helpers, kfuncs, maps, variables",
		Long: `List what each program asks of the kernel: helpers, kfuncs, maps, variables, and
its tags. PATH is as for check. Nothing is judged: the exit status is 0 or 3.`,
		Example: `  statecheck inventory prog.o
  statecheck inventory --format json build/ | jq '.objects[].programs[].helpers'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("nothing to list: give an object file, a folder, @LIST or -")
			}
			return c.runInventory(cmd, &sel, format.value, out, args)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	sel.addTo(flags)
	flags.Var(&format, "format", "text or json")
	flags.Var(&out, "output", outputUsage)
	return cmd
}

func (c Command) runInventory(cmd *cobra.Command, sel *selection, format string, out outputs, args []string) error {
	inputs, err := expand(args)
	if err != nil {
		return err
	}
	outputs, err := out.open(c.Stdout, format, false)
	if err != nil {
		return err
	}
	var handlers []report.InventoryHandler
	for _, o := range outputs {
		switch o.format {
		case "json":
			handlers = append(handlers, report.InventoryJSON(o))
		case "text":
			handlers = append(handlers, report.InventoryText(o))
		}
	}
	list := func(in input) *report.InventoryObject {
		o := &report.InventoryObject{Path: report.ObjectPath(in.path), Programs: []report.InventoryProgram{}}
		if err := sel.each(in, c.Stdin, func(p *verifier.Program) {
			o.Programs = append(o.Programs, report.NewInventoryProgram(p, verifier.Inventory(p)))
		}); err != nil {
			o.Error = err.Error()
		}
		return o
	}
	var programs, errors int
	complete, err := readAll(cmd.Context(), c, int(sel.jobs), inputs, list, func(o *report.InventoryObject) error {
		programs += len(o.Programs)
		errors += len(o.Errors())
		for _, h := range handlers {
			if err := h.Object(o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if complete && programs == 0 && errors == 0 {
		c.complain(sel.nothing(args, len(inputs)))
	}
	for _, h := range handlers {
		if err := h.Close(); err != nil {
			return unwritten(err)
		}
	}
	if err := outputs.finish(); err != nil {
		return unwritten(err)
	}
	if !complete || programs == 0 || errors > 0 {
		return &exitError{status: ExitUndecided}
	}
	return nil
}
