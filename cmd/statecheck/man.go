//go:build man

package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// Packagers get the manual pages from
//
//	go run -tags man ./cmd/statecheck man FOLDER
//
// In the command that people use this would make each start a millisecond longer.
func init() { verbs = append(verbs, Command.man) }

func (c Command) man() *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Short:  "Write the manual pages there",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cmd.Root().DisableAutoGenTag = true // the same pages every day
			if err := doc.GenManTree(cmd.Root(), &doc.GenManHeader{Section: "1"}, args[0]); err != nil {
				return unwritten(err)
			}
			return nil
		},
	}
}
