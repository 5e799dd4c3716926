package main

import (
	"bufio"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxSize bounds an input in bytes: no real object comes near.
const maxSize = 256 << 20

// stdinPath is how reports name standard input.
const stdinPath = "<stdin>"

// input is one thing to read programs from.
type input struct {
	path  string
	stdin bool
	found bool  // in a folder: nobody said that it holds a program
	err   error // why it cannot be read, where that is known already
}

// expand lists the inputs that the arguments stand for, in their order: a file
// itself, a folder its BPF objects, @LIST what the lines of the file LIST stand
// for, - standard input. An argument that cannot be read is an input with an error.
func expand(ctx context.Context, args []string) ([]input, error) {
	w := walker{ctx: ctx}
	stdin := false
	for i, arg := range args {
		list, isList := strings.CutPrefix(arg, "@")
		switch {
		case arg == "-" && stdin:
			return nil, usagef("standard input (-) is given twice")
		case arg == "-":
			stdin = true
			w.inputs = append(w.inputs, input{path: stdinPath, stdin: true})
		case isList:
			paths, err := readList(list)
			if err != nil {
				w.fail(arg, err)
			}
			for _, path := range paths {
				w.path(path)
			}
		case i == 0 && wasVerb(arg):
			w.fail(arg, errors.New("no such file or directory, and no verb of that name"))
		default:
			w.path(arg)
		}
	}
	if ctx.Err() != nil {
		return nil, &exitError{ExitUndecided, fmt.Errorf("interrupted while inputs were looked for, %d so far", len(w.inputs))}
	}
	return w.inputs, nil
}

// wasVerb reports whether the argument may have been meant for a verb: a word, and
// no file of that name.
func wasVerb(arg string) bool {
	_, err := os.Stat(arg)
	return arg != "" && strings.Trim(arg, "abcdefghijklmnopqrstuvwxyz") == "" && errors.Is(err, fs.ErrNotExist)
}

// walker finds inputs. It stops where the context is cancelled.
type walker struct {
	ctx    context.Context
	inputs []input
	seen   map[string]bool // folders of one argument by their real path
}

// path takes a file itself and of a folder its BPF objects.
func (w *walker) path(path string) {
	if w.ctx.Err() != nil {
		return
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		w.fail(path, err)
	case info.IsDir():
		w.seen = make(map[string]bool)
		w.folder(path, nil)
	default:
		w.inputs = append(w.inputs, input{path: path})
	}
}

func (w *walker) fail(path string, err error) {
	w.inputs = append(w.inputs, input{path: path, err: plain(err)})
}

// folder takes a folder and the real paths of those that it lies in. It follows
// symbolic links, as build trees are full of them, but enters no folder twice.
func (w *walker) folder(path string, parents []string) {
	real, err := realPath(path)
	if err != nil {
		w.fail(path, err)
		return
	}
	if slices.Contains(parents, real) {
		w.fail(path, errors.New("a symbolic link that leads back to a folder it lies in, expected a tree"))
		return
	}
	if w.seen[real] {
		return
	}
	w.seen[real] = true
	parents = append(slices.Clip(parents), real)

	entries, err := os.ReadDir(path) // sorted by name
	if err != nil {
		w.fail(path, err)
		return
	}
	for _, entry := range entries {
		if w.ctx.Err() != nil {
			return
		}
		path := filepath.Join(path, entry.Name())
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			// A link that leads nowhere, such as an editor's lock, holds no object.
		case err != nil:
			w.fail(path, err)
		case info.IsDir():
			w.folder(path, parents)
		case info.Mode().IsRegular() && info.Size() == 0 && filepath.Ext(path) == ".o":
			// A build that was cut short must not pass unseen.
			w.inputs = append(w.inputs, input{path: path, found: true})
		case info.Mode().IsRegular() && info.Size() > 0: // files of /proc have no size, and some wait
			if isObject, err := sniff(path); err != nil {
				w.fail(path, err)
			} else if isObject {
				w.inputs = append(w.inputs, input{path: path, found: true})
			}
		}
	}
}

func realPath(path string) (string, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
}

// sniff reports whether the file is for us to judge: an ELF file for BPF, or for
// no machine at all as early compilers wrote it. One that ends within its header
// is: a build that was cut short must not pass unseen.
func sniff(path string) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var head [20]byte // up to and with e_machine
	n, err := io.ReadFull(f, head[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return false, err
	}
	if !bytes.HasPrefix(head[:n], []byte(elf.ELFMAG)) {
		return false, nil
	}
	if n < len(head) {
		return true, nil
	}
	machine := elf.Machine(head[18]) | elf.Machine(head[19])<<8
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		machine = elf.Machine(head[19]) | elf.Machine(head[18])<<8
	}
	return machine == elf.EM_BPF || machine == elf.EM_NONE, nil
}

// readList reads the paths of a list, one a line. Blank lines and those that begin
// with # are skipped, and so is a byte order mark.
func readList(path string) ([]string, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var paths []string
	lines := bufio.NewScanner(io.NewSectionReader(f, 0, size))
	n := 1
	for ; lines.Scan(); n++ { // the scanner drops \r too
		line := lines.Text()
		if n == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if strings.Contains(line, "\x00") {
			return nil, fmt.Errorf("line %d: not text, expected a path (@ is for a list of paths)", n)
		}
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "#") {
			paths = append(paths, line)
		}
	}
	switch err := lines.Err(); {
	case err == bufio.ErrTooLong:
		return nil, fmt.Errorf("line %d: longer than %d bytes, expected a path", n, bufio.MaxScanTokenSize)
	case err != nil:
		return nil, fmt.Errorf("line %d: %w", n, plain(err))
	case len(paths) == 0:
		return nil, errors.New("the list names nothing, expected a path on each line")
	}
	return paths, nil
}

// open returns the bytes of the input.
func (in input) open(stdin io.Reader) (r io.ReaderAt, size int64, closer io.Closer, err error) {
	switch {
	case in.err != nil:
		return nil, 0, nil, in.err
	case in.stdin:
		raw, err := io.ReadAll(io.LimitReader(stdin, maxSize+1))
		if err != nil {
			return nil, 0, nil, plain(err)
		}
		if len(raw) > maxSize {
			return nil, 0, nil, tooLarge(fmt.Sprintf("more than %d bytes", maxSize))
		}
		return bytes.NewReader(raw), int64(len(raw)), io.NopCloser(nil), nil
	}
	f, size, err := openRegular(in.path)
	return f, size, f, err
}

// openRegular opens a file that has a size. It asks before it opens: opening a
// FIFO would wait for a writer, and opening a device may do anything.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, plain(err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s, expected a regular file (use \"-\" to read standard input)", fileType(info.Mode()))
	}
	if info.Size() > maxSize {
		return nil, 0, tooLarge(fmt.Sprintf("%d bytes", info.Size()))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, plain(err)
	}
	return f, info.Size(), nil
}

func tooLarge(size string) error {
	return fmt.Errorf("%s, expected at most %d (%d MiB)", size, maxSize, maxSize>>20)
}

func fileType(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "folder"
	case mode&fs.ModeNamedPipe != 0:
		return "FIFO"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}

// plain leaves out the path and the system call of an error about a file: the
// line that shows it begins with the path.
func plain(err error) error {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err
	}
	return err
}
