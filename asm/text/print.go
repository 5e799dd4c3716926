package text

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Print writes a program so that [Parse] reads the same program again, and that
// clang-19 --target=bpfel -mcpu=v4 assembles it to the same bytes. An instruction
// that the kernel accepts nowhere, or that clang-19 has no way to write, is
// printed as data with a comment that says what it is.
//
// The error is that of the writer, or that the program has an error or is no
// program: functions or references that are not sorted or not inside.
func Print(w io.Writer, p *verifier.Program) error {
	pr, err := newPrinter(p)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w) // keeps the first error
	pr.head(out)
	for slot := 0; slot < len(pr.insns); slot++ {
		pr.labels(out, slot)
		line := pr.line(slot)
		if pr.pairs[slot] {
			slot++
		}
		fmt.Fprintf(out, "\t%s\n", line)
	}
	pr.labels(out, len(pr.insns))
	return out.Flush()
}

// Instructions returns what [Print] writes of each instruction, by slot; the second
// slot of an LD_IMM64 that is printed as one has "". The error is that of Print.
func Instructions(p *verifier.Program) ([]string, error) {
	pr, err := newPrinter(p)
	if err != nil {
		return nil, err
	}
	lines := make([]string, len(pr.insns))
	for slot := 0; slot < len(lines); slot++ {
		lines[slot] = pr.line(slot)
		if pr.pairs[slot] {
			slot++
		}
	}
	return lines, nil
}

// JumpLabel is how Print names a slot that a jump leads to; the .L keeps the name out
// of the symbol table.
func JumpLabel(slot int) string { return ".L" + strconv.Itoa(slot) }

type printer struct {
	p     *verifier.Program
	insns []asm.Instruction
	pairs []bool // by slot: an LD_IMM64 that is printed as one
	// By slot, and one more for the end.
	jumped []bool   // a jump leads there
	names  []string // label of the function there; empty: none
	called bool     // the first function is called
	funcs  []verifier.Function
	refs   []verifier.Reference // those that were not printed yet
	// Helpers that are called by name, in the order of their first call.
	helpers []effect.Row
	named   map[int32]bool
}

func newPrinter(p *verifier.Program) (*printer, error) {
	if p.Err != nil {
		return nil, p.Err
	}
	n := len(p.Instructions)
	pr := &printer{
		p: p, insns: p.Instructions, pairs: make([]bool, n),
		jumped: make([]bool, n+1), names: make([]string, n+1),
		funcs: p.Functions, refs: p.References, named: make(map[int32]bool),
	}
	cut := make([]bool, n) // something is said of this slot
	for i, f := range p.Functions {
		if f.Start < 0 || f.Start >= n || i > 0 && f.Start < p.Functions[i-1].Start {
			return nil, fmt.Errorf("function %q at slot %d, expected them sorted and within %d slots", f.Name, f.Start, n)
		}
		cut[f.Start] = true
	}
	for i, r := range p.References {
		if r.Slot < 0 || r.Slot >= n || i > 0 && r.Slot < p.References[i-1].Slot {
			return nil, fmt.Errorf("reference to %q at slot %d, expected them sorted and within %d slots", r.Name, r.Slot, n)
		}
		if !canRefer(p.Instructions[r.Slot], r.Kind) {
			return nil, fmt.Errorf("reference to %q at slot %d, expected it at LD_IMM64 or for a kfunc its call", r.Name, r.Slot)
		}
		cut[r.Slot] = true
	}
	inside := make([]bool, n+1)
	for slot := 0; slot < n-1; slot++ {
		ins := p.Instructions[slot]
		if ins.IsWide() && asm.Regular(ins) && asm.Malformed(p.Instructions, slot) == nil && !cut[slot+1] &&
			(ins.Src() == 0 || p.Instructions[slot+1] == 0) { // clang-19 writes no upper half for ld_pseudo
			pr.pairs[slot] = true
			slot++
			inside[slot] = true
		}
	}
	pr.choose(inside)
	return pr, nil
}

// choose gives labels to what jumps and calls lead to. What leads into an LD_IMM64
// or out of the program has none.
func (pr *printer) choose(inside []bool) {
	n := len(pr.insns)
	used := map[string]bool{pr.p.Section: true} // to LLVM that is a symbol
	for slot, ins := range pr.insns {
		if row, ok := helperOf(ins); ok && !inside[slot] && !pr.named[int32(row.ID)] {
			pr.named[int32(row.ID)] = true
			pr.helpers = append(pr.helpers, row)
			used[row.Name] = true
		}
	}
	for _, f := range pr.funcs {
		if pr.names[f.Start] == "" && isPlain(f.Name) && !used[f.Name] {
			pr.names[f.Start] = f.Name
			used[f.Name] = true
		}
	}
	for slot, ins := range pr.insns {
		if inside[slot] || !asm.Regular(ins) {
			continue
		}
		to, ok := ins.Target(slot)
		if !ok || to < 0 || to > n || inside[to] {
			continue
		}
		switch {
		case !ins.IsSubprogramCall():
			pr.jumped[to] = true
		case to < n:
			pr.called = pr.called || to == 0
			if pr.names[to] == "" {
				pr.names[to] = "F" + strconv.Itoa(to)
			}
		}
	}
}

// helperOf returns the helper that an instruction calls, where its name can stand
// for its number.
func helperOf(ins asm.Instruction) (effect.Row, bool) {
	if !ins.IsHelperCall() || !asm.Regular(ins) {
		return effect.Row{}, false
	}
	return effect.Helper(ins.Imm())
}

// isPlain reports whether a name can be a label as it is.
func isPlain(name string) bool {
	if name == "" || object.IsLabel(name) || isNumbered(name) {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case i == 0 && (isDigit(c) || c == '.' || c == '$'), c == '@', !isWord(c) && !isDigit(c):
			return false
		}
	}
	return word(name, syntax().keywords).kind == tokenSymbol
}

// isNumbered reports whether a name looks like a register or like a label of ours.
func isNumbered(name string) bool {
	return strings.ContainsRune("FRWrw", rune(name[0])) && strings.Trim(name[1:], "0123456789") == ""
}

// head writes what is said before the first instruction.
func (pr *printer) head(out io.Writer) {
	p := pr.p
	fmt.Fprintf(out, "#! program %s\n", spell(p.Name))
	for _, fact := range []struct{ name, value string }{
		{"type", p.Type}, {"attach_type", p.AttachType}, {"attach_to", p.AttachTo},
	} {
		if fact.value != "" {
			fmt.Fprintf(out, "#! %s %s\n", fact.name, spell(fact.value))
		}
	}
	if p.TargetProgram {
		fmt.Fprint(out, "#! target_program\n")
	}
	if p.TypedArguments {
		fmt.Fprint(out, "#! typed_arguments\n")
	}
	switch {
	case p.Section == "":
	case strings.Trim(p.Section, plainSection) == "":
		fmt.Fprintf(out, "\t.section\t\"%s\",\"ax\",@progbits\n", p.Section)
	default:
		fmt.Fprintf(out, "#! section %s\n", spell(p.Section))
	}
	for _, h := range pr.helpers {
		fmt.Fprintf(out, "\t.set\t%s, %d\n", h.Name, h.ID)
	}
}

// plainSection are the characters of section names that assemblers take.
const plainSection = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./?+-:*"

// labels writes the labels of a slot.
func (pr *printer) labels(out io.Writer, slot int) {
	label := pr.names[slot]
	for ; len(pr.funcs) > 0 && pr.funcs[0].Start == slot; pr.funcs = pr.funcs[1:] {
		f := pr.funcs[0]
		if f.Name == label && f.Name != "" {
			if slot == 0 && !pr.called { // calls of global functions would be left to the linker
				fmt.Fprintf(out, "\t.globl\t%s\n", label)
			}
			fmt.Fprintf(out, "\t.type\t%s,@function\n%s:\n", label, label)
			label = ""
		} else {
			fmt.Fprintf(out, "#! function %s\n", spell(f.Name))
		}
		if f.ExceptionCallback {
			fmt.Fprint(out, "#! exception_callback\n")
		}
		switch f.Linkage {
		case verifier.LinkageStatic:
			fmt.Fprint(out, "#! static\n")
		case verifier.LinkageGlobal:
			var names []string
			for _, arg := range f.Arguments {
				names = append(names, argumentNames[min(int(arg), len(argumentNames)-1)])
			}
			fmt.Fprintf(out, "#! global (%s)\n", strings.Join(names, ","))
		}
	}
	if label != "" {
		fmt.Fprintf(out, "%s:\n", label)
	}
	if pr.jumped[slot] {
		fmt.Fprintf(out, "%s:\n", JumpLabel(slot))
	}
}

// line writes one instruction, or one slot of data.
func (pr *printer) line(slot int) string {
	ins := pr.insns[slot]
	var notes []string
	for ; len(pr.refs) > 0 && pr.refs[0].Slot == slot; pr.refs = pr.refs[1:] {
		notes = append(notes, note(pr.refs[0]))
	}
	line, comment := pr.written(slot, ins)
	if len(notes) > 0 {
		line += "\t#! " + strings.Join(notes, " ")
	}
	if comment != "" {
		line += "\t# " + comment
	}
	return line
}

// written is an instruction, or data and a comment that says what it is.
func (pr *printer) written(slot int, ins asm.Instruction) (line, comment string) {
	if r := find(ins, false); r != nil && asm.Regular(ins) && (!ins.IsWide() || pr.pairs[slot]) {
		var second asm.Instruction
		if ins.IsWide() {
			second = pr.insns[slot+1]
		}
		if row, ok := helperOf(ins); ok {
			return "call " + row.Name, ""
		}
		to, ok := ins.Target(slot)
		if ok && to >= 0 && to <= len(pr.insns) {
			switch {
			case ins.IsSubprogramCall() && pr.names[to] != "" && to < len(pr.insns):
				return r.format(ins, second, pr.names[to]), ""
			case !ins.IsSubprogramCall() && pr.jumped[to]:
				return r.format(ins, second, JumpLabel(to)), ""
			}
		}
		// clang-19 takes distances of 16 bits, and names for functions.
		if !ins.IsSubprogramCall() && (ins.Opcode() != asm.GotoL || ins.Imm() == int32(int16(ins.Imm()))) {
			return r.format(ins, second, ""), ""
		}
	}
	return fmt.Sprintf(".quad\t%#016x", uint64(ins)), pr.reading(slot, ins)
}

// reading says what data is.
func (pr *printer) reading(slot int, ins asm.Instruction) string {
	if slot > 0 && pr.insns[slot-1].IsWide() && ins.Opcode() == 0 {
		return "second slot of LD_IMM64"
	}
	if err := asm.Malformed(pr.insns, slot); err != nil {
		return err.Error()
	}
	if err := asm.Irregular(pr.insns, slot); err != nil {
		return err.Error()
	}
	if r := find(ins, true); r != nil && !ins.IsWide() {
		return r.format(ins, 0, "")
	}
	return asm.Name(ins)
}

// note says what a slot refers to.
func note(r verifier.Reference) string {
	words := []string{refWords[r.Kind]}
	if r.Kind != verifier.RefCORE {
		words = append(words, spell(r.Name))
	}
	if r.Kind == verifier.RefMap {
		words = append(words, spell(string(r.Map)))
	}
	if r.Weak {
		words = append(words, "weak")
	}
	return strings.Join(words, " ")
}

// refWords are the words for references.
var refWords = map[verifier.RefKind]string{
	verifier.RefMap:      "map",
	verifier.RefKfunc:    "kfunc",
	verifier.RefVariable: "variable",
	verifier.RefCORE:     "core",
}

// spell writes a name as a word of a directive.
func spell(name string) string {
	if name == "" || strings.Trim(name, plainSection+"$") != "" {
		return strconv.Quote(name)
	}
	return name
}
