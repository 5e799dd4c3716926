package text

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// parseAssembly reads what clang -S and Print write.
func parseAssembly(src *source) ([]*verifier.Program, error) {
	a := &assembler{src: src, unit: newUnit(src)}
	for l := range src.lines() {
		a.at = l
		if err := a.line(); err != nil {
			return nil, l.errorf("%w", err)
		}
	}
	if err := a.finish(); err != nil {
		return nil, err
	}
	return a.programs, nil
}

// assembler reads one line after the other.
type assembler struct {
	src      *source
	unit     *unit
	programs []*verifier.Program
	slots    int // of all units
	at       line
	last     int               // the slot of this line's last instruction; -1: none
	begun    bool              // there was a statement
	names    map[string]nameIs // of all units of "#! program", which are one text to LLVM
	words    []token           // of an instruction, reused
}

// line reads the statements of a line, and the directive of ours at its end.
func (a *assembler) line() error {
	a.last = -1
	for rest, more := a.at.text, true; more; {
		var part, note string
		var err error
		if part, note, rest, more, err = cut(rest); err != nil {
			return err
		}
		if err := a.statement(strings.TrimSpace(part)); err != nil {
			return fmt.Errorf("%s: %w", quote(part), err)
		}
		if note != "" {
			if err := a.note(note); err != nil {
				return fmt.Errorf("%s: %w", quote("#!"+note), err)
			}
		}
	}
	return nil
}

// cut cuts the first statement off a line: up to a semicolon, a comment, or a
// directive of ours, which is a comment to LLVM. The error is a quote without an
// end, which LLVM would look for on the next lines, or a single one, between which
// anything may stand, or a comment of C, which may hide anything.
func cut(s string) (statement, note, rest string, more bool, err error) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '\'':
			return "", "", "", false, fmt.Errorf("%s: a character in single quotes, expected a number", quote(s))
		case c == ';':
			return s[:i], "", s[i+1:], true, nil
		case c == '/' && strings.HasPrefix(s[i:], "/*"):
			return "", "", "", false, fmt.Errorf("%s: a comment of C, expected # or //", quote(s[i:]))
		case c == '/' && strings.HasPrefix(s[i:], "//"):
			return s[:i], "", "", false, nil
		case c == '#':
			note, _ = strings.CutPrefix(s[i:], "#!")
			if len(note) == len(s[i:]) {
				note = ""
			}
			return s[:i], note, "", false, nil
		}
	}
	if quoted {
		err = fmt.Errorf("%s: a quote without an end, expected it on the same line", quote(s))
	}
	return s, "", "", false, err
}

// statement reads labels, and then an instruction or a directive of LLVM.
func (a *assembler) statement(s string) error {
	a.begun = a.begun || s != ""
	for s != "" {
		label, n, ok := labelOf(s)
		switch {
		case !ok && s[0] == '.':
			n := strings.IndexAny(s+" ", " \t")
			return a.directive(s[:n], s[n:])
		case !ok:
			return a.instruction(s)
		}
		if err := a.label(label); err != nil {
			return err
		}
		s = strings.TrimSpace(s[n:])
	}
	return nil
}

// labelOf returns the label that the statement begins with, and its length.
func labelOf(s string) (name string, n int, ok bool) {
	t, n, err := next(s, syntax().keywords)
	if err != nil || t.kind != tokenSymbol {
		return "", 0, false
	}
	rest := strings.TrimLeft(s[n:], " \t")
	return t.text, len(s) - len(rest) + 1, strings.HasPrefix(rest, ":")
}

func (a *assembler) label(name string) error {
	sym, err := a.unit.symbol(name)
	if err != nil {
		return err
	}
	if sym.defined {
		return errors.New("a label for the second time, expected each once")
	}
	sec := a.unit.current
	sym.defined, sym.section, sym.slot = true, sec, len(sec.insns)
	if p := a.unit.program; p != nil && sym.function {
		p.Functions = append(p.Functions, verifier.Function{Name: name, Start: sym.slot})
	}
	return nil
}

func (a *assembler) instruction(s string) error {
	if !a.unit.current.code {
		return fmt.Errorf("an instruction in section %s, which is not executable, expected it after .text or a .section with the flags \"ax\"",
			quote(a.unit.current.name))
	}
	tokens, err := tokenize(a.words[:0], s)
	if err != nil {
		return err
	}
	a.words = tokens
	for _, t := range tokens {
		if (t.kind == tokenWide || t.kind == tokenHalf) && t.text[0] < 'a' { // to LLVM a register in some places, in others a symbol
			return fmt.Errorf("%s, expected registers in small letters", quote(t.text))
		}
	}
	st, err := parse(tokens)
	if err != nil {
		return err
	}
	slot, err := a.slot(st.ins)
	if err != nil {
		return err
	}
	if st.ins.IsWide() {
		if _, err := a.slot(st.second); err != nil {
			return err
		}
		a.last = slot
	}
	if st.symbol != "" {
		sec := a.unit.current
		sec.pending = append(sec.pending, pending{slot: slot, symbol: st.symbol, addend: st.addend, early: !a.isNumber(st.symbol)})
	}
	return nil
}

// isNumber reports whether a .set before this line gave the symbol a number.
func (a *assembler) isNumber(name string) bool {
	sym := a.unit.symbols[name]
	return sym != nil && sym.absolute
}

// slot appends one slot.
func (a *assembler) slot(ins asm.Instruction) (int, error) {
	if a.slots++; a.slots > maxLinked {
		return 0, fmt.Errorf("slot %d, expected at most %d", a.slots, maxLinked)
	}
	sec := a.unit.current
	a.last = len(sec.insns)
	sec.insns = append(sec.insns, ins)
	sec.offsets = append(sec.offsets, a.at.offset)
	return a.last, nil
}

// Directives of LLVM that say nothing about instructions.
var (
	ignored = words(".file .loc .ident .size .addrsig .addrsig_sym .hidden .protected .internal .extern " +
		".cfi_sections .cfi_startproc .cfi_endproc .cfi_def_cfa .cfi_def_cfa_offset .cfi_offset")
	data = words(".byte .short .2byte .hword .long .4byte .int .word .quad .8byte .xword .zero .skip .space .fill " +
		".ascii .asciz .string .uleb128 .sleb128 .p2align .align .balign")
)

func words(s string) map[string]bool {
	set := make(map[string]bool)
	for word := range strings.FieldsSeq(s) {
		set[word] = true
	}
	return set
}

// directives are those that say something.
var directives = map[string]func(a *assembler, args []token) error{
	".section": func(a *assembler, args []token) error { return a.section(args) },
	".text":    func(a *assembler, args []token) error { return a.plain(args, ".text", true) },
	".data":    func(a *assembler, args []token) error { return a.plain(args, ".data", false) },
	".bss":     func(a *assembler, args []token) error { return a.plain(args, ".bss", false) },
	".globl":   func(a *assembler, args []token) error { return a.mark(args, func(s *symbol) { s.global = true }) },
	".global":  func(a *assembler, args []token) error { return a.mark(args, func(s *symbol) { s.global = true }) },
	".weak": func(a *assembler, args []token) error {
		return a.mark(args, func(s *symbol) { s.global, s.weak = true, true })
	},
	".local":   func(a *assembler, args []token) error { return a.mark(args, func(s *symbol) { s.global = false }) },
	".type":    func(a *assembler, args []token) error { return a.typeOf(args) },
	".set":     func(a *assembler, args []token) error { return a.set(args) },
	".comm":    func(a *assembler, args []token) error { return a.common(args) },
	".lcomm":   func(a *assembler, args []token) error { return a.common(args) },
	".quad":    func(a *assembler, args []token) error { return a.raw(args) },
	".8byte":   func(a *assembler, args []token) error { return a.raw(args) },
	".p2align": func(a *assembler, args []token) error { return a.align(args) },
}

func (a *assembler) directive(name, args string) error {
	isCORE := name == ".long" && a.unit.current.name == ".BTF.ext"
	if ignored[name] || data[name] && !a.unit.current.code && !isCORE {
		return nil
	}
	run := directives[name]
	if run == nil && !isCORE {
		return fmt.Errorf("%s, expected a directive that is known here (docs/text.md)", quote(name))
	}
	tokens, err := tokenize(nil, args)
	if err != nil {
		return err
	}
	if isCORE {
		return a.unit.extWords(tokens)
	}
	return run(a, tokens)
}

// section is .section NAME,"FLAGS",@TYPE. LLVM lets most characters into a name.
func (a *assembler) section(args []token) error {
	name, n := "", 0
	for n < len(args) && args[n].text != "," {
		if args[n].signed {
			return fmt.Errorf("a name with a sign before a number, expected it in quotes")
		}
		name += args[n].text
		n++
	}
	if name == "" {
		return errors.New("expected a name")
	}
	if args = args[n:]; len(args) == 0 {
		if strings.HasPrefix(name, ".text.") || name == ".init" || name == ".fini" { // to LLVM they are executable
			return errors.New("expected the flags of this section")
		}
		return a.enter(name, name == ".text", false)
	}
	// Two sections of one name (unique, a group) would be one here.
	ok := len(args) == 2 || len(args) == 4 && args[2].text == "," && strings.HasPrefix(args[3].text, "@")
	if len(args) == 6 && args[4].text == "," && args[5].kind == tokenNumber { // the size of what may be merged
		ok = args[2].text == "," && strings.HasPrefix(args[3].text, "@") && strings.Contains(args[1].text, "M")
	}
	if !ok || args[1].kind != tokenSymbol || strings.Trim(args[1].text, "awxeMSTR") != "" {
		return errors.New("expected a name, flags and a type, and nothing else: .section NAME,\"FLAGS\",@TYPE")
	}
	return a.enter(name, strings.Contains(args[1].text, "x"), true)
}

// plain is .text, .data or .bss, without a subsection: LLVM would sort by it.
func (a *assembler) plain(args []token, name string, code bool) error {
	if len(args) > 0 {
		return errors.New("a subsection, expected nothing behind the name")
	}
	return a.enter(name, code, false)
}

// enter goes on in a section. Where its flags are not said, it keeps those it has.
func (a *assembler) enter(name string, code, said bool) error {
	u := a.unit
	if u.program != nil {
		if len(u.current.insns) > 0 || !code {
			return errors.New("expected the one section of a program before its first instruction")
		}
		u.program.Section, u.current.name = name, name
		return nil
	}
	sec, err := u.section(name, code)
	if err != nil {
		return err
	}
	if said && sec.code != code {
		return errors.New("other flags than before, expected the same")
	}
	_, _, isData := object.DataSection(name)
	if sec.code && (isData || name == "license" || name == "version") {
		return errors.New("executable section with the name of a data section")
	}
	u.current = sec
	return nil
}

// mark goes through a list of symbols.
func (a *assembler) mark(args []token, do func(*symbol)) error {
	for i, t := range args {
		if i%2 == 1 && t.text == "," {
			continue
		}
		if t.kind != tokenSymbol {
			return fmt.Errorf("%s, expected a symbol", quote(t.text))
		}
		sym, err := a.unit.symbol(t.text)
		if err != nil {
			return err
		}
		do(sym)
	}
	return nil
}

// typeOf is .type NAME,@function.
func (a *assembler) typeOf(args []token) error {
	if len(args) < 3 || args[0].kind != tokenSymbol || args[1].text != "," {
		return errors.New("expected a symbol, a comma and @function or @object")
	}
	sym, err := a.unit.symbol(args[0].text)
	if err != nil {
		return err
	}
	sym.function = args[len(args)-1].text == "@function" || args[len(args)-1].text == "function"
	if sym.function && sym.defined && a.unit.program != nil {
		return errors.New("expected it before the label")
	}
	return nil
}

// set is .set NAME, NUMBER.
func (a *assembler) set(args []token) error {
	if len(args) != 3 || args[0].kind != tokenSymbol || args[1].text != "," || args[2].kind != tokenNumber ||
		args[2].isBeyond(math.MinInt32, math.MaxUint32) {
		return errors.New("expected a symbol, a comma and a number of 32 bits")
	}
	sym, err := a.unit.symbol(args[0].text)
	if err != nil {
		return err
	}
	if sym.defined {
		return errors.New("a symbol that is defined already, expected another")
	}
	sym.defined, sym.absolute, sym.value = true, true, int32(args[2].number)
	return nil
}

// common is .comm NAME, ...: a variable without a section of its own.
func (a *assembler) common(args []token) error {
	if len(args) == 0 || args[0].kind != tokenSymbol {
		return errors.New("expected a symbol")
	}
	sym, err := a.unit.symbol(args[0].text)
	if err != nil {
		return err
	}
	if sym.defined {
		return errors.New("a symbol that is defined already, expected another")
	}
	sec, err := a.unit.section(".bss", false)
	if err != nil {
		return err
	}
	sym.defined, sym.section = true, sec
	return nil
}

// raw is .quad NUMBER: a slot, as a little-endian number.
func (a *assembler) raw(args []token) error {
	for i, t := range args {
		switch {
		case i%2 == 1 && t.text == ",":
		case i%2 == 1 || t.kind != tokenNumber:
			return fmt.Errorf("%s, expected a number", quote(t.text))
		default:
			if _, err := a.slot(asm.Instruction(t.number)); err != nil {
				return err
			}
		}
	}
	if len(args)%2 == 0 {
		return errors.New("expected numbers")
	}
	return nil
}

// align is .p2align in code, where every place is aligned to 8 bytes.
func (a *assembler) align(args []token) error {
	if len(args) != 1 || args[0].kind != tokenNumber || args[0].number > 3 {
		return errors.New("expected at most 3: code is aligned to 8 bytes")
	}
	return nil
}

// note reads a directive of ours: words, of which names may be quoted.
func (a *assembler) note(s string) error {
	list, err := fields(s)
	if err != nil || len(list) == 0 {
		return err
	}
	if n, ok := notes[list[0]]; ok {
		if n.program && a.unit.program == nil {
			return errors.New("expected it after \"#! program\"")
		}
		if len(list) != 1+n.args {
			return fmt.Errorf("%d words, expected %d", len(list), 1+n.args)
		}
		return n.run(a, append(list[1:], "")[0])
	}
	return a.references(list)
}

// notes are the directives of ours that are about programs and functions.
var notes = map[string]struct {
	args    int
	program bool // only after "#! program"
	run     func(a *assembler, arg string) error
}{
	"program":         {1, false, func(a *assembler, arg string) error { return a.begin(arg) }},
	"type":            {1, true, func(a *assembler, arg string) error { a.unit.program.Type = arg; return nil }},
	"attach_type":     {1, true, func(a *assembler, arg string) error { a.unit.program.AttachType = arg; return nil }},
	"attach_to":       {1, true, func(a *assembler, arg string) error { a.unit.program.AttachTo = arg; return nil }},
	"target_program":  {0, true, func(a *assembler, arg string) error { a.unit.program.TargetProgram = true; return nil }},
	"typed_arguments": {0, true, func(a *assembler, arg string) error { a.unit.program.TypedArguments = true; return nil }},
	"section":         {1, true, func(a *assembler, arg string) error { return a.enter(arg, true, true) }},
	"function": {1, true, func(a *assembler, arg string) error {
		p := a.unit.program
		p.Functions = append(p.Functions, verifier.Function{Name: arg, Start: len(a.unit.current.insns)})
		if len(p.Functions) > maxNames {
			return fmt.Errorf("function %d, expected at most %d", len(p.Functions), maxNames)
		}
		return nil
	}},
	"exception_callback": {0, true, func(a *assembler, arg string) error {
		return a.ofFunction(func(f *verifier.Function) { f.ExceptionCallback = true })
	}},
	"static": {0, true, func(a *assembler, arg string) error {
		return a.ofFunction(func(f *verifier.Function) { f.Linkage, f.Arguments = verifier.LinkageStatic, nil })
	}},
	"global": {1, true, func(a *assembler, arg string) error {
		arguments, err := parseArguments(arg)
		if err != nil {
			return err
		}
		return a.ofFunction(func(f *verifier.Function) { f.Linkage, f.Arguments = verifier.LinkageGlobal, arguments })
	}},
}

// argumentNames are how arguments of global functions are written.
var argumentNames = [...]string{
	verifier.ArgumentUnknown: "unknown", verifier.ArgumentNumber: "number", verifier.ArgumentContext: "context",
}

// parseArguments reads "(number,context)".
func parseArguments(s string) ([]verifier.Argument, error) {
	list, open := strings.CutPrefix(s, "(")
	list, closed := strings.CutSuffix(list, ")")
	if !open || !closed {
		return nil, fmt.Errorf("arguments %q, expected a list like (number,unknown)", s)
	}
	var out []verifier.Argument
	for name := range strings.SplitSeq(list, ",") {
		if list == "" {
			break
		}
		i := slices.Index(argumentNames[:], name)
		if i < 0 || len(out) == 5 {
			return nil, fmt.Errorf("argument %q, expected at most five of %s", name, strings.Join(argumentNames[:], ", "))
		}
		out = append(out, verifier.Argument(i))
	}
	return out, nil
}

// ofFunction notes something of the last function.
func (a *assembler) ofFunction(note func(*verifier.Function)) error {
	functions := a.unit.program.Functions
	if len(functions) == 0 {
		return errors.New("expected it after a function")
	}
	note(&functions[len(functions)-1])
	return nil
}

// nameIs is what a name was to the programs of a text so far.
type nameIs struct {
	label, missing bool // a program defines it, or uses it and does not
	set            bool // a number
	value          int32
}

// begin begins a program whose slots stand in the text as they are.
func (a *assembler) begin(name string) error {
	if a.begun && a.unit.program == nil {
		return errors.New("a program behind something else, expected it before all statements")
	}
	if err := a.finish(); err != nil {
		return err
	}
	if len(a.programs) >= maxPrograms {
		return fmt.Errorf("program %d, expected at most %d", len(a.programs)+1, maxPrograms)
	}
	a.unit = newUnit(a.src)
	a.unit.program = &verifier.Program{Name: name}
	return nil
}

// finish turns what was read into programs.
func (a *assembler) finish() error {
	if err := a.share(); err != nil {
		return err
	}
	programs, err := a.unit.link()
	if err != nil {
		return err
	}
	a.programs = append(a.programs, programs...)
	return nil
}

// share compares the names of a program of "#! program" with those of others: to
// LLVM one name is one thing in all of them. Two labels it refuses by itself.
func (a *assembler) share() error {
	u := a.unit
	if u.program == nil {
		return nil
	}
	if a.names == nil {
		a.names = make(map[string]nameIs)
	}
	note := func(name string, is nameIs) error {
		was := a.names[name]
		if len(a.names) >= maxNames && was == (nameIs{}) {
			return fmt.Errorf("name %d of all programs, expected at most %d", maxNames+1, maxNames)
		}
		if was.set && is.set && was.value != is.value {
			return fmt.Errorf("%s is the number %d and the number %d, expected one", quote(name), was.value, is.value)
		}
		value := was.value
		if is.set {
			value = is.value
		}
		is = nameIs{was.label || is.label, was.missing || is.missing, was.set || is.set, value}
		if id, ok := helperNumber(name); is.label && (is.missing || is.set) || is.missing && is.set && (!ok || id != is.value) {
			return fmt.Errorf("%s is not the same in all programs of this text, as it is to LLVM, expected one meaning", quote(name))
		}
		a.names[name] = is
		return nil
	}
	for _, name := range u.order {
		if sym := u.symbols[name]; sym.defined && !object.IsLabel(name) {
			if err := note(name, nameIs{label: !sym.absolute, set: sym.absolute, value: sym.value}); err != nil {
				return err
			}
		}
	}
	for _, sec := range u.sections {
		for _, p := range sec.pending {
			if sym := u.symbols[p.symbol]; sym == nil || !sym.defined {
				if err := note(p.symbol, nameIs{missing: true}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// references reads what the line's instruction refers to.
func (a *assembler) references(list []string) error {
	if a.last < 0 {
		return errors.New("expected it on the line of an instruction")
	}
	sec := a.unit.current
	for len(list) > 0 {
		kind, ok := refKinds[list[0]]
		if !ok {
			return fmt.Errorf("%s, expected one of program, type, attach_type, attach_to, target_program, typed_arguments, section, function, exception_callback, static, global, map, kfunc, variable, core",
				quote(list[0]))
		}
		ref := verifier.Reference{Slot: a.last, Kind: kind}
		list = list[1:]
		if kind != verifier.RefCORE {
			if len(list) == 0 {
				return errors.New("expected a name")
			}
			ref.Name, list = list[0], list[1:]
		}
		if kind == verifier.RefMap {
			if len(list) == 0 || !mapKinds[verifier.MapKind(list[0])] {
				return errors.New("expected the kind of the map after its name: map, data, rodata, bss, kconfig or arena")
			}
			ref.Map, list = verifier.MapKind(list[0]), list[1:]
		}
		if len(list) > 0 && list[0] == "weak" {
			ref.Weak, list = true, list[1:]
		}
		if err := fits(sec, ref); err != nil {
			return err
		}
		if len(sec.refs) == maxReferences {
			return fmt.Errorf("reference %d, expected at most %d", maxReferences+1, maxReferences)
		}
		sec.refer(ref)
	}
	return nil
}

var refKinds = map[string]verifier.RefKind{
	"map": verifier.RefMap, "kfunc": verifier.RefKfunc, "variable": verifier.RefVariable, "core": verifier.RefCORE,
}

var mapKinds = map[verifier.MapKind]bool{
	verifier.MapPlain: true, verifier.MapData: true, verifier.MapROData: true, verifier.MapBSS: true,
	verifier.MapKconfig: true, verifier.MapArena: true,
}

// fits reports whether an instruction can refer to such a thing. One that means
// something by itself cannot be given another meaning.
func fits(sec *section, ref verifier.Reference) error {
	if ref.Kind == verifier.RefCORE {
		return nil
	}
	if n := len(sec.pending); n > 0 && sec.pending[n-1].slot == ref.Slot {
		return isNamed(sec.insns[ref.Slot].Opcode(), sec.pending[n-1].symbol, ref) // must not be defined: see resolve
	}
	if !canRefer(sec.insns[ref.Slot], ref.Kind) {
		return errors.New("an instruction that refers to no such thing, expected LD_IMM64 or for a kfunc its call")
	}
	return nil
}

// isNamed reports whether a symbol that nothing defines can be such a thing: the one
// of that name, or data in the section of that name. What is known by its name is
// nothing else.
func isNamed(op asm.Opcode, symbol string, ref verifier.Reference) error {
	_, isKfunc := effect.Kfunc(symbol)
	_, isHelper := helperNumber(symbol)
	kind, perSymbol, isData := object.DataSection(ref.Name)
	switch {
	case op == asm.Call && ref.Kind != verifier.RefKfunc:
		return errors.New("a call of what is no function, expected #! kfunc NAME")
	case op != asm.Call && op != asm.LoadImm64:
		return nil // a jump, which resolve refuses
	case isHelper && !isKfunc:
		return fmt.Errorf("%s is a helper, expected no directive that says what it is", quote(symbol))
	case isKfunc && ref.Kind != verifier.RefKfunc:
		return fmt.Errorf("%s is a kfunc, expected no other directive", quote(symbol))
	case ref.Name != symbol && (ref.Kind != verifier.RefMap || !isData || perSymbol || kind != ref.Map):
		return fmt.Errorf("another name than %s, expected the same, or that of a section of data of this kind", quote(symbol))
	}
	return nil
}

// canRefer reports whether an instruction can have a reference of that kind.
func canRefer(ins asm.Instruction, kind verifier.RefKind) bool {
	switch src := ins.Src(); {
	case kind == verifier.RefCORE:
		return true
	case ins.IsKfuncCall():
		return kind == verifier.RefKfunc
	case !ins.IsWide():
		return false
	case kind == verifier.RefMap:
		return src != asm.PseudoBTFID && src != asm.PseudoFunc
	default:
		return src == 0 || src == asm.PseudoBTFID
	}
}

// refer adds a reference. What the instruction names by a symbol is the same thing.
func (sec *section) refer(ref verifier.Reference) {
	sec.refs = append(sec.refs, ref)
	last := len(sec.pending) - 1
	if ref.Kind == verifier.RefCORE || last < 0 || sec.pending[last].slot != ref.Slot {
		return
	}
	sec.pending[last].named = true
	if op := sec.insns[ref.Slot].Opcode(); op == asm.Call || op == asm.LoadImm64 {
		sec.outside(ref, sec.pending[last].addend)
	}
}

// outside makes the instruction of a reference what loaders make of it; what only
// the kernel knows becomes 0, as in asm/object.
func (sec *section) outside(ref verifier.Reference, addend int64) {
	ins := &sec.insns[ref.Slot]
	if ins.Opcode() == asm.Call {
		*ins = asm.New(asm.Call, ins.Dst(), asm.PseudoKfuncCall, 0, 0)
		return
	}
	src, second := asm.PseudoBTFID, int32(0)
	switch {
	case ref.Kind != verifier.RefMap:
	case ref.Map == verifier.MapPlain:
		src = asm.PseudoMapFD
	default:
		src, second = asm.PseudoMapValue, int32(addend)
	}
	*ins = withSource(*ins, src, 0)
	sec.insns[ref.Slot+1] = asm.New(0, 0, 0, 0, second)
}

// fields splits a directive of ours. It ends at the next comment.
func fields(s string) ([]string, error) {
	var list []string
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" || s[0] == '#' {
			return list, nil
		}
		if len(list) == maxTokens {
			return nil, fmt.Errorf("more than %d words, expected fewer", maxTokens)
		}
		if s[0] == '"' {
			quoted, err := strconv.QuotedPrefix(s)
			if err != nil {
				return nil, errors.New("a quoted name without an end, expected \"")
			}
			name, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, fmt.Errorf("%s, expected a quoted name", quote(quoted))
			}
			list, s = append(list, name), s[len(quoted):]
			continue
		}
		n := strings.IndexAny(s, " \t#")
		if n < 0 {
			n = len(s)
		}
		list, s = append(list, s[:n]), s[n:]
	}
}
