// Package dump holds programs in a portable form: everything that is needed to load a
// program again elsewhere, and nothing that only the machine it comes from knows.
//
// A file descriptor, a BTF id or an address has no meaning elsewhere; in its place
// stands 0, and a name beside it. docs/dump-format.md describes the file to the byte.
//
//	dump.go     what a dump holds
//	valid.go    what a dump must be to be written
//	coder.go    the fields of the file, each described once for both directions
//	file.go     the file: sections, checksum
//	program.go  from and to a verifier.Program
package dump

import (
	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// Dump is a program that can be loaded elsewhere.
type Dump struct {
	Name       string // of the program, as its source has it
	Type       uint32 // enum bpf_prog_type; 0: unknown, to be given at load
	AttachType uint32 // enum bpf_attach_type; 0 is also for none
	Flags      Flags
	License    string // as bpf() takes it ("GPL")
	AttachTo   string // what it attaches to in the kernel, to be found by name at load; empty: nothing, or unknown

	// Release is that of the kernel whose types the instructions have been relocated
	// for (CO-RE), as uname has it; empty: they suit every kernel.
	Release string

	// Instructions are the slots of the program and then of its other functions, as
	// they are handed to bpf(). Where a reference stands, the number is 0.
	Instructions []asm.Instruction

	// Functions are sorted by Slot, the first one at 0. Empty: nothing is known of
	// them, and they are found from the calls.
	Functions []Function

	// References name what instructions refer to outside the program: maps and data
	// sections (verifier.RefMap), kernel functions and kernel variables. Sorted by
	// Slot, one a slot.
	References []verifier.Reference

	// Data are the read-only sections that references name, sorted by Name.
	Data []Data

	// Maps describe the maps that references name, as far as they are known, sorted by
	// Name. Only a relaxed dump has any.
	Maps []Map

	// Unknown are sections of a kind that this package does not know, sorted by Kind.
	Unknown []Section
}

// Flags are those flags of BPF_PROG_LOAD that say what the program is
// (include/uapi/linux/bpf.h, BPF_F_*), and not how it is to be loaded.
type Flags uint32

// Flags of programs.
const (
	FlagStrictAlignment Flags = 1 << 0 // BPF_F_STRICT_ALIGNMENT
	FlagAnyAlignment    Flags = 1 << 1 // BPF_F_ANY_ALIGNMENT
	FlagSleepable       Flags = 1 << 4 // BPF_F_SLEEPABLE
	FlagXDPFrags        Flags = 1 << 5 // BPF_F_XDP_HAS_FRAGS

	// AllFlags are all of them.
	AllFlags = FlagStrictAlignment | FlagAnyAlignment | FlagSleepable | FlagXDPFrags
)

// Function is a function of the program, as BTF's func_info describes it.
type Function struct {
	Name    string
	Slot    int // where it starts
	Linkage verifier.Linkage
	// ExceptionCallback: the kernel calls it when the program throws.
	ExceptionCallback bool
	// Arguments are those of a global function, r1 and on.
	Arguments []Argument
}

// Argument is what the kernel takes an argument of a global function for
// (kernel/bpf/btf.c:btf_prepare_func_args).
type Argument struct {
	Kind     ArgumentKind
	Nullable bool   // memory, object: callers may pass 0
	Size     uint32 // memory: bytes
	Type     string // object: name of the kernel's structure
}

// ArgumentKind is what an argument is.
type ArgumentKind uint8

// Kinds of arguments. The numbers are those of the file.
const (
	ArgumentUnknown ArgumentKind = iota // cannot be loaded
	ArgumentNumber                      // an integer or enumeration
	ArgumentContext                     // a pointer to the context of the program's type
	ArgumentMemory                      // a pointer to memory of a size
	ArgumentObject                      // a trusted pointer to an object of the kernel (arg:trusted)
	ArgumentDynptr                      // a pointer to a dynptr
	ArgumentArena                       // a pointer into an arena (arg:arena)
	numArgumentKinds
)

// Data is a read-only data section. References to it have its name; the second slot of
// their LD_IMM64 holds the offset into it in bytes.
type Data struct {
	Name     string // ".rodata", ".rodata.str1.1", ".kconfig"
	Contents []byte
}

// Map describes a map that is not part of the dump.
type Map struct {
	Name       string
	Type       uint32 // enum bpf_map_type
	KeySize    uint32 // bytes
	ValueSize  uint32 // bytes
	MaxEntries uint32
	Flags      uint32 // of BPF_MAP_CREATE
}

// Section is a section of the file.
type Section struct {
	Kind     uint32
	Contents []byte
}

// Optional reports whether a reader that does not know the section may go on without it.
// A program with another unknown section is not judged and not loaded.
func (s Section) Optional() bool { return s.Kind >= firstOptional }
