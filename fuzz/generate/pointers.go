package generate

import (
	"math"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// Segments that get a pointer, look whether it is null, use it and let go of it.

// unlessNull writes a test of r0 for null and, where it is not, the use of it.
func (b *builder) unlessNull(use func()) {
	again := asm.R0
	if b.oneIn(4) { // what the kernel finds out of r0 holds of its copies
		again = b.choose(b.free() &^ registers(asm.R0))
		b.emit(mov64|withReg, again, asm.R0, 0, 0)
		b.set(again, value{})
	}
	before := b.state
	if b.coin() {
		b.emit(jumpIfEq, asm.R0, 0, 0, 0)
		skip := b.here() - 1
		b.surely(again)
		use()
		b.land(skip)
	} else {
		b.emit(jumpIfNe, asm.R0, 0, 1, 0)
		skip := b.jump()
		b.surely(again)
		use()
		b.land(skip)
	}
	b.meet(&before)
}

// surely writes, where a pointer is known not to be null, a second test of it.
func (b *builder) surely(p asm.Register) {
	if !b.oneIn(3) {
		return
	}
	skip := -1
	if b.coin() {
		b.emit(jumpIfNe, p, 0, 0, 0)
		skip = b.here() - 1
	} else {
		b.emit(jumpIfEq, p, 0, 1, 0)
		skip = b.jump()
	}
	state := b.state
	b.deadMatter()
	b.state = state
	b.land(skip)
}

// lookup looks up a map's value and uses it.
func (b *builder) lookup() {
	b.emit(storeImm|asm.SizeW, asm.R10, 0, buffer, int32(b.below(5)))
	b.loadMap(asm.R1, pick(b.source, []string{"array", "hash", "percpu_array", "array"}))
	b.frameAddress(asm.R2, buffer)
	b.emit(asm.Call, 0, 0, 0, helperLookup)
	b.afterCall(value{})
	b.unlessNull(func() {
		b.set(asm.R0, value{kind: memory})
		for range b.between(1, 2) {
			b.through(asm.R0)
		}
		b.set(asm.R0, value{})
	})
}

// directValue uses a value of a map by its address.
func (b *builder) directValue() {
	p := b.choose(scratchRegs)
	b.refer(verifier.Reference{Kind: verifier.RefMap, Name: "variable", Map: verifier.MapPlain})
	by := asm.PseudoMapValue
	if b.oneIn(4) {
		by = asm.PseudoMapIdxValue
	}
	b.emit(asm.LoadImm64, p, by, 0, 0)
	b.emit(0, 0, 0, 0, int32(b.below(57)))
	b.set(p, value{kind: memory})
	for range b.between(1, 2) {
		b.through(p)
	}
	b.set(p, value{})
}

func (b *builder) fitsSocket() bool {
	return b.hasContext() && b.hasBuffer() && b.typ.set&(schedCls|xdp|cgroupSkb|cgroupConnect) != 0
}

// socket looks up a socket and releases it.
func (b *builder) socket() {
	b.emit(mov64|withReg, asm.R1, contextReg, 0, 0)
	b.emit(storeImm|asm.SizeDW, asm.R10, 0, buffer, b.immediate())
	b.emit(storeImm|asm.SizeDW, asm.R10, 0, buffer+8, b.immediate())
	b.frameAddress(asm.R2, buffer)
	b.load64(asm.R3, 12)
	b.load64(asm.R4, math.MaxUint64)
	b.load64(asm.R5, 0)
	b.emit(asm.Call, 0, 0, 0, helperSkLookup)
	b.afterCall(value{})
	b.unlessNull(func() {
		b.held++
		if b.coin() {
			dst := b.choose(b.free() &^ registers(asm.R0))
			f := pick(b.source, sockLoads[1:4])
			b.emit(load|sizeBits(f.size), dst, asm.R0, f.off, 0)
			b.set(dst, narrow(anyNumber, f.size))
		}
		b.emit(mov64|withReg, asm.R1, asm.R0, 0, 0)
		b.emit(asm.Call, 0, 0, 0, helperSkRelease)
		b.afterCall(value{})
		b.held--
	})
}

func (b *builder) fitsTask() bool {
	return b.typ.set&(fentry|rawTP|iterator|mapIterator|schedCls|xdp|syscall|structOps|cgroupSkb) != 0
}

// task gets hold of a task and lets go of it.
func (b *builder) task() {
	b.pass(asm.R1, anyNumber)
	b.kfunc("bpf_task_from_pid")
	b.afterCall(value{})
	b.unlessNull(func() {
		b.emit(mov64|withReg, asm.R1, asm.R0, 0, 0)
		b.kfunc("bpf_task_release")
		b.afterCall(value{})
	})
}

// locked writes a block under a lock that every program may take.
func (b *builder) locked() {
	pair := pick(b.source, [][2]string{
		{"bpf_rcu_read_lock", "bpf_rcu_read_unlock"},
		{"bpf_preempt_disable", "bpf_preempt_enable"},
	})
	b.kfunc(pair[0])
	b.afterCall(value{})
	b.held++
	b.alu()
	b.held--
	b.kfunc(pair[1])
	b.afterCall(value{})
}

func (b *builder) fitsDynptr() bool {
	return b.hasContext() && b.hasBuffer() && b.typ.set&(skb|lwtXmit|xdp) != 0
}

// dynptr asks how much there is of the packet.
func (b *builder) dynptr() {
	b.emit(mov64|withReg, asm.R1, contextReg, 0, 0)
	b.load64(asm.R2, 0)
	b.frameAddress(asm.R3, dynptrAt)
	if b.typ.set == xdp {
		b.kfunc("bpf_dynptr_from_xdp")
	} else {
		b.kfunc("bpf_dynptr_from_skb")
	}
	b.afterCall(anyNumber)
	b.frameAddress(asm.R1, dynptrAt)
	b.kfunc("bpf_dynptr_size")
	b.afterCall(upTo(math.MaxUint32))
	b.regs[asm.R0].fuzzy = true
}
