// Package verifier decides whether a BPF program is stateless.
//
// [Check] takes a [Program] and returns a [Report]. It does no I/O, keeps no
// global state and does not change the program.
package verifier

import (
	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/paths"
)

// Program is all that is known of a program before it is loaded. Readers
// (asm/object, loader, a raw dump) fill it in; Check only reads it.
type Program struct {
	Name       string // function name, or the section's where there is no symbol
	Section    string // ELF section; empty for raw input
	Type       string // libbpf's name of the program type ("xdp"); empty: unknown
	AttachType string // libbpf's name of the attach type ("trace_iter"); empty: unknown or none
	AttachTo   string // the kernel object that the section name attaches to ("bpf_map_elem"); empty: unknown or none

	// TargetProgram is set where the loader is given another program to
	// attach to at load (expected of ext, possible for tracing).
	TargetProgram bool

	// TypedArguments is set where BTF may type an argument of a called function, so
	// that the kernel does not go by what callers pass: as a pointer to a kernel object
	// (the declaration tags arg:trusted, and arg:untrusted of newer kernels), or as
	// memory, in place of which callers may pass an object
	// (kernel/bpf/btf.c:btf_prepare_func_args).
	TypedArguments bool

	// Instructions are the slots of the program and then of its subprograms,
	// in the order in which a loader would append them. An index is an
	// offset as the kernel's verifier counts.
	Instructions []asm.Instruction

	// Functions are sorted by Start; the first one starts at 0. May be empty:
	// then the functions are found from the calls.
	Functions []Function

	// References name what instructions refer to, sorted by Slot. An instruction
	// that refers to something by number and has no Reference goes by the number.
	References []Reference

	// Err is why the program could not be put together (an unresolved call, a
	// relocation out of range). The program is invalid then.
	Err error

	// Source returns the source line of a slot; nil where there is none. It may
	// be slow the first time, and is called only for what is reported.
	Source func(slot int) (Line, bool)
}

// Function is a function of a program.
type Function struct {
	Name  string
	Start int // first slot
	// ExceptionCallback: part of the program though nothing calls it.
	ExceptionCallback bool
	// Linkage is how the kernel verifies the function, whoever loads it; of the first
	// function it says nothing. Without BTF's func_info all functions are static.
	Linkage Linkage
	// Arguments are what BTF says of those of a global function, r1 and on.
	Arguments []Argument
}

// Linkage is how the kernel verifies a function.
type Linkage = paths.Linkage

// Linkages of functions.
const (
	// LinkageUnknown: as static or as global; verdicts hold for both.
	LinkageUnknown = paths.LinkageUnknown
	// LinkageStatic: in the frames of its callers.
	LinkageStatic = paths.LinkageStatic
	// LinkageGlobal: by itself, with arguments that are unknown but for their types, if
	// something calls it (kernel/bpf/verifier.c:do_check_subprogs).
	LinkageGlobal = paths.LinkageGlobal
)

// Argument is what BTF says of an argument of a global function
// (kernel/bpf/btf.c:btf_prepare_func_args).
type Argument = paths.Argument

// Arguments of global functions.
const (
	ArgumentUnknown = paths.ArgumentUnknown
	ArgumentNumber  = paths.ArgumentNumber  // an integer or enumeration
	ArgumentContext = paths.ArgumentContext // a pointer to the context of the program's type
)

// RefKind is what a Reference refers to.
type RefKind uint8

// Kinds of references.
const (
	RefMap      RefKind = iota + 1 // a map, by a LD_IMM64
	RefKfunc                       // a kernel function, by a CALL or a LD_IMM64 of its address
	RefVariable                    // a kernel variable (typed or typeless __ksym), by a LD_IMM64
	RefCORE                        // the slot's immediate or offset has a CO-RE relocation: its value is unknown
)

// MapKind is what kind of map a RefMap refers to.
type MapKind string

// Map kinds, as the inventory names them.
const (
	MapPlain   MapKind = "map"
	MapData    MapKind = "data"
	MapROData  MapKind = "rodata"
	MapBSS     MapKind = "bss"
	MapKconfig MapKind = "kconfig"
	MapArena   MapKind = "arena"
)

// Reference ties a slot to a name outside the program.
type Reference struct {
	Slot int
	Kind RefKind
	Name string  // map, section, kfunc or variable
	Map  MapKind // for RefMap
	Weak bool    // the symbol is weak: the loader may put 0 there
}

// Line is a place in the source.
type Line struct {
	File   string
	Line   int // from 1; 0: unknown
	Column int // from 1; 0: unknown
	Text   string
}
