package paths

import (
	"fmt"
	"unsafe"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/paths/scalar"
)

// Sizes of states, for the bound on what is kept.
const (
	frameSize = int(unsafe.Sizeof(frame{}))
	slotSize  = int(unsafe.Sizeof(slot{}))
)

// walker is a walk in progress.
type walker struct {
	p          Program
	live       []registers
	points     []bool
	functionOf map[int]int // index of a function by its first slot
	called     []bool      // functions to verify by themselves
	calledBy   []*choice   // the first way to a call of each
	done       []bool
	context    contextOf

	result   Result
	pending  []*state
	explored map[int][]*checkpoint
	copied   int // bytes of states, about
	tests    int // values compared with those of other states
	held     int // bytes in explored and pending, about
	lastID   uint32
	ids      []idPair // room for idMap
	jumps    int
	// jumps and visits when the last checkpoint was made
	keptJumps, keptVisits int
}

func newWalker(p Program) *walker {
	n := len(p.Instructions)
	w := &walker{
		p: p, live: liveness(p.Instructions), points: pruning(p.Instructions),
		functionOf: make(map[int]int, len(p.Functions)),
		called:     make([]bool, len(p.Functions)), calledBy: make([]*choice, len(p.Functions)), done: make([]bool, len(p.Functions)),
		context: newContext(p.Type),
		result:  Result{Visited: make([]bool, n), pointers: make([]Pointers, 5*n), first: make([]*choice, n)},
	}
	for i, f := range p.Functions {
		w.functionOf[f.Start] = i
	}
	return w
}

// notModelled is why a walk cannot go on.
func notModelled(slot int, what string) error {
	return fmt.Errorf("slot %d: %s is not modelled", slot, what)
}

// run walks from the program's entry, and then from each function that is verified by
// itself (kernel/bpf/verifier.c:do_check_main, do_check_subprogs).
func (w *walker) run() error {
	for i, f := range w.p.Functions {
		if f.Exception {
			w.called[i] = true
		}
	}
	if err := w.function(0); err != nil {
		return err
	}
	for again := true; again; {
		again = false
		for i := 1; i < len(w.p.Functions); i++ {
			if w.called[i] && !w.done[i] {
				again = true
				if err := w.function(i); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// function walks from the entry of a function (kernel/bpf/verifier.c:do_check_common).
func (w *walker) function(i int) error {
	w.done[i] = true
	w.explored = make(map[int][]*checkpoint)
	w.pending, w.held = w.pending[:0], 0
	w.keptJumps, w.keptVisits = w.jumps, w.result.Visits
	f := newFrame(i, -1, 0)
	switch {
	case i == 0 && w.p.Type != "ext":
		f.regs[asm.R1] = pointerTo(contextPtr)
	case w.p.Functions[i].Exception:
		f.regs[asm.R1] = unknownNumber()
	default:
		for reg := asm.R1; reg <= asm.R5; reg++ {
			f.regs[reg].become(argument)
		}
		for j, a := range w.p.Functions[i].Arguments[:min(5, len(w.p.Functions[i].Arguments))] {
			switch a {
			case ArgumentNumber:
				f.regs[1+j] = unknownNumber()
			case ArgumentContext:
				f.regs[1+j] = pointerTo(contextPtr)
			}
		}
	}
	st := &state{frames: []*frame{f}, slot: w.p.Functions[i].Start, path: w.calledBy[i]}
	for st != nil {
		if w.result.Visits >= MaxVisits || len(w.pending) > maxPending || w.held > maxHeld || w.copied > maxCopied || w.tests > maxTests {
			return fmt.Errorf("a limit is reached after %d visits of slots, with %d branches pending", w.result.Visits, len(w.pending))
		}
		on, err := w.visit(st)
		if err != nil {
			return err
		}
		if !on {
			finish(st.parent)
			st = w.pop()
		}
	}
	return nil
}

// finish ends a way: checkpoints from which no other way is open are explored.
func finish(c *checkpoint) {
	for c != nil {
		c.branches--
		if c.branches > 0 {
			return
		}
		c = c.parent
	}
}

// push keeps a state to be followed later.
func (w *walker) push(st *state) {
	if st.parent != nil {
		st.parent.branches++
	}
	w.held += st.size()
	w.copied += st.size()
	w.pending = append(w.pending, st)
}

// pop returns the state that was pushed last.
func (w *walker) pop() *state {
	if len(w.pending) == 0 {
		return nil
	}
	last := len(w.pending) - 1
	st := w.pending[last]
	w.pending[last] = nil
	w.pending = w.pending[:last]
	w.held -= st.size()
	return st
}

// visit does the instruction at st.slot, and reports whether the way goes on.
func (w *walker) visit(st *state) (bool, error) {
	slot := st.slot
	if slot < 0 || slot >= len(w.p.Instructions) {
		return false, nil
	}
	ins := w.p.Instructions[slot]
	var called callee
	if ins.Opcode() == asm.Call {
		var err error
		if called, err = w.callOf(slot, ins); err != nil {
			return false, err
		}
	}
	if w.points[slot] || called.checkpoint {
		if w.pruned(st, called.checkpoint || ins.Opcode() == asm.MayGoto) {
			return false, nil
		}
	}
	w.result.Visits++
	if !w.result.Visited[slot] {
		w.result.Visited[slot] = true
		w.result.first[slot] = st.path
	}
	st.slot++
	regs := st.regs()
	op := ins.Opcode()
	if (ins.Dst() > asm.R10 || ins.Src() > asm.R10) && op != asm.LoadImm64 {
		return false, nil // the kernel refuses it
	}
	switch op.Class() {
	case asm.ClassALU, asm.ClassALU64:
		w.arithmetic(st, slot, ins)
	case asm.ClassLDX:
		w.load(st, slot, ins)
	case asm.ClassST:
		v := constant(uint64(int64(ins.Imm())))
		w.store(st, slot, ins, &v)
	case asm.ClassSTX:
		if op.Mode() == asm.ModeAtomic {
			w.atomic(st, slot, ins)
		} else {
			w.store(st, slot, ins, &regs[ins.Src()])
		}
	case asm.ClassLD:
		if op.Mode() != asm.ModeIMM {
			return w.loadPacket(st)
		}
		st.slot++
		w.wide(regs, slot, ins)
	default:
		w.jumps++
		switch op.Code() {
		case asm.JumpCall:
			return w.call(st, slot, ins, &called)
		case asm.JumpExit:
			return w.exit(st), nil
		case asm.JumpA:
			st.slot, _ = successors(w.p.Instructions, slot)
		case asm.JumpCond:
			w.mayGoto(st, slot, ins)
		default:
			w.branch(st, slot, ins)
		}
	}
	return true, nil
}

// address notes what the address of a load or store is.
func (w *walker) address(st *state, slot int, v *value) {
	w.result.pointers[5*slot] |= v.origin()
	st.parent.need(v.dep)
}

// wide does a LD_IMM64.
func (w *walker) wide(regs *[asm.NumRegisters]value, slot int, ins asm.Instruction) {
	if ins.Dst() > asm.R9 {
		return
	}
	dst := &regs[ins.Dst()]
	switch {
	case ins.IsFunctionAddress():
		*dst = pointerTo(functionPtr)
		dst.off = int64(slot) + 1 + int64(ins.Imm())
	case ins.Src() != 0 || w.p.Unknown[slot]:
		*dst = value{}
		dst.become(outside)
		dst.blur()
	default:
		high := w.p.Instructions[slot+1].Imm()
		*dst = constant(uint64(uint32(high))<<32 | uint64(uint32(ins.Imm())))
	}
}

// load does a LDX (kernel/bpf/verifier.c:check_mem_access).
func (w *walker) load(st *state, slot int, ins asm.Instruction) {
	regs := st.regs()
	addr := regs[ins.Src()]
	w.address(st, slot, &addr)
	if ins.Dst() > asm.R9 {
		return
	}
	op := ins.Opcode()
	if w.p.Unknown[slot] { // a relocation may change the offset, and even the width
		v := value{}
		v.become(anything)
		regs[ins.Dst()] = v
		return
	}
	v := w.read(st, &addr, int64(ins.Off()), op.Bytes())
	if v.kind == number && !v.vague() {
		if op.Mode() == asm.ModeMEMSX {
			v.num = scalar.Sext(v.num, op.Bytes())
		} else {
			v.num = scalar.Zext(v.num, op.Bytes())
		}
	}
	regs[ins.Dst()] = v
}

// read returns what a load finds, before it is extended.
func (w *walker) read(st *state, addr *value, off int64, size int) value {
	v := unknownNumber()
	switch addr.kind {
	case stackPtr:
		return w.loadStack(st, addr, off, size)
	case contextPtr:
		return w.contextField(addr.off+off, size)
	case objectPtr, outside:
		if size == 8 { // it may be a pointer
			v.become(outside)
		}
	case argument: // it may be the context, whose pointers to the packet are 4 bytes wide
		if size >= 4 {
			v.become(outside)
		}
		if size == 4 {
			v.blur()
		}
	case anything:
		if size >= 4 {
			v.become(anything)
		} else {
			v.blur()
		}
	}
	return v
}

// store does a ST or STX.
func (w *walker) store(st *state, slot int, ins asm.Instruction, v *value) {
	addr := st.regs()[ins.Dst()]
	w.address(st, slot, &addr)
	switch {
	case addr.kind == stackPtr && !w.p.Unknown[slot]:
		w.storeStack(st, &addr, int64(ins.Off()), ins.Opcode().Bytes(), v)
	case addr.kind == stackPtr, addr.kind == anything:
		st.loseAll()
	}
}

// atomic does an atomic operation (kernel/bpf/verifier.c:check_atomic_rmw).
func (w *walker) atomic(st *state, slot int, ins asm.Instruction) {
	regs := st.regs()
	off, size := int64(ins.Off()), ins.Opcode().Bytes()
	result := ins.Src()
	switch {
	case ins.Imm() == asm.AtomicCmpxchg:
		result = asm.R0
	case ins.Imm()&asm.AtomicFetch != 0:
	case ins.Imm() == asm.AtomicLoadAcquire:
		addr := regs[ins.Src()]
		w.address(st, slot, &addr)
		if ins.Dst() < asm.R10 {
			regs[ins.Dst()] = value{}
			regs[ins.Dst()].become(anything)
		}
		return
	default:
		result = asm.R10 // none
	}
	addr := regs[ins.Dst()]
	w.address(st, slot, &addr)
	old := w.read(st, &addr, off, size)
	if old.kind == number && !old.vague() && size < 8 {
		old.num = scalar.Zext(old.num, size)
	}
	switch addr.kind {
	case stackPtr:
		f, low, high := st.stackOf(&addr, off)
		if f == nil {
			st.loseAll()
		} else {
			f.clobber(low, high+int64(size), low == high, addr.vague())
		}
	case anything:
		st.loseAll()
	}
	if result < asm.R10 {
		regs[result] = old
	}
}

// loadPacket does LD_ABS and LD_IND (kernel/bpf/verifier.c:check_ld_abs). A
// subprogram may end there, with 0.
func (w *walker) loadPacket(st *state) (bool, error) {
	regs := st.regs()
	for reg := asm.R1; reg <= asm.R5; reg++ {
		regs[reg] = value{}
	}
	regs[asm.R0] = unknownNumber()
	if len(st.frames) > 1 {
		w.push(st.clone())
		regs[asm.R0] = constant(0)
		return w.exit(st), nil
	}
	return true, nil
}

// exit ends the function that runs, and reports whether the way goes on in a caller
// (kernel/bpf/verifier.c:prepare_func_exit).
func (w *walker) exit(st *state) bool {
	if len(st.frames) == 1 {
		return false
	}
	callee := st.top()
	st.frames = st.frames[:len(st.frames)-1]
	if !callee.callback {
		st.regs()[asm.R0] = callee.regs[asm.R0]
		st.slot = callee.callsite + 1
		return true
	}
	st.slot = callee.callsite
	w.widen(st, st.parent, st.slot)
	return true
}

// mayGoto does a may_goto: the loop ends, or runs once more
// (kernel/bpf/verifier.c:check_cond_jmp_op, BPF_JCOND).
func (w *walker) mayGoto(st *state, slot int, ins asm.Instruction) {
	again := st.clone()
	again.path = st.path.then(Branch{Slot: slot})
	w.widen(again, again.parent.parent, slot) // the parent was just made, at this slot
	w.push(again)
	st.path = st.path.then(Branch{Slot: slot, Taken: true})
	st.slot, _ = ins.Target(slot)
}
