package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/verifier"
)

func (c Command) version() *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Show the version, and the kernel that verdicts speak of",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		Run: func(cmd *cobra.Command, _ []string) {
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "statecheck %s\n", buildVersion())
			if info, ok := debug.ReadBuildInfo(); ok {
				settings := make(map[string]string)
				for _, s := range info.Settings {
					settings[s.Key] = s.Value
				}
				if revision := settings["vcs.revision"]; revision != "" {
					if settings["vcs.modified"] == "true" {
						revision += " (modified)"
					}
					fmt.Fprintf(out, "revision %s\n", revision)
				}
			}
			fmt.Fprintf(out, "built with %s for %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
			fmt.Fprintf(out, "model %s\n", verifier.Model)
		},
	}
}

// buildVersion is the version of the module, or "devel" where it was not built
// from a release.
func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "(devel)" {
		return cmp.Or(info.Main.Version, "devel")
	}
	return "devel"
}
