//go:build !man

package main

import "github.com/spf13/cobra"

// packagersVerbs are those of man.go.
var packagersVerbs []func(Command) *cobra.Command
