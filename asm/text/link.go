package text

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// unit is a text whose names belong together: all that is assembled into one
// object, or one program of Print.
type unit struct {
	src      *source
	program  *verifier.Program // of Print; nil: the functions say which programs there are
	listing  bool              // of llvm-objdump, which says of no symbol what it is
	current  *section
	sections []*section
	byName   map[string]*section
	symbols  map[string]*symbol
	order    []string // of the symbols
	ext      []extWord
}

type section struct {
	name    string
	code    bool
	insns   []asm.Instruction
	offsets []uint32 // in the text, by slot
	refs    []verifier.Reference
	pending []pending
	bad     []fault       // sorted by slot
	calls   map[int]place // slots that refer to a function of another section
}

// symbol is a label or a name that is used like one.
type symbol struct {
	defined                bool
	section                *section
	slot                   int
	absolute               bool
	value                  int32 // where it is absolute
	function, global, weak bool
}

// pending is a slot that refers to a symbol which may come later.
type pending struct {
	slot   int
	symbol string
	addend int64
	named  bool // a directive on the line says what the symbol is
	early  bool // no .set before the slot is about the symbol
}

// fault is why a slot, and the programs that have it, cannot be judged.
type fault struct {
	slot int
	err  error
}

// place is a slot of a section.
type place struct {
	section *section
	slot    int
}

func newUnit(src *source) *unit {
	text := &section{name: ".text", code: true}
	return &unit{
		src: src, current: text, sections: []*section{text},
		byName: map[string]*section{text.name: text}, symbols: make(map[string]*symbol),
	}
}

// section returns the section of a name.
func (u *unit) section(name string, code bool) (*section, error) {
	if sec := u.byName[name]; sec != nil {
		return sec, nil
	}
	if len(u.sections) == maxSections {
		return nil, fmt.Errorf("section %d, expected at most %d", maxSections+1, maxSections)
	}
	sec := &section{name: name, code: code}
	u.sections = append(u.sections, sec)
	u.byName[name] = sec
	return sec, nil
}

// symbol returns the symbol of a name.
func (u *unit) symbol(name string) (*symbol, error) {
	sym := u.symbols[name]
	if sym == nil {
		if len(u.symbols) == maxNames {
			return nil, fmt.Errorf("name %d, expected at most %d", maxNames+1, maxNames)
		}
		sym = new(symbol)
		u.symbols[name] = sym
		u.order = append(u.order, name)
	}
	return sym, nil
}

// link makes programs of the unit.
func (u *unit) link() ([]*verifier.Program, error) {
	if err := u.findCORE(); err != nil {
		return nil, err
	}
	for _, sec := range u.sections {
		if err := u.resolve(sec); err != nil {
			return nil, err
		}
	}
	if u.program == nil {
		return u.programs()
	}
	sec := u.current
	if len(sec.insns) == 0 {
		return nil, fmt.Errorf("program %s has no instruction, expected at least one", quote(u.program.Name))
	}
	p := u.program
	p.Instructions, p.References, p.Source = sec.insns, sec.refs, u.src.find(sec.offsets)
	if len(sec.bad) > 0 {
		u.program = &verifier.Program{
			Name: p.Name, Section: p.Section, Type: p.Type, AttachType: p.AttachType, AttachTo: p.AttachTo,
			TargetProgram: p.TargetProgram, Err: u.explain(sec, sec.bad[0]),
		}
	}
	return []*verifier.Program{u.program}, nil
}

// explain is a fault with its place.
func (u *unit) explain(sec *section, bad fault) error {
	return fmt.Errorf("line %d: %w", u.src.numberOf(sec.offsets[bad.slot]), bad.err)
}

// resolve puts in what symbols stand for. A jump to nowhere is an error of the
// text, as for an assembler; a reference to something outside is one of the
// programs that need it.
func (u *unit) resolve(sec *section) error {
	sec.calls = make(map[int]place)
	for _, p := range sec.pending {
		sym := u.meaning(p.symbol)
		ins := &sec.insns[p.slot]
		op := ins.Opcode()
		if p.named {
			if sym.defined || op != asm.Call && op != asm.LoadImm64 {
				return u.explain(sec, fault{p.slot, fmt.Errorf("%s is defined in this text, expected no directive that says what it is", quote(p.symbol))})
			}
			continue
		}
		if op != asm.Call && op != asm.LoadImm64 {
			if err := jump(ins, sec, sym, p); err != nil {
				return u.explain(sec, fault{p.slot, err})
			}
			continue
		}
		if err := u.refer(sec, sym, p); err != nil {
			sec.bad = append(sec.bad, fault{p.slot, err})
		}
	}
	sec.pending = nil
	slices.SortStableFunc(sec.refs, func(a, b verifier.Reference) int { return cmp.Compare(a.Slot, b.Slot) })
	return nil
}

// meaning returns the symbol of a name, which may be that of a section.
func (u *unit) meaning(name string) *symbol {
	sym := u.symbols[name]
	if sym == nil {
		sym = new(symbol)
	}
	if sym.defined {
		return sym
	}
	if sec := u.byName[name]; sec != nil {
		return &symbol{defined: true, section: sec}
	}
	return sym
}

// jump sets the distance of a jump.
func jump(ins *asm.Instruction, sec *section, sym *symbol, p pending) error {
	switch distance := int64(sym.slot - p.slot - 1); {
	case !sym.defined || sym.section != sec || p.addend != 0:
		return fmt.Errorf("jump to %s, expected a label of the same section", quote(p.symbol))
	case ins.Opcode() == asm.GotoL:
		*ins = withSource(*ins, 0, int32(distance))
	case distance != int64(int16(distance)):
		return fmt.Errorf("jump to %s over %d slots, expected %d to %d", quote(p.symbol), distance, math.MinInt16, math.MaxInt16)
	default:
		*ins = asm.New(ins.Opcode(), ins.Dst(), ins.Src(), int16(distance), ins.Imm())
	}
	return nil
}

// refer resolves a call or an address.
func (u *unit) refer(sec *section, sym *symbol, p pending) error {
	ins := &sec.insns[p.slot]
	isCall := ins.Opcode() == asm.Call
	if sym.absolute && p.early {
		return fmt.Errorf("%s is a number by a .set further down, expected it before: LLVM leaves this to the linker", quote(p.symbol))
	}
	if sym.absolute && isCall && p.addend == 0 {
		*ins = withSource(*ins, 0, sym.value)
		return nil
	}
	if sym.defined && !sym.absolute {
		return sec.inside(sym, p)
	}
	ref := verifier.Reference{Slot: p.slot, Kind: verifier.RefKfunc, Name: p.symbol, Weak: sym.weak}
	if _, ok := effect.Kfunc(p.symbol); ok && !sym.absolute && p.addend == 0 {
		sec.refs = append(sec.refs, ref)
		sec.outside(ref, 0)
		return nil
	}
	if id, ok := helperNumber(p.symbol); ok && isCall && !sym.absolute && p.addend == 0 {
		*ins = withSource(*ins, 0, id)
		return nil
	}
	if u.listing && !isCall {
		// A map is the worst that it can be.
		ref.Kind, ref.Map = verifier.RefMap, verifier.MapPlain
		if kind, _, ok := object.DataSection(p.symbol); ok {
			ref.Map = kind
		}
		sec.refs = append(sec.refs, ref)
		sec.outside(ref, p.addend)
		return nil
	}
	want := "a symbol of this text, or a directive on this line that says what it is (#! map NAME KIND, #! variable NAME, #! kfunc NAME)"
	if isCall {
		want = "a function of this text, a helper, a kfunc, or a directive on this line that says that it is one (#! kfunc NAME)"
	}
	return fmt.Errorf("%s is not known, expected %s", quote(p.symbol), want)
}

// helperNumber returns the number of the helper of that name.
func helperNumber(name string) (int32, bool) {
	for id := int32(1); ; id++ {
		row, ok := effect.Helper(id)
		if !ok || row.Name == name {
			return id, ok
		}
	}
}

// inside resolves a reference to a symbol of the text.
func (sec *section) inside(sym *symbol, p pending) error {
	ins := &sec.insns[p.slot]
	if sym.section.code {
		if p.addend%asm.SlotSize != 0 {
			return fmt.Errorf("%s%+d, expected a multiple of %d bytes behind the symbol", quote(p.symbol), p.addend, asm.SlotSize)
		}
		to := sym.slot + int(p.addend/asm.SlotSize)
		src := asm.PseudoCall
		if ins.Opcode() == asm.LoadImm64 {
			src = asm.PseudoFunc
		}
		*ins = withSource(*ins, src, int32(to-p.slot-1))
		if sym.section != sec {
			sec.calls[p.slot] = place{sym.section, to}
		}
		return nil
	}
	kind, perSymbol, ok := object.DataSection(sym.section.name)
	if !ok || ins.Opcode() == asm.Call {
		return fmt.Errorf("%s in section %s, expected a function, a map or a data section", quote(p.symbol), quote(sym.section.name))
	}
	ref := verifier.Reference{Slot: p.slot, Kind: verifier.RefMap, Name: sym.section.name, Map: kind}
	if perSymbol {
		ref.Name = p.symbol
	}
	sec.refs = append(sec.refs, ref)
	sec.outside(ref, p.addend)
	return nil
}

// function is a range of slots of a section.
type function struct {
	name       string
	section    *section
	start, end int
	global     bool
	typed      bool // a directive says that it is a function
	called     bool // by another function
}

// programs finds the functions and puts a program together for each that is one,
// by the rules of asm/object.
func (u *unit) programs() ([]*verifier.Program, error) {
	functions, err := u.functions()
	if err != nil {
		return nil, err
	}
	l := linker{unit: u, functions: functions, byStart: make(map[place]int), placed: make([]int, len(functions))}
	textOnly := true
	for _, sec := range u.sections {
		for _, r := range sec.refs {
			if r.Kind == verifier.RefKfunc && r.Name == throw {
				l.throws = append(l.throws, place{sec, r.Slot})
			}
		}
	}
	for i, f := range functions {
		l.byStart[place{f.section, f.start}] = i
		textOnly = textOnly && f.section.name == ".text"
	}
	for i, f := range functions {
		for _, to := range l.callees(f) {
			if j, ok := l.byStart[to]; ok && j != i {
				functions[j].called = true
			}
		}
	}
	for i, f := range functions {
		if f.section.name == ".text" {
			l.text = append(l.text, i)
		}
	}
	var programs []*verifier.Program
	reached := make([]bool, len(functions))
	link := func(i int) error {
		p, parts, err := l.link(i)
		if err == nil && len(programs) >= maxPrograms {
			err = fmt.Errorf("more than %d programs, expected fewer", maxPrograms)
		}
		for _, part := range parts {
			reached[part] = true
		}
		programs = append(programs, p)
		return err
	}
	for i, f := range functions {
		if textOnly || f.section.name != ".text" && (f.global || !f.called) {
			if err := link(i); err != nil {
				return nil, err
			}
		}
	}
	// What no program reaches may still run, if not by the loaders that we know. So
	// someone has to answer for it.
	for i := range functions {
		if !reached[i] {
			if err := link(i); err != nil {
				return nil, err
			}
		}
	}
	return programs, nil
}

// functions are the labels that are functions: those that are marked so, those
// that are global or called, and what a section begins with.
func (u *unit) functions() ([]function, error) {
	targets := make(map[place]bool)
	for _, sec := range u.sections {
		for slot := range sec.insns {
			if to, ok := sec.callee(slot); ok {
				targets[to] = true
			}
		}
	}
	starts := make(map[*section][]function)
	for _, name := range u.order {
		sym := u.symbols[name]
		if !sym.defined || sym.absolute || !sym.section.code || sym.slot >= len(sym.section.insns) {
			continue
		}
		if sym.function || !object.IsLabel(name) && (sym.global || sym.slot == 0 || targets[place{sym.section, sym.slot}]) {
			starts[sym.section] = append(starts[sym.section], function{
				name: name, section: sym.section, start: sym.slot, global: sym.global, typed: sym.function,
			})
		}
	}
	var all []function
	for _, sec := range u.sections {
		if len(sec.insns) == 0 {
			continue
		}
		list := starts[sec]
		slices.SortStableFunc(list, func(a, b function) int { return cmp.Compare(a.start, b.start) })
		if len(list) == 0 || list[0].start > 0 {
			list = slices.Insert(list, 0, function{name: sec.name, section: sec, global: true})
		}
		list = merge(list)
		for i := range list {
			list[i].end = len(sec.insns)
			if i+1 < len(list) {
				list[i].end = list[i+1].start
			}
		}
		all = append(all, list...)
	}
	if len(all) > maxPrograms {
		return nil, fmt.Errorf("%d functions, expected at most %d", len(all), maxPrograms)
	}
	return all, nil
}

// merge makes one function of those that start at the same slot, with the name of
// the one that loaders look for: a global one, and rather one with a type.
func merge(sorted []function) []function {
	rank := func(f function) int {
		n := 0
		if f.global {
			n += 2
		}
		if f.typed {
			n++
		}
		return n
	}
	var list []function
	for _, f := range sorted {
		if n := len(list); n == 0 || list[n-1].start != f.start {
			list = append(list, f)
		} else if rank(f) > rank(list[n-1]) {
			list[n-1] = f
		}
	}
	return list
}

// callee returns where the call or the function address of a slot leads.
func (sec *section) callee(slot int) (place, bool) {
	ins := sec.insns[slot]
	if !ins.IsSubprogramCall() && !ins.IsFunctionAddress() {
		return place{}, false
	}
	if to, ok := sec.calls[slot]; ok {
		return to, true
	}
	return place{sec, slot + 1 + int(ins.Imm())}, true
}

// linker puts programs together, one after the other.
type linker struct {
	unit      *unit
	functions []function
	byStart   map[place]int
	placed    []int   // where a function stands in the program at hand, plus 1
	slots     int     // of all programs
	throws    []place // calls of bpf_throw
	text      []int   // functions of .text, which may be exception callbacks
}

// throw is the kfunc that ends a program by its exception callback. Only BTF says
// which function that is: one of .text that the program does not reach by itself,
// though another may call it. Where there is one such function it counts as the
// callback; where there are more, the program is refused.
const throw = "bpf_throw"

// mayCatch returns a function that may be the exception callback of a program, -1
// if there is none, and whether there are more.
func (l *linker) mayCatch() (callback int, more bool) {
	callback = -1
	for _, i := range l.text {
		switch {
		case l.placed[i] > 0:
		case callback >= 0:
			return callback, true
		default:
			callback = i
		}
	}
	return callback, false
}

// throwsIn reports whether a function throws.
func (l *linker) throwsIn(f function) bool {
	return slices.ContainsFunc(l.throws, func(p place) bool {
		return p.section == f.section && f.start <= p.slot && p.slot < f.end
	})
}

// callees lists what a function refers to, each once, sorted by name as
// cilium/ebpf links them. Places without a function come first.
func (l *linker) callees(f function) []place {
	var list []place
	for slot := f.start; slot < f.end; slot++ {
		if to, ok := f.section.callee(slot); ok {
			list = append(list, to)
		}
	}
	name := func(p place) string {
		if i, ok := l.byStart[p]; ok {
			return l.functions[i].name
		}
		return ""
	}
	slices.SortStableFunc(list, func(a, b place) int {
		return cmp.Or(cmp.Compare(name(a), name(b)), cmp.Compare(a.slot, b.slot))
	})
	return slices.Compact(list)
}

// link puts the program of a function together: the functions that it can reach
// follow it breadth first. The error is that of all programs; one of the program
// alone is in its Err.
func (l *linker) link(main int) (p *verifier.Program, parts []int, err error) {
	f := l.functions[main]
	p = &verifier.Program{Name: f.name, Section: f.section.name}
	p.Type, p.AttachType, p.AttachTo = object.DescribeSection(f.section.name)
	p.TargetProgram = p.Type == "ext" // BPF_PROG_TYPE_EXT replaces a function of another program
	clear(l.placed)
	size := 0
	add := func(i int) {
		if l.placed[i] == 0 {
			l.placed[i] = size + 1
			size += l.functions[i].end - l.functions[i].start
			parts = append(parts, i)
		}
	}
	add(main)
	throws, callback := false, -1
	for i := 0; i < len(parts) && p.Err == nil && size <= maxSlots; i++ {
		f := l.functions[parts[i]]
		p.Err = l.follow(f, add)
		throws = throws || l.throwsIn(f)
		if p.Err != nil || !throws || i < len(parts)-1 || callback >= 0 {
			continue
		}
		var more bool
		if callback, more = l.mayCatch(); more {
			p.Err = fmt.Errorf("%s calls %s, and more than one function in .text may be the exception callback, expected one there that the program does not call",
				quote(l.functions[main].name), throw)
		} else if callback >= 0 {
			add(callback)
		}
	}
	if size > maxSlots {
		p.Err = fmt.Errorf("%d slots or more with all functions that it calls, expected at most %d", size, maxSlots)
	}
	if l.slots += size; l.slots > maxLinked {
		return nil, nil, fmt.Errorf("the programs have more than %d slots together, expected at most that", maxLinked)
	}
	p.TypedArguments = len(parts) > 1 // the text does not say what BTF says of them
	if p.Err == nil {
		l.fill(p, parts, size)
		for i, part := range parts {
			p.Functions[i].ExceptionCallback = part == callback
		}
	}
	return p, parts, nil
}

// follow adds what a function refers to.
func (l *linker) follow(f function, add func(int)) error {
	sec := f.section
	if i, _ := slices.BinarySearchFunc(sec.bad, f.start, func(b fault, slot int) int { return cmp.Compare(b.slot, slot) }); i < len(sec.bad) && sec.bad[i].slot < f.end {
		return l.unit.explain(sec, sec.bad[i])
	}
	for _, to := range l.callees(f) {
		i, ok := l.byStart[to]
		switch {
		case ok:
			add(i)
		case to.section != sec || to.slot < f.start || to.slot >= f.end:
			return fmt.Errorf("call of slot %d of section %s from %s, expected a function there", to.slot, quote(to.section.name), quote(f.name))
		}
	}
	return nil
}

// fill copies the parts and connects them.
func (l *linker) fill(p *verifier.Program, parts []int, size int) {
	p.Instructions = make([]asm.Instruction, 0, size)
	offsets := make([]uint32, 0, size)
	for _, part := range parts {
		f := l.functions[part]
		sec, start := f.section, len(p.Instructions)
		p.Functions = append(p.Functions, verifier.Function{Name: f.name, Start: start})
		p.Instructions = append(p.Instructions, sec.insns[f.start:f.end]...)
		offsets = append(offsets, sec.offsets[f.start:f.end]...)
		for slot := f.start; slot < f.end; slot++ {
			to, ok := sec.callee(slot)
			if !ok {
				continue
			}
			if i, ok := l.byStart[to]; ok {
				at := start + slot - f.start
				p.Instructions[at] = withSource(p.Instructions[at], p.Instructions[at].Src(), int32(l.placed[i]-1-at-1))
			}
		}
		from, _ := slices.BinarySearchFunc(sec.refs, f.start, func(r verifier.Reference, slot int) int { return cmp.Compare(r.Slot, slot) })
		for _, r := range sec.refs[from:] {
			if r.Slot >= f.end {
				break
			}
			r.Slot += start - f.start
			p.References = append(p.References, r)
		}
	}
	p.Source = l.unit.src.find(offsets)
}
