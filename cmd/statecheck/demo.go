package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
)

//go:generate ./build.sh testdata/mixed.c testdata/pass.c testdata/hostile.c testdata/empty.c

func (c Command) demo() *cobra.Command {
	color := choice{"auto", []string{"auto", "always", "never"}, "WHEN"}
	cmd := &cobra.Command{
		Use:               "demo",
		Short:             "Judge two programs that come with statecheck",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.OutOrStdout(), colored(color.value, c.Stdout))
		},
	}
	cmd.Flags().Var(&color, "color", "auto, always or never")
	return cmd
}

// runDemo shows what check says of the demo's object, and why. It is no gate: the
// status is 0 as long as it works.
func runDemo(out io.Writer, color bool) error {
	raw, err := corpus.Open("demo.o")
	if err != nil {
		return &exitError{ExitUndecided, err}
	}
	obj, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return &exitError{ExitUndecided, err}
	}
	o := report.Object{Path: "demo.o"}
	for p := range obj.Programs() {
		o.Add(p, verifier.Check(p, verifier.Options{Profile: verifier.ProfileFlag}), report.ByFlag)
	}
	var sum report.Summary
	o.AddTo(&sum)
	if sum.Verdict() == report.Undecided {
		return &exitError{ExitUndecided, fmt.Errorf("%v", slices.Collect(o.Errors()))}
	}

	fmt.Fprint(out, `Two XDP programs in one object file. drop_ipv6 decides by the packet alone.
forward_ipv4 hands the packet to another device, for which it leaves a note with
the kernel. This is what "statecheck demo.o" says:

`)
	text := report.Text(out, report.TextOptions{Color: color, Profile: verifier.ProfileFlag})
	if err := text.Object(&o); err != nil {
		return unwritten(err)
	}
	if err := text.Close(&sum); err != nil {
		return unwritten(err)
	}
	_, err = fmt.Fprintf(out, `
Its exit status is %d, as one of them is stateful. It would be %d with --allow handoff,
or with --program drop_ipv6. Try it on an object of yours: statecheck PATH
`, ExitStateful, ExitStateless)
	return err
}
