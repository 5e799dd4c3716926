package object_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"slices"

	"github.com/statecheck/statecheck/asm"
)

// builder makes ELF objects that no compiler makes any more, or never did.
type builder struct {
	order    binary.ByteOrder
	machine  elf.Machine
	sections []builtSection
	symbols  []elf.Sym64
	names    bytes.Buffer // of sections and symbols
}

type builtSection struct {
	elf.Section64
	data []byte
}

func newBuilder(order binary.ByteOrder) *builder {
	b := &builder{order: order, machine: elf.EM_BPF}
	b.names.WriteByte(0)
	b.sections = make([]builtSection, 1)
	b.symbols = make([]elf.Sym64, 1)
	return b
}

func (b *builder) name(s string) uint32 {
	if s == "" {
		return 0
	}
	at := b.names.Len()
	b.names.WriteString(s)
	b.names.WriteByte(0)
	return uint32(at)
}

// section adds a section and returns its number.
func (b *builder) section(name string, typ elf.SectionType, flags elf.SectionFlag, data []byte) int {
	b.sections = append(b.sections, builtSection{
		Section64: elf.Section64{Name: b.name(name), Type: uint32(typ), Flags: uint64(flags), Size: uint64(len(data)), Addralign: 8},
		data:      data,
	})
	return len(b.sections) - 1
}

// code adds a code section.
func (b *builder) code(name string, insns ...asm.Instruction) int {
	return b.section(name, elf.SHT_PROGBITS, elf.SHF_ALLOC|elf.SHF_EXECINSTR, asm.Encode(insns, b.order))
}

// data adds a data section of 64 bytes.
func (b *builder) data(name string) int {
	return b.section(name, elf.SHT_PROGBITS, elf.SHF_ALLOC|elf.SHF_WRITE, make([]byte, 64))
}

// symbol adds a symbol and returns its number. Value and size count bytes.
func (b *builder) symbol(name string, bind elf.SymBind, typ elf.SymType, section, value, size int) int {
	b.symbols = append(b.symbols, elf.Sym64{
		Name: b.name(name), Info: elf.ST_INFO(bind, typ), Shndx: uint16(section), Value: uint64(value), Size: uint64(size),
	})
	return len(b.symbols) - 1
}

// function adds a global function as LLVM since 12 marks it. Slots, not bytes.
func (b *builder) function(name string, section, start, slots int) int {
	return b.symbol(name, elf.STB_GLOBAL, elf.STT_FUNC, section, start*asm.SlotSize, slots*asm.SlotSize)
}

// static adds a local function.
func (b *builder) static(name string, section, start, slots int) int {
	return b.symbol(name, elf.STB_LOCAL, elf.STT_FUNC, section, start*asm.SlotSize, slots*asm.SlotSize)
}

// untyped adds a global function as LLVM before 12 marks it.
func (b *builder) untyped(name string, section, start int) int {
	return b.symbol(name, elf.STB_GLOBAL, elf.STT_NOTYPE, section, start*asm.SlotSize, 0)
}

// extern adds an undefined symbol.
func (b *builder) extern(name string) int {
	return b.symbol(name, elf.STB_GLOBAL, elf.STT_NOTYPE, 0, 0, 0)
}

// anonymous adds a section's own symbol.
func (b *builder) anonymous(section int) int {
	return b.symbol("", elf.STB_LOCAL, elf.STT_SECTION, section, 0, 0)
}

// relocate adds relocations for a section: pairs of a slot and a symbol.
func (b *builder) relocate(section int, pairs ...int) int {
	var raw bytes.Buffer
	for i := 0; i < len(pairs); i += 2 {
		_ = binary.Write(&raw, b.order, elf.Rel64{Off: uint64(pairs[i]) * asm.SlotSize, Info: elf.R_INFO(uint32(pairs[i+1]), 1)})
	}
	rel := b.section(".rel", elf.SHT_REL, 0, raw.Bytes())
	b.sections[rel].Info = uint32(section)
	return rel
}

// types adds a .BTF section, little-endian.
func (b *builder) types(strs string, types []byte) {
	header := words(0x0001_eb9f, 24, 0, uint32(len(types)), uint32(len(types)), uint32(len(strs)))
	b.section(".BTF", elf.SHT_PROGBITS, 0, slices.Concat(header, types, []byte(strs)))
}

// bytes puts the file together.
func (b *builder) bytes() []byte {
	var symbols bytes.Buffer
	_ = binary.Write(&symbols, b.order, b.symbols)
	sections := append([]builtSection(nil), b.sections...)
	add := func(typ elf.SectionType, link int, data []byte) {
		sections = append(sections, builtSection{
			Section64: elf.Section64{Type: uint32(typ), Link: uint32(link), Size: uint64(len(data)), Addralign: 1}, data: data,
		})
	}
	add(elf.SHT_SYMTAB, len(sections)+1, symbols.Bytes())
	add(elf.SHT_STRTAB, 0, b.names.Bytes())

	offset := uint64(64)
	for i := range sections {
		s := &sections[i]
		if s.Off == 0 { // else a test wants it elsewhere
			s.Off = offset
		}
		offset += uint64(len(s.data)+7) &^ 7
	}
	header := elf.Header64{
		Type: uint16(elf.ET_REL), Machine: uint16(b.machine), Version: 1, Shoff: offset,
		Ehsize: 64, Shentsize: 64, Shnum: uint16(len(sections)), Shstrndx: uint16(len(sections) - 1),
	}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), 1
	header.Ident[elf.EI_DATA] = byte(elf.ELFDATA2LSB)
	if b.order == binary.ByteOrder(binary.BigEndian) {
		header.Ident[elf.EI_DATA] = byte(elf.ELFDATA2MSB)
	}
	var out bytes.Buffer
	_ = binary.Write(&out, b.order, header)
	for _, s := range sections {
		out.Write(s.data)
		out.Write(make([]byte, (8-len(s.data)%8)%8))
	}
	for _, s := range sections {
		_ = binary.Write(&out, b.order, s.Section64)
	}
	return out.Bytes()
}
