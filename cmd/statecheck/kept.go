package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/loader/kernel"
)

// kept returns the originals of the programs of the running kernel that flags name and
// select: those that the kernel has kept, if it is one that does, or the store; else what can
// be restored. Kernels that were released give back only what they have made of a program, which
// cannot be loaded again.
func (c Command) kept(from *selectors, sel *selection) ([]dump.Dump, error) {
	var k kernel.Kernel
	programs, err := from.find(&k)
	if err != nil {
		return nil, &exitError{ExitUndecided, err}
	}
	programs = slices.DeleteFunc(programs, func(p *kernel.Program) bool { return !sel.programs.match(p.Name) })
	if len(programs) == 0 {
		return nil, &exitError{ExitUndecided, errors.New("nothing to dump: no program there")}
	}
	originals, closer, _, err := c.originals(from, nil)
	if err != nil {
		return nil, err
	}
	defer closer()
	_, storeErr := os.ReadDir(string(from.store))
	symbols, _ := k.Symbols() // without them programs that call helpers are not restored
	var dumps []dump.Dump
	for _, p := range programs {
		found, err := originals.Find(p)
		if len(found) == 0 && err == nil {
			if original, ok := p.Restore(symbols); ok {
				found = append(found, original)
				c.complain(fmt.Errorf("%s: nobody has kept it; restored from what the kernel has made of it, and confirmed by its tag", named(p)))
			}
		}
		switch {
		case len(found) == 1:
			dumps = append(dumps, found[0].Dump)
			if err != nil {
				c.complain(fmt.Errorf("%s: %w", named(p), err))
			}
			continue
		case len(found) > 1: // the tag is blind to what they differ in
			var files []string
			for _, o := range found {
				files = append(files, filepath.Join(o.From, o.File))
			}
			err = fmt.Errorf("%s: %d originals have its tag, type and name: dump the file that it was loaded from: %s",
				named(p), len(found), strings.Join(files, ", "))
		case err != nil:
			err = fmt.Errorf("%s: %w", named(p), err)
		case errors.Is(storeErr, fs.ErrPermission):
			err = fmt.Errorf("%s: the store %s is its owner's alone, and may have the original", named(p), from.store)
		default:
			err = fmt.Errorf("%s: no original with tag %s in the store %s, and the kernel gives back only what it has made of it",
				named(p), hex.EncodeToString(p.Tag[:]), from.store)
		}
		return nil, &exitError{ExitUndecided, err}
	}
	return dumps, nil
}

// socket is a flag that names a socket of a process, PID:FD.
type socket struct{ pid, fd int }

func (s *socket) String() string {
	if s.pid == 0 {
		return ""
	}
	return fmt.Sprintf("%d:%d", s.pid, s.fd)
}

func (s *socket) Type() string { return "PID:FD" }

func (s *socket) Set(value string) error {
	before, after, _ := strings.Cut(value, ":")
	pid, err := strconv.ParseInt(before, 10, 32)
	fd, err2 := strconv.ParseInt(after, 10, 32)
	if err != nil || err2 != nil || pid < 1 || fd < 0 {
		return errors.New("expected a process and its file descriptor, 4711:3")
	}
	*s = socket{int(pid), int(fd)}
	return nil
}

// writeFilter writes the classic filter of the socket, an instruction a line, in the
// syntax of the kernel's bpf_asm.
func (c Command) writeFilter(s *socket, out outputs) error {
	var k kernel.Kernel
	filter, err := k.SocketFilter(s.pid, s.fd)
	if err != nil {
		return &exitError{ExitUndecided, err}
	}
	text := classicText(filter)
	sinks, err := out.open(c, "text", false)
	if err != nil {
		return err
	}
	defer sinks.discard()
	for _, sink := range sinks {
		if sink.format != "text" {
			return usagef("a classic filter has the format text alone, found %s", sink.format)
		}
		if _, err := io.WriteString(sink, text); err != nil {
			return unwritten(err)
		}
	}
	return sinks.finish()
}
