// Package store keeps the original instructions of loaded programs, because the kernel
// does not: a folder, one dump a file.
//
// An entry is named after the tag that the kernel gave the program, and after the
// SHA-256 of its contents:
//
//	a04f5eef06a7f555-<64 digits>.dump
//
// It is written under another name, made durable and then renamed, so that whatever
// happens there is all of it or nothing. Any number of processes may use a folder at
// the same time.
package store

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/verifier"
)

// DefaultPath is the folder of those that name none.
const DefaultPath = "/var/lib/statecheck"

// Tag is a program's tag (BPF_TAG_SIZE). It identifies and does not prove: 64 bits,
// which say nothing of type, BTF and license.
type Tag = [asm.TagSize]byte

const (
	suffix     = ".dump"
	tempPrefix = ".new-"
	// tempAge is when a file of a writer that did not get to its end is in nobody's use.
	tempAge = time.Hour
)

// Store is a folder of dumps. It is safe for concurrent use.
type Store struct {
	root *os.Root
}

// Entry is a program in the store.
type Entry struct {
	File string // its name in the folder
	Tag  Tag
	Dump dump.Dump
}

// Open opens the folder, which is made where there is none. It is refused where
// others may enter it, or where it belongs to somebody else: what is in it says what
// programs are.
func Open(path string) (*Store, error) {
	switch err := os.Mkdir(path, 0o700); {
	case err == nil:
		if err := syncFolder(os.Open(filepath.Dir(path))); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrExist):
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	s := &Store{root}
	if err := s.secure(); err != nil {
		root.Close()
		return nil, fmt.Errorf("store %s: %w", path, err)
	}
	return s, nil
}

// Close frees the folder's descriptor.
func (s *Store) Close() error { return s.root.Close() }

// secure checks who may use the folder, and removes what writers left behind that were
// ended in the middle.
func (s *Store) secure() error {
	info, err := s.root.Stat(".")
	if err != nil {
		return err
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return fmt.Errorf("mode %#o, expected 0700: nobody else may read or change it", perm)
	}
	if err := owned(info); err != nil {
		return err
	}
	names, err := s.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasPrefix(name, tempPrefix) {
			continue
		}
		if info, err := s.root.Lstat(name); err == nil && time.Since(info.ModTime()) > tempAge {
			s.root.Remove(name) // a reader who may not is not kept from reading
		}
	}
	return nil
}

// names lists the files of the folder, sorted.
func (s *Store) names() ([]string, error) {
	dir, err := s.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

// Put keeps a dump under the tag that the kernel gave the program, and returns its
// file's name. Once it returns without an error the entry survives a crash of the
// machine. To put the same dump twice keeps one.
func (s *Store) Put(tag Tag, d dump.Dump) (string, error) {
	var contents bytes.Buffer
	if err := dump.Write(&contents, d); err != nil {
		return "", err
	}
	name := fileName(tag, contents.Bytes())
	// Random, so that writers do not meet.
	temp := tempPrefix + rand.Text()
	f, err := s.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = f.Write(contents.Bytes())
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = s.root.Rename(temp, name)
	}
	if err != nil {
		return "", errors.Join(err, s.root.Remove(temp))
	}
	return name, syncFolder(s.root.Open("."))
}

// syncFolder makes the names in a folder that was just opened durable, and closes it.
func syncFolder(dir *os.File, err error) error {
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func fileName(tag Tag, contents []byte) string {
	sum := sha256.Sum256(contents)
	return hex.EncodeToString(tag[:]) + "-" + hex.EncodeToString(sum[:]) + suffix
}

// Lookup returns the entries with a tag, sorted by file. The error names the entries
// that are damaged or were tampered with; the others are returned all the same.
func (s *Store) Lookup(tag Tag) ([]Entry, error) {
	return s.entries(hex.EncodeToString(tag[:]) + "-")
}

// All returns all entries, sorted by file, as [Store.Lookup] does.
func (s *Store) All() ([]Entry, error) { return s.entries("") }

func (s *Store) entries(prefix string) ([]Entry, error) {
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	var out []Entry
	var errs []error
	for _, name := range names {
		if strings.HasPrefix(name, tempPrefix) || !strings.HasPrefix(name, prefix) {
			continue
		}
		e, err := s.read(name)
		switch {
		case errors.Is(err, fs.ErrNotExist): // removed since it was listed
		case err != nil:
			errs = append(errs, fmt.Errorf("store entry %s: %w", name, err))
		default:
			out = append(out, e)
		}
	}
	if len(errs) > 0 {
		return out, damage(errs)
	}
	return out, nil
}

// damage is what is wrong with entries, in one line.
type damage []error

func (d damage) Error() string {
	var all []string
	for _, err := range d {
		all = append(all, err.Error())
	}
	return strings.Join(all, "; ")
}

func (d damage) Unwrap() []error { return d }

// read reads an entry and holds it against its name.
func (s *Store) read(name string) (Entry, error) {
	e := Entry{File: name}
	digits, _, _ := strings.Cut(name, "-")
	if n, err := hex.Decode(e.Tag[:], []byte(digits[:min(len(digits), 2*len(e.Tag))])); err != nil || n != len(e.Tag) || len(digits) != 2*n {
		return e, errors.New("no entry, expected a name of a tag, a checksum and " + suffix)
	}
	info, err := s.root.Lstat(name)
	if err != nil {
		return e, err
	}
	if !info.Mode().IsRegular() {
		return e, errors.New("not a file")
	}
	f, err := s.root.Open(name)
	if err != nil {
		return e, err
	}
	defer f.Close()
	contents, err := io.ReadAll(io.LimitReader(f, dump.MaxSize+1))
	if err != nil {
		return e, err
	}
	if name != fileName(e.Tag, contents) {
		return e, errors.New("its contents are not those that the name says: damaged, or tampered with")
	}
	if e.Dump, err = dump.Read(bytes.NewReader(contents)); err != nil {
		return e, err
	}
	if settled(&e.Dump) && e.Tag != asm.TagSHA1(e.Dump.Instructions) && e.Tag != asm.TagSHA256(e.Dump.Instructions) {
		return e, errors.New("its instructions do not have the tag that the name says: tampered with")
	}
	return e, nil
}

// settled reports whether the dump's instructions are those that were loaded: the tag
// leaves out descriptors of maps, and not the numbers of kernel functions and variables.
func settled(d *dump.Dump) bool {
	return !slices.ContainsFunc(d.References, func(r verifier.Reference) bool { return r.Kind != verifier.RefMap })
}

// Query is what is known of a loaded program besides its tag. A zero field asks for
// nothing.
type Query struct {
	Type  uint32 // enum bpf_prog_type
	Slots int    // of the original instructions
	Name  string // as the kernel has it, or cut off less
	// Release is that of the kernel that runs it: instructions that suit another one
	// (dump.Dump.Release) were not loaded there.
	Release string
}

// Fits reports whether the entry can be the program. It still is a match by tag.
func (e *Entry) Fits(q Query) bool {
	return (q.Type == 0 || q.Type == e.Dump.Type) &&
		(q.Slots == 0 || q.Slots == len(e.Dump.Instructions)) &&
		(q.Name == "" || kernelName(q.Name) == kernelName(e.Dump.Name)) &&
		(q.Release == "" || e.Dump.Release == "" || q.Release == e.Dump.Release)
}

// kernelName is what becomes of a name on its way to the kernel: it takes 15 bytes
// (BPF_OBJ_NAME_LEN) of letters, digits, dots and underscores.
func kernelName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.') {
			return r
		}
		return -1
	}, name)
	return name[:min(len(name), 15)]
}
