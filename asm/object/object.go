// Package object reads the BPF programs out of an ELF object, old or new, in
// either byte order.
//
// It needs far less than a loader does: sections, symbols, relocations,
// instructions. What is missing or broken is an error of the programs that need
// it, and of no other.
//
// The order of work:
//
//	elf.go        header, sections, symbols: where things are
//	btf.go        names that only BTF gives: kfuncs, kernel variables, .kconfig, arenas
//	relocate.go   code sections: decode, and what each relocation means
//	functions.go  which symbols are functions, which functions are programs
//	link.go       a program: a function and all that it can reach, as a loader would append it
//	lines.go      source lines, when someone asks
//	sections.go   what the names of sections mean
package object

import (
	"encoding/binary"
	"io"
	"iter"

	"github.com/statecheck/statecheck/verifier"
)

// Limits that real objects stay far below. They bound what a hostile one costs.
const (
	// MaxSize is the largest file that is read, in bytes.
	MaxSize = 256 << 20

	// maxFunctions is how many functions an object may have.
	maxFunctions = 1 << 14

	// maxSlots is how many slots a program may have
	// (BPF_COMPLEXITY_LIMIT_INSNS in include/linux/bpf.h).
	maxSlots = 1_000_000

	// maxLinked is how many slots all programs of an object may have together:
	// many programs that all call one large function make much of little.
	maxLinked = 4 << 20
)

// Object is a BPF object file.
type Object struct {
	// Order is the byte order of the instructions.
	Order binary.ByteOrder

	file      *file
	lines     *lines
	callbacks map[string]exceptionCallback // by program
	linkage   linkage
	arguments arguments
	functions []function // by section and start
	programs  []int      // the functions that are programs
}

// Read reads an object of the given size. The error is that the file as a whole
// is not a BPF object that can be read; it does not name the file.
//
// The reader must stay usable as long as [verifier.Program.Source] of a program
// is: source lines are read only when asked for.
func Read(r io.ReaderAt, size int64) (*Object, error) {
	f, err := readFile(r, size)
	if err != nil {
		return nil, err
	}
	if err := f.readSymbols(); err != nil {
		return nil, err
	}
	types, err := readTypes(f)
	if err != nil {
		return nil, err
	}
	f.readCode(types)
	f.findCORE(types)
	functions, err := f.findFunctions()
	if err != nil {
		return nil, err
	}
	f.resolveCalls(functions)
	return &Object{
		Order:     f.order,
		file:      f,
		lines:     newLines(f),
		callbacks: types.callbacks,
		linkage:   f.readLinkage(types),
		arguments: types.arguments,
		functions: functions,
		programs:  f.findPrograms(functions),
	}, nil
}

// Programs returns the programs in the order of their sections and places. Each
// is put together when its turn comes, and owns its memory.
//
// A program that cannot be put together has Err set and no instructions.
func (o *Object) Programs() iter.Seq[*verifier.Program] {
	return func(yield func(*verifier.Program) bool) {
		l := newLinker(o)
		for _, f := range o.programs {
			if !yield(l.link(f)) {
				return
			}
		}
	}
}
