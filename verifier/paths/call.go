package paths

import (
	"math"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/paths/scalar"
	"github.com/statecheck/statecheck/verifier/proto"
)

// callee is what is known of a helper or kfunc that a slot calls.
type callee struct {
	signature proto.Signature
	known     bool
	// checkpoint: states are compared before the call in any case, as it may be visited
	// again and again (kernel/bpf/verifier.c:mark_force_checkpoint).
	checkpoint bool
}

// callOf says what the slot calls. It is not modelled that a function is run later.
func (w *walker) callOf(slot int, ins asm.Instruction) (c callee, err error) {
	switch {
	case ins.IsHelperCall():
		c.signature, c.known = proto.Helper(ins.Imm())
	case ins.IsKfuncCall():
		c.signature, c.known = proto.Kfunc(w.p.Kfuncs[slot])
	default:
		return c, nil
	}
	if c.signature.Callback.Async {
		return c, notModelled(slot, "a function that is run later")
	}
	c.checkpoint = c.signature.Callback.Arg != 0 || c.signature.Iterator.Step == proto.IteratorNext
	return c, nil
}

// call does a CALL, and reports whether the way goes on.
func (w *walker) call(st *state, slot int, ins asm.Instruction, c *callee) (bool, error) {
	if ins.IsSubprogramCall() {
		return w.subprogram(st, slot, slot+1+int(ins.Imm())), nil
	}
	regs := st.regs()
	var args [6]value // args[1] is r1
	for reg := asm.R1; reg <= asm.R5; reg++ {
		args[reg] = regs[reg]
		w.result.pointers[5*slot+int(reg-asm.R1)] |= regs[reg].origin()
	}
	if !c.known {
		if err := w.unknownCall(st, slot, args); err != nil {
			return false, err
		}
		return true, nil
	}
	s := &c.signature
	if s.NoReturn {
		return false, nil
	}
	for i := range s.Args {
		st.argument(s.Args[i], args, i+1)
	}
	w.iterator(st, s.Iterator, args)
	switch s.Packet {
	case proto.PacketChanged:
		st.losePacket(number)
	case proto.PacketChangedDynptr:
		st.losePacket(outside)
	}
	if s.Callback.Arg != 0 {
		if err := w.callback(st, slot, s.Callback, args); err != nil {
			return false, err
		}
	}
	for reg := asm.R0; reg <= asm.R5; reg++ {
		regs[reg] = value{}
	}
	regs[asm.R0] = w.returned(s.Return, args)
	if s.Iterator.Step == proto.IteratorNext {
		w.nextElement(st, slot)
	}
	if w.p.Kfuncs[slot] == "bpf_rcu_read_unlock" {
		st.loseProtected()
	}
	return true, nil
}

// unknownCall does a call of which nothing is known. It can only be one that the kernel
// refuses, or does not have.
func (w *walker) unknownCall(st *state, slot int, args [6]value) error {
	var demanded demand
	for _, arg := range args {
		if arg.kind == functionPtr {
			return notModelled(slot, "a function that is handed to an unknown one")
		}
		demanded = demanded.union(arg.dep)
	}
	st.parent.need(demanded)
	st.loseAll()
	st.each(func(v *value) {
		if v.kind.pointer() && v.kind != stackPtr && v.kind != contextPtr {
			v.become(outside)
		}
	})
	regs := st.regs()
	for reg := asm.R1; reg <= asm.R5; reg++ {
		regs[reg] = value{}
	}
	regs[asm.R0] = value{}
	regs[asm.R0].become(anything)
	return nil
}

// argument does what a call does to what its argument points to.
func (s *state) argument(arg proto.Arg, args [6]value, i int) {
	v := args[i]
	switch {
	case arg.Kind == proto.ArgOther, arg.Kind == proto.ArgDynptr:
		return
	case arg.Kind == proto.ArgMemory && i < 5:
		s.parent.need(v.dep.union(args[i+1].dep))
	default:
		s.parent.need(v.dep)
	}
	switch arg.Kind {
	case proto.ArgReleased, proto.ArgLent:
		s.release(v, arg.Kind == proto.ArgLent)
	case proto.ArgDynptrReleased:
		s.releaseAll()
	}
	if !arg.Clobbers() {
		return
	}
	switch v.kind {
	case stackPtr:
		f, low, high := s.stackOf(&v, 0)
		if f == nil {
			s.loseAll()
			return
		}
		size, known, vague := argumentSize(arg, args, i)
		f.clobber(low, high+size, known && low == high, vague || v.vague())
	case anything:
		s.loseAll()
	}
}

// argumentSize is how many bytes a call may write through its argument i, whether it is known that it writes as
// many, and whether the kernel may take it for fewer.
func argumentSize(arg proto.Arg, args [6]value, i int) (size int64, known, vague bool) {
	switch {
	case arg.Kind == proto.ArgMemory && i < 5 && args[i+1].kind == number:
		n := &args[i+1]
		return int64(min(n.num.Umax, maxStack)), n.num.IsConst(), n.vague()
	case arg.Kind == proto.ArgFixed && arg.Size != 0:
		return int64(arg.Size), true, false
	case arg.Kind == proto.ArgDynptrNew, arg.Kind == proto.ArgDynptrReleased:
		return 16, true, false
	}
	return maxStack, false, true
}

// release takes what is known from all copies of a pointer whose reference is
// released, or given away (kernel/bpf/verifier.c:release_reference).
func (s *state) release(pointer value, lent bool) {
	if pointer.ref == 0 {
		if pointer.kind != number { // it may be any
			s.releaseAll()
		}
		return
	}
	s.each(func(v *value) {
		switch {
		case v.ref != pointer.ref:
		case lent:
			v.become(outside)
		default:
			*v = value{kind: number, num: scalar.Unknown(), dep: v.dep.union(pointer.dep)}
		}
	})
}

// releaseAll takes what is known from all pointers with references, one of which is
// released.
func (s *state) releaseAll() {
	s.each(func(v *value) {
		if v.ref != 0 {
			v.become(outside)
		}
	})
}

// losePacket makes pointers to the packet what the kernel makes of them when the
// packet may have moved (kernel/bpf/verifier.c:clear_all_pkt_pointers).
// to: a number, or outside where it may not do so.
func (s *state) losePacket(to kind) {
	s.each(func(v *value) {
		if v.kind.packet() {
			*v = value{dep: v.dep}
			v.become(to)
		}
	})
}

// loseProtected takes what is known from pointers that hold only as long as a
// read-side critical section (MEM_RCU).
func (s *state) loseProtected() {
	s.each(func(v *value) {
		if v.kind == objectPtr && v.ref == 0 {
			v.become(outside)
		}
	})
}

// returned is r0 after a call.
func (w *walker) returned(r proto.Return, args [6]value) value {
	v := value{num: scalar.Const(0)}
	switch r.Kind {
	case proto.ReturnScalar:
		return scalarResult(r, args)
	case proto.ReturnVoid:
		return value{}
	case proto.ReturnSocket, proto.ReturnSockCommon, proto.ReturnTCPSock:
		v.kind = socketPtr
	case proto.ReturnMem:
		v.kind = memoryPtr
	case proto.ReturnObject:
		v.kind = objectPtr
		if r.NotNull && !r.Acquires {
			v.flags |= trusted
		}
	case proto.ReturnMapValue: // which may hold pointers to objects
		v.kind = objectPtr
		v.flags |= trusted
	default: // a slice ends with its dynptr
		v.become(outside)
		return v
	}
	if v.kind == memoryPtr && r.ReadOnly {
		v.flags |= foreign
	}
	if v.kind == objectPtr && r.Own {
		v.flags |= own
	}
	if r.MaybeNull {
		v.flags |= maybeNull
		v.id = w.newID()
	}
	if r.Acquires {
		v.ref = w.newID()
	}
	if r.Shares != 0 {
		v.ref = args[r.Shares].ref
		v.dep = args[r.Shares].dep
	}
	return v
}

// scalarResult is a number that a call returns.
func scalarResult(r proto.Return, args [6]value) value {
	switch {
	case !r.Bounded:
		return unknownNumber()
	case r.MaxArg == 0: // of the processors that any machine has; the kernel knows how many its own has
		return vagueNumber()
	}
	arg := args[r.MaxArg]
	v := vagueNumber()
	if arg.kind == number && !arg.vague() {
		v = unknownNumber()
		if high := int64(arg.num.Umax); high >= 0 && high <= math.MaxInt32 {
			v.num = scalar.Range(r.Min, high)
		}
	}
	v.dep = arg.dep
	return v
}

// iterator does what a kfunc does to the iterator that r1 points to.
func (w *walker) iterator(st *state, it proto.Iterator, args [6]value) {
	if it.Step == proto.IteratorNone {
		return
	}
	st.parent.need(args[1].dep)
	switch args[1].kind {
	case stackPtr:
		if f, low, high := st.stackOf(&args[1], 0); f != nil {
			f.clobber(low, high+8*int64(it.Slots), low == high, args[1].vague())
		} else {
			st.loseAll()
		}
	case anything:
		st.loseAll()
	}
	if it.Step == proto.IteratorDestroy {
		st.releaseAll()
	}
}

// nextElement goes on without another element, and later with one
// (kernel/bpf/verifier.c:process_iter_next_call).
func (w *walker) nextElement(st *state, slot int) {
	again := st.clone()
	w.widen(again, again.parent.parent, slot) // the parent was just made, at this slot
	r0 := &again.regs()[asm.R0]
	r0.flags &^= maybeNull
	r0.id = 0
	w.push(again)
	st.regs()[asm.R0] = constant(0)
}

// callback visits the function that a call is handed, in the caller's frame, and goes
// on behind the call as if it had not run (kernel/bpf/verifier.c:push_callback_call).
func (w *walker) callback(st *state, slot int, cb proto.Callback, args [6]value) error {
	pointer := args[cb.Arg]
	st.parent.need(pointer.dep)
	if pointer.kind != functionPtr {
		return notModelled(slot, "a callback that is not a function of the program")
	}
	function, found := w.functionOf[int(pointer.off)]
	if !found {
		return notModelled(slot, "a callback that is not a function of the program")
	}
	caller := st.top()
	if cb.LimitArg != 0 {
		limit := args[cb.LimitArg]
		st.parent.need(limit.dep)
		if limit.kind == number && uint64(caller.depth) >= limit.num.Umax {
			caller.depth = 0
			return nil
		}
	}
	if len(st.frames) < maxFrames {
		again := st.clone()
		again.top().depth++
		f := newFrame(function, slot, len(again.frames))
		f.callback = true
		for i, param := range cb.Params {
			f.regs[1+i] = parameter(param, args)
		}
		again.frames = append(again.frames, f)
		again.slot = w.p.Functions[function].Start
		w.push(again)
	}
	caller.depth = 0
	return nil
}

// parameter is what a register of a callback holds at its start.
func parameter(p proto.Param, args [6]value) value {
	switch p {
	case proto.ParamUnset:
		return value{}
	case proto.ParamScalar:
		return unknownNumber()
	case proto.ParamArg1, proto.ParamArg2, proto.ParamArg3, proto.ParamArg4, proto.ParamArg5:
		return args[1+p-proto.ParamArg1]
	}
	var v value
	v.become(outside)
	return v
}

// subprogram does a call of a function of the program, and reports whether the way
// goes on (kernel/bpf/verifier.c:check_func_call).
func (w *walker) subprogram(st *state, slot, start int) bool {
	function, found := w.functionOf[start]
	if !found || len(st.frames) == maxFrames {
		return false
	}
	regs := st.regs()
	if w.p.Functions[function].Linkage == LinkageStatic {
		f := newFrame(function, slot, len(st.frames))
		copy(f.regs[asm.R1:asm.R6], regs[asm.R1:asm.R6])
		for reg := asm.R0; reg <= asm.R5; reg++ {
			regs[reg] = value{}
		}
		st.frames = append(st.frames, f)
		st.slot = start
		return true
	}
	if !w.called[function] {
		w.called[function], w.calledBy[function] = true, st.path
	}
	var demanded demand
	touched := false
	for reg := asm.R1; reg <= asm.R5; reg++ {
		v := &regs[reg]
		switch v.kind {
		case stackPtr, anything:
			touched = true
		}
		if v.kind != number {
			demanded = demanded.union(v.dep)
		}
	}
	st.parent.need(demanded)
	switch {
	case touched && w.p.Functions[function].Linkage == LinkageUnknown:
		st.loseAll()
	case touched:
		for _, f := range st.frames {
			for i := range f.stack {
				f.stack[i].doubt()
			}
		}
	}
	// It may change the packet, and if it was static release what it was passed.
	st.each(func(v *value) {
		if v.kind.packet() || v.ref != 0 {
			v.become(outside)
		}
	})
	for reg := asm.R1; reg <= asm.R5; reg++ {
		regs[reg] = value{}
	}
	regs[asm.R0] = unknownNumber()
	if w.p.Functions[function].Linkage == LinkageUnknown {
		regs[asm.R0].become(anything) // the context, say
		st.each(func(v *value) {      // what a static one compares, the kernel tells its caller's numbers
			if v.kind == number && v.id != 0 {
				v.become(outside)
				v.blur()
			}
		})
	}
	return true
}

// contextOf is what the context of a type of program holds besides numbers.
type contextOf struct {
	fields []proto.Field
	known  bool
}

func newContext(progType string) contextOf {
	fields, known := proto.Context(progType)
	return contextOf{fields, known}
}

// contextField is what a load of size bytes at off of the context finds.
func (w *walker) contextField(off int64, size int) value {
	var v value
	if !w.context.known {
		v.become(outside)
		v.blur()
		return v
	}
	for _, f := range w.context.fields {
		if int64(f.Offset) != off || int(f.Size) != size {
			continue
		}
		switch f.Kind {
		case proto.FieldPacket:
			v = pointerTo(packetPtr)
		case proto.FieldPacketMeta:
			v = pointerTo(metaPtr)
		case proto.FieldPacketEnd:
			v = pointerTo(endPtr)
		case proto.FieldSocket, proto.FieldSockCommon:
			v = pointerTo(socketPtr)
		case proto.FieldObject:
			v = pointerTo(objectPtr)
			v.flags |= trusted
		default:
			v.become(outside)
			if w.p.Type == "lsm" {
				v.blur() // what a hook returned is a number with bounds (get_func_retval_range)
			}
			return v
		}
		if f.MaybeNull {
			v.flags |= maybeNull
			v.id = w.newID()
		}
		return v
	}
	return unknownNumber()
}
