package generate

import (
	"math"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

// function is a function of the program: the program itself, or one that something
// already written calls, and that is written when its turn comes.
type function struct {
	signature oracle.Signature
	params    []value // what r1, r2, ... hold at the start, whoever calls
	result    result
	level     int   // calls between the program and it
	calls     []int // slots that call it or take its address
	callback  bool  // nothing else calls it
	fixed     bool  // it returns this, which a caller of a static function sees
	returns   uint64
	unvisited bool // only dead code calls it
	start     int
}

// result is what a function may return.
type result struct{ lowest, highest int32 }

// anyResult is what most types of programs, and all functions but callbacks, may return.
var anyResult = result{lowestAny, highestAny}

// function writes function i.
func (b *builder) function(i int) {
	f := &b.functions[i]
	f.start = b.here()
	for _, call := range f.calls {
		ins := b.insns[call]
		b.insns[call] = asm.New(ins.Opcode(), ins.Dst(), ins.Src(), 0, int32(f.start-call-1))
	}
	b.state = state{}
	b.self, b.frozen, b.frozenSlots, b.held, b.depth, b.suspect, b.iterating = i, 0, false, 0, 0, false, false

	if f.unvisited {
		b.deadMatter()
		b.leave()
		return
	}
	segments := 0
	switch {
	case i == 0:
		b.regs[asm.R1] = value{kind: context}
		b.move(contextReg, asm.R1)
		b.room, segments = b.between(24, 56), 12
	default:
		copy(b.regs[asm.R1:], f.params)
		b.useParams()
		b.saveParams()
		b.room, segments = b.between(4, 14), 3
	}
	touched := b.below(4) // where, for most programs that may, one object at least is gone through
	for n := range segments {
		if b.room <= 0 {
			break
		}
		if n == touched && b.fitsObject() {
			b.useObject()
		}
		b.segment()
	}
	b.leave()
}

// saveParams keeps pointers, and at times numbers, over calls.
func (b *builder) saveParams() {
	for r := asm.R1; r <= asm.R5; r++ {
		switch v := b.regs[r]; {
		case v.kind == context:
			b.move(contextReg, r)
			b.set(r, value{})
		case v.kind == memory:
			b.move(asm.R9, r)
			b.set(r, value{})
		case v.kind == object:
			b.move(asm.R7, r)
			b.set(r, value{})
		case v.kind == number && b.coin():
			b.move(b.choose(registers(asm.R7, asm.R8)&^b.pinned()), r)
		}
	}
}

// leave ends the function.
func (b *builder) leave() {
	f := &b.functions[b.self]
	r := f.result
	switch numbers := b.holding(number); {
	case f.fixed:
		b.load64(asm.R0, f.returns)
	case r == anyResult && numbers != 0 && b.coin():
		b.move(asm.R0, b.choose(numbers))
	case r.lowest == 0 && r.highest == 1 && numbers != 0 && b.coin():
		b.move(asm.R0, b.choose(numbers))
		b.emit(and64, asm.R0, 0, 0, 1)
	case r == anyResult:
		b.load64(asm.R0, b.literal())
	default:
		b.load64(asm.R0, uint64(b.between(int(r.lowest), int(r.highest))))
	}
	b.emit(asm.Exit, 0, 0, 0, 0)
}

// canCall reports whether functions may be called here. Where something is held, a
// callee could not be left alone with it: global functions must not be called under
// locks, and tail calls not at all.
func (b *builder) canCall() bool {
	return b.held == 0 && b.functions[b.self].level < maxLevel
}

// maxFunctions bounds a program, the program itself included.
const maxFunctions = 6

// call calls a function, a new one or one of those that are not yet written.
func (b *builder) call() {
	level := b.functions[b.self].level
	for i := b.self + 1; i < len(b.functions); i++ {
		if f := &b.functions[i]; f.level > level && !f.callback && !f.unvisited && b.oneIn(3) && b.canPass(f) {
			b.callAgain(i)
			return
		}
	}
	if len(b.functions) >= maxFunctions {
		b.alu()
		return
	}
	f := function{level: level + 1, result: anyResult}
	switch drawn := b.below(8); {
	case drawn < 4:
		f.signature = oracle.Static
		for range b.below(4) {
			f.params = append(f.params, b.param())
		}
		if b.fitsObject() && b.canPass(&function{params: []value{{kind: object}}}) && b.coin() {
			for range b.below(5 - len(f.params)) {
				f.params = append(f.params, anyNumber)
			}
			f.params = append(f.params, value{kind: pick(b.source, []kind{object, object, object, holder})})
		}
		if b.oneIn(3) {
			f.fixed, f.returns = true, b.literal()
		}
	case drawn < 6 && b.typ.set == structOps && b.fitsObject():
		f.signature = oracle.GlobalSocket
		f.params = []value{{kind: socket}, anyNumber}
		b.typed = true
	case drawn == 6 && b.hasContext() && b.typ.set&globalContext != 0:
		f.signature = oracle.GlobalContext
		f.params = []value{{kind: context}, anyNumber}
	case (drawn == 7 || b.fitsMemoryObject()) && level < leafLevel:
		f.signature = oracle.GlobalMemory
		f.params = []value{{kind: memory}, anyNumber}
		b.typed = true
	default:
		n := b.below(6)
		f.signature = oracle.Global0 + oracle.Signature(n)
		for range n {
			f.params = append(f.params, anyNumber)
		}
	}
	b.functions = append(b.functions, f)
	b.callAgain(len(b.functions) - 1)
}

// globalContext are the types whose context BTF can name in a global function
// (kernel/bpf/btf.c:btf_validate_prog_ctx_type).
const globalContext = skb | xdp | cgroupSock | cgroupConnect | sockOps | perfEvent | skLookup | lwtXmit | getsockopt | setsockopt | netfilter

// param draws what a static function gets.
func (b *builder) param() value {
	switch b.below(8) {
	case 0:
		if b.hasContext() {
			return value{kind: context}
		}
	case 1:
		if b.functions[b.self].level < leafLevel {
			return value{kind: memory}
		}
	case 2, 3:
		return anyNumber
	}
	return constant(b.literal())
}

// canPass reports whether there is at hand what a function gets.
func (b *builder) canPass(f *function) bool {
	for _, p := range f.params {
		switch p.kind {
		case context:
			if !b.hasContext() {
				return false
			}
		case memory:
			if !b.hasBuffer() {
				return false
			}
		case holder:
			if !b.hasBuffer() || !b.hasObject() {
				return false
			}
		case object:
			if !b.hasObject() {
				return false
			}
		}
	}
	return true
}

// callAgain calls function i with what it gets.
func (b *builder) callAgain(i int) {
	for n, p := range b.functions[i].params {
		b.pass(asm.R1+asm.Register(n), p)
	}
	if b.functions[i].signature == oracle.GlobalMemory && b.fitsMemoryObject() && !b.oneIn(4) {
		b.loadObject(asm.R1)
	}
	b.callSite(i)
	b.emit(asm.Call, 0, asm.PseudoCall, 0, 0)
	b.afterCall(anyNumber)
	b.takeBack(b.functions[i].params)
	if f := &b.functions[i]; f.fixed {
		b.set(asm.R0, constant(f.returns))
	}
}

// callSite records that the next slot calls function i.
func (b *builder) callSite(i int) {
	b.functions[i].calls = append(b.functions[i].calls, b.here())
}

// pass puts an argument into its register.
func (b *builder) pass(r asm.Register, p value) {
	switch {
	case p.kind == context:
		b.move(r, contextReg)
	case p.kind == memory:
		b.emit(storeImm|asm.SizeDW, asm.R10, 0, buffer, b.immediate())
		b.frameAddress(r, buffer)
	case p.kind == holder:
		b.loadObject(r)
		b.emit(storeLong, asm.R10, r, buffer, 0)
		b.frameAddress(r, buffer)
	case p.kind == object:
		b.loadObject(r)
	case p.kind == socket:
		if b.hasObject() && b.coin() {
			b.loadObject(r)
		} else {
			b.load64(r, 0)
		}
	case p.isConstant():
		b.load64(r, p.lo)
	default:
		// r0 and the registers that calls keep: the others may be overwritten by now.
		numbers := b.holding(number) & (savedRegs | 1)
		if numbers == 0 || b.oneIn(3) {
			b.freshInto(r)
			return
		}
		b.move(r, b.choose(numbers))
	}
}

// loopCallback calls bpf_loop with a callback.
func (b *builder) loopCallback() {
	if len(b.functions) >= maxFunctions {
		b.alu()
		return
	}
	f := function{
		signature: oracle.Static, level: b.functions[b.self].level + 1, callback: true,
		result: result{0, 1}, params: []value{upTo(math.MaxUint32), constant(0)},
	}
	f.params[0].fuzzy = true
	shared := b.hasBuffer() && b.coin()
	if shared {
		f.params[1] = value{kind: memory}
		if b.fitsObject() && b.hasObject() {
			f.params[1].kind = holder
		}
	}
	if b.coin() {
		b.load64(asm.R1, uint64(b.between(1, 8)))
	} else {
		// Not 0: Linux 6.18 does not walk the callback then, and trips over its address.
		b.pass(asm.R1, anyNumber)
		b.emit(asm.Opcode(asm.ClassALU64)|asm.ALUOr, asm.R1, 0, 0, 1)
	}
	b.functions = append(b.functions, f)
	b.functionAddress(asm.R2, len(b.functions)-1)
	b.pass(asm.R3, f.params[1])
	b.load64(asm.R4, 0)
	b.emit(asm.Call, 0, 0, 0, helperLoop)
	b.afterCall(anyNumber)
	b.takeBack(f.params)
}

// functionAddress puts the address of function i into a register.
func (b *builder) functionAddress(dst asm.Register, i int) {
	b.callSite(i)
	b.emit(asm.LoadImm64, dst, asm.PseudoFunc, 0, 0)
	b.emit(0, 0, 0, 0, 0)
	b.set(dst, value{})
}

// forEach calls bpf_for_each_map_elem with a callback.
func (b *builder) forEach() {
	if len(b.functions) >= maxFunctions {
		b.alu()
		return
	}
	b.functions = append(b.functions, function{
		signature: oracle.Static, level: b.functions[b.self].level + 1, callback: true,
		result: result{0, 1}, params: []value{{}, {}, {kind: memory}, {}},
	})
	b.loadMap(asm.R1, pick(b.source, []string{"array", "hash"}))
	b.functionAddress(asm.R2, len(b.functions)-1)
	b.load64(asm.R3, 0)
	b.load64(asm.R4, 0)
	b.emit(asm.Call, 0, 0, 0, helperForEach)
	b.afterCall(anyNumber)
}
