package asm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	casm "github.com/cilium/ebpf/asm"
)

// ReferenceKind is what a Reference refers to.
type ReferenceKind uint8

// Kinds of references.
const (
	// ReferenceMap: an LD_IMM64 of a map or of a place in a map's value.
	ReferenceMap ReferenceKind = iota + 1
	// ReferenceKfunc: a call of a kernel function.
	ReferenceKfunc
	// ReferenceAddress: an LD_IMM64 of the address of something in the kernel, a
	// variable or a function.
	ReferenceAddress
	// ReferenceMissing: a call, a jump or a function address, and no instruction
	// of the program has the symbol.
	ReferenceMissing
)

// Reference is a name or a map that cilium/ebpf has attached to an instruction
// and that has no meaning inside the program.
type Reference struct {
	Slot int
	Kind ReferenceKind
	Name string    // symbol; empty for a map that has been associated already
	Map  casm.FDer // the map itself, where it has been associated
}

// FromCilium converts the instructions of a cilium/ebpf program, before or after
// linking. Calls, jumps and function addresses by name become distances, as
// in casm.Instructions.Marshal; all other names are returned by slot. The
// input is not changed.
//
// The slots are those that Marshal writes, with two differences: an offset of an
// ALU instruction that Marshal drops (addr_space_cast) is kept; and an atomic
// operation that was made by hand (casm.Xchg.Mem) is the one that its opcode
// says, where Marshal of v0.22.0 writes an add. An error means that Marshal could
// not write the program either, or not correctly (a distance that does not fit).
func FromCilium(insns casm.Instructions) ([]Instruction, []Reference, error) {
	slots := 0
	var symbols map[string]int
	for i := range insns {
		if name := insns[i].Symbol(); name != "" {
			if _, ok := symbols[name]; ok {
				return nil, nil, fmt.Errorf("slot %d: symbol %s is there twice", slots, name)
			}
			if symbols == nil {
				symbols = make(map[string]int)
			}
			symbols[name] = slots
		}
		slots += int(insns[i].Width())
	}

	out := make([]Instruction, 0, slots)
	var refs []Reference
	for i := range insns {
		ins := insns[i] // a copy: the caller's stays unlinked
		slot := len(out)
		ref, err := link(&ins, slot, symbols)
		if err != nil {
			return nil, nil, fmt.Errorf("slot %d: %w", slot, err)
		}
		if ref.Kind != 0 {
			refs = append(refs, ref)
		}
		first, err := fromCilium(&ins)
		if err != nil {
			return nil, nil, fmt.Errorf("slot %d: %w", slot, err)
		}
		out = append(out, first)
		if ins.OpCode.IsDWordLoad() {
			out = append(out, New(0, 0, 0, 0, int32(ins.Constant>>32)))
		}
	}
	return out, refs, nil
}

// link resolves what an instruction refers to inside the program, and returns
// what it refers to outside. It follows casm's encodeFunctionReferences and
// encodeMapPointers: only a distance of -1 waits to be filled in.
func link(ins *casm.Instruction, slot int, symbols map[string]int) (Reference, error) {
	name := ins.Reference()
	if ins.IsLoadFromMap() {
		m := ins.Map()
		if name == "" && m == nil {
			return Reference{}, nil
		}
		if m != nil {
			fd := m.FD()
			if fd < 0 {
				return Reference{}, errors.New("map is closed")
			}
			ins.Constant = ins.Constant&^math.MaxUint32 | int64(fd)
		}
		return Reference{Slot: slot, Kind: ReferenceMap, Name: name, Map: m}, nil
	}
	if name == "" {
		return Reference{}, nil
	}

	target, ok := symbols[name]
	distance := target - slot - 1
	far := ins.IsFunctionReference() || ins.OpCode == casm.OpCode(GotoL)
	switch {
	case far && ins.Constant == -1:
		if !ok {
			return Reference{Slot: slot, Kind: ReferenceMissing, Name: name}, nil
		}
		ins.Constant = int64(distance)
	case far: // linked already
	case ins.IsKfuncCall():
		return Reference{Slot: slot, Kind: ReferenceKfunc, Name: name}, nil
	case ins.OpCode.IsDWordLoad():
		return Reference{Slot: slot, Kind: ReferenceAddress, Name: name}, nil
	case ins.OpCode.Class().IsJump() && ins.Offset == -1:
		if !ok {
			return Reference{Slot: slot, Kind: ReferenceMissing, Name: name}, nil
		}
		if distance != int(int16(distance)) {
			return Reference{}, fmt.Errorf("%s is %d slots away, expected -32768 to 32767", name, distance)
		}
		ins.Offset = int16(distance)
	}
	return Reference{}, nil
}

// systemTag is where casm keeps the operating system in a helper's number; Linux is 0.
const systemTag = 7 << 28

// fromCilium makes the first slot of an instruction. casm puts into the opcode
// what the wire format has in off (sdiv, smod, movsx) and imm (atomics).
func fromCilium(ins *casm.Instruction) (Instruction, error) {
	const (
		atomicShift = 8
		atomicBits  = 0x1ff << atomicShift
	)
	op, off, imm := ins.OpCode, ins.Offset, int32(ins.Constant)

	switch {
	case op == casm.InvalidOpCode:
		return 0, errors.New("invalid opcode")

	case ins.IsBuiltinCall() && ins.Constant >= 0:
		if ins.Constant&systemTag != 0 {
			return 0, fmt.Errorf("%s is no helper of Linux", casm.BuiltinFunc(ins.Constant))
		}

	case op.Class().IsALU():
		basic, extended := op.ALUOp(), int16(0)
		switch basic {
		case casm.SDiv:
			basic, extended = casm.Div, 1
		case casm.SMod:
			basic, extended = casm.Mod, 1
		case casm.MovSX8:
			basic, extended = casm.Mov, 8
		case casm.MovSX16:
			basic, extended = casm.Mov, 16
		case casm.MovSX32:
			basic, extended = casm.Mov, 32
		}
		if extended != 0 {
			if off != 0 {
				return 0, fmt.Errorf("%s has offset %d, expected 0", op, off)
			}
			op, off = op.SetALUOp(basic), extended
		}

	case op.Class() == casm.StXClass && op.Mode() == casm.AtomicMode:
		// A decoded instruction has the operation in Constant too, and there
		// with all its bits; one that was made by hand has it in the opcode.
		if operation := int32(op&atomicBits) >> atomicShift; imm&0x1ff != operation {
			imm = operation
		}
		op &^= atomicBits
	}
	if op > math.MaxUint8 {
		return 0, fmt.Errorf("invalid opcode %#x", uint32(ins.OpCode))
	}
	return New(Opcode(op), Register(ins.Dst), Register(ins.Src), off, imm), nil
}

// ToCilium converts to cilium/ebpf's instructions, where LD_IMM64 is one. They
// carry numbers only, no names. The error names the slot whose bits
// cilium/ebpf cannot hold or would not write again: an offset of an ALU
// instruction that is none of the variants it knows (addr_space_cast, per-CPU
// moves), reserved bits of a second slot, a helper number above 28 bits.
//
// Without error, casm.Instructions.Marshal and [FromCilium] give back the same
// slots.
func ToCilium(insns []Instruction) (casm.Instructions, error) {
	for slot := 0; slot < len(insns); slot++ {
		ins := insns[slot]
		if err := fitsCilium(ins); err != nil {
			return nil, fmt.Errorf("slot %d: %w", slot, err)
		}
		if !ins.IsWide() {
			continue
		}
		if slot++; slot == len(insns) {
			return nil, fmt.Errorf("slot %d: the second slot of LD_IMM64 is missing", slot)
		}
		if insns[slot]&^fieldImm != 0 {
			return nil, fmt.Errorf("slot %d: opcode, registers and off of the second slot of LD_IMM64 are not 0", slot)
		}
	}
	raw := bytes.NewReader(Encode(insns, binary.LittleEndian))
	return casm.AppendInstructions(make(casm.Instructions, 0, len(insns)), raw, binary.LittleEndian, "linux")
}

// fitsCilium returns why a slot does not survive casm's Unmarshal and Marshal.
func fitsCilium(ins Instruction) error {
	op := ins.Opcode()
	switch op.Class() {
	case ClassALU, ClassALU64:
		known := ins.Off() == 0
		switch op.Code() {
		case ALUDiv, ALUMod:
			known = known || ins.Off() == 1
		case ALUMov:
			known = known || ins.Off() == 8 || ins.Off() == 16 || ins.Off() == 32
		}
		if !known {
			return fmt.Errorf("off is %d, which cilium/ebpf drops from an ALU instruction", ins.Off())
		}
	case ClassJMP:
		if op.Code() == JumpCall && ins.Src() == 0 && ins.Dst() == 0 && uint32(ins.Imm())&systemTag != 0 {
			return fmt.Errorf("imm is %#x, and cilium/ebpf keeps the operating system in bits 28 to 30 of a helper's number", uint32(ins.Imm()))
		}
	}
	return nil
}
