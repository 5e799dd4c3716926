package main

import (
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier/effect"
)

func (c Command) table() *cobra.Command {
	format := choice{"text", plainFormats, "FORMAT"}
	kind := choice{"", []string{"helper", "kfunc", "instruction", "program"}, "KIND"}
	effects := choice{"", nil, "NAME"}
	for _, e := range effect.All() {
		effects.names = append(effects.names, e.String())
	}
	cmd := &cobra.Command{
		Use:   "table [flags]",
		Short: "List every helper, kfunc and instruction form with its effects",
		Long: `List the table that programs are judged by: every helper and kfunc of Linux 6.12
and every instruction form, since which release it is there, its effects and the
reason. The JSON form has all that is known of each.`,
		Example: `  statecheck table --effect handoff
  statecheck table --format json | jq '.rows[] | select(.rejected_by == [])'`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rows := []report.Row{}
			for _, r := range effect.Rows() {
				row := report.NewRow(r)
				if (kind.value == "" || kind.value == row.Kind) && (effects.value == "" || slices.Contains(row.Effects, effects.value)) {
					rows = append(rows, row)
				}
			}
			return writeAs(format.value, cmd.OutOrStdout(), rows, report.TableText, report.TableJSON)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(&kind, "kind", "only helper, kfunc, instruction or program rows")
	flags.Var(&effects, "effect", "only rows that have this effect")
	flags.Var(&format, "format", "text or json")
	return cmd
}

// writeAs writes items to standard output in the format that was asked for.
func writeAs[T any](format string, out io.Writer, items []T, text, json func(io.Writer, []T) error) error {
	write := text
	if format == "json" {
		write = json
	}
	if err := write(out, items); err != nil {
		return unwritten(err)
	}
	return nil
}
