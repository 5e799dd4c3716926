package edit

import (
	"fmt"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// Limits of Linux 6.12 that splitting keeps away from.
const (
	maxFrames    = 8   // include/linux/bpf_verifier.h: MAX_CALL_FRAMES
	maxFunctions = 256 // include/linux/bpf_verifier.h: BPF_MAX_SUBPROGS
)

// SplitIntoSubprograms moves code into static functions of its own, which it calls
// instead. A piece starts at a node that at lists and ends with the next call of a
// helper or kfunc, or with the next exit. Nodes at which no piece can start are
// passed over; it reports false where nothing was moved.
//
// A piece is moved only if neither the moved code nor what comes after can tell.
// A callee gets r1 to r5 and a stack of its own; a call preserves r6 to r9, sets r0
// and leaves r1 to r5 unreadable (RFC 9669, section 2). So:
//
//   - control enters the piece at its start only and leaves it at its end;
//   - it calls no function of the program and takes the address of none: what it
//     is moved to is a leaf of the call graph;
//   - it reads r1 to r5, and other registers only after having written them;
//   - one that ends with a call writes r0 to r5 alone. The helper or kfunc at its
//     end has left them as the call of the new function leaves them. After one
//     that ends with exit comes only the exit with the r0 that it returned.
//
// Loads and stores may be moved with the rest: those through r1 to r5 find there
// what they found before, and those through another register have put it there.
//
// A leaf adds a frame at most. A program of fewer functions than the kernel allows
// frames needs no more frames than it has functions, so the leaf is never one too
// many; a program that has more functions is left alone.
func SplitIntoSubprograms(p oracle.Program, at []int) (oracle.Program, bool) {
	b, ok := Lift(p)
	if !ok || len(b.Nodes) == 0 {
		return oracle.Program{}, false
	}
	functions := len(b.entries())
	if functions >= maxFrames {
		return oracle.Program{}, false
	}
	starts := make(map[int]bool)
	for _, i := range at {
		starts[i] = true
	}
	entered := b.entered()
	calls := make(map[*Node]*Node) // first node of a piece: the call of it
	var stay, moved []*Node
	for i := 0; i < len(b.Nodes); {
		end, ok := 0, false
		if starts[i] && functions < maxFunctions {
			end, ok = b.piece(i, entered)
		}
		if !ok {
			stay = append(stay, b.Nodes[i])
			i++
			continue
		}
		piece := b.Nodes[i:end]
		call := &Node{Instruction: asm.New(asm.Call, 0, asm.PseudoCall, 0, 0)}
		calls[piece[0]] = call
		stay = append(stay, call)
		moved = append(moved, piece...)
		exit := &Node{Instruction: asm.New(asm.Exit, 0, 0, 0, 0)}
		if piece[len(piece)-1].fallsThrough() {
			moved = append(moved, exit)
		} else {
			stay = append(stay, exit)
		}
		functions++
		i = end
	}
	if len(calls) == 0 {
		return oracle.Program{}, false
	}
	b.divert(calls)
	named := len(b.Functions) > 0
	for _, n := range moved {
		call := calls[n]
		if call == nil {
			continue
		}
		call.Target = n
		if named {
			name := fmt.Sprintf("piece_%d", len(b.Functions))
			b.Functions = append(b.Functions, Function{
				Function: verifier.Function{Name: name, Linkage: verifier.LinkageStatic}, Signature: oracle.Static, Entry: n,
			})
		}
	}
	b.Nodes = append(stay, moved...)
	return b.Lower()
}

// entered are the nodes that are reached by more than falling through.
func (b *Body) entered() map[*Node]bool {
	entered := b.entries()
	for _, n := range b.Nodes {
		if n.Target != nil {
			entered[n.Target] = true
		}
	}
	for _, f := range b.Functions {
		entered[f.Entry] = true
	}
	return entered
}

// registers is a set of registers, as bits.
type registers uint16

const (
	noRegisters registers = 0
	arguments   registers = 1<<asm.R1 | 1<<asm.R2 | 1<<asm.R3 | 1<<asm.R4 | 1<<asm.R5
	scratch     registers = 1<<asm.R0 | arguments
)

// piece returns where the piece that starts at node i ends, and false where none
// can start there.
func (b *Body) piece(i int, entered map[*Node]bool) (end int, ok bool) {
	readable, written := arguments, noRegisters
	for j, n := range b.Nodes[i:] {
		reads, writes := operands(n.Instruction)
		if n.Target != nil || j > 0 && entered[n] || reads&^readable != 0 {
			return 0, false
		}
		readable |= writes
		written |= writes
		switch n.Instruction.Opcode() {
		case asm.Exit:
			return i + j + 1, true
		case asm.Call:
			return i + j + 1, written&^scratch == 0
		}
	}
	return 0, false
}

// operands returns which registers an instruction reads and which it writes. Where
// that takes a closer look it names more of them as read; what it names as written
// is written, or has been read.
func operands(ins asm.Instruction) (reads, writes registers) {
	op := ins.Opcode()
	var dst, src registers
	isDst, isSrc := op.Registers()
	if isDst {
		dst = 1 << ins.Dst()
	}
	if isSrc {
		src = 1 << ins.Src()
	}
	switch op.Class() {
	case asm.ClassALU, asm.ClassALU64:
		if op.Code() == asm.ALUMov {
			return src, dst
		}
		return dst | src, dst
	case asm.ClassLDX:
		return src, dst
	case asm.ClassSTX:
		if op.Mode() == asm.ModeAtomic { // a fetch writes src, cmpxchg r0, load-acquire dst
			all := dst | src | 1<<asm.R0
			return all, all
		}
	case asm.ClassLD:
		if readsPacket(ins) {
			return src | 1<<asm.R6, scratch
		}
		return noRegisters, dst
	case asm.ClassJMP:
		switch op {
		case asm.Exit:
			return 1 << asm.R0, noRegisters
		case asm.Call:
			return arguments, scratch
		}
	}
	return dst | src, noRegisters
}
