package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// formats are the formats of a report.
var formats = []string{"text", "json"}

// outputs is the repeatable flag --output.
type outputs []output

const outputUsage = "write to FILE or FORMAT=FILE, - is standard output (repeatable)"

// output is where a report goes.
type output struct {
	format string // empty: that of --format
	path   string // "-" is standard output
}

func (o *outputs) String() string {
	var all []string
	for _, out := range *o {
		all = append(all, strings.TrimPrefix(out.format+"="+out.path, "="))
	}
	return strings.Join(all, " ")
}

func (o *outputs) Type() string { return "FILE" }

func (o *outputs) Set(value string) error {
	out := output{path: value}
	// What stands before "=" is a format unless it looks like a path.
	if format, path, found := strings.Cut(value, "="); found && !strings.ContainsAny(format, `./\`) {
		if !slices.Contains(formats, format) {
			return fmt.Errorf("no format %q, expected one of %s", format, strings.Join(formats, ", "))
		}
		out = output{format, path}
	}
	if out.path == "" {
		return errors.New("expected FILE or FORMAT=FILE")
	}
	same := func(other output) bool { return filepath.Clean(other.path) == filepath.Clean(out.path) }
	if slices.ContainsFunc(*o, same) {
		return errors.New("two reports would overwrite each other")
	}
	*o = append(*o, out)
	return nil
}

// open opens every output, so that one that cannot be written is known before
// the work is done. Without any, the report goes to standard output; quiet
// leaves out what would go there.
func (o outputs) open(stdout io.Writer, format string, quiet bool) (sinks, error) {
	if len(o) == 0 {
		o = outputs{{path: "-"}}
	}
	var opened sinks
	for _, out := range o {
		if out.format == "" {
			out.format = format
		}
		if out.path != "-" {
			// It is not cut short yet: the report before stays until there is a new one.
			f, err := os.OpenFile(out.path, os.O_WRONLY|os.O_CREATE, 0o666)
			if err != nil {
				return nil, unwritten(err)
			}
			opened = append(opened, sink{format: out.format, Writer: new(bytes.Buffer), file: f})
		} else if !quiet {
			opened = append(opened, sink{format: out.format, Writer: stdout})
		}
	}
	return opened, nil
}

// sink is an open output. What goes to a file is held back until the report is complete.
type sink struct {
	format string
	io.Writer
	file *os.File // nil: standard output
}

type sinks []sink

// finish writes the files.
func (all sinks) finish() error {
	var errs []error
	for _, s := range all {
		if s.file == nil {
			continue
		}
		info, err := s.file.Stat()
		if err == nil && info.Mode().IsRegular() {
			err = s.file.Truncate(0)
		}
		if err == nil {
			_, err = s.Writer.(*bytes.Buffer).WriteTo(s.file)
		}
		errs = append(errs, err, s.file.Close())
	}
	return errors.Join(errs...)
}
