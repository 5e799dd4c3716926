package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/internal/explain"
	"github.com/statecheck/statecheck/internal/nearest"
	"github.com/statecheck/statecheck/internal/report"
)

func (c Command) explain() *cobra.Command {
	format := choice{"text", plainFormats, "FORMAT"}
	cmd := &cobra.Command{
		Use:   "explain [flags] NAME...",
		Short: "Say why a helper, kfunc or effect is judged as it is",
		Long: `Say what names mean that statecheck prints, why they are judged so, where the
kernel shows it, which programs of the corpus show it, and what to do instead.
NAME is a helper (also by number), a kfunc, an instruction form, an effect, a
settled case, a verdict or a profile. What has several prototypes is explained
by the worst.`,
		Example: `  statecheck explain bpf_redirect
  statecheck explain handoff kernel
  statecheck explain 23 'bpf_skb_set_tunnel_key#21' store
  statecheck explain settled case 12`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return explain.NewIndex().Complete(args), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			index := explain.NewIndex()
			topics, unknown := index.Lookup(args)
			if len(topics)+len(unknown) == 0 {
				return usagef("nothing to explain: give a name, such as bpf_redirect or handoff")
			}
			if len(topics) > 0 || format.value == "json" {
				if err := writeAs(format.value, cmd.OutOrStdout(), topics, report.ExplainText, report.ExplainJSON); err != nil {
					return err
				}
			}
			return c.unexplained(unknown, index.Names())
		},
	}
	cmd.Flags().Var(&format, "format", "text or json")
	return cmd
}

// unexplained complains about each name that is not known.
func (c Command) unexplained(unknown, known []string) error {
	if len(unknown) == 0 {
		return nil
	}
	for _, name := range unknown {
		hint := `names of maps and variables are a program's own, try "map"`
		if near := nearest.Names(explain.Bare(name), known); len(near) > 0 {
			hint = "did you mean " + strings.Join(near, " or ") + "?"
		}
		c.complain(fmt.Errorf("nothing to explain by the name %q; %s", name, hint))
	}
	return &exitError{status: ExitUsage}
}
