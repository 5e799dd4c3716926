package text

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/verifier"
)

// disassemblyOf begins the line before each section.
const disassemblyOf = "Disassembly of section "

// fileFormat ends the line that begins a listing, after the name of the object.
const fileFormat = ":\tfile format elf64-bpf"

// parseDisassembly reads what llvm-objdump -d prints, better with -r too.
//
// The bytes of a line are the instruction, for the text leaves out much: whether a
// call is of a helper or a function, the upper half of ld_pseudo, reserved fields.
// But the text must agree with them, and it says in which order the bytes are.
// Every line must be one that llvm-objdump prints.
func parseDisassembly(src *source) ([]*verifier.Program, error) {
	var err error
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		d := disassembly{assembler: assembler{src: src, unit: newUnit(src)}, order: order}
		var programs []*verifier.Program
		if programs, err = d.read(); !errors.Is(err, errDisagree) {
			return programs, err
		}
	}
	return nil, err
}

// errDisagree is that bytes and text are not the same.
var errDisagree = errors.New("bytes and text differ, expected the same")

// disassembly reads one line after the other.
type disassembly struct {
	assembler
	order     binary.ByteOrder
	relocated bool // relocations are shown
	named     bool // the line with the object's name was there
}

func (d *disassembly) read() ([]*verifier.Program, error) {
	d.unit.current, d.unit.listing = nil, true
	for l := range d.src.lines() {
		d.at = l
		if err := d.line(l.text); err != nil {
			return nil, l.errorf("%s: %w", quote(l.text), err)
		}
	}
	d.labels()
	if !d.relocated {
		for _, sec := range d.unit.sections {
			sec.doubt()
		}
	}
	if err := d.finish(); err != nil {
		return nil, err
	}
	return d.programs, nil
}

func (d *disassembly) line(s string) error {
	trimmed := strings.TrimSpace(s)
	if hides(s) || strings.HasPrefix(trimmed, ";") && assembles(trimmed) {
		return errors.New("assembly in a listing, expected one or the other")
	}
	if trimmed == "" || strings.HasPrefix(trimmed, ";") {
		return nil // a line of the source
	}
	if strings.HasSuffix(s, fileFormat) {
		if d.named || d.unit.current != nil {
			return errors.New("another object, expected a text of one")
		}
		d.named = true
		return nil
	}
	if name, ok := strings.CutPrefix(s, disassemblyOf); ok {
		return d.section(strings.TrimSuffix(name, ":"))
	}
	if d.unit.current == nil {
		return fmt.Errorf("expected %q first", disassemblyOf)
	}
	if trimmed == "..." {
		return errors.New("slots are left out, expected the output of llvm-objdump --disassemble-zeroes")
	}
	number, rest, ok := strings.Cut(trimmed, ":")
	if name, isLabel := strings.CutSuffix(trimmed, ">:"); isLabel {
		if number, name, ok := strings.Cut(name, " <"); ok {
			return d.label(number, name)
		}
	}
	rest, isTab := strings.CutPrefix(rest, "\t")
	switch {
	case ok && isTab:
		return d.instruction(number, rest)
	case ok && (strings.HasPrefix(strings.TrimSpace(rest), "R_BPF_") || strings.HasPrefix(strings.TrimSpace(rest), "CO-RE ")):
		return d.relocation(number, strings.TrimSpace(rest))
	}
	return errors.New("expected what llvm-objdump -dr prints")
}

func (d *disassembly) section(name string) error {
	if sec := d.unit.byName[name]; sec != nil && len(sec.insns) > 0 {
		return errors.New("for the second time, expected the sections of one object")
	}
	sec, err := d.unit.section(name, true)
	d.unit.current = sec
	return err
}

// label is "0000000000000058 <name>:".
func (d *disassembly) label(offset, name string) error {
	if err := d.isHere(offset, len(d.unit.current.insns)); err != nil {
		return err
	}
	if sym, err := d.unit.symbol(name); err != nil {
		return err
	} else if sym.defined {
		return nil // a local name that several functions have
	}
	return d.assembler.label(name)
}

// isHere checks the offset in bytes of a line.
func (d *disassembly) isHere(offset string, slot int) error {
	if at, err := strconv.ParseUint(offset, 16, 64); err != nil || at != uint64(slot)*asm.SlotSize {
		return fmt.Errorf("at byte %s, expected %#x", quote(offset), slot*asm.SlotSize)
	}
	return nil
}

// instruction is the bytes of an instruction and its text.
func (d *disassembly) instruction(number, rest string) error {
	sec := d.unit.current
	if slot, err := strconv.ParseUint(number, 10, 32); err != nil || slot != uint64(len(sec.insns)) {
		return fmt.Errorf("slot %s, expected %d", quote(number), len(sec.insns))
	}
	digits, text, _ := strings.Cut(rest, "\t")
	raw, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil || len(raw) == 0 || len(raw) > 2*asm.SlotSize {
		return errors.New("no bytes, expected llvm-objdump without --no-show-raw-insn: its text alone does not say what is called")
	}
	insns, err := asm.Decode(raw, d.order)
	if err != nil {
		return err
	}
	if err := agree(insns, text); err != nil {
		return err
	}
	for _, ins := range insns {
		if _, err := d.slot(ins); err != nil {
			return err
		}
	}
	return nil
}

// agree compares instructions with the text that LLVM gives them, as far as that goes.
func agree(insns []asm.Instruction, text string) error {
	if strings.HasSuffix(text, ">") { // the name of a target
		text = text[:max(0, strings.LastIndex(text, " <"))]
	}
	if text == "" || strings.HasPrefix(text, "<unknown>") {
		return nil
	}
	tokens, err := tokenize(nil, text)
	if err != nil {
		return err
	}
	st, err := parse(tokens)
	if err != nil {
		return err
	}
	mask := st.row.operands | st.row.ins | 0xff
	if st.row.ins.Opcode() == asm.Call {
		mask &^= fieldSrc
	}
	wide := st.ins.IsWide() && st.ins.Src() == 0
	if (st.ins^insns[0])&mask != 0 || wide != (insns[0].IsWide() && insns[0].Src() == 0) ||
		wide && (len(insns) < 2 || (insns[1]^st.second)&fieldImm != 0) { // the text has no more of the second slot
		return errDisagree
	}
	return nil
}

// relocation is "R_BPF_64_32	name" or "CO-RE <byte_off> ...", which belongs to the instruction before it.
func (d *disassembly) relocation(offset, rest string) error {
	d.relocated = true
	sec := d.unit.current
	slot := len(sec.insns) - 1
	if slot > 0 && sec.insns[slot-1].IsWide() {
		slot--
	}
	if slot < 0 {
		return errors.New("expected it after an instruction")
	}
	if err := d.isHere(offset, slot); err != nil {
		return err
	}
	if strings.HasPrefix(rest, "CO-RE ") {
		sec.refs = append(sec.refs, verifier.Reference{Slot: slot, Kind: verifier.RefCORE})
		return nil
	}
	_, name, ok := strings.Cut(rest, "\t")
	if !ok || name == "" {
		return errors.New("expected the name of a symbol")
	}
	if n := len(sec.pending); n > 0 && sec.pending[n-1].slot == slot {
		return errors.New("more than one relocation of an instruction, expected one")
	}
	// The constant counts slots from the symbol, less one, in a call, and bytes in
	// LD_IMM64 (Documentation/bpf/llvm_reloc.rst).
	ins := sec.insns[slot]
	p := pending{slot: slot, symbol: name, addend: int64(ins.Imm())}
	switch {
	case ins.IsSubprogramCall():
		p.addend = (p.addend + 1) * asm.SlotSize
	case !ins.IsWide() || ins.Src() != 0 || slot+1 == len(sec.insns):
		return errors.New("expected the relocation of a call of a function or of LD_IMM64 without a pseudo source")
	}
	sec.pending = append(sec.pending, p)
	return nil
}

// labels decides which symbols are functions, for the listing does not say: all but
// those that LLVM makes inside functions, and those that a jump leads forward to and
// no call.
func (d *disassembly) labels() {
	called, jumped := make(map[place]bool), make(map[place]bool)
	for _, sec := range d.unit.sections {
		for slot, ins := range sec.insns {
			if to, ok := sec.callee(slot); ok {
				called[to] = true
			} else if to, ok := ins.Target(slot); ok && to > slot {
				jumped[place{sec, to}] = true
			}
		}
		for _, p := range sec.pending {
			if sym := d.unit.meaning(p.symbol); sym.defined {
				called[place{sym.section, sym.slot + int(p.addend/asm.SlotSize)}] = true
			}
		}
	}
	for _, name := range d.unit.order {
		sym := d.unit.symbols[name]
		at := place{sym.section, sym.slot}
		sym.function = !object.IsLabel(name) && (called[at] || !jumped[at])
	}
}

// doubt marks what may wait for a relocation that is not shown: an LD_IMM64 of a
// small number, which compilers hardly ever write, and every call of a function: it
// may count from the start of another section, or lead by chance to a symbol.
// A constant or an offset may have a CO-RE relocation: its value is unknown.
func (sec *section) doubt() {
	for slot, ins := range sec.insns {
		_, isCall := sec.callee(slot)
		isSmall := ins.IsWide() && ins.Src() == 0 && ins.Imm() >= 0 && slot+1 < len(sec.insns) && sec.insns[slot+1] == 0
		if isSmall || isCall {
			sec.bad = append(sec.bad, fault{slot, errors.New("this may wait for a relocation, expected the output of llvm-objdump -dr")})
		}
		switch class := ins.Opcode().Class(); class {
		case asm.ClassALU, asm.ClassALU64:
			if ins.Opcode().SourceX() {
				continue
			}
		case asm.ClassJMP, asm.ClassJMP32:
			continue
		}
		sec.refs = append(sec.refs, verifier.Reference{Slot: slot, Kind: verifier.RefCORE})
	}
}
