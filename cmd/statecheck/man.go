//go:build man

package main

import (
	"cmp"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// Packagers get the manual pages from
//
//	go run -tags man ./cmd/statecheck man FOLDER
//
// with the date of SOURCE_DATE_EPOCH, where that is set.
// In the command that people use this would make each start a millisecond longer.
var packagersVerbs = []func(Command) *cobra.Command{Command.man}

func (c Command) man() *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Short:  "Write the manual pages there",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			root.DisableAutoGenTag = true
			for _, page := range append(root.Commands(), root) {
				page.Long += "\n\n" + cmp.Or(page.Annotations["exit"], exitStatuses) // the help has them in its template
			}
			header := doc.GenManHeader{Section: "1", Source: "statecheck " + buildVersion(), Manual: "statecheck"}
			if err := doc.GenManTree(root, &header, args[0]); err != nil {
				return unwritten(err)
			}
			return nil
		},
	}
}
