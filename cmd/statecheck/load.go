package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/spf13/cobra"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/loader"
	"github.com/statecheck/statecheck/loader/store"
	"github.com/statecheck/statecheck/verifier"
)

// maxLogLines is how many lines of the kernel's log are shown: the last ones, which say
// why.
const maxLogLines = 40

// writeStatuses is what the statuses of dump and load mean.
const writeStatuses = `Exit status:
  0  done
  1  refused: the program keeps state
  2  the command line is wrong
  3  not done: unreadable, invalid, or refused by the kernel
`

// loadFlags are the flags of load.
type loadFlags struct {
	selection
	admission
	license string
	pin     nonEmpty
	maps    pinnedMaps
	store   nonEmpty
}

func (c Command) load() *cobra.Command {
	var f loadFlags
	cmd := &cobra.Command{
		Use:   "load [flags] PATH",
		Short: "Load a program into the kernel if it keeps no state, and pin it",
		Long: `Load one program into the kernel, and pin it. A program that keeps state is
refused with the report; the kernel's log is shown where the kernel refuses it.
PATH is a dump, an object file, raw instructions, text or - (standard input).
Without --pin the program is gone when the command ends: it was only tried.
The kernel's functions and variables are looked up by name. CAP_BPF is needed,
and what the program's type needs.`,
		Annotations: map[string]string{"exit": writeStatuses},
		Example: `  statecheck load --pin /sys/fs/bpf/vrf vrf.dump
  statecheck load --program xdp_main --pin /sys/fs/bpf/xdp_main prog.o
  statecheck load --relaxed --map counters=/sys/fs/bpf/counters prog.dump`,
		RunE: func(_ *cobra.Command, args []string) error { return c.runLoad(&f, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.Var(&f.pin, "pin", "pin the program at `PATH` in bpffs")
	flags.Var(&f.store, "store", "keep the original in the store `FOLDER`")
	f.admission.addTo(flags, "load what keeps state too")
	flags.Var(&f.maps, "map", "the map pinned at PATH is NAME's (repeatable)")
	f.selection.addTo(flags)
	flags.StringVar(&f.license, "license", "", "`LICENSE` where the input has none: GPL, ...")
	return cmd
}

func (c Command) runLoad(f *loadFlags, args []string) error {
	opts := loader.Options{Check: f.options(), Relaxed: bool(f.relaxed)}
	given, err := f.maps.open()
	if err != nil {
		return &exitError{ExitUndecided, err}
	}
	defer func() {
		for _, m := range given {
			m.Close()
		}
	}()
	opts.Load.MapReplacements = given
	if f.store != "" {
		s, err := store.Open(string(f.store))
		if err != nil {
			return &exitError{ExitUndecided, err}
		}
		defer s.Close()
		opts.AllowDump = s
	}
	prog, err := c.loadOne(f, opts, args)
	if err != nil {
		return c.loadError(args, err)
	}
	defer prog.Close()
	info, err := prog.Info()
	if err != nil {
		return &exitError{ExitUndecided, err}
	}
	where := "not pinned, and gone again"
	if f.pin != "" {
		if err := prog.Pin(string(f.pin)); err != nil {
			return &exitError{ExitUndecided, fmt.Errorf("pinning at %s: %w", f.pin, err)}
		}
		where = "pinned at " + string(f.pin)
	}
	id, _ := info.ID()
	fmt.Fprintln(c.Stdout, report.Printable(fmt.Sprintf("%s: loaded as program %d (%s), tag %s, %s", inputPath(args), id, info.Name, info.Tag, where)))
	return nil
}

// loadOne loads the program that the flags select: of an object with cilium/ebpf, as it
// can have relocations and maps, of all else by way of a dump.
func (c Command) loadOne(f *loadFlags, opts loader.Options, args []string) (*ebpf.Program, error) {
	contents, form, err := c.contents(&f.selection, args)
	if err != nil {
		return nil, err
	}
	var l loader.Loader
	if form != "elf" {
		dumps, err := c.dumps(&f.selection, f.license, args, contents, form)
		if err != nil {
			return nil, err
		}
		if len(dumps) != 1 {
			return nil, usagef("%d programs in %s, expected one: choose with --program", len(dumps), args[0])
		}
		if dumps[0].Type == 0 {
			return nil, usagef("the type of %s is unknown, expected --type", inputPath(args))
		}
		return l.NewProgramFromDump(dumps[0], opts)
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(contents))
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(spec.Programs, func(_ string, p *ebpf.ProgramSpec) bool { return !f.selects(p.Name, p.SectionName) })
	names := slices.Sorted(maps.Keys(spec.Programs))
	if len(names) == 0 {
		return nil, &exitError{ExitUndecided, f.nothing(args, 1)}
	}
	if len(names) != 1 {
		return nil, usagef("%d programs in %s, expected one: choose with --program (%s)", len(names), args[0], strings.Join(names, ", "))
	}
	p := spec.Programs[names[0]]
	f.setType((*uint32)(&p.Type), (*uint32)(&p.AttachType))
	if p.Type == ebpf.UnspecifiedProgram {
		return nil, usagef("the type of %s is unknown, expected --type", names[0])
	}
	if p.License == "" {
		p.License = f.license
	}
	needed := neededMaps(spec, p)
	maps.DeleteFunc(spec.Maps, func(name string, _ *ebpf.MapSpec) bool { return !needed[name] })
	maps.DeleteFunc(spec.Variables, func(_ string, v *ebpf.VariableSpec) bool { return !needed[v.SectionName] })
	coll, err := l.NewCollection(spec, opts)
	if err != nil {
		return nil, err
	}
	defer coll.Close()
	return coll.DetachProgram(names[0]), nil
}

// neededMaps are the maps that the program refers to, and those that are in them.
func neededMaps(spec *ebpf.CollectionSpec, p *ebpf.ProgramSpec) map[string]bool {
	needed := make(map[string]bool)
	for _, ins := range p.Instructions {
		name := ins.Reference()
		needed[name] = true
		if outer := spec.Maps[name]; outer != nil {
			for _, kv := range outer.Contents {
				if inner, ok := kv.Value.(string); ok {
					needed[inner] = true
				}
			}
		}
	}
	return needed
}

// loadError shows why nothing was loaded: the report, or the end of the kernel's log.
func (c Command) loadError(args []string, err error) error {
	if refused, ok := errors.AsType[*loader.RefusedError](err); ok {
		return c.refuse(inputPath(args), &verifier.Program{Name: refused.Program}, refused.Report)
	}
	if exit, ok := errors.AsType[*exitError](err); ok {
		return exit
	}
	if kernel, ok := errors.AsType[*ebpf.VerifierError](err); ok {
		lines := kernel.Log
		if cut := len(lines) - maxLogLines; cut > 0 {
			fmt.Fprintf(c.Stderr, "the kernel's log (the last %d lines of %d):\n", maxLogLines, len(lines))
			lines = lines[cut:]
		} else if len(lines) > 0 {
			fmt.Fprintln(c.Stderr, "the kernel's log:")
		}
		for _, line := range lines {
			fmt.Fprintln(c.Stderr, "  "+report.Printable(strings.TrimSpace(line)))
		}
	}
	return undecided(args, fmt.Errorf("not loaded: %w", err))
}

// pinnedMaps is a repeatable flag that says which pinned map has which name.
type pinnedMaps map[string]string

func (m *pinnedMaps) String() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(*m)) {
		all = append(all, name+"="+(*m)[name])
	}
	return strings.Join(all, " ")
}

func (m *pinnedMaps) Type() string { return "NAME=PATH" }

func (m *pinnedMaps) Set(value string) error {
	name, path, _ := strings.Cut(value, "=")
	if name == "" || path == "" {
		return errors.New("expected NAME=PATH")
	}
	if *m == nil {
		*m = make(pinnedMaps)
	}
	if _, twice := (*m)[name]; twice {
		return fmt.Errorf("map %s is given twice", name)
	}
	(*m)[name] = path
	return nil
}

// open opens the maps. Those that it has opened the caller closes, also beside an error.
func (m pinnedMaps) open() (map[string]*ebpf.Map, error) {
	opened := make(map[string]*ebpf.Map)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		pinned, err := ebpf.LoadPinnedMap(m[name], nil)
		if err != nil {
			return opened, fmt.Errorf("map %s at %s: %w", name, m[name], err)
		}
		opened[name] = pinned
	}
	return opened, nil
}
