package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/loader/kernel"
	"github.com/statecheck/statecheck/loader/store"
	"github.com/statecheck/statecheck/verifier"
)

// liveStatuses is what the statuses of live mean.
const liveStatuses = `Exit status:
  0  every program that was asked for is stateless
  1  at least one is stateful
  2  the command line is wrong
  3  one is undecided, none was found, or the list or an input could not be read
`

func (c Command) live() *cobra.Command {
	var (
		sel      = selectors{attachType: choice{"", verifier.AttachTypes(), "TYPE"}}
		profile  = profiles()
		format   = choice{"text", plainFormats, "FORMAT"}
		exitZero toggle
	)
	cmd := &cobra.Command{
		Use:   "live [flags] [PATH...]",
		Short: "List the programs of the running kernel, with their verdicts",
		Long: `List the programs of the running kernel, all or those that flags name, where
they are attached and pinned, and their verdicts. A verdict is that of the
original where the kernel has kept it, or the store or an object at PATH has one
with the same tag; else that of the instructions as the kernel has rewritten
them, and undecided where these do not tell. What may not be looked at is named,
with what that needs.`,
		Annotations: map[string]string{"exit": liveStatuses},
		Example: `  statecheck live
  statecheck live --cgroup /sys/fs/cgroup/web build/
  statecheck live --format json | jq '.programs[].attached'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if sel.attachType.value != "" && sel.cgroup == "" {
				return usagef("--attach-type without --cgroup")
			}
			l, err := c.look(&sel, verifier.Profile(profile.value), args)
			if err != nil {
				return err
			}
			write := report.LiveText
			if format.value == "json" {
				write = report.LiveJSON
			}
			if err := write(cmd.OutOrStdout(), l); err != nil {
				return unwritten(err)
			}
			if exitZero {
				return nil
			}
			return statusOf(l.Verdict)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	sel.addTo(flags)
	flags.Var(&sel.attachType, "attach-type", "only of this attach type, with --cgroup")
	flags.Var(&profile, "profile", "what passes: flag, sections or pure")
	flags.Var(&format, "format", "text or json")
	exitZero.addTo(flags, "exit-zero", "exit 0 whatever there is")
	return cmd
}

// look looks at the kernel and judges what it finds. Originals are looked for in the
// store and in the objects at paths.
func (c Command) look(sel *selectors, profile verifier.Profile, paths []string) (report.Live, error) {
	var k kernel.Kernel
	l := report.Live{
		Schema: report.LiveSchema, Tool: aboutRun("", "").Tool, Profile: profile, Kernel: k.Release(), Unseen: []string{},
	}
	originals, closer, unread, err := c.originals(sel, paths)
	if err != nil {
		return l, err
	}
	defer closer()

	var programs []*kernel.Program
	complete := len(unread) == 0
	unseen := func(err error) {
		l.Unseen = append(l.Unseen, err.Error())
		c.complain(fmt.Errorf("not seen: %w", err))
	}
	for _, err := range unread {
		unseen(err)
	}
	if sel.any() {
		if programs, err = sel.find(&k); err != nil {
			return l, &exitError{ExitUndecided, err}
		}
	} else {
		var parts []error
		if programs, parts, err = k.List(); errors.Is(err, kernel.ErrNeedsLinux) {
			return l, &exitError{ExitUndecided, err}
		}
		if err != nil {
			complete = false
			unseen(err)
		}
		for _, part := range parts {
			unseen(part)
		}
	}
	symbols, err := k.Symbols()
	if err != nil {
		unseen(err)
	}
	for _, p := range programs {
		out := report.LiveProgram{
			ID: int(p.ID), Name: p.Name, Type: p.Type, Tag: hex.EncodeToString(p.Tag[:]), UID: int(p.UID), Loaded: p.Load.UTC().Format(time.RFC3339),
			Attached: append([]string{}, p.Attached...), Pins: append([]string{}, p.Pins...), Maps: []string{},
			Findings: []report.Finding{}, Unknown: []string{},
		}
		for _, m := range p.Maps {
			out.Maps = append(out.Maps, m.Name)
		}
		found, err := originals.Find(p)
		if err != nil {
			unseen(fmt.Errorf("originals of %s: %w", named(p), err))
		}
		opts := verifier.Options{Profile: profile}
		j := kernel.Judge(p, symbols, k.Release(), opts)
		switch original, r, ok := kernel.JudgeOriginals(found, j, opts); {
		case p.Kept != nil && profile != verifier.ProfilePure:
			out.Judge(report.ByKernel, "", nil, nil) // what is kept was loaded with BPF_F_ENFORCE_STATELESS
		case !ok:
			out.Judge(report.ByRewritten, "", j.Findings, j.Unknown)
		case original.From == "":
			out.Judge(report.ByKernel, "", r.Findings, nil)
		case original.File != "":
			out.Judge(report.ByStore, original.From, r.Findings, nil)
		default:
			out.Judge(report.ByObject, original.From, r.Findings, nil)
		}
		l.Programs = append(l.Programs, out)
	}
	if len(programs) == 0 && complete {
		c.complain(errors.New("nothing to judge: no program there"))
	}
	l.Decide(complete)
	return l, nil
}

// originals opens the store, if there is one, and reads the objects at paths. What is no
// object is unread.
func (c Command) originals(sel *selectors, paths []string) (all *kernel.Originals, closer func() error, unread []error, err error) {
	closer = func() error { return nil }
	var kept *store.Store
	switch _, err := os.Stat(string(sel.store)); {
	case errors.Is(err, fs.ErrNotExist) && sel.store == store.DefaultPath: // nobody has kept anything
	case err != nil:
		return nil, closer, nil, &exitError{ExitUndecided, fmt.Errorf("store %s: %w", sel.store, plain(err))}
	default:
		if kept, err = store.Open(string(sel.store)); errors.Is(err, fs.ErrPermission) && sel.store == store.DefaultPath {
			break // somebody else's
		}
		if err != nil {
			return nil, closer, nil, &exitError{ExitUndecided, err}
		}
		closer = kept.Close
	}
	all = kernel.NewOriginals(kept, string(sel.store), new(kernel.Kernel).Release())
	inputs, err := expand(context.Background(), paths)
	if err != nil {
		return nil, closer, nil, err
	}
	every := selection{form: choice{value: "auto"}, endian: choice{value: "le"}}
	for _, in := range inputs {
		if err := every.each(in, c.Stdin, func(p *verifier.Program) { all.Add(report.ObjectPath(in.path), p) }); err != nil {
			unread = append(unread, fmt.Errorf("%s: %w", report.ObjectPath(in.path), err))
		}
	}
	return all, closer, unread, nil
}
