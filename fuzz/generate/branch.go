package generate

import (
	"math"

	"github.com/statecheck/statecheck/asm"
)

// decision is a conditional jump, and where it leads.
type decision struct {
	jump    asm.Instruction // without its offset
	outcome outcome
	// certain: every kernel of today finds out the outcome. Where not, what lies
	// behind must be acceptable too.
	certain bool
	// guessed: some runs came out so, others may not.
	guessed bool

	narrows bool // the jump compares dst with n, from which more is known behind it
	n       uint64
}

// deciders are the ways to come to a decision.
var deciders = [...]func(*builder) decision{
	(*builder).compareConstant, (*builder).compareConstant, (*builder).compareConstant, (*builder).compareConstant,
	(*builder).compareRegister, (*builder).compareRegister, (*builder).compareMasked, (*builder).compareMasked,
	(*builder).testBits, (*builder).testBits, (*builder).compareSigned, (*builder).compareSigned,
	(*builder).obscure, (*builder).obscure, (*builder).compareUnknown, (*builder).compareUnknown,
}

// comparisons are the operations of conditional jumps.
var comparisons = [...]asm.Opcode{
	asm.JumpEQ, asm.JumpNE, asm.JumpGT, asm.JumpLT, asm.JumpGE, asm.JumpLE, asm.JumpSGT, asm.JumpSLT,
	asm.JumpSGE, asm.JumpSLE, asm.JumpSET, asm.JumpEQ, asm.JumpNE, asm.JumpGT, asm.JumpLT, asm.JumpSET,
}

func jumpClass(is64 bool) asm.Opcode {
	if is64 {
		return asm.Opcode(asm.ClassJMP)
	}
	return asm.Opcode(asm.ClassJMP32)
}

// compare makes the decision of comparing a register with a constant.
func (b *builder) compare(code asm.Opcode, is64 bool, dst asm.Register, imm int32) decision {
	n := uint64(int64(imm))
	if !is64 {
		n &= math.MaxUint32
	}
	v := b.regs[dst]
	d := decision{
		jump:    asm.New(jumpClass(is64)|code, dst, 0, 0, imm),
		outcome: decide(code, is64, v, constant(n)),
		narrows: true, n: n,
	}
	d.certain = d.outcome != either && !v.fuzzy
	return d
}

// compareConstant compares a register with a number near its bounds.
func (b *builder) compareConstant() decision {
	dst := b.operand()
	v := b.regs[dst]
	near := [...]uint64{v.lo, v.hi, v.lo - 1, v.hi + 1, 0, 1, v.hi / 2, ^uint64(0)}
	imm := b.immediate()
	is64 := !b.oneIn(3)
	if n := pick(b.source, near[:]); int64(n) == int64(int32(n)) || !is64 && n <= math.MaxUint32 {
		imm = int32(n)
	}
	return b.compare(pick(b.source, comparisons[:]), is64, dst, imm)
}

// compareUnknown compares a number that may be anything.
func (b *builder) compareUnknown() decision {
	return b.compare(pick(b.source, comparisons[:]), b.coin(), b.unknown(), b.immediate())
}

// compareMasked compares a number that a mask, a shift or a product bounds.
func (b *builder) compareMasked() decision {
	dst := b.unknown()
	bound := int32(1)<<b.between(1, 12) - 1
	switch b.below(4) {
	case 0:
		b.emit(asm.Opcode(asm.ClassALU64)|asm.ALURsh, dst, 0, 0, int32(b.between(1, 31)))
		b.result(dst, asm.ALURsh, true, 0, constant(uint64(b.insns[b.here()-1].Imm())))
		b.emit(asm.Opcode(asm.ClassALU64)|asm.ALURsh, dst, 0, 0, 31)
		b.result(dst, asm.ALURsh, true, 0, constant(31))
	case 1:
		b.emit(and64, dst, 0, 0, bound)
		b.result(dst, asm.ALUAnd, true, 0, constant(uint64(bound)))
		b.emit(asm.Opcode(asm.ClassALU64)|asm.ALUMul, dst, 0, 0, 3)
		b.result(dst, asm.ALUMul, true, 0, constant(3))
	case 2:
		b.emit(and64, dst, 0, 0, bound)
		b.result(dst, asm.ALUAnd, true, 0, constant(uint64(bound)))
		b.emit(add64, dst, 0, 0, 5)
		b.result(dst, asm.ALUAdd, true, 0, constant(5))
	default:
		b.emit(asm.Opcode(asm.ClassALU)|asm.ALUAnd, dst, 0, 0, bound)
		b.result(dst, asm.ALUAnd, false, 0, constant(uint64(bound)))
	}
	v := b.regs[dst]
	imm := pick(b.source, []int32{int32(v.hi), int32(v.hi) + 1, int32(v.lo) - 1, int32(v.hi / 2), int32(v.lo)})
	return b.compare(pick(b.source, comparisons[:]), !b.oneIn(3), dst, imm)
}

// compareRegister compares two registers.
func (b *builder) compareRegister() decision {
	dst, src := b.operand(), b.operand()
	code, is64 := pick(b.source, comparisons[:]), !b.oneIn(3)
	v, w := b.regs[dst], b.regs[src]
	if !v.isNumber() { // the second one has been put in its place
		return b.compareConstant()
	}
	d := decision{jump: asm.New(jumpClass(is64)|code|withReg, dst, src, 0, 0)}
	if dst == src { // kernels differ in what they make of it
		w.fuzzy = true
	}
	d.outcome = decide(code, is64, v, w)
	d.certain = d.outcome != either && !v.fuzzy && !w.fuzzy
	if w.isConstant() && !w.fuzzy && is64 {
		d.narrows, d.n = true, w.lo
	}
	return d
}

// unknown draws a register and puts into it what no kernel knows anything of.
func (b *builder) unknown() asm.Register {
	if numbers := b.unbounded() &^ b.frozen; numbers != 0 && b.coin() {
		return b.choose(numbers)
	}
	if b.fitsContext() && b.coin() {
		dst := b.writable()
		b.loadContext(dst)
		return dst
	}
	b.emit(asm.Call, 0, 0, 0, pick(b.source, []int32{helperRandom, helperTime}))
	b.afterCall(anyNumber)
	if saved := savedRegs &^ b.frozen &^ b.pinned(); saved != 0 && b.coin() {
		dst := b.choose(saved)
		b.move(dst, asm.R0)
		return dst
	}
	return asm.R0
}

func (b *builder) unbounded() (s registerSet) {
	for r := range b.regs {
		if v := b.regs[r]; v.isNumber() && v.lo == 0 && v.hi == math.MaxUint64 {
			s |= 1 << r
		}
	}
	return s
}

// testBits sets or clears bits and asks for them.
func (b *builder) testBits() decision {
	dst := b.unknown()
	bit := int32(1) << b.below(15)
	row := pick(b.source, [...][]struct {
		alu     asm.Opcode
		operand int32
		jump    asm.Opcode
		imm     int32
		outcome outcome
	}{
		{{asm.ALUOr, bit, asm.JumpSET, bit, always}, {asm.ALUOr, bit, asm.JumpEQ, 0, never}},
		{{asm.ALUAnd, ^bit, asm.JumpSET, bit, never}, {asm.ALUAnd, ^bit, asm.JumpEQ, bit, never}},
		{{asm.ALULsh, 3, asm.JumpSET, 7, never}, {asm.ALULsh, 3, asm.JumpNE, 4, always}},
		{{asm.ALUAnd, bit, asm.JumpGT, bit, never}, {asm.ALUAnd, bit, asm.JumpSET, ^bit & 0x7fff, never}},
	}[b.below(4)])
	is64 := b.coin()
	class := asm.Opcode(asm.ClassALU)
	if is64 {
		class = asm.Opcode(asm.ClassALU64)
	}
	b.emit(class|row.alu, dst, 0, 0, row.operand)
	b.result(dst, row.alu, is64, 0, constant(uint64(int64(row.operand))))
	return decision{jump: asm.New(jumpClass(is64)|row.jump, dst, 0, 0, row.imm), outcome: row.outcome, certain: true}
}

// signedTests hold for every number from -8 to 7.
var signedTests = [...]struct {
	code    asm.Opcode
	imm     int32
	outcome outcome
}{
	{asm.JumpSGT, 7, never}, {asm.JumpSGE, -8, always}, {asm.JumpSLT, -8, never}, {asm.JumpSLE, 7, always},
	{asm.JumpSGT, -9, always}, {asm.JumpSLT, 100, always}, {asm.JumpSGT, 0, either}, {asm.JumpSLT, 0, either},
}

// compareSigned compares a number of either sign that a shift or a sign extension bounds.
func (b *builder) compareSigned() decision {
	dst := b.unknown()
	is64 := b.coin()
	switch {
	case b.oneIn(3): // the test holds for more than it is asked for
		b.emit(mov64|withReg, dst, dst, 8, 0)
		b.set(dst, anyNumber)
		code, imm, o := asm.JumpSGT, int32(127), never
		if b.coin() {
			code, imm, o = asm.JumpSGE, -128, always
		}
		return decision{jump: asm.New(jumpClass(is64)|code, dst, 0, 0, imm), outcome: o, certain: true}
	case is64:
		b.emit(asm.Opcode(asm.ClassALU64)|asm.ALUArsh, dst, 0, 0, 60)
		b.set(dst, anyNumber)
	default:
		b.emit(asm.Opcode(asm.ClassALU)|asm.ALUArsh, dst, 0, 0, 28)
		b.set(dst, upTo(math.MaxUint32))
	}
	row := pick(b.source, signedTests[:])
	return decision{jump: asm.New(jumpClass(is64)|row.code, dst, 0, 0, row.imm), outcome: row.outcome, certain: row.outcome != either}
}

// obscurities are operations after which a comparison has one outcome, though not
// every kernel sees it.
var obscurities = [...]struct {
	op   asm.Opcode
	off  int16
	imm  int32
	code asm.Opcode
	n    int32
	outcome
}{
	{asm.Opcode(asm.ClassALU64) | asm.ALUMod, 0, 10, asm.JumpGT, 9, never},
	{asm.Opcode(asm.ClassALU64) | asm.ALUMod, 1, 10, asm.JumpSGT, 9, never},
	{asm.Opcode(asm.ClassALU64) | asm.ALUMul, 0, 2, asm.JumpSET, 1, never},
	{asm.Opcode(asm.ClassALU) | asm.ALUDiv, 0, 1 << 24, asm.JumpLE, 255, always},
	{asm.Opcode(asm.ClassALU) | asm.ALUEnd | withReg, 0, 16, asm.JumpGT, 1<<16 - 1, never},
	{asm.Opcode(asm.ClassALU64) | asm.ALUEnd, 0, 32, asm.JumpSLT, 0, never},
	{asm.Opcode(asm.ClassALU64) | asm.ALUSub | withReg, 0, 0, asm.JumpNE, 0, never},
	{asm.Opcode(asm.ClassALU64) | asm.ALUXor | withReg, 0, 0, asm.JumpEQ, 0, always},
}

// obscure comes to a decision that a kernel may or may not see through.
func (b *builder) obscure() decision {
	if b.hasContext() && b.oneIn(8) { // neither the context nor the stack is ever at address 0
		p := contextReg
		if b.coin() {
			p = asm.R10
		}
		return decision{jump: asm.New(jumpIfEq, p, 0, 0, 0), outcome: never}
	}
	dst := b.unknown()
	row := pick(b.source, obscurities[:])
	var src asm.Register
	if row.op.SourceX() && row.op.Code() != asm.ALUEnd {
		src = dst
	}
	b.emit(row.op, dst, src, row.off, row.imm)
	v := anyNumber
	v.fuzzy = true
	b.set(dst, v)
	return decision{jump: asm.New(asm.Opcode(asm.ClassJMP)|row.code, dst, 0, 0, row.n), outcome: row.outcome}
}

// branch writes a conditional jump and what lies on its two sides.
func (b *builder) branch() { b.branchOn(pick(b.source, deciders[:])(b)) }

func (b *builder) branchOn(d decision) {
	b.insns = append(b.insns, d.jump)
	jump := b.here() - 1
	after := b.state // on the way past the block

	// The block that the jump skips.
	b.learn(d, false)
	left := b.side(d, always)
	if !left && d.outcome != never && b.coin() { // nothing on the other side
		b.land(jump)
		if d.outcome == always && d.certain {
			b.state = after
			b.learn(d, true)
			return
		}
		fallen := b.state
		b.state = after
		b.learn(d, true)
		b.meet(&fallen)
		return
	}
	end := -1
	if !left {
		end = b.jump()
	}
	b.land(jump)
	fallen := b.state
	b.state = after
	b.learn(d, true)
	leftToo := b.side(d, never)
	if end >= 0 {
		b.land(end)
	}
	switch {
	case d.outcome == always && d.certain, left && !leftToo:
	case d.outcome == never && d.certain, leftToo:
		b.state = fallen
	default:
		b.meet(&fallen)
	}
}

// side writes one side of a branch, which is dead if the outcome is the given one,
// and reports whether the function is left there.
func (b *builder) side(d decision, dead outcome) (left bool) {
	switch {
	case d.outcome == dead && d.certain:
		return b.deadSide()
	case d.outcome == dead:
		if b.suspectSide(d.guessed) {
			return false
		}
	case d.outcome == either && b.depth < maxDepth-1 && b.oneIn(6):
		// The same question again: known where the kernel has learnt from the answer.
		again := d
		again.outcome = always
		if dead == always {
			again.outcome = never
		}
		b.depth++
		b.branchOn(again)
		b.depth--
	default:
		b.block(2)
	}
	if d.outcome == either && dead == always && b.held == 0 {
		switch {
		case b.canThrow() && b.coin():
			b.throw()
			return true
		case b.oneIn(8):
			b.leave()
			return true
		}
	}
	return false
}

// suspectSide writes a side that the kernel may or may not come by, and reports
// whether it is a bet that it does not; there is none on a guess.
func (b *builder) suspectSide(guessed bool) (bet bool) {
	if b.mood.dead && !guessed && b.oneIn(6) {
		b.deadMatter()
		return true
	}
	suspect := b.suspect
	b.suspect = true
	if b.mood.dead && b.oneIn(3) {
		b.statefulHelper()
	}
	b.block(2)
	b.suspect = suspect
	return false
}

// learn says what is known of the numbers compared on one side of a branch.
func (b *builder) learn(d decision, taken bool) {
	if !d.narrows {
		return
	}
	dst := d.jump.Dst()
	is64 := d.jump.Opcode().Class() == asm.ClassJMP
	code := d.jump.Opcode().Code()
	link := b.regs[dst].link
	if code == asm.JumpSET && !b.regs[dst].isConstant() {
		// Linux 6.18 forgets bounds over it.
		b.regs[dst].fuzzy = true
	}
	b.regs[dst] = assume(b.regs[dst], code, is64, d.n, taken)
	if link == 0 {
		return
	}
	for r := range b.regs {
		if b.regs[r].link == link {
			b.regs[r] = b.regs[dst]
		}
	}
	for i := range b.slots {
		if b.slots[i].value.link == link && b.slots[i].size == 8 {
			b.slots[i].value = b.regs[dst]
		}
	}
}
