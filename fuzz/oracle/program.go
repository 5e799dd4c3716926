// Package oracle asks the running kernel what it makes of a program: whether it
// loads it, and which slots its verifier visits on the way. From these and the
// effect table follows the verdict that BPF_F_ENFORCE_STATELESS would have given.
//
// It loads programs and attaches none.
package oracle

import (
	"slices"

	"github.com/statecheck/statecheck/verifier"
)

// Program is a program as the checker sees it, with what the kernel wants to know
// besides.
//
// References to maps, kfuncs and kernel variables go by name: the oracle fills in the
// file descriptor of the map of that name (of the program, or one of [Maps]) and the BTF id of the
// kfunc, called or loaded as an address, or variable. A CO-RE relocation that is named "structure.member" adds that
// member's offset in the kernel to the offset of a load or store. AttachTo names what tracing, lsm and struct_ops attach to in the kernel's
// BTF, and is disregarded for other types: a function for trace_fentry, trace_fexit and modify_return, a hook for lsm_mac
// ("file_open"), an iterator for trace_iter ("task"), a tracepoint for
// trace_raw_tp ("sched_switch"), structure and member for struct_ops
// ("tcp_congestion_ops/ssthresh").
type Program struct {
	verifier.Program

	// Signatures of Program.Functions, one for each; the first is the program
	// itself. Empty: the kernel gets no func_info, and then refuses callbacks and
	// knows no global functions.
	Signatures []Signature

	// Maps are made anew for each load, and hide those of the oracle that have the same name.
	Maps []MapSpec
}

// Signature is what BTF says of a function.
type Signature uint8

// Signatures of functions. A static function's arguments are what its callers
// pass; a global one is verified by itself, with unknown arguments of its types.
const (
	Main          Signature = iota // the program
	Static                         // a static function; callbacks are static
	Global0                        // int f(void)
	Global1                        // int f(unsigned long a)
	Global2                        // ... and so on, each argument a number
	Global3                        //
	Global4                        //
	Global5                        //
	GlobalContext                  // int f(ctx *c, unsigned long a), with the context of the program's type
	GlobalMemory                   // int f(unsigned long *nonnull p, unsigned long a)
	GlobalSocket                   // int f(struct tcp_sock *trusted, nullable s, unsigned long a)
	Throwing                       // the program, where it has an exception callback
	Exception                      // int f(unsigned long a): that callback
	numSignatures
)

// Linkage is how the kernel verifies the function.
func (s Signature) Linkage() verifier.Linkage {
	switch {
	case s == Static:
		return verifier.LinkageStatic
	case s >= Global0 && s <= GlobalSocket:
		return verifier.LinkageGlobal
	}
	return verifier.LinkageUnknown // the program, and the exception callback
}

// Arguments is what BTF says of the arguments of a global function.
func (s Signature) Arguments() []verifier.Argument {
	const number, unknown = verifier.ArgumentNumber, verifier.ArgumentUnknown
	switch {
	case s >= Global0 && s <= Global5:
		return slices.Repeat([]verifier.Argument{number}, int(s-Global0))
	case s == GlobalContext:
		return []verifier.Argument{verifier.ArgumentContext, number}
	case s == GlobalMemory, s == GlobalSocket:
		return []verifier.Argument{unknown, number}
	}
	return nil
}

// MapSpec is a map that programs can refer to by its name.
type MapSpec struct {
	Name       string
	Type       uint32 // enum bpf_map_type
	KeySize    uint32 // bytes
	ValueSize  uint32 // bytes
	MaxEntries uint32
}

// Maps lists the maps that an oracle creates, one of each shape that generated
// programs need.
func Maps() []MapSpec {
	return []MapSpec{
		{"array", 2, 4, 64, 4},
		{"hash", 1, 4, 64, 4},
		{"percpu_array", 6, 4, 64, 4},
		{"prog_array", 3, 4, 4, 4},
		{"ringbuf", 27, 0, 0, 4096},
		{"stack", 23, 0, 8, 4},
		{"perf_event_array", 4, 4, 4, 4},
		{"devmap", 14, 4, 4, 4},
		{"variable", 2, 4, 64, 1}, // PSEUDO_MAP_VALUE wants one element (kernel/bpf/arraymap.c:array_map_direct_value_addr)
	}
}
