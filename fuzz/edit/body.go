// Package edit changes the instructions of a program while its jumps, calls and
// function addresses, its functions and their signatures, and its references stay
// with the instruction that they meant.
//
// [Lift] takes a program apart, [Body.Lower] puts it together again. Each edit is
// a function of a program, which it does not change, and reports whether it could
// be made.
package edit

import (
	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// Body is a program whose instructions know each other by pointer.
type Body struct {
	Nodes     []*Node
	Functions []Function // in the order of their entries

	signed bool           // the program has signatures
	rest   oracle.Program // what edits do not touch
}

// Node is an instruction: one slot, or both of LD_IMM64.
type Node struct {
	Instruction asm.Instruction
	Second      asm.Instruction // second slot of LD_IMM64
	// Target is where it jumps to, whom it calls or whose address it loads; nil
	// where it does none of these. It outweighs the distance in Instruction.
	Target     *Node
	References []verifier.Reference // what it refers to; their Slot means nothing
}

// Function is a function of the program; its Start means nothing.
type Function struct {
	verifier.Function
	Signature oracle.Signature // if the program has any
	Entry     *Node
}

// Lift takes a program apart. It reports false where there is nothing to hold on
// to: a malformed instruction; a jump, a call, a function or a reference that
// leads out of the program or into the second slot of LD_IMM64; signatures that do
// not match the functions. A may_goto of distance 0 cannot be lifted either: what
// the kernel makes of it (it refuses it) depends on the distance alone.
//
// Source lines go by slot and are left behind.
func Lift(p oracle.Program) (*Body, bool) {
	signed := len(p.Signatures) > 0
	if signed && len(p.Signatures) != len(p.Functions) {
		return nil, false
	}
	b := &Body{signed: signed, rest: p}
	b.rest.Source = nil
	nodes := make([]*Node, len(p.Instructions)) // by slot; nil for second slots
	for slot := 0; slot < len(nodes); slot++ {
		ins := p.Instructions[slot]
		if asm.Malformed(p.Instructions, slot) != nil || ins.Opcode() == asm.MayGoto && ins.Off() == 0 {
			return nil, false
		}
		n := &Node{Instruction: ins}
		b.Nodes = append(b.Nodes, n)
		nodes[slot] = n
		if ins.IsWide() {
			slot++
			n.Second = p.Instructions[slot]
		}
	}
	at := func(slot int) *Node {
		if slot < 0 || slot >= len(nodes) {
			return nil
		}
		return nodes[slot]
	}
	for slot, n := range nodes {
		if n == nil {
			continue
		}
		switch fieldOf(n.Instruction) {
		case inOff:
			n.Target = at(slot + 1 + int(n.Instruction.Off()))
		case inImm:
			n.Target = at(slot + 1 + int(n.Instruction.Imm()))
		default:
			continue
		}
		if n.Target == nil {
			return nil, false
		}
	}
	for i, f := range p.Functions {
		fn := Function{Function: f, Entry: at(f.Start)}
		if fn.Entry == nil {
			return nil, false
		}
		if signed {
			fn.Signature = p.Signatures[i]
		}
		b.Functions = append(b.Functions, fn)
	}
	for _, r := range p.References {
		n := at(r.Slot)
		if n == nil {
			return nil, false
		}
		n.References = append(n.References, r)
	}
	return b, true
}

// Lower puts the program together. It reports false where a distance does not fit
// into its field, where a target or an entry is no node of the body, and where
// there is no node.
func (b *Body) Lower() (oracle.Program, bool) {
	slots := make(map[*Node]int, len(b.Nodes))
	next := 0
	for _, n := range b.Nodes {
		slots[n] = next
		next++
		if n.Instruction.IsWide() {
			next++
		}
	}
	p := b.rest
	p.Instructions = make([]asm.Instruction, 0, next)
	p.Functions, p.References, p.Signatures = nil, nil, nil
	for _, n := range b.Nodes {
		slot := slots[n]
		ins, ok := n.Instruction, true
		if n.Target != nil {
			var target int
			if target, ok = slots[n.Target]; ok {
				ins, ok = withDistance(ins, target-slot-1)
			}
		}
		if !ok {
			return oracle.Program{}, false
		}
		p.Instructions = append(p.Instructions, ins)
		if ins.IsWide() {
			p.Instructions = append(p.Instructions, n.Second)
		}
		for _, r := range n.References {
			r.Slot = slot
			p.References = append(p.References, r)
		}
	}
	for _, f := range b.Functions {
		start, ok := slots[f.Entry]
		if !ok {
			return oracle.Program{}, false
		}
		f.Start = start
		p.Functions = append(p.Functions, f.Function)
		if b.signed {
			p.Signatures = append(p.Signatures, f.Signature)
		}
	}
	return p, len(b.Nodes) > 0
}

// field is the field of an instruction that holds a distance to another one.
type field uint8

const (
	inNone field = iota
	inOff
	inImm
)

// fieldOf says where a well-formed instruction holds a distance (RFC 9669,
// sections 4.3 and 5.4).
func fieldOf(ins asm.Instruction) field {
	op := ins.Opcode()
	switch {
	case ins.IsSubprogramCall(), ins.IsFunctionAddress(), op == asm.GotoL:
		return inImm
	case op == asm.Call, op == asm.Exit:
		return inNone
	case op.Class() == asm.ClassJMP, op.Class() == asm.ClassJMP32:
		return inOff
	}
	return inNone
}

// withDistance reports false where the distance does not fit.
func withDistance(ins asm.Instruction, distance int) (asm.Instruction, bool) {
	off, imm := ins.Off(), ins.Imm()
	switch fieldOf(ins) {
	case inOff:
		off = int16(distance)
		if int(off) != distance {
			return ins, false
		}
	case inImm:
		imm = int32(distance)
		if int(imm) != distance {
			return ins, false
		}
	}
	return asm.New(ins.Opcode(), ins.Dst(), ins.Src(), off, imm), true
}

// jumps reports whether the node jumps to its target, rather than call it or load
// its address.
func (n *Node) jumps() bool {
	return n.Target != nil && !n.Instruction.IsSubprogramCall() && !n.Instruction.IsFunctionAddress()
}

// fallsThrough reports whether control can go on to the node after it.
func (n *Node) fallsThrough() bool {
	op := n.Instruction.Opcode()
	return op != asm.Exit && op != asm.Goto && op != asm.GotoL
}

// entries are the nodes where functions start: the first one, what is called or
// has its address loaded, and the exception callback
// (kernel/bpf/verifier.c:add_subprog_and_kfunc). A name alone starts none.
func (b *Body) entries() map[*Node]bool {
	entries := map[*Node]bool{b.Nodes[0]: true}
	for _, n := range b.Nodes {
		if n.Target != nil && !n.jumps() {
			entries[n.Target] = true
		}
	}
	for _, f := range b.Functions {
		if f.ExceptionCallback {
			entries[f.Entry] = true
		}
	}
	return entries
}

// divert makes everything that leads to a key lead to its value.
func (b *Body) divert(to map[*Node]*Node) {
	for _, n := range b.Nodes {
		if t, ok := to[n.Target]; ok {
			n.Target = t
		}
	}
	for i, f := range b.Functions {
		if t, ok := to[f.Entry]; ok {
			b.Functions[i].Entry = t
		}
	}
}
