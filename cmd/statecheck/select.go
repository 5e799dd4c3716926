package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/asm/text"
	"github.com/statecheck/statecheck/internal/glob"
	"github.com/statecheck/statecheck/verifier"
)

// selection is which programs to read, and how: the flags that verbs share.
type selection struct {
	programs   globs
	sections   globs
	form       choice
	progType   choice
	attachType choice
	endian     choice
	jobs       jobs
}

func (s *selection) addTo(flags *pflag.FlagSet) {
	s.form = choice{"auto", []string{"auto", "elf", "raw", "text", "dump"}, "FORM"}
	s.progType = choice{"", verifier.ProgramTypes()[1:], "TYPE"}
	s.attachType = choice{"", verifier.AttachTypes(), "TYPE"}
	s.endian = choice{"le", []string{"le", "be"}, "ORDER"}

	flags.Var(&s.programs, "program", "only programs whose name matches (repeatable)")
	flags.Var(&s.sections, "section", "only programs whose section matches (repeatable)")
	flags.Var(&s.form, "input", "auto, elf, raw (slots), text or dump")
	flags.Var(&s.progType, "type", "program type where the input has none: xdp, ...")
	flags.Var(&s.attachType, "attach-type", "attach type to go with --type: trace_iter, ...")
	flags.Var(&s.endian, "endian", "byte order of raw input: le or be")
}

// setType sets the type of a program whose input says none, and the attach type that goes
// with it, as the kernel numbers them, where flags name them.
func (s *selection) setType(progType, attachType *uint32) {
	if *progType != 0 || s.progType.value == "" {
		return
	}
	*progType = uint32(slices.Index(verifier.ProgramTypes(), s.progType.value))
	if s.attachType.value != "" {
		*attachType = uint32(slices.Index(verifier.AttachTypes(), s.attachType.value))
	}
}

// selects reports whether the program of that name in that section is asked for.
func (s *selection) selects(name, section string) bool {
	return s.programs.match(name) && s.sections.match(section)
}

// each calls judge with every selected program of the input. An error is one of
// the input as a whole; programs before it have been judged. A panic, which is a
// bug of ours, is such an error, so that it does not take the other inputs along.
func (s *selection) each(in input, stdin io.Reader, judge func(*verifier.Program)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = internalError(r)
		}
	}()
	r, size, closer, err := in.open(stdin)
	if err != nil {
		return err
	}
	defer closer.Close()

	form := s.form.value
	if size == 0 && form != "raw" {
		// It is not read: files of /proc have no size, and some wait.
		return errors.New("0 bytes, expected an ELF object, text or 8 bytes an instruction")
	}
	if form == "auto" {
		form = formOf(r)
		if form == "raw" && size%asm.SlotSize != 0 {
			return fmt.Errorf("%d bytes, expected an ELF object, text or 8 bytes an instruction", size)
		}
	}
	selected := func(p *verifier.Program) {
		if !s.selects(p.Name, p.Section) {
			return
		}
		if p.Type == "" {
			p.Type, p.AttachType = s.progType.value, s.attachType.value
		}
		judge(p)
	}
	switch form {
	case "raw":
		p, err := s.raw(io.NewSectionReader(r, 0, size))
		if err != nil {
			return plain(err)
		}
		selected(p)
		return nil
	case "dump":
		d, err := dump.Read(io.NewSectionReader(r, 0, size))
		if err != nil {
			return plain(err)
		}
		selected(d.Program())
		return nil
	case "text":
		if s.endian.value == "be" {
			return errors.New("--endian be with a text, expected raw input with it: a text says its order itself, or none")
		}
		programs, err := text.Parse(io.NewSectionReader(r, 0, size), in.path)
		if err != nil {
			return plain(err)
		}
		for _, p := range programs {
			selected(p)
		}
		return nil
	}
	obj, err := object.Read(r, size)
	if err != nil {
		return plain(err)
	}
	programs := 0
	for p := range obj.Programs() {
		programs++
		selected(p)
	}
	if programs == 0 && !in.found {
		// A gate that is told to judge this must not pass in silence.
		return errors.New("no program in it, expected code in an executable section")
	}
	return nil
}

// formOf tells the forms of input apart by how they begin. No text has a byte that
// is 0, and no program is without one for long: exit has four.
func formOf(r io.ReaderAt) string {
	head := make([]byte, 4096)
	n, err := r.ReadAt(head, 0)
	head = head[:n]
	switch {
	case err != nil && err != io.EOF: // whoever reads it will say so
		return "raw"
	case bytes.HasPrefix(head, []byte(elf.ELFMAG)):
		return "elf"
	case bytes.HasPrefix(head, []byte(dump.Magic)):
		return "dump"
	case bytes.IndexByte(head, 0) < 0:
		return "text"
	}
	return "raw"
}

// internalError is a panic as an error, to be called where it was recovered.
func internalError(recovered any) error {
	callers := make([]uintptr, 32)
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers)])
	panicked, where := false, ""
	for frame, more := frames.Next(); more && where == ""; frame, more = frames.Next() {
		switch {
		case frame.Function == "runtime.gopanic":
			panicked = true
		case panicked && !strings.HasPrefix(frame.Function, "runtime."):
			where = fmt.Sprintf(" in %s, line %d", path.Base(frame.Function), frame.Line)
		}
	}
	return fmt.Errorf("internal error: %v%s; please report it with this file", recovered, where)
}

// nothing says why nothing was selected.
func (s *selection) nothing(args []string, inputs int) error {
	var filters []string
	for _, pattern := range s.programs {
		filters = append(filters, "--program "+pattern)
	}
	for _, pattern := range s.sections {
		filters = append(filters, "--section "+pattern)
	}
	switch {
	case inputs == 0:
		return fmt.Errorf("nothing to judge: no BPF object in %s", strings.Join(args, " "))
	case len(filters) > 0:
		return fmt.Errorf("nothing to judge: no program matches %s", strings.Join(filters, " "))
	}
	return fmt.Errorf("nothing to judge: no program in %s", strings.Join(args, " "))
}

// raw reads a program that is its instructions alone.
func (s *selection) raw(r *io.SectionReader) (*verifier.Program, error) {
	var raw bytes.Buffer
	raw.Grow(int(r.Size()))
	if _, err := raw.ReadFrom(r); err != nil {
		return nil, err
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if s.endian.value == "be" {
		order = binary.BigEndian
	}
	insns, err := asm.Decode(raw.Bytes(), order)
	if err != nil {
		return nil, err
	}
	return &verifier.Program{
		Instructions: insns,
		// Raw slots do not say what BTF says of functions.
		TypedArguments: slices.ContainsFunc(insns, asm.Instruction.IsSubprogramCall),
	}, nil
}

// globs is a repeatable flag of patterns.
type globs []string

func (g *globs) String() string { return strings.Join(*g, " ") }

func (g *globs) Type() string { return "GLOB" }

func (g *globs) Set(pattern string) error {
	if err := glob.Check(pattern); err != nil {
		return err
	}
	*g = append(*g, pattern)
	return nil
}

// match reports whether one of the patterns matches. No pattern matches everything.
func (g globs) match(name string) bool {
	return len(g) == 0 || slices.ContainsFunc(g, func(pattern string) bool { return glob.Match(pattern, name) })
}

// jobs is a flag that takes a number from 1.
type jobs int

func (j *jobs) String() string { return strconv.Itoa(int(*j)) }

func (j *jobs) Type() string { return "N" }

func (j *jobs) addTo(flags *pflag.FlagSet) {
	*j = jobs(runtime.GOMAXPROCS(0))
	flags.Var(j, "jobs", "how many files at once")
	flags.Lookup("jobs").DefValue = "one a core" // the help is the same everywhere
}

func (j *jobs) Set(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return errors.New("expected a number from 1")
	}
	*j = jobs(n)
	return nil
}
