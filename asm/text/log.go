package text

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// parseLog reads the log of the kernel's verifier, and what bpftool prints of a
// program, which is much the same:
//
//	0: (bf) r6 = r1                       ; R1=ctx() R6_w=ctx()
//
// A log shows a slot as often as the kernel came by: each time it must be the same.
// It shows none that the kernel never came to. Such a log is refused, as nothing is
// known of that slot. Linux 6.18 lists all slots first, but what the kernel did not
// visit may have bits in reserved fields, which no log shows: to be listed is not
// enough.
//
// Every line must be one that is known, so that none is overlooked that shows an
// instruction in another way, and no text is a log here and a program to an assembler.
// What a kernel says of a program that it refuses is not known.
func parseLog(src *source) ([]*verifier.Program, error) {
	var programs []*verifier.Program
	p := &logProgram{}
	total := 0
	finish := func() error {
		if len(p.slots) == 0 {
			if p.isLog {
				return fmt.Errorf("no instruction in the log of program %s, expected a log of level 1 or 2", quote(p.name))
			}
			return nil
		}
		program, err := p.finish(src)
		if total += len(p.slots); err == nil && (total > maxLinked || len(programs) == maxPrograms) {
			err = fmt.Errorf("more than %d slots or %d programs, expected fewer", maxLinked, maxPrograms)
		}
		programs = append(programs, program)
		return err
	}
	for l := range src.lines() {
		if strings.TrimSpace(l.text) == "" {
			continue
		}
		if isLogBegin(l.text) {
			if err := finish(); err != nil {
				return nil, err
			}
			p = &logProgram{isLog: true}
			if _, rest, ok := strings.Cut(l.text, "prog '"); ok {
				p.name, _, _ = strings.Cut(rest, "'")
			}
			continue
		}
		if err := p.line(l); err != nil {
			return nil, l.errorf("%s: %w", quote(l.text), err)
		}
	}
	if err := finish(); err != nil {
		return nil, err
	}
	return programs, nil
}

// logProgram is what is known of a program so far.
type logProgram struct {
	name  string
	slots []logSlot

	isLog     bool // and not what bpftool prints
	again     bool // a slot is not the one after that of the line before
	processed bool // the kernel says that this is all
}

// isLogBegin reports whether a line is libbpf's before a log:
//
//	libbpf: prog 'name': -- BEGIN PROG LOAD LOG --
func isLogBegin(s string) bool {
	s, ok := strings.CutSuffix(s, "-- BEGIN PROG LOAD LOG --")
	return ok && !hides(s) && (s == "" || strings.HasPrefix(s, "libbpf: prog '") && strings.HasSuffix(s, "': "))
}

// The shapes of the lines of a log that are no instructions, of Linux 6.12 and 6.18
// (kernel/bpf/verifier.c, log.c, liveness.c). They are compiled when the first log is read.
var (
	logProcessed = pattern(`processed \d+ insns[ (),a-z_0-9]*`)
	logOther     = pattern(`(` + strings.Join([]string{
		`func#\d+ @\d+`,
		`Live regs before insn:`,
		`(from \d+ to \d+( \(speculative execution\))?|\d+):( (safe|` + logState + `))?`,
		` ` + logState,
		`caller:|callee:|returning from callee:|to caller at \d+:`,
		`mark_precise: frame\d+: (last_idx [-0-9a-z_ ]*|falling back to forcing all scalars precise|` +
			`regs=\S* stack=\S* before \d+: \([0-9a-f]{2}\) .*|parent state regs=\S* stack=\S*:( ( ?` + logState + `)?)?)`,
		`force_precise: frame\d+: forcing (r|fp)-?\d+ to be precise`,
		`(frame \d+: )?propagating (r|fp)-?\d+(,(r|fp)-?\d+)*`,
		`frame\d+ bpf_loop iteration limit reached`,
		`\([0-9,]+\) frame \d+ insn \d+( [-+][a-z_]+ [-0-9,]+)+`,
		`\([0-9,]+\) live stack update done in \d+ iterations`,
		`SCC (enter|exit|backedge) \([0-9,]+\)`,
		`Func#\d+ (\('[^']*'\) )?is (global and assumed valid\.|global and valid\. Skipping\.|safe for any args that match its prototype)`,
		`Validating [^ ]*\(\) func#\d+\.\.\.`,
		`arg#\d+ reference type\('[^']*'\) size cannot be determined: -?\d+`,
		`[Aa]rg#\d+ [A-Za-z_0-9 .'()]*|Global functions? [A-Za-z_0-9 .'()>]*`, // of the program itself
		`func '[^']*' arg\d+ has btf_id \d+ type [A-Z_]+ '[^']*'`,
		`verification time \d+ usec`,
		`stack depth [0-9+]+`,
	}, "|") + `) *`)
	// bpftool prints the prototype of a function.
	logPrototype = pattern(`[A-Za-z_][A-Za-z_0-9 *]*\([A-Za-z_0-9 *,.()\[\]]*\):`)
)

// pattern is the regular expression of a whole line.
func pattern(line string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^` + line + `$`) })
}

// logState is the state of the registers.
const (
	logState = `(frame\d+:|(frame\d+: ?)?` + logField + `( ` + logField + `)*)`
	logField = `((R\d+|fp-\d+)(_[A-Za-z]+)?=[^ ;]*(; 0x[0-9a-f]+\)[^ ;]*)*|refs=[0-9,]+|cb|async_cb)`
)

// other takes a line that is no instruction.
func (p *logProgram) other(s string) error {
	switch {
	case strings.HasPrefix(s, ";"): // a line of the source
		if assembles(s) {
			return errors.New("an instruction without its slot, expected it as the kernel prints it (0: (b7) r0 = 0)")
		}
	case strings.HasSuffix(s, "-- END PROG LOAD LOG --"):
		if s, ok := strings.CutPrefix(s, "-- END"); !ok && !strings.HasPrefix(s, "libbpf: prog '") {
			return errLogLine
		}
		p.isLog = true
	case logPrototype().MatchString(s):
	case logProcessed().MatchString(s):
		if p.processed {
			return errLogEnded
		}
		p.isLog, p.processed = true, true
	case logOther().MatchString(s):
		if p.processed {
			return errLogEnded
		}
		p.isLog = true
	case assembles(s):
		return errors.New("an instruction without its slot, expected it as the kernel prints it (0: (b7) r0 = 0)")
	default:
		return errLogLine
	}
	return nil
}

var (
	errLogLine  = errors.New("expected what the kernel's verifier prints of a program that it accepts, or bpftool prog dump xlated")
	errLogEnded = errors.New("the log has ended, expected one program, or libbpf's BEGIN PROG LOAD LOG before another one")
)

// logSlot is what a line says of its slot.
type logSlot struct {
	seen        bool
	visited     bool   // and not only listed
	unsure      bool   // an LD_IMM64 of a number that may be an address
	offset      uint32 // of the line
	number      uint64 // of an LD_IMM64, as it is printed
	ins, second asm.Instruction
	ref         *verifier.Reference
}

// same reports whether two lines are about the same instruction. One may tell what
// the number of an LD_IMM64 is, and the other not.
func (s *logSlot) same(t *logSlot) bool {
	const opcodeAndDst = 0xff | fieldDst
	if s.unsure || t.unsure {
		return s.number == t.number && (s.ins^t.ins)&opcodeAndDst == 0
	}
	return s.number == t.number && s.ins == t.ins && s.second == t.second &&
		(s.ref == t.ref || s.ref != nil && t.ref != nil && *s.ref == *t.ref)
}

// isLogLine reports whether a line is an instruction of a log.
func isLogLine(s string) bool {
	_, ok := splitLogLine(s)
	return ok
}

// logLine is the parts of an instruction of a log.
type logLine struct {
	slot   string
	op     asm.Opcode
	rest   string
	listed bool // before the kernel begins to walk
}

// splitLogLine splits "12: (bf) r6 = r1 ; R6=ctx()". Before the opcode there may be
// the registers that are live, where all slots are listed: "12: .1....6... (bf) r6 = r1".
func splitLogLine(s string) (l logLine, ok bool) {
	slot, rest, ok := strings.Cut(strings.TrimLeft(s, " \t"), ": ")
	component, last, twice := strings.Cut(slot, " ") // of the control flow, where all slots are listed
	if twice {
		slot = strings.TrimLeft(last, " ")
	}
	if !ok || slot == "" || strings.Trim(slot, "0123456789") != "" || strings.Trim(component, "0123456789") != "" {
		return l, false
	}
	if live, after, ok := strings.Cut(rest, " "); ok && len(live) == 10 && strings.Trim(live, ".0123456789") == "" {
		rest, l.listed = after, true
	}
	if twice && !l.listed || len(rest) < 5 || rest[0] != '(' || rest[3] != ')' || rest[4] != ' ' {
		return l, false
	}
	n, err := strconv.ParseUint(rest[1:3], 16, 8)
	l.slot, l.op, l.rest = slot, asm.Opcode(n), rest[5:]
	return l, err == nil
}

func (p *logProgram) line(l line) error {
	if hides(l.text) {
		return errors.New("assembly in a log, expected one or the other")
	}
	parts, ok := splitLogLine(l.text)
	switch {
	case !ok:
		return p.other(l.text)
	case p.processed:
		return errLogEnded
	}
	slot, err := strconv.Atoi(parts.slot)
	if err != nil || slot >= maxSlots {
		return fmt.Errorf("slot %s, expected at most %d", quote(parts.slot), maxSlots-1)
	}
	text, state, hasState := strings.Cut(parts.rest, ";")
	p.isLog = p.isLog || hasState || parts.listed
	p.again = p.again || slot != len(p.slots) && (slot != len(p.slots)+1 || slot == 1 || !p.slots[slot-2].ins.IsWide())
	found := logSlot{seen: true, offset: l.offset}
	if err := found.read(parts.op, strings.TrimSpace(text), state); err != nil {
		return err
	}
	if found.ref != nil {
		found.ref.Slot = slot
	}
	if slot >= len(p.slots) {
		p.slots = append(p.slots, make([]logSlot, slot+1-len(p.slots))...)
	}
	switch was := &p.slots[slot]; {
	case was.seen && !was.same(&found):
		return fmt.Errorf("slot %d was something else before, expected one program", slot)
	case !was.seen || was.unsure:
		found.visited = was.visited
		*was = found
	}
	p.slots[slot].visited = p.slots[slot].visited || !parts.listed
	return nil
}

// assembles reports whether an assembler could make instructions of a line that is
// none of the log's. A text that is a program to an assembler must not be read as
// a log with something else in it. A goto may stand in the source, which the kernel
// shows behind a semicolon.
func assembles(s string) bool {
	for rest, more := s, true; more; {
		var part string
		part, _, rest, more, _ = cut(rest)
		part = strings.TrimSpace(part)
		for part != "" {
			_, n, ok := labelOf(part)
			if !ok {
				break
			}
			part = strings.TrimSpace(part[n:])
		}
		if name, _, _ := strings.Cut(strings.ReplaceAll(part, "\t", " "), " "); data[name] || generators[name] {
			return true
		}
		tokens, err := tokenize(nil, part)
		if err != nil {
			continue
		}
		if st, err := parse(tokens); err == nil && (st.symbol == "" || st.ins.Opcode() != asm.Goto) {
			return true
		}
	}
	return false
}

// generators are directives of LLVM that make instructions of what does not look so.
var generators = words(".include .incbin .macro .altmacro .rept .rep .irp .irpc")

// read reads the text of an instruction.
func (s *logSlot) read(op asm.Opcode, text, state string) error {
	switch op {
	case asm.LoadImm64:
		return s.readWide(text, state)
	case asm.Call:
		return s.readCall(text)
	}
	tokens, err := tokenize(nil, strings.Replace(text, " pc", " ", 1)) // goto pc+3
	if err != nil {
		return err
	}
	st, err := parse(tokens)
	switch {
	case err != nil:
		return err
	case st.symbol != "":
		return fmt.Errorf("%s, expected a number", quote(st.symbol))
	case st.ins.Opcode() != op:
		return fmt.Errorf("the opcode of this is %#02x, expected that in the parentheses", uint8(st.ins.Opcode()))
	}
	s.ins = st.ins
	return nil
}

// readCall reads "call bpf_redirect#23", "call bpf_ct_release#70000" or "call pc+7".
func (s *logSlot) readCall(text string) error {
	called, ok := strings.CutPrefix(text, "call ")
	name, number, numbered := strings.Cut(called, "#")
	if distance, isFunction := strings.CutPrefix(name, "pc"); ok && isFunction {
		n, err := strconv.ParseInt(distance, 10, 32)
		if err != nil {
			return errors.New("expected a distance (call pc+7)")
		}
		s.ins = asm.New(asm.Call, 0, asm.PseudoCall, 0, int32(n))
		return nil
	}
	id, err := strconv.ParseInt(number, 10, 32)
	if !ok || !numbered || err != nil || name == "" {
		return errors.New("expected a name and a number (call bpf_redirect#23) or a distance (call pc+7)")
	}
	helper, known := effect.Helper(int32(id))
	byName, isHelper := helperNumber(name)
	switch {
	case known && helper.Name == name, !known && name == "unknown":
		s.ins = asm.New(asm.Call, 0, 0, 0, int32(id))
	case known:
		return fmt.Errorf("helper %d is %s, expected that name", id, helper.Name)
	case isHelper: // bpftool: the number is the distance to its code
		s.ins = asm.New(asm.Call, 0, 0, 0, byName)
	case name == "bpf_throw":
		return errors.New("a log does not show what is called when a program throws, expected none that does")
	default:
		s.ins = asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, 0)
		s.ref = &verifier.Reference{Kind: verifier.RefKfunc, Name: name}
	}
	return nil
}

// readWide reads "r1 = 0xffff888109f56400", where it must be known from elsewhere
// whether the number is an address, or bpftool's "r1 = map[id:7]" and
// "r1 = subprog[+5]".
func (s *logSlot) readWide(text, state string) error {
	register, value, ok := strings.Cut(text, " = ")
	dst := token{}
	if register != "" {
		dst = word(register, syntax().keywords)
	}
	if !ok || dst.kind != tokenWide {
		return errors.New("expected a register and a number (r1 = 0x7)")
	}
	s.ins = asm.New(asm.LoadImm64, asm.Register(dst.number), 0, 0, 0)
	if distance, ok := strings.CutPrefix(value, "subprog["); ok {
		n, err := strconv.ParseInt(strings.TrimSuffix(distance, "]"), 10, 32)
		s.ins = withSource(s.ins, asm.PseudoFunc, int32(n))
		return err
	}
	if strings.HasPrefix(value, "map[") {
		s.refer(asm.PseudoMapFD, verifier.Reference{Kind: verifier.RefMap, Name: value, Map: verifier.MapPlain})
		return nil
	}
	number, err := strconv.ParseUint(strings.TrimPrefix(value, "0x"), 16, 64)
	if err != nil || !strings.HasPrefix(value, "0x") {
		return errors.New("expected a number of 64 bits (r1 = 0x7)")
	}
	s.number, s.ins = number, withSource(s.ins, 0, int32(number))
	s.second = asm.New(0, 0, 0, 0, int32(number>>32))
	return s.pointTo(register[1:], number, state)
}

func (s *logSlot) refer(src asm.Register, ref verifier.Reference) {
	s.ins, s.second, s.ref = withSource(s.ins, src, 0), 0, &ref
}

// pointTo finds out from the state behind an LD_IMM64 what its number is: an
// address, one that the kernel hides, a distance to a function, or just a number.
//
// A number to the kernel is also what a loader puts in the place of a symbol: the
// address of something in the kernel, or a small number. So a number that could be one
// of these counts as a variable of the kernel; compilers hardly ever write a small one
// here.
func (s *logSlot) pointTo(register string, number uint64, state string) error {
	value := stateOf(register, state)
	kind, details, isPointer := strings.Cut(value, "(")
	name := fmt.Sprintf("%#x", number)
	if _, rest, ok := strings.Cut(details, "map="); ok {
		name = rest[:len(rest)-len(strings.TrimLeft(rest, mapNameCharacters))]
	}
	switch {
	case value == "":
		s.unsure = true
	case (kind == "scalar" || strings.HasPrefix(kind, "inv")) && isPointer:
		// A number that the kernel does not know is what it makes of an arena
		// (kernel/bpf/verifier.c:check_ld_imm). It knows every other one.
		s.refer(asm.PseudoMapValue, verifier.Reference{Kind: verifier.RefMap, Name: name, Map: verifier.MapArena})
	case strings.Trim(value, "-0123456789abcdefxP") == "", strings.HasPrefix(value, "inv"):
		if isSmall, isKernel := number>>31 == 0, int64(number)>>47 == -1; isSmall || isKernel {
			s.ref = &verifier.Reference{Kind: verifier.RefVariable, Name: name}
		}
	case kind == "map_ptr":
		s.refer(asm.PseudoMapFD, verifier.Reference{Kind: verifier.RefMap, Name: name, Map: verifier.MapPlain})
	case kind == "map_value":
		s.refer(asm.PseudoMapValue, verifier.Reference{Kind: verifier.RefMap, Name: name, Map: verifier.MapData})
	case kind == "arena":
		s.refer(asm.PseudoMapValue, verifier.Reference{Kind: verifier.RefMap, Name: name, Map: verifier.MapArena})
	case kind == "func":
		s.ins, s.second = withSource(s.ins, asm.PseudoFunc, int32(number)), 0
	case strings.Contains(kind, "ptr_") || strings.HasSuffix(kind, "mem"):
		s.refer(asm.PseudoBTFID, verifier.Reference{Kind: verifier.RefVariable, Name: name})
	default:
		return fmt.Errorf("state %s, expected one that says what the number is (map_ptr, map_value, func, scalar, ...)", quote(value))
	}
	return nil
}

const mapNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."

// stateOf returns what a state says of a register: of R1 in "R1_w=map_ptr(map=m) R6=0"
// it is "map_ptr(map=m)".
func stateOf(register, state string) string {
	for part := range strings.FieldsSeq(state) {
		name, value, ok := strings.Cut(part, "=")
		name, _, _ = strings.Cut(name, "_")
		if ok && name == "R"+register {
			return value
		}
	}
	return ""
}

// finish makes a program of the slots.
func (p *logProgram) finish(src *source) (*verifier.Program, error) {
	program := &verifier.Program{Name: p.name, Instructions: make([]asm.Instruction, 0, len(p.slots)+1)}
	offsets := make([]uint32, 0, len(p.slots)+1)
	for slot := 0; slot < len(p.slots); slot++ {
		s := &p.slots[slot]
		switch {
		case !s.seen:
			return nil, fmt.Errorf("slot %d is missing, expected every slot from 0 to %d: the kernel did not visit it before the log ended", slot, len(p.slots)-1)
		case !s.visited:
			return nil, fmt.Errorf("line %d: slot %d is only listed, expected that the kernel visits every slot: a log does not show reserved fields",
				src.numberOf(s.offset), slot)
		case s.unsure:
			return nil, fmt.Errorf("line %d: r%d = %#x is an address or a number, expected the state behind it that says which (a log of level 2)",
				src.numberOf(s.offset), uint8(s.ins.Dst()), s.number)
		}
		if s.ref != nil {
			program.References = append(program.References, *s.ref)
		}
		program.Instructions = append(program.Instructions, s.ins)
		offsets = append(offsets, s.offset)
		if !s.ins.IsWide() {
			continue
		}
		if slot++; slot < len(p.slots) && p.slots[slot].seen {
			return nil, fmt.Errorf("line %d: slot %d is the second one of LD_IMM64, expected no instruction there", src.numberOf(p.slots[slot].offset), slot)
		}
		program.Instructions = append(program.Instructions, s.second)
		offsets = append(offsets, s.offset)
	}
	switch {
	case p.isLog && !p.processed:
		return nil, errors.New(`the log ends early, expected all of it, up to "processed N insns"`)
	case p.again && !p.processed:
		return nil, errors.New(`slots in another order than bpftool prints, expected each once, or a log of the kernel up to "processed N insns"`)
	}
	// The log does not say what BTF says of functions.
	program.TypedArguments = slices.ContainsFunc(program.Instructions, asm.Instruction.IsSubprogramCall)
	program.Source = src.find(offsets)
	return program, nil
}
