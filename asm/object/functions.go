package object

import (
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/asm"
)

// function is a range of slots of a code section.
type function struct {
	name       string
	aliases    []string // other symbols at the same place
	section    uint32
	start, end uint32
	local      bool
	hidden     bool // of other visibility than STV_DEFAULT
	typed      bool // STT_FUNC
	anonymous  bool // a section without function symbols, which goes by its name
	called     bool // another function of the same type calls it or takes its address
	err        error
}

// findFunctions decides which symbols are functions and where they end.
//
// LLVM since 12 gives functions a type and a size. Before, a function is a symbol
// without either, and so is a label. The functions are those that are not local,
// or where a section or a call leads.
func (f *file) findFunctions() ([]function, error) {
	symbols, err := f.functionSymbols()
	if err != nil {
		return nil, err
	}
	var functions []function
	for i := range f.sections {
		sec := &f.sections[i]
		if sec.code == nil {
			continue
		}
		n := 0
		for n < len(symbols) && int(symbols[n].section) == i {
			n++
		}
		first := len(functions)
		if sec.err == nil {
			functions = appendFunctions(functions, symbols[:n], uint32(len(sec.insns)), sec.name == ".text")
		}
		symbols = symbols[n:]
		if len(functions) == first {
			functions = append(functions, function{
				name: sec.name, section: uint32(i), end: uint32(len(sec.insns)), err: sec.err, anonymous: true,
			})
		}
	}
	return functions, nil
}

// functionSymbol is a symbol that may be a function.
type functionSymbol struct {
	function
	rank int // among symbols at the same place
	size uint32
}

// functionSymbols returns the symbols that may be functions, sorted by section,
// place and rank.
func (f *file) functionSymbols() ([]functionSymbol, error) {
	var symbols []functionSymbol
	var targets []place
	for i := range f.numSymbols() {
		sym := f.symbol(i)
		sec := f.sectionOf(sym)
		typed := sym.typ() == elf.STT_FUNC
		if sec == nil || sec.code == nil || !typed && sym.typ() != elf.STT_NOTYPE {
			continue
		}
		name, local := f.symbolName(sym), sym.bind() == elf.STB_LOCAL
		if name == "" || !typed && (local && IsLabel(name) || sym.Value >= sec.size) {
			continue
		}
		s := functionSymbol{rank: 2 * bindRank(sym)}
		s.name, s.section, s.local, s.typed = name, uint32(sym.Shndx), local, typed
		s.hidden = elf.ST_VISIBILITY(sym.Other) != elf.STV_DEFAULT
		if !typed {
			s.rank++
		}
		switch {
		case sym.Value >= sec.size || sym.Size > sec.size-sym.Value:
			s.err = fmt.Errorf("section %q: function %q takes bytes %d to %d, but the section has %d",
				sec.name, name, sym.Value, sym.Value+sym.Size, sec.size)
		case sym.Value%asm.SlotSize != 0 || sym.Size%asm.SlotSize != 0:
			s.err = fmt.Errorf("section %q: function %q at byte %d with %d bytes, expected multiples of %d",
				sec.name, name, sym.Value, sym.Size, asm.SlotSize)
		default:
			s.size = uint32(sym.Size / asm.SlotSize)
		}
		s.start = uint32(min(sym.Value, sec.size) / asm.SlotSize)

		if local && !typed && sym.Size == 0 && sym.Value != 0 {
			if targets == nil {
				targets = f.callTargets()
			}
			if _, ok := slices.BinarySearchFunc(targets, place{s.section, int64(s.start)}, comparePlaces); !ok {
				continue
			}
		}
		if len(symbols) == maxFunctions {
			return nil, fmt.Errorf("more than %d functions, expected fewer", maxFunctions)
		}
		symbols = append(symbols, s)
	}
	slices.SortFunc(symbols, func(a, b functionSymbol) int {
		return cmp.Or(cmp.Compare(a.section, b.section), cmp.Compare(a.start, b.start),
			cmp.Compare(a.rank, b.rank), cmp.Compare(a.name, b.name))
	})
	return symbols, nil
}

// appendFunctions appends the functions of one section, which has the given
// number of slots. The symbols are sorted.
func appendFunctions(functions []function, symbols []functionSymbol, slots uint32, text bool) []function {
	first := len(functions)
	covered := uint32(0) // end of the functions so far whose size is known
	for _, s := range symbols {
		if n := len(functions); n > first && functions[n-1].start == s.start {
			functions[n-1].aliases = append(functions[n-1].aliases, s.name)
			functions[n-1].hidden = functions[n-1].hidden || s.hidden
			if s.typed && functions[n-1].typed && (!text || functions[n-1].end != s.start+s.size) {
				functions[n-1].overlaps(&s.function)
			}
			continue
		}
		if n := len(functions); s.typed && n > first && functions[n-1].typed && s.start < covered {
			functions[n-1].overlaps(&s.function)
			s.overlaps(&functions[n-1])
		}
		if !s.typed && s.start < covered {
			continue // a label inside a function
		}
		s.end = s.start + s.size // 0 slots: not known yet
		if s.typed {
			covered = max(covered, s.end)
		}
		functions = append(functions, s.function)
	}
	// A function without a size ends where the next one starts.
	next := slots
	for i := len(functions) - 1; i >= first; i-- {
		fn := &functions[i]
		if fn.end == fn.start && fn.err == nil {
			fn.end = next
		}
		next = fn.start
	}
	return functions
}

// overlaps notes that two functions share slots. libbpf gives each relocation to one
// of them and loads the other with what the file has there.
func (f *function) overlaps(other *function) {
	f.err = fmt.Errorf("function %q shares slots with %q, expected each to have its own", shown(f.name), shown(other.name))
}

// IsLabel reports whether LLVM gave the name to a place inside a function
// (basic blocks, debug information).
func IsLabel(name string) bool {
	return strings.HasPrefix(name, ".L") || strings.HasPrefix(name, "LBB") ||
		strings.HasPrefix(name, "Ltmp") || strings.HasPrefix(name, "Lfunc_")
}

// callTargets returns where all calls of the object lead, sorted. It is never
// nil.
func (f *file) callTargets() []place {
	targets := []place{}
	for i := range f.sections {
		if sec := &f.sections[i]; sec.code != nil {
			for _, c := range sec.calls {
				targets = append(targets, c.place)
			}
		}
	}
	slices.SortFunc(targets, comparePlaces)
	return slices.Compact(targets)
}

func comparePlaces(a, b place) int {
	return cmp.Or(cmp.Compare(a.section, b.section), cmp.Compare(a.slot, b.slot))
}

// resolveCalls finds the function that each call leads to, and marks it as called.
func (f *file) resolveCalls(functions []function) {
	for i := range f.sections {
		sec := &f.sections[i]
		if sec.code == nil {
			continue
		}
		for j := range sec.calls {
			c := &sec.calls[j]
			at, ok := slices.BinarySearchFunc(functions, c.place, func(fn function, p place) int {
				return comparePlaces(place{fn.section, int64(fn.start)}, p)
			})
			if !ok {
				continue
			}
			c.target = int32(at)
			fn := &functions[at]
			itself := int(fn.section) == i && fn.start <= c.slot && c.slot < fn.end
			// A section of another type says that the function is a program as well.
			if callee := &f.sections[fn.section]; !itself && callee.sameType(sec) {
				fn.called = true
			}
		}
	}
}

// sameType reports whether programs in both sections are of one type, and .text is
// of any.
func (s *section) sameType(other *section) bool {
	return other.name == ".text" || s.progType == other.progType && s.attachType == other.attachType && s.attachTo == other.attachTo
}

// findPrograms returns the functions that are programs: those in a section other
// than .text, unless they are local and called. Where no other section has a
// function, each one in .text is a program.
func (f *file) findPrograms(functions []function) []int {
	textOnly := true
	for i := range functions {
		if fn := &functions[i]; !fn.anonymous && f.sections[fn.section].name != ".text" {
			textOnly = false
		}
	}
	var programs, parts []int
	for i := range functions {
		fn := &functions[i]
		switch {
		case textOnly || f.sections[fn.section].name != ".text" && !(fn.local && fn.called):
			programs = append(programs, i)
		case f.sections[fn.section].name != ".text":
			parts = append(parts, i)
		}
	}
	// Where nothing outside .text is marked as a function, libbpf takes what is
	// marked in .text for programs.
	if !textOnly && !slices.ContainsFunc(functions, func(fn function) bool {
		return fn.typed && f.sections[fn.section].name != ".text"
	}) {
		for i := range functions {
			if fn := &functions[i]; fn.typed && f.sections[fn.section].name == ".text" {
				parts = append(parts, i)
			}
		}
	}
	// libbpf takes the distance of a call without a relocation for one in .text,
	// whatever section it stands in. What it would find there has to be judged too.
	parts = append(parts, f.elsewhere(functions)...)
	if len(parts) == 0 {
		return programs
	}
	// What none of the programs reaches, such as local functions that only call each
	// other, belongs to no program. Someone has to answer for it.
	reached := make([]bool, len(functions))
	for _, p := range programs {
		f.reach(functions, p, reached)
	}
	for _, p := range parts {
		if !reached[p] {
			programs = append(programs, p)
			f.reach(functions, p, reached)
		}
	}
	slices.Sort(programs)
	return programs
}

// elsewhere returns the functions of .text that hold a slot to which a call without
// a relocation leads in another section.
func (f *file) elsewhere(functions []function) []int {
	var slots []int64
	for i := range f.sections {
		if sec := &f.sections[i]; sec.code != nil && sec.name != ".text" {
			slots = append(slots, sec.plain...)
		}
	}
	slices.Sort(slots)
	var found []int
	for i := range functions {
		fn := &functions[i]
		if f.sections[fn.section].name != ".text" {
			continue
		}
		j, _ := slices.BinarySearch(slots, int64(fn.start))
		if j < len(slots) && slots[j] < int64(fn.end) {
			found = append(found, i)
		}
	}
	return found
}

// reach marks the functions that a function can call.
func (f *file) reach(functions []function, from int, reached []bool) {
	if reached[from] {
		return
	}
	reached[from] = true
	for work := []int{from}; len(work) > 0; {
		fn := &functions[work[len(work)-1]]
		work = work[:len(work)-1]
		for _, c := range within(f.sections[fn.section].calls, fn.start, fn.end) {
			if c.target != notFunction && !reached[c.target] {
				reached[c.target] = true
				work = append(work, int(c.target))
			}
		}
	}
}

// within returns the elements of a slice sorted by slot that are in a range of slots.
func within[E interface{ at() uint32 }](s []E, start, end uint32) []E {
	search := func(slot uint32) int {
		i, _ := slices.BinarySearchFunc(s, slot, func(e E, slot uint32) int { return cmp.Compare(e.at(), slot) })
		return i
	}
	i := search(start)
	return s[i:max(i, search(end))]
}
