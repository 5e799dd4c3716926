// Package kernel looks at the programs of the running kernel: which there are, where
// they are attached, and what can be said of them. It attaches, changes and removes
// nothing.
//
// The kernel hands out instructions as it has rewritten them, not as they were loaded:
// helpers are addresses or inlined, accesses to the context have become accesses to the
// kernel's own structures, dead code is gone. What these instructions do can often be
// told ([Judge]); loaded again they cannot be.
//
//	kernel.go    what is known of a program
//	restore.go   the original again, where its tag confirms it
//	kept.go      the original that the kernel has kept; match.go: the store
//	original.go  rewritten instructions, as near to the original as can be told
//	judge.go     the verdict on them
//	symbols.go   addresses of the kernel, and the table of its functions behind helpers
//	list.go      programs by id; find.go: by where they are
//	attached.go  where programs are attached; netlink.go: to network interfaces
//	socket.go    the filter of a socket of another process
package kernel

import (
	"errors"
	"time"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// Program is a program of the running kernel.
type Program struct {
	ID   uint32
	Name string // at most 15 bytes of it; empty: loaded without one
	Type string // libbpf's name; empty: a type that Linux 6.12 does not have
	Tag  [asm.TagSize]byte
	UID  uint32    // who loaded it
	Load time.Time // when, to about a second

	GPL           bool     // loaded under a license compatible with the GPL
	AttachType    string   // as far as the kernel tells: only "trace_iter", and "trace_fentry" for other tracing programs
	AttachTo      string   // what an iterator iterates over, or the function that a tracing or lsm program is for
	TargetProgram bool     // it is for a function of another program
	Maps          []Map    // all that it holds, referred to or not
	Attached      []string // where, as far as the kernel tells
	Extensions    []uint32 // ids of programs of type ext that stand in the place of functions of it
	Pins          []string // paths in bpffs

	// Instructions are the rewritten ones. Nil: the kernel keeps them back, and Hidden
	// says why.
	Instructions []asm.Instruction
	Hidden       string

	// ExtensionsHidden says why it cannot be told whether there are Extensions.
	ExtensionsHidden string

	// Kept are the instructions as they were loaded, and KeptNames what of the kernel they
	// refer to by number. Nil: the kernel does not keep them, as none does that was released.
	Kept      []asm.Instruction
	KeptNames []verifier.Reference
}

// anyTracing is the attach type of tracing programs that are no iterators: the kernel does
// not tell them apart.
const anyTracing = "trace_fentry"

// Map is a map that a program holds.
type Map struct {
	ID   uint32
	Name string
	Kind verifier.MapKind
}

// ErrNeedsLinux is the error where this is not Linux.
var ErrNeedsLinux = errors.New("no Linux kernel is running here")
