package object

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/statecheck/statecheck/asm"
)

// file is the part of an ELF file that says where everything is.
//
// The layout comes from debug/elf, the reading does not: elf.NewFile copies the
// name of every section and symbol, so that a few megabytes of headers that
// share one long name take all memory, and it gives up on the whole file where
// one part is broken.
type file struct {
	r     io.ReaderAt
	size  uint64
	order binary.ByteOrder

	sections []section

	symbols []byte // the symbol table as it is in the file
	strings string // its names
}

// section is an ELF section and, if it is code, what is in it.
type section struct {
	name   string
	typ    elf.SectionType
	flags  elf.SectionFlag
	offset uint64
	size   uint64
	link   uint32
	info   uint32

	data  *dataSection // if it is a map or several
	*code              // if it holds instructions
}

// Sizes of the ELF64 structures.
const (
	headerSize  = 64
	sectionSize = 64
	symbolSize  = elf.Sym64Size
	relSize     = 16
)

// maxName is how much of a name is looked at. Without a bound, many symbols that
// share one long name would take quadratic time. The kernel's own limit is 512
// (KSYM_NAME_LEN).
const maxName = 1024

// readFile reads the header and the section table.
func readFile(r io.ReaderAt, size int64) (*file, error) {
	if size > MaxSize {
		return nil, fmt.Errorf("file of %d bytes, expected at most %d", size, MaxSize)
	}
	f := &file{r: r, size: uint64(max(size, 0))}
	header, err := f.read(0, headerSize)
	if err != nil {
		return nil, fmt.Errorf("ELF header: %w", err)
	}
	ident := header[:elf.EI_NIDENT]
	if string(ident[:4]) != elf.ELFMAG {
		return nil, fmt.Errorf("file starts with % x, expected an ELF file (% x)", ident[:4], elf.ELFMAG)
	}
	if class := elf.Class(ident[elf.EI_CLASS]); class != elf.ELFCLASS64 {
		return nil, fmt.Errorf("ELF file of class %v, expected %v", class, elf.ELFCLASS64)
	}
	switch data := elf.Data(ident[elf.EI_DATA]); data {
	case elf.ELFDATA2LSB:
		f.order = binary.LittleEndian
	case elf.ELFDATA2MSB:
		f.order = binary.BigEndian
	default:
		return nil, fmt.Errorf("ELF file with byte order %d, expected %v or %v", data, elf.ELFDATA2LSB, elf.ELFDATA2MSB)
	}

	if typ := elf.Type(f.order.Uint16(header[16:])); typ != elf.ET_REL {
		return nil, fmt.Errorf("ELF file of type %v, expected a relocatable object (%v)", typ, elf.ET_REL)
	}
	// LLVM before 3.9 knew no number for BPF.
	if machine := elf.Machine(f.order.Uint16(header[18:])); machine != elf.EM_BPF && machine != elf.EM_NONE {
		return nil, fmt.Errorf("ELF file for machine %d, expected %d (%v)", machine, elf.EM_BPF, elf.EM_BPF)
	}
	return f, f.readSections(header)
}

func (f *file) readSections(header []byte) error {
	offset := f.order.Uint64(header[0x28:])
	entry := f.order.Uint16(header[0x3a:])
	count := f.order.Uint16(header[0x3c:])
	names := f.order.Uint16(header[0x3e:])
	// 0 also stands for "more than 65279": no BPF object has that many.
	if count == 0 {
		return fmt.Errorf("ELF file without sections, expected code")
	}
	if entry != sectionSize {
		return fmt.Errorf("section headers of %d bytes, expected %d", entry, sectionSize)
	}
	table, err := f.read(offset, uint64(count)*sectionSize)
	if err != nil {
		return fmt.Errorf("section headers: %w", err)
	}

	f.sections = make([]section, count)
	for i := range f.sections {
		h := table[i*sectionSize:]
		f.sections[i] = section{
			typ:    elf.SectionType(f.order.Uint32(h[4:])),
			flags:  elf.SectionFlag(f.order.Uint64(h[8:])),
			offset: f.order.Uint64(h[24:]),
			size:   f.order.Uint64(h[32:]),
			link:   f.order.Uint32(h[40:]),
			info:   f.order.Uint32(h[44:]),
		}
	}
	nameTable, err := f.readStrings(uint32(names))
	if err != nil {
		return fmt.Errorf("section names: %w", err)
	}
	for i := range f.sections {
		sec := &f.sections[i]
		sec.name = cString(nameTable, f.order.Uint32(table[i*sectionSize:]))
		sec.data = findDataSection(sec.name)
	}
	return f.checkUnique()
}

// checkUnique refuses objects with two of what loaders take to be one: they do not
// agree on which.
func (f *file) checkUnique() error {
	seen := make(map[string]bool)
	for i := range f.sections {
		name := f.sections[i].name
		if f.sections[i].typ == elf.SHT_SYMTAB {
			name = "symbol table"
		}
		switch name {
		case "symbol table", ".text", ".BTF", ".BTF.ext", ".maps":
			if seen[name] {
				return fmt.Errorf("two sections %s, expected at most one", name)
			}
			seen[name] = true
		}
	}
	return nil
}

// readSymbols reads the symbol table, which an object may lack.
func (f *file) readSymbols() error {
	for i := range f.sections {
		sec := &f.sections[i]
		if sec.typ != elf.SHT_SYMTAB {
			continue
		}
		var err error
		if f.symbols, err = f.contents(sec); err != nil {
			return fmt.Errorf("symbol table: %w", err)
		}
		if len(f.symbols)%symbolSize != 0 {
			return fmt.Errorf("symbol table of %d bytes, expected a multiple of %d", len(f.symbols), symbolSize)
		}
		if f.strings, err = f.readStrings(sec.link); err != nil {
			return fmt.Errorf("symbol names: %w", err)
		}
		return nil
	}
	return nil
}

// symbol is an entry of the symbol table.
type symbol struct {
	elf.Sym64
}

func (s symbol) typ() elf.SymType  { return elf.ST_TYPE(s.Info) }
func (s symbol) bind() elf.SymBind { return elf.ST_BIND(s.Info) }

func (f *file) numSymbols() uint32 { return uint32(len(f.symbols) / symbolSize) }

// symbol returns the i-th symbol, which must exist.
func (f *file) symbol(i uint32) symbol {
	b := f.symbols[int(i)*symbolSize:][:symbolSize]
	return symbol{elf.Sym64{
		Name:  f.order.Uint32(b),
		Info:  b[4],
		Other: b[5],
		Shndx: f.order.Uint16(b[6:]),
		Value: f.order.Uint64(b[8:]),
		Size:  f.order.Uint64(b[16:]),
	}}
}

func (f *file) symbolName(s symbol) string { return cString(f.strings, s.Name) }

// sectionOf returns the section that the symbol is defined in, or nil.
func (f *file) sectionOf(s symbol) *section {
	if s.Shndx == 0 || s.Shndx >= uint16(elf.SHN_LORESERVE) || int(s.Shndx) >= len(f.sections) {
		return nil // undefined, absolute, common, or out of range
	}
	return &f.sections[s.Shndx]
}

// contents reads a section as it is in the file.
func (f *file) contents(sec *section) ([]byte, error) {
	if err := f.readable(sec); err != nil {
		return nil, err
	}
	return f.read(sec.offset, sec.size)
}

// readable reports why a section's contents cannot be read. Compressed ones are
// refused because no compiler makes them for BPF, and unpacking a hostile one
// takes any amount of memory.
func (f *file) readable(sec *section) error {
	switch {
	case sec.flags&elf.SHF_COMPRESSED != 0:
		return fmt.Errorf("compressed section, expected a plain one")
	case sec.typ == elf.SHT_NOBITS:
		return fmt.Errorf("section without contents (%v)", sec.typ)
	}
	return f.inside(sec.offset, sec.size)
}

func (f *file) inside(offset, size uint64) error {
	if offset > f.size || size > f.size-offset {
		return fmt.Errorf("%d bytes at offset %d, but the file has %d", size, offset, f.size)
	}
	return nil
}

func (f *file) read(offset, size uint64) ([]byte, error) {
	if err := f.inside(offset, size); err != nil {
		return nil, err
	}
	b := make([]byte, size)
	return b, f.fill(b, offset)
}

// fill reads len(b) bytes. A reader may report io.EOF with the last of them.
func (f *file) fill(b []byte, offset uint64) error {
	if n, err := f.r.ReadAt(b, int64(offset)); n < len(b) {
		return err
	}
	return nil
}

func (f *file) readStrings(index uint32) (string, error) {
	if index == 0 || int64(index) >= int64(len(f.sections)) {
		return "", fmt.Errorf("in section %d, expected 1 to %d", index, len(f.sections)-1)
	}
	b, err := f.contents(&f.sections[index])
	return string(b), err
}

// decode reads a code section. It goes piece by piece, so that the bytes and the
// instructions made of them are not both in memory.
func (f *file) decode(sec *section) ([]asm.Instruction, error) {
	if err := f.readable(sec); err != nil {
		return nil, err
	}
	if sec.size%asm.SlotSize != 0 {
		return nil, fmt.Errorf("%d bytes of code, expected a multiple of %d", sec.size, asm.SlotSize)
	}
	insns := make([]asm.Instruction, 0, sec.size/asm.SlotSize)
	piece := make([]byte, min(sec.size, 64<<10))
	for done := uint64(0); done < sec.size; done += uint64(len(piece)) {
		piece = piece[:min(sec.size-done, uint64(len(piece)))]
		err := f.fill(piece, sec.offset+done)
		if err != nil {
			return nil, err
		}
		if insns, err = asm.AppendDecode(insns, piece, f.order); err != nil {
			return nil, err
		}
	}
	return insns, nil
}

// cString returns the NUL-terminated string at the offset, or "" where there is
// none.
func cString(table string, offset uint32) string {
	if uint64(offset) >= uint64(len(table)) {
		return ""
	}
	s := table[offset:]
	s = s[:min(len(s), maxName)]
	if end := strings.IndexByte(s, 0); end >= 0 {
		s = s[:end]
	}
	return s
}
