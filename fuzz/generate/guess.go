package generate

import (
	"math"
	"slices"

	"github.com/statecheck/statecheck/asm"
)

// chain is a few operations on a number of which more or less is known, and a question
// about what came of it. What the answer is, trials say: all of them have the same.
// Whether a kernel finds it out, nobody needs to know, as what the branch hides is
// acceptable. So a chain may ask for all that there is to know of numbers: bits, bounds
// with and without sign, of 64 and of 32 bits, what registers have to do with each
// other, and what becomes of all that on the stack.
type chain struct {
	*builder
	numbers registerSet // that hold one of the chain
	slot    int         // that holds one, or -1
	trials  []trial
	exits   []exit
}

// exit is a way out of a chain.
type exit struct {
	slot  int
	state state
}

// chained writes a chain, and the branch at its end.
func (b *builder) chained() {
	c := chain{builder: b, slot: -1, trials: make([]trial, numTrials)}
	c.start()
	for range b.between(2, 7) {
		pick(b.source, links[:])(&c)
	}
	b.branchOn(c.question())
	for _, e := range c.exits {
		b.land(e.slot)
		b.meet(&e.state)
	}
}

// links are the steps of a chain.
var links = [...]func(*chain){
	(*chain).bound, (*chain).bound, (*chain).bound, (*chain).apply, (*chain).apply, (*chain).apply,
	(*chain).duplicate, (*chain).duplicate, (*chain).widen, (*chain).save, (*chain).save, (*chain).get, (*chain).get,
	(*chain).leaveUnless, (*chain).leaveUnless, (*chain).leaveUnless,
}

// start gets the number that the chain begins with.
func (c *chain) start() {
	var r asm.Register
	switch unsure := c.holding(number) &^ c.constants(); {
	case unsure != 0 && c.coin():
		r = c.choose(unsure)
	case c.hasBuffer() && c.oneIn(4):
		c.textLength()
		return
	default:
		r = c.unknown()
	}
	c.begin(r, c.regs[r])
}

// begin begins the trials with a number.
func (c *chain) begin(r asm.Register, v value) {
	for i := range c.trials {
		c.trials[i] = begin(i, r, v)
	}
	c.numbers = registers(r)
}

// constants are the registers that hold one.
func (b *builder) constants() (s registerSet) {
	for r := range b.regs {
		if b.regs[r].isConstant() {
			s |= 1 << r
		}
	}
	return s
}

// textLength gets the length of a text, or an error: -4095 to the size of the buffer
// (kernel/bpf/verifier.c:do_refine_retval_range).
func (c *chain) textLength() {
	const maxErrno = 4095 // include/linux/err.h: MAX_ERRNO
	size := uint64(c.between(1, bufferSize))
	c.frameAddress(asm.R1, buffer)
	c.load64(asm.R2, size)
	c.pass(asm.R3, anyNumber)
	c.emit(asm.Call, 0, 0, 0, helperProbeText)
	c.afterCall(anyNumber)
	c.begin(asm.R0, value{kind: number, lo: math.MaxUint64 - maxErrno + 1, hi: size})
}

// write appends an instruction that leaves a number in dst, and tries it.
func (c *chain) write(op asm.Opcode, dst, src asm.Register, off int16, imm int32) {
	c.emit(op, dst, src, off, imm)
	c.set(dst, anyNumber)
	c.numbers |= registers(dst)
	c.try()
}

// try runs the last instruction.
func (c *chain) try() {
	ins := c.insns[c.here()-1]
	for i := range c.trials {
		c.trials[i].step(ins)
	}
}

// one draws a register of the chain.
func (c *chain) one() asm.Register { return c.choose(c.numbers) }

// owned draws one that may be written; one that must not is copied.
func (c *chain) owned() asm.Register {
	if s := c.numbers &^ c.frozen; s != 0 {
		return c.choose(s)
	}
	return c.copyOf(c.one())
}

func (c *chain) copyOf(src asm.Register) asm.Register {
	dst := c.writable()
	c.write(mov64|withReg, dst, src, 0, 0)
	return dst
}

// duplicate copies a register, at times with something added or without its upper half.
func (c *chain) duplicate() {
	switch src := c.one(); c.below(4) {
	case 0:
		c.write(mov32|withReg, c.writable(), src, 0, 0)
	case 1:
		c.write(add64, c.copyOf(src), 0, 0, c.immediate())
	default:
		c.copyOf(src)
	}
}

func (c *chain) widen() {
	row := pick(c.source, extensions[:])
	c.write(row.op, c.writable(), c.one(), row.off, 0)
}

// limiters are operations after which less is possible.
var limiters = [...]asm.Opcode{asm.ALUAnd, asm.ALUAnd, asm.ALUAnd, asm.ALURsh, asm.ALUArsh, asm.ALUOr, asm.ALULsh, asm.ALUAnd}

// bound is an operation with a mask or a distance.
func (c *chain) bound() {
	code := pick(c.source, limiters[:])
	class, width := asm.ClassALU64, 64
	if c.oneIn(3) {
		class, width = asm.ClassALU, 32
	}
	imm := int32(c.below(width))
	switch {
	case isShift[code]:
	case c.coin():
		imm = 1<<(imm%31) - 1
	case c.coin():
		imm = ^(1<<(imm%31) - 1)
	default:
		imm = c.immediate()
	}
	c.write(asm.Opcode(class)|code, c.owned(), 0, 0, imm)
}

// apply is any operation.
func (c *chain) apply() {
	row := pick(c.source, operations[:])
	class, width := asm.ClassALU64, int32(64)
	if c.coin() {
		class, width = asm.ClassALU, 32
	}
	op := asm.Opcode(class) | row.code
	if c.oneIn(3) {
		src := c.one()
		c.write(op|withReg, c.owned(), src, row.off, 0)
		return
	}
	imm := c.immediate()
	switch {
	case isShift[row.code]:
		imm &= width - 1
	case imm == 0: // no division by 0
		imm = 3
	}
	c.write(op, c.owned(), 0, row.off, imm)
}

// save stores a number of the chain, or a constant, often 0, anywhere in one slot.
func (c *chain) save() {
	if c.frozenSlots {
		return
	}
	if c.slot < 0 {
		c.slot = c.below(c.slotCount())
		c.slots[c.slot] = slot{}
	}
	size := pick(c.source, sizes[:])
	off := slotOffset(c.slot)
	if c.coin() {
		off += int16(c.below(8/size.bytes) * size.bytes)
	}
	switch c.below(4) {
	case 0:
		c.emit(storeImm|size.bits, asm.R10, 0, off, 0)
	case 1:
		c.emit(storeImm|size.bits, asm.R10, 0, off, c.immediate())
	default:
		c.emit(store|size.bits, asm.R10, c.one(), off, 0)
	}
	c.try()
}

// get loads from there.
func (c *chain) get() {
	if c.slot < 0 {
		c.save()
	}
	if c.slot < 0 {
		return
	}
	size := pick(c.source, sizes[:])
	op := load
	if size.bytes < 8 && c.oneIn(3) {
		op = loadSX
	}
	off := slotOffset(c.slot)
	if c.coin() {
		off += int16(c.below(8/size.bytes) * size.bytes)
	}
	c.write(op|size.bits, c.writable(), asm.R10, off, 0)
}

// leaveUnless leaves the chain unless a comparison fails, of which the rest learns.
func (c *chain) leaveUnless() {
	d := c.comparison()
	stay := slices.DeleteFunc(slices.Clone(c.trials), func(t trial) bool { return t.takes(d.jump) })
	if len(stay) < 2 || len(c.exits) == 3 {
		return
	}
	c.trials = stay
	c.insns = append(c.insns, d.jump)
	before := c.state
	c.learn(d, true)
	c.exits = append(c.exits, exit{c.here() - 1, c.state})
	c.state = before
	c.learn(d, false)
}

// comparison draws a jump on a number of the chain, with a constant near one that a
// trial has there, or with another number.
func (c *chain) comparison() decision {
	dst, code, is64 := c.one(), pick(c.source, comparisons[:]), !c.oneIn(3)
	if c.oneIn(5) {
		return decision{jump: asm.New(jumpClass(is64)|code|withReg, dst, c.one(), 0, 0)}
	}
	near := pick(c.source, c.trials).regs[dst] + uint64(c.below(3)) - 1
	return c.compareWith(code, is64, dst, near)
}

// question draws a jump that all trials take, or none does, if there is one to be had.
func (c *chain) question() (d decision) {
	for range 6 {
		d = c.decisive()
		if d.certain {
			return d
		}
		takes := 0
		for i := range c.trials {
			if c.trials[i].takes(d.jump) {
				takes++
			}
		}
		d.guessed, d.outcome = true, outcomeOf(takes == len(c.trials), takes == 0)
		if d.outcome != either {
			return d
		}
	}
	return d
}

// decisive draws a comparison with the least or the most that a register holds in the
// trials, or with the bits that it never has.
func (c *chain) decisive() decision {
	if c.oneIn(4) {
		return c.comparison()
	}
	dst, is64, signed := c.one(), !c.oneIn(3), c.coin()
	mask, sign := uint64(math.MaxUint64), uint64(1<<63)
	if !is64 {
		mask, sign = math.MaxUint32, 1<<31
	}
	if !signed {
		sign = 0
	}
	least, most, bits := mask, uint64(0), uint64(0)
	for i := range c.trials {
		n := c.trials[i].regs[dst] & mask
		bits |= n
		n ^= sign // in an order in which unsigned comparison is the signed one
		least, most = min(least, n), max(most, n)
	}
	edge, codes := least, [...]asm.Opcode{asm.JumpLT, asm.JumpGE}
	switch {
	case c.oneIn(4):
		return c.compareWith(asm.JumpSET, is64, dst, ^bits&math.MaxInt32)
	case c.coin():
		edge, codes = most, [...]asm.Opcode{asm.JumpGT, asm.JumpLE}
	}
	code := pick(c.source, codes[:])
	if signed {
		code = toSigned[code]
	}
	return c.compareWith(code, is64, dst, edge^sign)
}

// compareWith compares with a constant, another one where it does not fit into a jump.
func (c *chain) compareWith(code asm.Opcode, is64 bool, dst asm.Register, n uint64) decision {
	imm := int32(n)
	if is64 && uint64(int64(imm)) != n {
		imm = c.immediate()
	}
	return c.compare(code, is64, dst, imm)
}

var toSigned = map[asm.Opcode]asm.Opcode{
	asm.JumpGT: asm.JumpSGT, asm.JumpLE: asm.JumpSLE, asm.JumpGE: asm.JumpSGE, asm.JumpLT: asm.JumpSLT,
}
