package generate

import (
	"math"

	"github.com/statecheck/statecheck/asm"
)

// forget gives up what is known of numbers, for code that runs more than once.
// Registers that calls overwrite are given up altogether.
func (b *builder) forget() {
	for r := range b.regs {
		v := &b.regs[r]
		switch {
		case scratchRegs&(1<<r) != 0:
			*v = value{}
		case v.isNumber():
			*v = value{kind: number, fuzzy: true, hi: math.MaxUint64}
		}
	}
	b.slots = [numSlots]slot{}
}

// countedLoop runs a block a few times, counting in a register that calls keep or on
// the stack. The kernel walks through every round.
func (b *builder) countedLoop() {
	free := savedRegs &^ b.frozen &^ b.pinned()
	if free == 0 {
		b.alu()
		return
	}
	rounds := int32(b.between(2, 6))
	counter := b.choose(free)
	down := b.coin()
	start, step, code, limit := int32(0), int32(1), jumpIfLt, rounds
	if down {
		start, step, code, limit = rounds, -1, jumpIfNe, 0
	}
	b.emit(mov64, counter, 0, 0, start)
	b.set(counter, anyNumber)
	numbers := b.holding(number)
	frozen, room := b.frozen, b.room
	b.frozen |= registers(counter)
	b.room = 10
	b.forget()
	b.set(counter, value{kind: number, fuzzy: true, hi: uint64(rounds)})
	head := b.here()
	b.block(2)
	b.frozen = frozen
	b.restore(numbers & savedRegs)
	b.emit(add64, counter, 0, 0, step)
	b.emit(code, counter, 0, 0, limit)
	b.leadTo(b.here()-1, head)
	b.room = room
	b.forget()
	b.set(counter, constant(uint64(limit)))
}

// restore makes numbers of registers that held numbers where the loop began.
func (b *builder) restore(numbers registerSet) {
	for r := asm.R7; r <= asm.R9; r++ {
		if numbers&(1<<r) != 0 && !b.regs[r].isNumber() {
			b.load64(r, 0)
		}
	}
}

// steadily writes the body of a loop that the kernel walks until nothing new comes of
// it: nothing that the body finds may it change.
func (b *builder) steadily() {
	frozen, frozenSlots, room := b.frozen, b.frozenSlots, b.room
	b.frozen |= savedRegs
	b.frozenSlots = true
	b.room = 8
	b.block(2)
	b.frozen, b.frozenSlots, b.room = frozen, frozenSlots, room
}

// mayGotoLoop is a loop that the kernel ends some day.
func (b *builder) mayGotoLoop() {
	b.forget()
	head := b.here()
	b.emit(asm.MayGoto, 0, 0, 0, 0)
	before := b.state
	b.steadily()
	if b.oneIn(3) && b.regs[asm.R0].isNumber() { // another way out
		b.emit(jumpIfEq, asm.R0, 0, 1, 7)
	}
	b.emit(asm.Goto, 0, 0, 0, 0)
	b.leadTo(b.here()-1, head)
	b.land(head)
	b.state = before
	b.forget()
}

func (b *builder) fitsIterator() bool { return b.canNest() && b.hasBuffer() && !b.iterating }

// iteratorLoop is a loop over numbers by bpf_iter_num_next.
func (b *builder) iteratorLoop() {
	b.forget()
	b.iterating = true
	b.held++
	b.frameAddress(asm.R1, iteratorAt)
	b.load64(asm.R2, 0)
	b.load64(asm.R3, uint64(b.between(1, 1000)))
	b.kfunc("bpf_iter_num_new")
	b.afterCall(anyNumber)
	b.set(asm.R0, value{})

	head := b.here()
	b.frameAddress(asm.R1, iteratorAt)
	b.kfunc("bpf_iter_num_next")
	b.afterCall(value{})
	b.emit(jumpIfEq, asm.R0, 0, 0, 0)
	out := b.here() - 1
	before := b.state
	if b.coin() {
		dst := asm.Register(b.below(6))
		b.emit(loadWord, dst, asm.R0, 0, 0)
		b.set(dst, upTo(math.MaxUint32))
	}
	b.steadily()
	b.emit(asm.Goto, 0, 0, 0, 0)
	b.leadTo(b.here()-1, head)
	b.land(out)
	b.state = before
	b.frameAddress(asm.R1, iteratorAt)
	b.kfunc("bpf_iter_num_destroy")
	b.afterCall(value{})
	b.held--
	b.iterating = false
}
