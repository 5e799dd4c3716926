package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// outputs is the repeatable flag --output.
type outputs struct {
	formats []string // that there are
	list    []output
}

const outputUsage = "to FILE or FORMAT=FILE, - is stdout (repeatable)"

// output is where a report goes.
type output struct {
	format string // empty: that of --format
	path   string
}

// stdoutPath is how arguments name standard output.
const stdoutPath = "-"

func (o *outputs) String() string {
	var all []string
	for _, out := range o.list {
		all = append(all, strings.TrimPrefix(out.format+"="+out.path, "="))
	}
	return strings.Join(all, " ")
}

func (o *outputs) Type() string { return "FILE" }

func (o *outputs) Set(value string) error {
	out := output{path: value}
	// What stands before "=" is a format unless it looks like a path.
	if format, path, found := strings.Cut(value, "="); found && !strings.ContainsAny(format, `./\`) {
		if !slices.Contains(o.formats, format) {
			return fmt.Errorf("no format %q, expected one of %s", format, strings.Join(o.formats, ", "))
		}
		out = output{format, path}
	}
	if out.path == "" {
		return errors.New("expected FILE or FORMAT=FILE")
	}
	if out.path == "/dev/stdout" {
		out.path = stdoutPath // the name may lead to a pipe, or to a file to be replaced
	}
	same := func(other output) bool { return filepath.Clean(other.path) == filepath.Clean(out.path) }
	if slices.ContainsFunc(o.list, same) {
		return errSameOutput
	}
	o.list = append(o.list, out)
	return nil
}

// complete lists the formats, and what stands behind one is a file.
func (o *outputs) complete(typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if strings.Contains(typed, "=") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var begun []cobra.Completion
	for _, format := range o.formats {
		begun = append(begun, format+"=")
	}
	return begun, cobra.ShellCompDirectiveNoSpace
}

// open opens every output, so that one that cannot be written is known before
// the work is done. Without any, the report goes to standard output; quiet
// leaves out what would go there.
func (o outputs) open(c Command, format string, quiet bool) (opened sinks, err error) {
	defer func() {
		if err != nil {
			opened.discard()
		}
	}()
	list := o.list
	if len(list) == 0 {
		list = []output{{path: stdoutPath}}
	}
	for _, out := range list {
		var s sink
		switch {
		case out.path == stdoutPath && quiet:
			continue
		case out.path == stdoutPath:
			s = stream(c.Stdout)
		case out.path == "/dev/stderr":
			s = stream(c.Stderr)
		default:
			if s, err = create(out.path); err != nil {
				return opened, unwritten(fmt.Errorf("%s: %w", out.path, plain(err)))
			}
		}
		s.format = cmp.Or(out.format, format)
		overwrites := slices.ContainsFunc(opened, s.same)
		opened = append(opened, s)
		if overwrites {
			return opened, usagef("--output %s: %w", out.path, errSameOutput)
		}
	}
	return opened, nil
}

var errSameOutput = errors.New("two reports would overwrite each other")

// sink is an open output.
type sink struct {
	format string
	io.Writer
	file *os.File // nil: a standard stream
	// path is the file that file takes the place of when the report is complete;
	// empty: the report is written as it comes.
	path string
	old  os.FileInfo // the regular file that is written over; nil: none
}

// stream is a standard stream as it is.
func stream(w io.Writer) sink {
	s := sink{Writer: w}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			s.old = info
		}
	}
	return s
}

// create opens what will be the file at path: one beside it, so that the report
// before stays until there is a new one. Devices are written to.
func create(path string) (sink, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		info = nil
	case err != nil:
		return sink{}, err
	case info.Mode()&fs.ModeDevice != 0:
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return sink{Writer: f, file: f}, err
	case !info.Mode().IsRegular():
		return sink{}, fmt.Errorf("%s, expected a regular file (use \"-\" for standard output)", fileType(info.Mode()))
	default:
		// A file that is protected stays, even where its folder would let us replace it.
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return sink{}, err
		}
		f.Close()
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return sink{}, err
		}
	}
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return sink{}, err
	}
	path = filepath.Join(folder, filepath.Base(path))
	f, err := os.OpenFile(filepath.Join(folder, ".statecheck-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return sink{}, err
	}
	s := sink{Writer: f, file: f, path: path, old: info}
	if info != nil {
		if err := f.Chmod(info.Mode().Perm()); err != nil {
			sinks{s}.discard()
			return sink{}, err
		}
	}
	return s, nil
}

// same reports whether two reports would overwrite each other.
func (s sink) same(other sink) bool {
	return s.path != "" && s.path == other.path || s.old != nil && other.old != nil && os.SameFile(s.old, other.old)
}

type sinks []sink

// spare refuses to write over what is read: the inputs, and the lists of them.
func (all sinks) spare(stdin io.Reader, args []string, inputs []input) error {
	spared := func(name string, info os.FileInfo, err error) error {
		for _, s := range all {
			if err == nil && s.path != "" && s.old != nil && os.SameFile(s.old, info) {
				return usagef("--output %s: would overwrite the input %s, expected another file", s.path, name)
			}
		}
		return nil
	}
	if !slices.ContainsFunc(all, func(s sink) bool { return s.path != "" && s.old != nil }) {
		return nil // the usual case, and inputs may be many
	}
	for _, arg := range args {
		if list, ok := strings.CutPrefix(arg, "@"); ok {
			info, err := os.Stat(list)
			if err := spared(arg, info, err); err != nil {
				return err
			}
		}
	}
	for _, in := range inputs {
		var info os.FileInfo
		var err error = fs.ErrNotExist
		if f, ok := stdin.(*os.File); in.stdin && ok {
			info, err = f.Stat()
		} else if !in.stdin {
			info, err = os.Stat(in.path)
		}
		if err := spared(in.path, info, err); err != nil {
			return err
		}
	}
	return nil
}

// errors returns where the lines go that say what could not be judged. The log of GitHub
// Actions has them from a report already, and takes what begins with "::" for a command
// on standard error too, whoever named the file so.
func (all sinks) errors(stderr io.Writer) io.Writer {
	if slices.ContainsFunc(all, func(s sink) bool { return s.format == "github" && s.file == nil }) {
		return io.Discard
	}
	return stderr
}

// finish puts the files in their places.
func (all sinks) finish() error {
	var errs []error
	for _, s := range all {
		if s.file == nil {
			continue
		}
		err := s.file.Close()
		if err == nil && s.path != "" {
			err = os.Rename(s.file.Name(), s.path)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// discard removes the files that have not come to their places.
func (all sinks) discard() {
	for _, s := range all {
		if s.file != nil {
			s.file.Close()
		}
		if s.path != "" {
			os.Remove(s.file.Name()) // finished ones have another name
		}
	}
}
