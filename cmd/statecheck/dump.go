package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/asm/text"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/loader"
	"github.com/statecheck/statecheck/verifier"
)

// dumpFormats are the formats of a dump; the first is the portable one.
var dumpFormats = []string{"dump", "text", "raw", "json"}

// admission is what a program has to be: the flags that dump and load share.
type admission struct {
	profile choice
	allow   allowed
	relaxed toggle
}

func (a *admission) addTo(flags *pflag.FlagSet, relaxed string) {
	a.profile = profiles()
	flags.Var(&a.profile, "profile", "what may pass: flag, sections or pure")
	flags.Var(&a.allow, "allow", "accept these effects, helpers or kfuncs (repeatable)")
	a.relaxed.addTo(flags, "relaxed", relaxed)
}

func (a *admission) options() verifier.Options {
	return verifier.Options{Profile: verifier.Profile(a.profile.value), Allow: a.allow}
}

func (c Command) dump() *cobra.Command {
	var (
		sel     selection
		from    selectors
		sock    socket
		admit   admission
		license string
		format  = choice{"dump", dumpFormats, "FORMAT"}
		out     = outputs{formats: dumpFormats}
	)
	cmd := &cobra.Command{
		Use:   "dump [flags] [PATH]",
		Short: "Write a program's original instructions, to be loaded elsewhere",
		Long: `Write the original instructions of a program, with all that is needed to load it
elsewhere. One that keeps state is refused with the report. PATH is an object,
raw instructions, text, a dump or -. Flags name programs of the running kernel:
their originals are in the store, or in the kernel (of a socket, as text).`,
		Annotations: map[string]string{"exit": writeStatuses},
		Example: `  statecheck dump --format text --program 'xdp*' prog.o
  statecheck dump --output vrf.dump --cgroup /sys/fs/cgroup/web`,
		RunE: func(_ *cobra.Command, args []string) error {
			var dumps []dump.Dump
			source := "the running kernel"
			switch {
			case (from.any() || sock.pid != 0) && len(args) > 0, from.any() && sock.pid != 0:
				return usagef("a dump is of PATH, of programs of the running kernel or of a socket: expected one of them")
			case from.any() && sel.attachType.value != "" && from.cgroup == "":
				return usagef("--attach-type without --cgroup: programs of the running kernel have theirs")
			case sock.pid != 0:
				return c.writeFilter(&sock, out)
			case from.any():
				var err error
				from.attachType = sel.attachType
				if dumps, err = c.kept(&from, &sel); err != nil {
					return err
				}
			default:
				contents, inputForm, err := c.contents(&sel, args)
				if err != nil {
					return err
				}
				if dumps, err = c.dumps(&sel, license, args, contents, inputForm); err != nil {
					return err
				}
				source = inputPath(args)
			}
			if !admit.relaxed {
				if err := c.admitDumps(source, dumps, admit.options()); err != nil {
					return err
				}
			}
			return c.writeDumps(dumps, format.value, out)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	from.addTo(flags)
	flags.Var(&sock, "socket", "the classic filter of a process's socket")
	admit.addTo(flags, "dump what keeps state too: maps become names")
	sel.addTo(flags)
	flags.Lookup("attach-type").Usage = "attach type to go with --type or --cgroup"
	flags.StringVar(&license, "license", "", "`LICENSE` where the input has none: GPL, ...")
	flags.Var(&format, "format", "dump, text, raw or json")
	flags.Var(&out, "output", outputUsage)
	return cmd
}

// contents reads the one input that the arguments name, and returns its form.
func (c Command) contents(sel *selection, args []string) (contents []byte, form string, err error) {
	if len(args) != 1 {
		return nil, "", usagef("%d inputs, expected one: an object file, raw instructions, text, a dump or -", len(args))
	}
	in := input{path: args[0], stdin: args[0] == "-"}
	r, size, closer, err := in.open(c.Stdin)
	if err != nil {
		return nil, "", undecided(args, err)
	}
	defer closer.Close()
	contents = make([]byte, size)
	if _, err := r.ReadAt(contents, 0); err != nil && err != io.EOF {
		return nil, "", undecided(args, plain(err))
	}
	if form = sel.form.value; form == "auto" {
		form = formOf(bytes.NewReader(contents))
	}
	return contents, form, nil
}

// undecided is an error about the one input.
func undecided(args []string, err error) error {
	return &exitError{ExitUndecided, fmt.Errorf("%s: %w", inputPath(args), err)}
}

// inputPath is how reports name the one input.
func inputPath(args []string) string {
	if args[0] == "-" {
		return stdinPath
	}
	return args[0]
}

// dumps makes dumps of the selected programs of an input.
func (c Command) dumps(sel *selection, license string, args []string, contents []byte, form string) ([]dump.Dump, error) {
	var dumps []dump.Dump
	if sel.endian.value == "be" {
		return nil, undecided(args, errors.New("a dump holds a program for little-endian machines"))
	}
	switch form {
	case "elf":
		spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(contents))
		if err != nil {
			return nil, undecided(args, fmt.Errorf("cilium/ebpf, by which objects are dumped and loaded, does not read it: %w", err))
		}
		for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
			p := spec.Programs[name]
			if !sel.selects(p.Name, p.SectionName) {
				continue
			}
			d, err := loader.Dump(p, spec)
			if err == nil {
				err = markWeak(&d, contents)
			}
			if err != nil {
				return nil, undecided(args, fmt.Errorf("%s: %w", p.Name, err))
			}
			dumps = append(dumps, d)
		}
	case "dump":
		d, err := dump.Read(bytes.NewReader(contents))
		if err != nil {
			return nil, undecided(args, err)
		}
		if sel.selects(d.Name, "") {
			dumps = append(dumps, d)
		}
	default:
		var broken error
		in := input{path: args[0], stdin: true} // it was read
		err := sel.each(in, bytes.NewReader(contents), func(p *verifier.Program) {
			d, err := dump.FromProgram(p)
			if err != nil && broken == nil {
				broken = undecided(args, fmt.Errorf("%s: %w", p.Name, err))
			}
			dumps = append(dumps, d)
		})
		switch {
		case err != nil:
			return nil, undecided(args, err)
		case broken != nil:
			return nil, broken
		}
	}
	if len(dumps) == 0 {
		return nil, &exitError{ExitUndecided, sel.nothing(args, 1)}
	}
	for i := range dumps {
		complete(&dumps[i], sel, license)
	}
	return dumps, nil
}

// markWeak says which names in a dump of an object are weak, which cilium/ebpf keeps to
// itself.
func markWeak(d *dump.Dump, contents []byte) error {
	if !slices.ContainsFunc(d.References, func(r verifier.Reference) bool { return r.Kind != verifier.RefMap }) {
		return nil
	}
	obj, err := object.Read(bytes.NewReader(contents), int64(len(contents)))
	if err != nil {
		return err
	}
	weak := make(map[string]bool)
	for p := range obj.Programs() {
		for _, r := range p.References {
			weak[r.Name] = weak[r.Name] || r.Weak
		}
	}
	for i := range d.References {
		r := &d.References[i]
		r.Weak = r.Kind != verifier.RefMap && weak[r.Name]
	}
	return nil
}

// complete fills in what the input does not say and the flags do.
func complete(d *dump.Dump, sel *selection, license string) {
	if d.License == "" {
		d.License = license
	}
	sel.setType(&d.Type, &d.AttachType)
}

// admitDumps reports what keeps state, and returns the exit status for it.
func (c Command) admitDumps(path string, dumps []dump.Dump, opts verifier.Options) error {
	for i := range dumps {
		p := dumps[i].Program()
		if err := c.refuse(path, p, verifier.Check(p, opts)); err != nil {
			return err
		}
	}
	return nil
}

// refuse writes the report of what is not stateless, and returns the exit status.
func (c Command) refuse(path string, p *verifier.Program, r verifier.Report) error {
	if r.Verdict == verifier.Stateless {
		return nil
	}
	o := report.Object{Path: report.ObjectPath(path)}
	o.Add(p, r, report.ByFlag)
	h := report.Text(c.Stderr, report.TextOptions{Color: colored("auto", c.Stderr), Profile: r.Profile, Errors: true})
	if err := h.Object(&o); err != nil {
		return unwritten(err)
	}
	return statusOf(r.Verdict)
}

// writeDumps writes the dumps in a format to the outputs.
func (c Command) writeDumps(dumps []dump.Dump, format string, out outputs) error {
	sinks, err := out.open(c, format, false)
	if err != nil {
		return err
	}
	defer sinks.discard()
	for _, s := range sinks {
		if len(dumps) > 1 && (s.format == "dump" || s.format == "raw") {
			return &exitError{ExitUndecided, fmt.Errorf("%d programs, and the format %s holds one: choose with --program", len(dumps), s.format)}
		}
		if s.format == "dump" && isTerminal(s.Writer) {
			return usagef("a dump is no text, expected --output FILE or --format text")
		}
		for i := range dumps {
			if err := dumps[i].Program().Err; err != nil && s.format != "dump" {
				return &exitError{ExitUndecided, fmt.Errorf("%s cannot be written as %s: %w", dumps[i].Name, s.format, err)}
			}
		}
		if err := writeDump(s, dumps); err != nil {
			return &exitError{ExitUndecided, fmt.Errorf("the dump could not be written: %w", err)}
		}
	}
	return sinks.finish()
}

func writeDump(s sink, dumps []dump.Dump) error {
	switch s.format {
	case "json":
		return report.DumpJSON(s, dumps)
	case "text":
		var errs []error
		for i := range dumps {
			errs = append(errs, text.Print(s, dumps[i].Program()))
		}
		return errors.Join(errs...)
	case "raw":
		_, err := s.Write(asm.Encode(dumps[0].Instructions, binary.LittleEndian))
		return err
	}
	return dump.Write(s, dumps[0])
}
