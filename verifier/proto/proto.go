// Package proto says what the verifier of Linux 6.12 knows after a call of a helper
// or kfunc and after a load from the context: the facts of check_helper_call,
// check_kfunc_call and is_valid_access that a walk over program states needs.
//
// The rows are plain data (helpers.go, kfuncs.go, context.go), read from the source
// of Linux 6.12; docs/table.md tells how. They never claim more than that kernel
// knows: where its knowledge depends on what a row cannot see, the row claims less.
//
// What is not known can be so in three ways:
//
//   - An unknown scalar. That is a claim too: the kernel learns from each comparison of
//     it, and decides the next one by that.
//   - A pointer that is not null (NotNull). The kernel decides where it is compared for
//     equality with the constant 0, in all 64 bits, and learns nothing from any comparison.
//   - A pointer of which that is not known. No comparison of it is decided, however often
//     it is compared. Where it may be null (MaybeNull), comparing all of it with the immediate
//     0 for equality makes it and its copies 0 on the one side, and on the other what NotNull says.
//
// What is called opaque here is a pointer of which nothing is known, not even MaybeNull.
// To take anything for opaque is always safe; to take it for an unknown scalar is not.
package proto

// Signature is what the verifier knows of one helper or kfunc. The zero value is a
// call that returns an unknown scalar and changes nothing but the registers r0 to r5,
// of which r1 to r5 are unreadable after every call.
type Signature struct {
	Args     [5]Arg // r1 to r5
	Return   Return
	Packet   PacketChange
	Callback Callback
	Iterator Iterator
	NoReturn bool // the path ends at the call, as at an exit (kernel/bpf/verifier.c:is_bpf_throw_kfunc)
}

// ArgKind is what a call does to what an argument points to.
type ArgKind uint8

// Kinds of arguments. Memory on the stack is clobbered, whether the call writes or only
// reads it (kernel/bpf/verifier.c:check_stack_range_initialized): the bytes of the range
// are unknown afterwards, and so are all bytes of a slot with a spilled register that the
// range touches. The range reaches from the least to the greatest offset that the pointer
// can have. An argument that is the constant 0 clobbers nothing.
const (
	ArgOther    ArgKind = iota // nothing
	ArgMemory                  // memory; as many bytes as the next argument can be at most
	ArgFixed                   // memory of Size bytes
	ArgMapKey                  // memory of the size of a key of the map that is passed
	ArgMapValue                // memory of the size of a value of the map that is passed

	// ArgDynptr is a dynptr that stays one.
	ArgDynptr
	// ArgDynptrNew are 16 bytes of stack that become a dynptr: the bytes are unknown,
	// and so are slices of a dynptr that was there.
	ArgDynptrNew
	// ArgDynptrReleased is a dynptr that is released: the bytes are unknown, and its
	// slices and clones unknown scalars.
	ArgDynptrReleased
	// ArgReleased is a reference that is released: what has it becomes an unknown
	// scalar, in all registers and spilled registers (release_reference).
	ArgReleased
	// ArgLent is a reference that is given away: what has it becomes opaque
	// (ref_convert_owning_non_owning, and bpf_kptr_xchg in check_helper_call).
	ArgLent
)

// Arg is one argument of a call.
type Arg struct {
	Kind ArgKind
	Size uint32 // of ArgFixed, in bytes; 0: by how the kernel was built, so that all bytes from there on are opaque
}

// Clobbers reports whether stack that the argument points to is unknown after the call.
func (a Arg) Clobbers() bool {
	switch a.Kind {
	case ArgMemory, ArgFixed, ArgMapKey, ArgMapValue, ArgDynptrNew, ArgDynptrReleased:
		return true
	}
	return false
}

// ReturnKind is the type of r0 after a call.
type ReturnKind uint8

// Kinds of return values, and the kernel's names of them.
const (
	ReturnScalar     ReturnKind = iota // SCALAR_VALUE, also of narrower C types: all 64 bits are unknown
	ReturnVoid                         // NOT_INIT: a program that reads it is refused
	ReturnMapValue                     // PTR_TO_MAP_VALUE, or what the map holds instead: a map, a socket
	ReturnSocket                       // PTR_TO_SOCKET
	ReturnSockCommon                   // PTR_TO_SOCK_COMMON
	ReturnTCPSock                      // PTR_TO_TCP_SOCK
	ReturnMem                          // PTR_TO_MEM
	ReturnSlice                        // PTR_TO_MEM, into a dynptr
	ReturnObject                       // PTR_TO_BTF_ID
	ReturnPointer                      // PTR_TO_MEM or PTR_TO_BTF_ID, by the type of an argument: opaque
)

// Return is what is known of r0 after a call.
//
// A ReturnSlice is unknown from when its dynptr is overwritten or released and, where
// the dynptr is of a packet, from when packets change; who does not follow that takes
// it for opaque.
type Return struct {
	Kind ReturnKind
	// MaybeNull is PTR_MAYBE_NULL: comparing all copies with 0 tells whether they are.
	MaybeNull bool
	// NotNull is kernel/bpf/verifier.c:reg_not_null, and where MaybeNull is set, what
	// that says once a comparison has told: sockets, map values and memory are not
	// null, and objects that are trusted (is_trusted_reg: PTR_TRUSTED, MEM_ALLOC, or a
	// reference of their own). It no longer holds where the
	// variable part of the pointer's offset can be 2^29 or more, or -2^29 or less.
	NotNull bool
	// Acquires: r0 has a reference of its own (ref_obj_id), which an ArgReleased may end.
	Acquires bool
	// Shares is the argument, 1 to 5, whose reference r0 shares where it has one: r0 is
	// released with it, and is not null as what has a reference is not; 0: none.
	Shares uint8
	// ReadOnly is MEM_RDONLY: a program that stores through it is refused, and a helper
	// that writes through it writes to the kernel.
	ReadOnly bool
	// Own is MEM_ALLOC: an object that the program has allocated. A store through any
	// other ReturnObject, or through a ReturnPointer, may be one to a kernel object.
	Own bool
	// Bounded: a scalar from Min to Max, signed, in all 64 bits and in the lower 32
	// alike; where MaxArg is an argument, 1 to 5, Max is the unsigned maximum that it had
	// at the call (do_refine_retval_range).
	Bounded  bool
	Min, Max int64
	MaxArg   uint8
}

// PacketChange is whether a call makes packet pointers unknown scalars, and
// slices of dynptrs of packets with them (clear_all_pkt_pointers).
type PacketChange uint8

// Changes of packet data.
const (
	PacketKept    PacketChange = iota
	PacketChanged              // net/core/filter.c:bpf_helper_changes_pkt_data
	// PacketChangedDynptr: where the dynptr that is passed is of a sk_buff. A program
	// without maps has no other dynptrs, unless its type is xdp, where it has none of that.
	PacketChangedDynptr
)

// Callback is how the verifier walks a function that a call is handed
// (push_callback_call). Its r6 to r9 and stack start afresh, as of any function. All
// callbacks have to return 0 or 1.
type Callback struct {
	// Arg is the argument, 1 to 5, that is the function; 0: there is none.
	Arg uint8
	// Async: the function is walked as if a program began with it, without the frames
	// of the caller. Otherwise it is a frame above the caller's, and its exit leads
	// back to the call, with the caller's registers as they were there.
	Async bool
	// LimitArg is the argument, 1 to 5, whose unsigned maximum limits how often the
	// function is entered in a row; 0: any number of times. In either case 0 times is
	// possible, and the walk goes on behind the call.
	LimitArg uint8
	// Params are r1 to r5 when the function is entered (set_*_callback_state).
	Params [5]Param
}

// Param is what a register holds when a callback is entered.
type Param uint8

// Parameters of callbacks; the first five copy an argument of the call.
const (
	ParamUnset Param = iota // NOT_INIT: a program that reads it is refused
	ParamArg1
	ParamArg2
	ParamArg3
	ParamArg4
	ParamArg5
	ParamScalar // an unknown scalar
	ParamMap    // CONST_PTR_TO_MAP, not null
	ParamKey    // PTR_TO_MAP_KEY, not null
	ParamValue  // PTR_TO_MAP_VALUE, not null
	ParamDynptr // CONST_PTR_TO_DYNPTR, opaque
	ParamObject // PTR_TO_BTF_ID, opaque
)

// IteratorStep is what a kfunc does to an open-coded iterator.
type IteratorStep uint8

// Steps of iterators.
const (
	IteratorNone IteratorStep = iota
	// IteratorNew: the slots become an iterator. Their bytes are unknown.
	IteratorNew
	// IteratorNext is walked twice while the iterator has not ended: with r0 not null
	// and the iterator as it is, and with r0 the constant 0 and the iterator ended. After
	// that only the second is (process_iter_next_call).
	IteratorNext
	// IteratorDestroy: the slots are unknown bytes, and what shares the reference of the
	// iterator unknown scalars.
	IteratorDestroy
)

// Iterator is the open-coded iterator on the stack that the first argument of a kfunc
// points to.
type Iterator struct {
	Step  IteratorStep
	Slots uint8 // of 8 bytes
}
