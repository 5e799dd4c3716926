package object

import (
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// code is what a code section holds. The slices are sorted by slot and belong
// to the section: a function is a range of slots.
type code struct {
	insns []asm.Instruction // with relocations applied, except for distances
	calls []call
	plain []int64 // where calls without a relocation lead, as slots
	refs  []ref
	sites []site
	bad   []fault
	err   error // why the section as a whole cannot be used

	progType, attachType, attachTo string
}

// call is a call of a function of the object, or a load of its address.
type call struct {
	slot   uint32
	place  place
	target int32 // in Object.functions; notFunction: no function starts there
}

const notFunction = -1

// place is a slot of a code section. The slot may lie outside of it.
type place struct {
	section uint32
	slot    int64
}

// ref is a reference to something outside the code.
type ref struct {
	slot uint32
	kind verifier.RefKind
	weak bool
	data verifier.MapKind
	name string
}

// site is a slot with a CO-RE relocation.
type site uint32

// fault is why a slot cannot be relocated.
type fault struct {
	slot   uint32
	symbol uint32
	why    string // see explain
}

func (c call) at() uint32  { return c.slot }
func (r ref) at() uint32   { return r.slot }
func (s site) at() uint32  { return uint32(s) }
func (f fault) at() uint32 { return f.slot }

// Faults, as formats of: 1 the symbol, 2 its section, 3 the opcode found, 4 the
// number of the symbol.
const (
	faultOffset     = "relocation against %[1]q inside the slot, expected it at the start"
	faultTwice      = "more than one relocation, the first against %[1]q, expected one"
	faultSymbol     = "relocation against symbol %[4]d, which does not exist"
	faultOpcode     = "relocation against %[1]q at opcode %#02[3]x, expected a call or LD_IMM64"
	faultSource     = "call to %[1]q in section %[2]q without BPF_PSEUDO_CALL as source, expected it"
	faultCallee     = "call to %[1]q in section %[2]q, expected a function"
	faultExternCall = "unresolved external call to %[1]q, expected a function of the object or one declared __ksym in its BTF"
	faultExternLoad = "unresolved external symbol %[1]q, expected it to be declared __ksym or __kconfig in the object's BTF"
	faultAddress    = "address of %[1]q in section %[2]q, expected a function, a map or a data section"
	faultNoMap      = "address in section %[2]q where no map starts"
	faultRaw        = "relocation against %[1]q at an instruction that means something by itself, expected one that waits for it"
	faultSecondSlot = "relocation against %[1]q at an LD_IMM64 without its second slot"
)

// explain puts a fault into words. It is not done earlier, because a hostile
// object can have millions of faults, of which each program shows one.
func (f *file) explain(sec *section, bad fault) error {
	var name, where string
	if bad.symbol < f.numSymbols() {
		sym := f.symbol(bad.symbol)
		name, where = shown(f.symbolName(sym)), elf.SectionIndex(sym.Shndx).String()
		if target := f.sectionOf(sym); target != nil {
			where = shown(target.name)
		}
	}
	text := fmt.Sprintf(bad.why, name, where, uint8(sec.insns[bad.slot].Opcode()), bad.symbol)
	return slotError(sec, bad.slot, errors.New(text))
}

// shown cuts a name to what an error shows of it.
func shown(name string) string { return name[:min(len(name), 128)] }

// slotError says where in a section something is wrong.
func slotError(sec *section, slot uint32, err error) error {
	return fmt.Errorf("section %q, byte %d: %w", shown(sec.name), int(slot)*asm.SlotSize, err)
}

// readCode reads all code sections and finds out what their relocations mean.
func (f *file) readCode(types *types) {
	relocations := make(map[uint32][]*section) // by the section that they are for
	for i := range f.sections {
		sec := &f.sections[i]
		if sec.typ == elf.SHT_REL || sec.typ == elf.SHT_RELA {
			relocations[sec.info] = append(relocations[sec.info], sec)
		}
	}
	// Sections of an object do not overlap. If these do, a small file could
	// ask for any amount of memory.
	budget := 2 * f.size
	take := func(sec *section) error {
		if sec.size > budget {
			return errors.New("the sections together are larger than the file")
		}
		budget -= sec.size
		return nil
	}
	maps := mapIndex{file: f}
	for i := range f.sections {
		sec := &f.sections[i]
		if !sec.isCode() {
			continue
		}
		sec.code = new(code)
		sec.progType, sec.attachType, sec.attachTo = DescribeSection(sec.name)
		rels, err := []relocation(nil), take(sec)
		if err == nil && sec.data != nil {
			// To some loaders a name like .maps says more than the flags do.
			err = errors.New("executable section with the name of a data section")
		}
		if err == nil {
			sec.insns, err = f.decode(sec)
		}
		for _, table := range relocations[uint32(i)] {
			if err == nil {
				err = take(table)
			}
			if err == nil {
				rels, err = f.readRelocations(rels, table, sec)
			}
		}
		if err != nil {
			sec.insns = nil
			sec.err = fmt.Errorf("section %q: %w", sec.name, err)
			continue
		}
		slices.SortStableFunc(rels, func(a, b relocation) int { return cmp.Compare(a.slot, b.slot) })
		r := relocator{file: f, section: sec, index: uint32(i), types: types, maps: &maps}
		r.run(rels)
	}
}

// isCode reports whether the section holds instructions. One that is called
// license or version does not: loaders read it as just that.
func (s *section) isCode() bool {
	return s.typ == elf.SHT_PROGBITS && s.flags&elf.SHF_EXECINSTR != 0 && s.size > 0 &&
		s.name != "license" && s.name != "version"
}

// relocation is an entry of a relocation section. Its type (R_BPF_64_64,
// R_BPF_64_32) says no more than the opcode of the instruction does, and LLVM
// changed the types over time, so it is not kept.
type relocation struct {
	slot    uint32
	symbol  uint32
	aligned bool
}

func (f *file) readRelocations(rels []relocation, table, sec *section) ([]relocation, error) {
	// libbpf leaves these out by their name, whatever they are for.
	if strings.HasPrefix(table.name, ".rel.debug") || strings.HasPrefix(table.name, ".rel.BTF") {
		return nil, fmt.Errorf("relocations in section %q, expected %q", table.name, ".rel"+sec.name)
	}
	if table.typ != elf.SHT_REL {
		return nil, fmt.Errorf("relocations %q of type %v, expected %v", table.name, table.typ, elf.SHT_REL)
	}
	raw, err := f.contents(table)
	if err != nil {
		return nil, fmt.Errorf("relocations %q: %w", table.name, err)
	}
	if len(raw)%relSize != 0 {
		return nil, fmt.Errorf("relocations %q of %d bytes, expected a multiple of %d", table.name, len(raw), relSize)
	}
	rels = slices.Grow(rels, len(raw)/relSize)
	for ; len(raw) > 0; raw = raw[relSize:] {
		offset, info := f.order.Uint64(raw), f.order.Uint64(raw[8:])
		if info == 0 {
			continue // R_BPF_NONE against nothing; against a symbol loaders do apply it
		}
		if offset >= sec.size {
			return nil, fmt.Errorf("relocations %q: byte offset %d, but the section has %d bytes", table.name, offset, sec.size)
		}
		rels = append(rels, relocation{
			slot:    uint32(offset / asm.SlotSize),
			symbol:  elf.R_SYM64(info),
			aligned: offset%asm.SlotSize == 0,
		})
	}
	return rels, nil
}

// relocator finds out what the relocations of one section mean.
type relocator struct {
	*file
	*section
	index uint32
	types *types
	maps  *mapIndex
}

// run walks the section once, with its relocations beside it.
func (r *relocator) run(rels []relocation) {
	r.refs = make([]ref, 0, len(rels)) // nearly all are references
	// Slots are walked one by one, also the second slots of LD_IMM64: a function
	// may start there in a hostile object, and in a good one their opcode is 0.
	for i := range r.insns {
		slot := uint32(i)
		if len(rels) > 0 && rels[0].slot == slot {
			rel, n := rels[0], 1
			for n < len(rels) && rels[n].slot == slot {
				n++
			}
			rels = rels[n:]
			why := ""
			switch {
			case n > 1:
				why = faultTwice
			case !rel.aligned:
				why = faultOffset
			case rel.symbol == 0 || rel.symbol >= r.numSymbols():
				why = faultSymbol
			default:
				why = r.relocate(slot, r.symbol(rel.symbol))
			}
			if why != "" {
				r.bad = append(r.bad, fault{slot, rel.symbol, why})
			}
			continue
		}
		// LLVM resolves calls of static functions in the same section itself.
		if ins := r.insns[i]; ins.IsSubprogramCall() || ins.IsFunctionAddress() {
			target := int64(slot) + int64(ins.Imm()) + 1
			r.call(slot, r.index, target)
			r.plain = append(r.plain, target)
		}
	}
}

func (r *relocator) call(slot, section uint32, target int64) {
	r.calls = append(r.calls, call{slot, place{section, target}, notFunction})
}

func (r *relocator) ref(slot uint32, ref ref) {
	ref.slot = slot
	r.refs = append(r.refs, ref)
}

// relocate applies one relocation, as libbpf does (bpf_program__record_reloc and
// bpf_object__relocate_data in src/libbpf.c). What only the kernel knows (file
// descriptors, BTF ids, addresses) becomes 0. It returns what is wrong, if
// something is.
func (r *relocator) relocate(slot uint32, sym symbol) (why string) {
	ins := &r.insns[slot]
	target := r.sectionOf(sym)
	switch {
	case ins.Opcode() == asm.Call && sym.Shndx == 0:
		return r.externCall(slot, sym)

	case ins.Opcode() == asm.Call:
		if target == nil || !target.isCode() {
			return faultCallee
		}
		if ins.Src() != asm.PseudoCall {
			return faultSource
		}
		// The constant counts slots from the symbol, less one (R_BPF_64_32 in
		// Documentation/bpf/llvm_reloc.rst): -1 for a named function, where it
		// is for one known by its section.
		if sym.Value%asm.SlotSize != 0 {
			return faultCallee
		}
		r.call(slot, uint32(sym.Shndx), int64(sym.Value/asm.SlotSize)+int64(ins.Imm())+1)
		return ""

	case ins.Opcode() != asm.LoadImm64:
		return faultOpcode
	}

	if int(slot)+1 >= len(r.insns) || r.insns[slot+1].Opcode() != 0 {
		return faultSecondSlot
	}
	second := &r.insns[slot+1]
	isMap := target != nil && target.data != nil && target.data.perSymbol
	isFunction := target != nil && target.isCode() && ins.Src() == asm.PseudoFunc
	switch {
	case ins.Src() != 0 && !isMap && !isFunction:
		return faultRaw // a map by file descriptor, should the relocation get lost

	case sym.Shndx == 0:
		return r.externLoad(slot, sym)

	case target == nil:
		return faultAddress

	case target.isCode():
		// The constant counts bytes here.
		offset := int64(sym.Value) + int64(ins.Imm())
		if offset%asm.SlotSize != 0 {
			return faultAddress
		}
		*ins = withSource(*ins, asm.PseudoFunc, 0)
		r.call(slot, uint32(sym.Shndx), offset/asm.SlotSize)
		return ""

	case target.data == nil:
		return faultAddress

	case target.data.perSymbol:
		name := r.symbolName(sym)
		if sym.typ() == elf.STT_SECTION || name == "" {
			if name = r.maps.name(sym.Shndx, sym.Value+uint64(int64(ins.Imm()))); name == "" {
				return faultNoMap
			}
		}
		kind := target.data.kind
		if r.types.arenas[name] {
			kind = verifier.MapArena
		}
		*ins = withSource(*ins, asm.PseudoMapFD, 0)
		r.ref(slot, ref{kind: verifier.RefMap, data: kind, name: name})
		return ""

	default:
		offset := int32(sym.Value) + ins.Imm()
		*ins = withSource(*ins, asm.PseudoMapValue, 0)
		*second = withSource(*second, second.Src(), offset)
		r.ref(slot, ref{kind: verifier.RefMap, data: target.data.kind, name: target.name})
		return ""
	}
}

// externCall is a call of a function that the object does not define.
func (r *relocator) externCall(slot uint32, sym symbol) (why string) {
	name := r.symbolName(sym)
	if r.types.externs[name] != externKfunc {
		return faultExternCall
	}
	ins := &r.insns[slot]
	if ins.Src() != asm.PseudoCall {
		return faultRaw // a helper call, should the relocation get lost
	}
	*ins = asm.New(ins.Opcode(), ins.Dst(), asm.PseudoKfuncCall, 0, 0)
	r.ref(slot, ref{kind: verifier.RefKfunc, name: name, weak: sym.bind() == elf.STB_WEAK})
	return ""
}

// externLoad is the address of something that the object does not define
// (RELO_EXTERN_LD64 in libbpf).
func (r *relocator) externLoad(slot uint32, sym symbol) (why string) {
	name := r.symbolName(sym)
	found := ref{kind: verifier.RefVariable, name: name, weak: sym.bind() == elf.STB_WEAK}
	source := asm.PseudoBTFID
	switch kind := r.types.externs[name]; kind {
	case externVariable:
	case externAddress:
		source = 0 // of a symbol without type only the address is known
	case externKfunc:
		found.kind = verifier.RefKfunc
	case externKconfig:
		// Where in .kconfig it lies is the loader's choice. Being weak means that
		// its value may be 0, not its address.
		source = asm.PseudoMapValue
		found = ref{kind: verifier.RefMap, data: verifier.MapKconfig, name: ".kconfig"}
	default:
		// libbpf refuses a symbol that no BTF declares; cilium/ebpf leaves the
		// constant for its user to fill in, and loads it as it is. Where a
		// declaration may have been missed, the symbol could be a map's.
		if kind == externTwice || !r.types.whole || name == "" || sym.bind() == elf.STB_LOCAL || sym.typ() != elf.STT_NOTYPE {
			return faultExternLoad
		}
		source = 0
	}
	for i, src := range []asm.Register{source, 0} {
		ins := &r.insns[int(slot)+i]
		*ins = withSource(*ins, src, 0)
	}
	r.ref(slot, found)
	return ""
}

// withSource replaces the source register and the constant.
func withSource(ins asm.Instruction, src asm.Register, imm int32) asm.Instruction {
	return asm.New(ins.Opcode(), ins.Dst(), src, ins.Off(), imm)
}

// mapIndex finds a map by its place, for compilers that refer to the section and
// not to the map's symbol.
type mapIndex struct {
	*file
	built   bool
	symbols []uint32 // sorted by section and offset
}

func (m *mapIndex) name(section uint16, offset uint64) string {
	order := func(i uint32, section uint16, offset uint64) int {
		sym := m.symbol(i)
		return cmp.Or(cmp.Compare(sym.Shndx, section), cmp.Compare(sym.Value, offset))
	}
	if !m.built {
		m.built = true
		for i := range m.numSymbols() {
			sym := m.symbol(i)
			sec := m.sectionOf(sym)
			if sec != nil && sec.data != nil && sec.data.perSymbol && sym.typ() <= elf.STT_OBJECT && m.symbolName(sym) != "" {
				m.symbols = append(m.symbols, i)
			}
		}
		slices.SortFunc(m.symbols, func(a, b uint32) int {
			x, y := m.symbol(a), m.symbol(b)
			return cmp.Or(order(a, y.Shndx, y.Value),
				cmp.Compare(bindRank(x), bindRank(y)),
				cmp.Compare(m.symbolName(x), m.symbolName(y)))
		})
	}
	at, ok := slices.BinarySearchFunc(m.symbols, place{}, func(i uint32, _ place) int { return order(i, section, offset) })
	if !ok {
		return ""
	}
	return m.symbolName(m.symbol(m.symbols[at]))
}

// bindRank orders symbols at one place: the most visible is the one that people
// know.
func bindRank(s symbol) int {
	switch s.bind() {
	case elf.STB_GLOBAL:
		return 0
	case elf.STB_WEAK:
		return 1
	}
	return 2
}
