package scalar_test

import (
	"math/rand/v2"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/paths/scalar"
)

// drawing is a program that is being drawn: a tree of branches whose leaves are exits, so that
// the walk never comes to a slot twice but by [scalar.Fork]. Constants are chosen by what is known
// of the registers then.
type drawing struct {
	*rand.Rand
	insns  []asm.Instruction
	ids    int
	linked bool // may draw what links registers
}

// draw draws the program of a seed.
func draw(seed uint64, linked bool) []asm.Instruction {
	d := &drawing{Rand: rand.New(rand.NewPCG(seed, 0)), linked: linked}
	s := new(state)
	d.put(s, asm.New(opMovK, 0, 0, 0, 0))
	d.put(s, asm.New(opSpill, asm.R10, asm.R0, -8, 0))
	for r := range asm.R10 {
		d.source(s, r)
	}
	d.block(*s, 14)
	return d.insns
}

// put appends an instruction and executes it. Of two states it goes on in one.
func (d *drawing) put(s *state, ins asm.Instruction) {
	d.insns = append(d.insns, ins)
	s.step(ins, 0, &d.ids)
}

// block draws a few operations and then a branch or an exit.
func (d *drawing) block(s state, branches int) {
	for range 1 + d.IntN(8) {
		d.operation(&s)
	}
	if branches == 0 {
		d.put(&s, asm.New(opMovK, 0, 0, 0, 0))
		d.insns = append(d.insns, asm.New(asm.Exit, 0, 0, 0, 0))
		return
	}
	at, jump := len(d.insns), d.branch(&s)
	d.insns = append(d.insns, jump)
	fall, taken := s, s
	other := fall.step(jump, 0, &d.ids)
	if other != nil {
		taken = *other
	}
	// Most of what is left is on a way that the kernel goes.
	ifFalls, ifTaken := branches-1, d.IntN(2)
	if went := fall.slot != at+1; went || other != nil && d.IntN(2) == 0 {
		ifFalls, ifTaken = ifTaken, ifFalls
	}
	fall.slot = at + 1
	d.block(fall, min(ifFalls, branches-1))
	taken.slot = len(d.insns)
	d.insns[at] = asm.New(jump.Opcode(), jump.Dst(), jump.Src(), int16(len(d.insns)-at-1), jump.Imm())
	d.block(taken, min(ifTaken, branches-1))
}

func (d *drawing) register() asm.Register { return asm.Register(d.IntN(10)) }

// source puts a number into a register of which something simple is known.
func (d *drawing) source(s *state, r asm.Register) {
	sizes := []asm.Opcode{asm.SizeB, asm.SizeH, asm.SizeW, asm.SizeDW}
	switch d.IntN(6) {
	case 0:
		wide := asm.New(asm.LoadImm64, r, 0, 0, int32(d.Uint32()))
		second := asm.New(0, 0, 0, 0, int32(d.Uint32())>>d.IntN(32))
		d.insns = append(d.insns, wide, second)
		s.step(wide, second, &d.ids)
	case 1:
		d.put(s, asm.New(opMovK, r, 0, 0, d.constant(s.places[r].Value)))
	case 2:
		d.put(s, asm.New(asm.Opcode(asm.ClassLDX)|asm.ModeMEMSX|sizes[d.IntN(3)], r, asm.R10, -16, 0))
	default:
		d.put(s, asm.New(asm.Opcode(asm.ClassLDX)|asm.ModeMEM|sizes[d.IntN(4)], r, asm.R10, -16, 0))
	}
}

// constant is near a bound of v, or few bits, or anything.
func (d *drawing) constant(v scalar.Value) int32 {
	switch d.IntN(8) {
	case 0:
		return int32(d.Uint32())
	case 1:
		return int32(1) << d.IntN(32)
	case 2:
		return int32(d.Uint32() & d.Uint32() & d.Uint32())
	case 3:
		return int32(d.Uint32()) >> d.IntN(32)
	case 4:
		return int32(d.IntN(5) - 2)
	default:
		near := []int32{int32(v.Umin), int32(v.Umax), int32(v.Smin), int32(v.Smax), v.S32min, v.S32max,
			int32(v.Bits.Value), int32(v.Bits.Mask), ^int32(v.Bits.Mask)}
		return near[d.IntN(len(near))] + int32(d.IntN(3)-1)
	}
}

var arithmetic = []asm.Opcode{ // some more often than others
	asm.ALUAdd, asm.ALUAdd, asm.ALUAdd, asm.ALUAdd, asm.ALUAnd, asm.ALUAnd, asm.ALUAnd, asm.ALUAnd,
	asm.ALUSub, asm.ALUSub, asm.ALUMul, asm.ALUMul, asm.ALUOr, asm.ALUOr, asm.ALUXor, asm.ALUXor,
	asm.ALULsh, asm.ALULsh, asm.ALURsh, asm.ALURsh, asm.ALUArsh, asm.ALUArsh, asm.ALUDiv, asm.ALUMod, asm.ALUNeg,
}

func (d *drawing) operation(s *state) {
	r, other := d.register(), d.register()
	wide := d.IntN(2)
	class := []asm.Opcode{alu, alu64}[wide]
	known := s.places[r].Value
	switch n := d.IntN(40); {
	case n < 4:
		d.source(s, r)
	case n < 6: // -1 or 0, in the whole register or its half
		d.put(s, asm.New(class|asm.ALUArsh, r, 0, 0, 31+32*int32(wide)))
		if d.IntN(2) == 0 {
			d.put(s, asm.New(class|[]asm.Opcode{asm.ALUAnd, asm.ALUOr}[d.IntN(2)], r, 0, 0, d.constant(known)))
		}
	case n == 6:
		if d.IntN(2) == 0 {
			d.put(s, asm.New(class|asm.ALUEnd, r, 0, 0, []int32{16, 32, 64}[d.IntN(3)]))
		}
	case n < 9: // as compilers extend
		shift := []int32{32, 48, 56, 16, 24}[d.IntN(5)]
		shift %= 32 + 32*int32(wide)
		d.put(s, asm.New(class|asm.ALULsh, r, 0, 0, shift))
		d.put(s, asm.New(class|[]asm.Opcode{asm.ALURsh, asm.ALUArsh}[d.IntN(2)], r, 0, 0, shift))
	case n < 11: // to where little is known, that more may be
		d.put(s, asm.New(class|asm.ALUAnd, r, 0, 0, int32(d.Uint32()>>d.IntN(32))))
	case n < 16 && d.linked:
		d.move(s, r, other, class, wide)
	default:
		op := class | arithmetic[d.IntN(len(arithmetic))]
		imm := d.constant(known)
		switch op.Code() {
		case asm.ALUNeg:
			d.put(s, asm.New(op, r, 0, 0, 0))
			return
		case asm.ALUDiv, asm.ALUMod:
			if imm == 0 {
				imm = 3
			}
		case asm.ALULsh, asm.ALURsh, asm.ALUArsh:
			imm = int32(d.IntN(32 + 32*wide))
			if d.IntN(4) != 0 {
				imm %= 8
			}
		}
		if d.IntN(2) == 0 {
			d.put(s, asm.New(op, r, 0, 0, imm))
		} else {
			d.put(s, asm.New(op|8, r, other, 0, 0))
		}
	}
}

// move draws what may link registers.
func (d *drawing) move(s *state, r, other asm.Register, class asm.Opcode, wide int) {
	sizes := []asm.Opcode{asm.SizeB, asm.SizeH, asm.SizeW, asm.SizeDW}
	switch d.IntN(6) {
	case 0:
		d.put(s, asm.New(opSpill, asm.R10, r, -8, 0))
	case 1:
		d.put(s, asm.New(asm.Opcode(asm.ClassLDX)|asm.ModeMEM|sizes[d.IntN(4)], r, asm.R10, -8, 0))
	case 2:
		d.put(s, asm.New(asm.Opcode(asm.ClassLDX)|asm.ModeMEMSX|sizes[d.IntN(3)], r, asm.R10, -8, 0))
	case 3:
		from := int16(8 << d.IntN(2+wide))
		d.put(s, asm.New(class|asm.ALUMov|8, r, other, from, 0))
	default:
		d.put(s, asm.New(class|asm.ALUMov|8, r, other, 0, 0))
		if d.IntN(2) == 0 {
			d.put(s, asm.New(alu64|asm.ALUAdd, r, 0, 0, int32(d.IntN(64))))
		}
	}
}

var conditions = []asm.Opcode{
	asm.JumpEQ, asm.JumpNE, asm.JumpSET, asm.JumpGT, asm.JumpGE, asm.JumpLT, asm.JumpLE,
	asm.JumpSGT, asm.JumpSGE, asm.JumpSLT, asm.JumpSLE,
}

// branch draws a jump over something; how far is filled in later.
func (d *drawing) branch(s *state) asm.Instruction {
	class := []asm.Opcode{jmp, jmp32}[d.IntN(2)]
	op, r := class|conditions[d.IntN(len(conditions))], d.register()
	for try := 0; try < 3 && s.places[r].IsConst(); try++ {
		r = d.register()
	}
	if d.IntN(3) == 0 {
		return asm.New(op|8, r, d.register(), 1, 0)
	}
	return asm.New(op, r, 0, 1, d.constant(s.places[r].Value))
}
