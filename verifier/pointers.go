package verifier

import (
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/effect"
	"github.com/statecheck/statecheck/verifier/paths"
)

// What a load or store through a pointer does depends on the pointer. Here every
// branch is taken both ways and memory is not followed, so that for each
// register only a set of origins is known; for what comes from memory or from a
// call, the program's type says what it can be at worst.

// access says what the context of a program type hands out.
type access struct {
	// load is what a load through a pointer of unknown origin does at worst, and
	// store what a store does.
	load, store effect.Form
	// socket are the context fields that hold a socket. Where the program loads
	// none of them, the other pointers are packets or its own.
	socket []int16
	// storeAfter are the kfuncs without which store cannot be worse than FormStore.
	storeAfter []string
}

// connectionKfuncs hand out a struct nf_conn, whose mark XDP and tc programs may
// store to (net/netfilter/nf_conntrack_bpf.c:_nf_conntrack_btf_struct_access), or make
// one of any pointer.
var connectionKfuncs = []string{
	"bpf_ct_insert_entry", "bpf_rdonly_cast", "bpf_skb_ct_alloc", "bpf_skb_ct_lookup", "bpf_xdp_ct_alloc", "bpf_xdp_ct_lookup",
}

var (
	onlyContext = access{load: effect.FormLoad, store: effect.FormStore}
	skbSocket   = access{load: effect.FormLoadKernel, store: effect.FormStore, socket: []int16{168}}
	typed       = access{load: effect.FormLoadKernel, store: effect.FormStore}
	untyped     = access{load: effect.FormLoadKernel, store: effect.FormStoreUntyped}
)

// loadDW loads 8 bytes, as pointers are.
const loadDW = asm.Opcode(asm.ClassLDX) | asm.ModeMEM | asm.SizeDW

// atomicDW is an atomic operation on 8 bytes.
const atomicDW = asm.Opcode(asm.ClassSTX) | asm.ModeAtomic | asm.SizeDW

// accesses lists the program types of Linux 6.12. Which types let a program store
// through a typed kernel pointer is what struct bpf_verifier_ops says in
// btf_struct_access; which context fields are sockets, is_valid_access.
var accesses = [...]struct {
	progType string
	access
}{
	{"socket_filter", skbSocket},
	{"kprobe", onlyContext},
	{"sched_cls", access{effect.FormLoadKernel, effect.FormStoreKernel, []int16{168}, connectionKfuncs}},
	{"sched_act", access{effect.FormLoadKernel, effect.FormStoreKernel, []int16{168}, connectionKfuncs}},
	{"tracepoint", onlyContext},
	{"xdp", access{effect.FormLoad, effect.FormStoreKernel, nil, connectionKfuncs}},
	{"perf_event", onlyContext},
	{"cgroup_skb", skbSocket},
	{"cgroup_sock", onlyContext},
	{"lwt_in", skbSocket},
	{"lwt_out", skbSocket},
	{"lwt_xmit", skbSocket},
	{"sock_ops", access{load: effect.FormLoadKernel, store: effect.FormStore, socket: []int16{184}}},
	{"sk_skb", skbSocket},
	{"cgroup_device", onlyContext},
	{"sk_msg", access{load: effect.FormLoadKernel, store: effect.FormStore, socket: []int16{72}}},
	{"raw_tracepoint", onlyContext},
	{"cgroup_sock_addr", access{load: effect.FormLoadKernel, store: effect.FormStore, socket: []int16{64}}},
	{"lwt_seg6local", skbSocket},
	{"lirc_mode2", onlyContext},
	{"sk_reuseport", access{load: effect.FormLoadKernel, store: effect.FormStore, socket: []int16{40, 48}}},
	{"flow_dissector", onlyContext},
	{"cgroup_sysctl", onlyContext},
	{"raw_tracepoint_writable", onlyContext},
	{"cgroup_sockopt", access{load: effect.FormLoadKernel, store: effect.FormStore, socket: []int16{0}}},
	{"tracing", typed},
	{"struct_ops", access{load: effect.FormLoadKernel, store: effect.FormStoreKernel}},
	{"ext", untyped},
	{"lsm", typed},
	{"sk_lookup", access{load: effect.FormLoadKernel, store: effect.FormStore, socket: []int16{0}}},
	{"syscall", onlyContext},
	{"netfilter", typed},
}

// harmlessIterators are the targets of Linux 6.12 whose context gives no writable
// memory (kernel/bpf/*_iter.c and others, struct bpf_iter_reg: no PTR_TO_BUF
// without MEM_RDONLY). All others are taken to be bpf_map_elem or
// bpf_sk_storage_map, which hand out a map's value: loaders know more ways to name
// those than one ("iter/vmlinux:bpf_map_elem").
var harmlessIterators = []string{
	"bpf_link", "bpf_map", "bpf_prog", "cgroup", "ipv6_route", "ksym", "netlink", "sockmap",
	"task", "task_file", "task_vma", "tcp", "udp", "unix",
}

// typedPointerHelpers return a typed pointer to a kernel object, whatever the type
// of the program (struct bpf_func_proto: RET_PTR_TO_BTF_ID and alike).
var typedPointerHelpers = []int32{136, 137, 138, 139, 140, 153, 154, 158, 162, 175, 178, 194, 196}

// access says what the pointers of the program can be at worst.
func (c *checker) access() access {
	p := c.p
	a := untyped
	for i := range accesses {
		if accesses[i].progType == p.Type {
			a = accesses[i].access
		}
	}
	if p.Type == "tracing" && (p.AttachType == "trace_iter" || p.AttachType == "") &&
		!slices.Contains(harmlessIterators, p.AttachTo) {
		a.store = effect.FormStoreIterator
	}
	if a.storeAfter != nil && !c.callsKfunc(a.storeAfter) {
		a.store = effect.FormStore
	}
	if a.socket != nil && c.listed(a.load) && !c.loadsField(a.socket) {
		a.load = effect.FormLoad
	}
	if c.getsTypedPointer() {
		a.load = effect.FormLoadKernel
	}
	return a
}

// callsKfunc reports whether the program calls one of the kfuncs, or one that has
// no name.
func (c *checker) callsKfunc(names []string) bool {
	return slices.ContainsFunc(c.s.sites, func(slot int) bool {
		if !c.s.insns[slot].IsKfuncCall() {
			return false
		}
		ref := c.p.reference(slot)
		return ref.Kind != RefKfunc || slices.Contains(names, ref.Name)
	})
}

// loadsField reports whether the program has an 8-byte load at one of the offsets
// through any register but the frame pointer. The offset of a load with a CO-RE
// relocation may become any.
func (c *checker) loadsField(offsets []int16) bool {
	isLoad := func(ins asm.Instruction) bool { return ins.Opcode() == loadDW && ins.Src() != asm.R10 }
	return slices.ContainsFunc(c.s.insns, func(ins asm.Instruction) bool {
		return isLoad(ins) && slices.Contains(offsets, ins.Off())
	}) || slices.ContainsFunc(c.p.References, func(r Reference) bool {
		return r.Kind == RefCORE && r.Slot >= 0 && r.Slot < len(c.s.insns) && isLoad(c.s.insns[r.Slot])
	})
}

// getsTypedPointer reports whether the program obtains a typed pointer to a kernel
// object other than from its context: the address of a kernel variable, what a
// helper or kfunc returns, or the argument of a global function. What a reader calls
// a variable counts whatever the instruction's source: some set it only at load.
func (c *checker) getsTypedPointer() bool {
	return c.p.TypedArguments ||
		slices.ContainsFunc(c.p.References, func(r Reference) bool { return r.Kind == RefVariable }) ||
		slices.ContainsFunc(c.s.sites, func(slot int) bool {
			ins := c.s.insns[slot]
			return ins.IsWide() && ins.Src() == asm.PseudoBTFID || ins.IsKfuncCall() ||
				ins.IsHelperCall() && slices.Contains(typedPointerHelpers, ins.Imm())
		})
}

// memory judges loads and stores through pointers, where the program's type lets
// one of them matter.
func (c *checker) memory() {
	worst := c.access()
	if !c.listed(worst.form(store)) && !c.listed(worst.form(throughUnchecked)) {
		return // nor is a load, which is milder, nor a store by a function, which is one of these
	}
	var from []registers
	judge := func(slot int, reg asm.Register, how accessKind) {
		form, passed := worst.form(how), worst.form(how)
		// A global function is verified by itself: what its BTF calls memory may be a
		// kernel object (kernel/bpf/verifier.c:btf_check_func_arg_match, check_mem_reg).
		if how != load && worst.form(throughUnchecked) == effect.FormStoreKernel {
			passed = effect.FormStoreKernel
		}
		if reg == asm.R10 || !c.listed(form) && !c.listed(passed) {
			return
		}
		if from == nil {
			from = origins(c.s, c.p.TypedArguments, false)
		}
		switch o := c.followed(from[slot].get(reg), slot, reg); {
		case o&fromCaller != 0:
			form = passed
		case o&fromElse != 0: // as bad as the type allows
		case how == store && o&fromContext != 0:
			form = effect.FormStore
		default:
			return // the stack, or nothing that could be dereferenced
		}
		c.add(slot, form.Row(), "")
	}
	for slot, ins := range c.s.insns {
		switch op := ins.Opcode(); op.Class() {
		case asm.ClassLDX:
			judge(slot, ins.Src(), load)
		case asm.ClassST:
			judge(slot, ins.Dst(), store)
		case asm.ClassSTX:
			if op.Mode() == asm.ModeAtomic && ins.Imm() == asm.AtomicLoadAcquire {
				judge(slot, ins.Src(), load)
			} else {
				judge(slot, ins.Dst(), store)
			}
		case asm.ClassJMP:
			if op != asm.Call || ins.Src() == asm.PseudoCall {
				continue
			}
			for _, w := range effect.Writes(c.callee(slot, ins)) {
				how := throughFunction
				if w.Unchecked {
					how = throughUnchecked
				}
				judge(slot, asm.Register(w.Arg), how)
			}
		}
	}
}

// followed narrows the origins of a register by what the kernel's walk has seen there,
// if it was followed.
func (c *checker) followed(o origin, slot int, reg asm.Register) origin {
	if c.walk == nil {
		return o
	}
	suspect := paths.Else | paths.Passed
	var seen paths.Pointers
	if c.s.insns[slot].Opcode() == asm.Call {
		seen = c.walk.CallArgument(slot, reg)
	} else {
		seen = c.walk.Address(slot)
		suspect |= paths.Number // the kernel refuses that, or the walk is wrong
	}
	if seen&suspect == 0 {
		o &^= fromElse | fromCaller
	}
	if seen&paths.Context != 0 {
		o |= fromContext
	}
	return o
}

// callee returns the name of the helper or kfunc that is called, "" where none is
// known.
func (c *checker) callee(slot int, ins asm.Instruction) string {
	if ins.IsHelperCall() {
		row, _ := effect.Helper(ins.Imm())
		return row.Name
	}
	return c.p.reference(slot).Name
}

// listed reports whether a report would say anything of the form.
func (c *checker) listed(form effect.Form) bool {
	effects := form.Row().Effects
	return effects != effect.None && (!c.opts.VerdictOnly || c.opts.Profile.Rejects(effects) != 0)
}

type accessKind uint8

const (
	load             accessKind = iota // by an instruction
	store                              // by an instruction
	throughFunction                    // a store by a helper or kfunc, into memory that it is given
	throughUnchecked                   // the same, where the kernel does not check that it may be written
)

// form is the row for an access through a pointer of unknown origin.
func (a access) form(how accessKind) effect.Form {
	switch {
	case how == load:
		return a.load
	case how == store:
		return a.store
	case how == throughUnchecked && a.store == effect.FormStore && a.load == effect.FormLoadKernel:
		return effect.FormStoreKernel
	case a.store == effect.FormStore:
		return effect.FormLoad // a buffer of the program's own
	}
	return a.store
}

// origin is a set of places that a register's value can come from.
type origin uint64

const (
	fromScalar  origin = 1 << iota // a number
	fromStack                      // the frame pointer
	fromContext                    // the argument of the program
	fromElse                       // memory, a call, a map
	fromCaller                     // fromElse, as an argument of a call
	anything    = fromScalar | fromStack | fromContext | fromElse
)

// registers packs the origins of R0 to R10, five bits each. No bit: not written.
type registers uint64

const (
	originBits = 5
	originMask = 1<<originBits - 1
)

func (r registers) get(reg asm.Register) origin { return origin(r>>(originBits*reg)) & originMask }

func (r registers) set(reg asm.Register, o origin) registers {
	return r&^(originMask<<(originBits*reg)) | registers(o)<<(originBits*reg)
}

// origins computes, for each slot, where the registers can come from before it
// runs: a least fixed point over all branches. Arguments of a function are those
// of all its calls, unless BTF can make them pointers to kernel objects: then a
// caller may pass 0. A callback's can be anything.
//
// passes: some call passes a pointer from elsewhere, which its callee may spill or
// return; so what is filled from memory or returned can be such an argument.
func origins(s *shape, typedArguments, passes bool) []registers {
	before := make([]registers, len(s.insns))
	queued := make([]bool, len(s.insns))
	var work []int
	flowInto := func(slot int, r registers) {
		if joined := before[slot] | r; joined != before[slot] {
			before[slot] = joined
			if !queued[slot] {
				queued[slot] = true
				work = append(work, slot)
			}
		}
	}
	frame := registers(0).set(asm.R10, fromStack)
	flowInto(0, frame.set(asm.R1, fromContext))
	callback := frame
	for reg := asm.R1; reg <= asm.R5; reg++ {
		callback = callback.set(reg, anything)
	}
	if s.exception != 0 {
		flowInto(s.exception, callback)
	}
	for len(work) > 0 {
		slot := work[len(work)-1]
		work = work[:len(work)-1]
		queued[slot] = false
		ins := s.insns[slot]
		after := step(before[slot], ins)
		if passes {
			if reg, ok := handsOn(before[slot], ins); ok {
				after = after.set(reg, after.get(reg)|fromCaller)
			}
		}
		switch f := flowOf[ins.Opcode()]; f {
		case flowNext:
			flowInto(slot+1, after)
		case flowWide:
			if ins.IsFunctionAddress() {
				flowInto(callee(slot, ins), callback)
			}
			flowInto(slot+2, after)
		case flowBranch:
			flowInto(slot+1, after)
			flowInto(target(slot, ins, f), after)
		case flowGoto, flowGotoL:
			flowInto(target(slot, ins, f), after)
		case flowCall:
			if ins.IsSubprogramCall() {
				args := frame
				for reg := asm.R1; reg <= asm.R5; reg++ {
					o := before[slot].get(reg)
					if typedArguments && o&fromElse != 0 {
						if !passes {
							return origins(s, typedArguments, true)
						}
						o |= fromCaller
					}
					if typedArguments {
						o |= fromElse
					}
					args = args.set(reg, o)
				}
				flowInto(callee(slot, ins), args)
			}
			flowInto(slot+1, after)
		}
	}
	return before
}

// handsOn returns the register, if there is one, in which an instruction leaves a pointer
// that was spilled or that a function returns.
func handsOn(r registers, ins asm.Instruction) (asm.Register, bool) {
	const memory = fromStack | fromElse // that can hold a pointer
	switch op := ins.Opcode(); {
	case op == loadDW:
		return ins.Dst(), r.get(ins.Src())&memory != 0
	case op == atomicDW && ins.Imm()&asm.AtomicFetch != 0:
		reg := ins.Src()
		if ins.Imm() == asm.AtomicCmpxchg {
			reg = asm.R0
		}
		return reg, r.get(ins.Dst())&memory != 0
	}
	return asm.R0, ins.IsSubprogramCall()
}

// step returns the origins after an instruction.
func step(r registers, ins asm.Instruction) registers {
	op, dst, src := ins.Opcode(), ins.Dst(), ins.Src()
	switch op.Class() {
	case asm.ClassALU:
		return r.set(dst, fromScalar) // 32 bits of a pointer are a number
	case asm.ClassALU64:
		switch {
		case op.Code() == asm.ALUMov && !op.SourceX():
			return r.set(dst, fromScalar)
		case op.Code() == asm.ALUMov && ins.Off() == 0:
			return r.set(dst, r.get(src))
		case op.Code() == asm.ALUMov:
			return r.set(dst, fromScalar|fromElse) // sign extension, or a cast to an arena
		case (op.Code() == asm.ALUAdd || op.Code() == asm.ALUSub) && op.SourceX():
			d, o := r.get(dst), r.get(src)
			switch {
			case op.Code() == asm.ALUSub:
				// The difference of two pointers is a number, to which another
				// pointer can be added.
				return r.set(dst, d|o|fromScalar)
			case d&^(fromStack|fromContext) == 0 && d != 0:
				return r // certainly a pointer: the kernel refuses to add another
			}
			return r.set(dst, d|o)
		case op.Code() == asm.ALUAdd || op.Code() == asm.ALUSub:
			return r
		default:
			// AND and the like on a pointer are refused, so this is a number;
			// where it came from is kept, which can only add.
			return r.set(dst, r.get(dst)|fromScalar)
		}
	case asm.ClassLDX:
		return r.set(dst, fromScalar|fromElse)
	case asm.ClassLD:
		if op == asm.LoadImm64 && src == 0 {
			return r.set(dst, fromScalar)
		}
		if op == asm.LoadImm64 {
			return r.set(dst, fromElse)
		}
		return r.set(asm.R0, fromScalar) // LD_ABS, LD_IND
	case asm.ClassSTX:
		if op.Mode() != asm.ModeAtomic {
			return r
		}
		switch imm := ins.Imm(); {
		case imm == asm.AtomicLoadAcquire:
			return r.set(dst, fromScalar|fromElse)
		case imm == asm.AtomicCmpxchg:
			return r.set(asm.R0, fromScalar|fromElse)
		case imm&asm.AtomicFetch != 0:
			return r.set(src, fromScalar|fromElse)
		}
		return r
	case asm.ClassJMP:
		if op == asm.Call || op == asm.CallX {
			for reg := asm.R1; reg <= asm.R5; reg++ {
				r = r.set(reg, 0)
			}
			return r.set(asm.R0, anything)
		}
	}
	return r
}
