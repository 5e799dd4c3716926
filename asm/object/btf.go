package object

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/proto"
)

// BTF is read by hand. Few questions are asked of it, which a walk over the
// types answers without decoding them; and cilium/ebpf's decoder, besides being
// slower than everything else here, needs memory without bound for hostile
// sections and refuses all of BTF where it does not know one kind of type.
// Tests compare what comes out with what cilium/ebpf sees.
//
// What cannot be read is as if it were not there, as in libbpf, which goes on
// without a .BTF.ext that it cannot parse.

// maxTypes is the largest .BTF that is read (BTF_MAX_SIZE in kernel/bpf/btf.c is
// 16 MiB).
const maxTypes = 32 << 20

// maxInfo is the largest .BTF.ext that is read.
const maxInfo = 64 << 20

// types is what the BTF of an object says.
type types struct {
	blob
	externs   map[string]externKind
	arenas    map[string]bool              // maps of type BPF_MAP_TYPE_ARENA
	callbacks map[string]exceptionCallback // by program
	isArena   map[uint32]bool              // by the id of a map's definition
	whole     bool                         // there is no .BTF, or it was read to its end
	arguments arguments
}

// arguments is what BTF says of the arguments of global functions. Of which of them does
// not matter: .BTF.ext says that, and loaders hand it on unread.
type arguments struct {
	// memory: one is tagged as a kernel object, or points to what is no type's context. If
	// not all was read, it is so.
	memory   bool
	contexts map[string]bool // to which of these one points
}

// exceptionCallback is what the exception_callback tags of a program say.
type exceptionCallback struct {
	name string
	more bool // another tag says another name
}

// externKind is what a symbol is that the object declares and does not define.
type externKind uint8

const (
	externTwice    externKind = iota + 1 // declared as one thing and as another: loaders differ on which counts
	externKfunc                          // in .ksyms, a function
	externVariable                       // in .ksyms, a variable with a type
	externAddress                        // in .ksyms, without a type: only its address is known
	externKconfig                        // in .kconfig
)

// Kinds of BTF types (include/uapi/linux/btf.h, BTF_KIND_*).
const (
	btfInt      = 1
	btfPtr      = 2
	btfArray    = 3
	btfStruct   = 4
	btfEnum     = 6
	btfTypedef  = 8
	btfVolatile = 9
	btfConst    = 10
	btfRestrict = 11
	btfFunc     = 12
	btfVar      = 14
	btfDatasec  = 15
	btfDeclTag  = 17
	btfTypeTag  = 18
	btfEnum64   = 19
)

// btfTail says how many bytes follow the 12 bytes of a type of each kind: so
// many, and so many for each of its members.
var btfTail = [...]struct{ fixed, each uint32 }{
	btfInt: {4, 0}, btfPtr: {0, 0}, btfArray: {12, 0}, btfStruct: {0, 12}, 5: {0, 12}, btfEnum: {0, 8}, 7: {0, 0},
	btfTypedef: {0, 0}, btfVolatile: {0, 0}, btfConst: {0, 0}, btfRestrict: {0, 0}, btfFunc: {0, 0}, 13: {0, 8},
	btfVar: {4, 0}, btfDatasec: {0, 12}, 16: {0, 0}, btfDeclTag: {4, 0}, btfTypeTag: {0, 0}, btfEnum64: {0, 12},
}

const (
	btfMagic         = 0xeb9f
	btfHeaderSize    = 24
	btfExtHeaderSize = 24 // without the CO-RE part that later versions have
	btfCOREHeader    = 32
	btfTypeSize      = 12

	mapTypeArena   = 33 // BPF_MAP_TYPE_ARENA in include/uapi/linux/bpf.h
	maxTypeChain   = 32 // MAX_RESOLVE_DEPTH in kernel/bpf/btf.c
	callbackPrefix = "exception_callback:"
)

// blob is the .BTF section: types by id and strings.
type blob struct {
	order   binary.ByteOrder
	raw     []byte
	offsets []uint32 // of types in raw, by id; id 0 is void
	strings string
}

// readBlob reads .BTF, and only its strings where that is enough.
func readBlob(f *file, sec *section) (b blob) {
	b.order = f.order
	if sec == nil || sec.size < btfHeaderSize || sec.size > maxTypes {
		return b
	}
	raw, err := f.contents(sec)
	if err != nil || f.order.Uint16(raw) != btfMagic {
		return b
	}
	header := uint64(f.order.Uint32(raw[4:]))
	part := func(at int) []byte {
		start := header + uint64(f.order.Uint32(raw[at:]))
		end := start + uint64(f.order.Uint32(raw[at+4:]))
		if end > uint64(len(raw)) {
			return nil
		}
		return raw[start:end]
	}
	b.raw = part(8)
	b.strings = string(part(16))
	return b
}

// index finds the types. It stops at one that it does not know, and reports false.
func (b *blob) index() bool {
	b.offsets = make([]uint32, 1, 1+len(b.raw)/btfTypeSize)
	for at := uint64(0); at+btfTypeSize <= uint64(len(b.raw)); {
		info := b.order.Uint32(b.raw[at+4:])
		kind, members := info>>24&0x7f, uint64(info&0xffffff)
		if kind == 0 || int(kind) >= len(btfTail) {
			return false
		}
		tail := btfTail[kind]
		next := at + btfTypeSize + uint64(tail.fixed) + uint64(tail.each)*members
		if next > uint64(len(b.raw)) {
			return false
		}
		b.offsets = append(b.offsets, uint32(at))
		at = next
	}
	return b.raw != nil
}

// btfType is a type; its zero value is void.
type btfType struct {
	name    uint32
	kind    uint32
	members uint32
	typ     uint32 // or size
	tail    []byte
}

func (b *blob) typ(id uint32) btfType {
	if id == 0 || uint64(id) >= uint64(len(b.offsets)) {
		return btfType{}
	}
	raw := b.raw[b.offsets[id]:]
	info := b.order.Uint32(raw[4:])
	t := btfType{
		name: b.order.Uint32(raw),
		kind: info >> 24 & 0x7f, members: info & 0xffffff,
		typ: b.order.Uint32(raw[8:]),
	}
	tail := btfTail[t.kind]
	t.tail = raw[btfTypeSize:][:tail.fixed+tail.each*t.members]
	return t
}

// resolve skips typedefs and qualifiers. It returns void where there is no end of
// them.
func (b *blob) resolve(id uint32) uint32 {
	for range maxTypeChain {
		switch t := b.typ(id); t.kind {
		case btfTypedef, btfVolatile, btfConst, btfRestrict, btfTypeTag:
			id = t.typ
		case 0:
			return 0
		default:
			return id
		}
	}
	return 0
}

func (b *blob) name(offset uint32) string { return cString(b.strings, offset) }

// readTypes asks the BTF of an object, if it has any, what the symbols do not
// say.
//
// The error is that there may be an exception callback which cannot be found: what
// is not read otherwise makes a program invalid or is no part of it.
func readTypes(f *file) (*types, error) {
	t := &types{
		blob:      readBlob(f, f.sectionNamed(".BTF")),
		externs:   make(map[string]externKind),
		arenas:    make(map[string]bool),
		callbacks: make(map[string]exceptionCallback),
		isArena:   make(map[uint32]bool),
		arguments: arguments{contexts: make(map[string]bool)},
	}
	sec := f.sectionNamed(".BTF")
	t.whole = t.index() || sec == nil
	t.arguments.memory = !t.whole || strings.Contains(t.strings, "arg:trusted") || strings.Contains(t.strings, "arg:untrusted")
	if !t.whole && sec.size <= maxTypes {
		if raw, err := f.contents(sec); err == nil && bytes.Contains(raw, []byte(callbackPrefix)) {
			return nil, errors.New(".BTF names an exception callback and cannot be read to its end")
		}
	}
	tags := strings.Contains(t.strings, callbackPrefix)
	for id := 1; id < len(t.offsets); id++ {
		switch typ := t.typ(uint32(id)); typ.kind {
		case btfDatasec:
			t.readDatasec(typ)
		case btfFunc:
			t.readArguments(typ)
		case btfDeclTag:
			if tags {
				t.readTag(typ)
			}
		}
	}
	return t, nil
}

// readArguments notes what the arguments of a function point to, if it is global. The
// kernel refuses one that has more than five.
func (t *types) readArguments(function btfType) {
	const global = 1 // BTF_FUNC_GLOBAL
	if function.members != global {
		return
	}
	params := t.typ(function.typ).tail
	for params = params[:min(len(params), 5*8)]; len(params) >= 8; params = params[8:] {
		pointer := t.typ(t.resolve(t.order.Uint32(params[4:])))
		if pointer.kind != btfPtr {
			continue
		}
		target := t.typ(t.resolve(pointer.typ))
		switch name := t.name(target.name); {
		case target.kind == 0: // void has no size
		case !proto.IsContextStruct(name):
			t.arguments.memory = true
		default:
			t.arguments.contexts[strings.Clone(name)] = true
		}
	}
}

// typedIn is verifier.Program.TypedArguments of a program of that type that calls
// functions: a pointer to the context of another type is memory to the kernel
// (kernel/bpf/btf.c:btf_prepare_func_args).
func (a arguments) typedIn(progType string) bool {
	for name := range a.contexts {
		if proto.ContextStruct(progType) != name {
			return true
		}
	}
	return a.memory
}

// readDatasec reads the sections that exist only in BTF, and the maps.
func (t *types) readDatasec(sec btfType) {
	name := t.name(sec.name)
	if name != ".ksyms" && name != ".kconfig" && name != ".maps" {
		return
	}
	for ; len(sec.tail) >= 12; sec.tail = sec.tail[12:] {
		v := t.typ(t.order.Uint32(sec.tail))
		if v.kind != btfVar && v.kind != btfFunc {
			continue
		}
		symbol := t.name(v.name)
		switch {
		case symbol == "":
		case name == ".maps":
			id := t.resolve(v.typ)
			arena, ok := t.isArena[id]
			if !ok { // many maps may share one large definition
				arena = t.definesArena(id)
				t.isArena[id] = arena
			}
			if arena {
				t.arenas[symbol] = true
			}
		case name == ".kconfig":
			t.declare(symbol, externKconfig)
		case v.kind == btfFunc:
			t.declare(symbol, externKfunc)
		case t.resolve(v.typ) == 0:
			t.declare(symbol, externAddress)
		default:
			t.declare(symbol, externVariable)
		}
	}
}

// declare notes what a symbol is. No loader knows externTwice.
func (t *types) declare(symbol string, kind externKind) {
	if known, ok := t.externs[symbol]; ok && known != kind {
		kind = externTwice
	}
	t.externs[symbol] = kind
}

// definesArena reports whether a map definition has the member
// `int (*type)[BPF_MAP_TYPE_ARENA]`, which is how __uint(type, ...) says it.
func (t *types) definesArena(definition uint32) bool {
	def := t.typ(definition)
	if def.kind != btfStruct {
		return false
	}
	for m := def.tail; len(m) >= 12; m = m[12:] {
		if t.name(t.order.Uint32(m)) != "type" {
			continue
		}
		pointer := t.typ(t.resolve(t.order.Uint32(m[4:])))
		if pointer.kind != btfPtr {
			return false
		}
		array := t.typ(t.resolve(pointer.typ))
		return array.kind == btfArray && t.order.Uint32(array.tail[8:]) == mapTypeArena
	}
	return false
}

// readTag reads a declaration tag (bpf_prog_assign_exc_cb in libbpf's
// src/libbpf.c).
func (t *types) readTag(tag btfType) {
	name, ok := strings.CutPrefix(t.name(tag.name), callbackPrefix)
	fn := t.typ(tag.typ)
	if !ok || fn.kind != btfFunc || int32(t.order.Uint32(tag.tail)) != -1 {
		return
	}
	program := t.name(fn.name)
	callback, ok := t.callbacks[program]
	if !ok {
		callback.name = name
	}
	callback.more = callback.more || callback.name != name
	t.callbacks[program] = callback
}

// sectionNamed returns the first section with a name, or nil.
func (f *file) sectionNamed(name string) *section {
	for i := range f.sections {
		if f.sections[i].name == name {
			return &f.sections[i]
		}
	}
	return nil
}

// Parts of .BTF.ext, by where its header names them (struct btf_ext_header in
// libbpf's src/libbpf_internal.h).
const (
	infoFunctions = 8
	infoLines     = 16
	infoCORE      = 24
)

// readInfo calls yield with the records of each code section in one part of
// .BTF.ext:
//
//	u32 size of a record
//	u32 name of a section | u32 number of its records | the records
//	...
//
// It stops where the part is broken.
func readInfo(f *file, sec *section, part, minRecord int, names string, yield func(section string, records []byte, size int)) {
	if sec == nil || sec.size < btfExtHeaderSize || sec.size > maxInfo || f.readable(sec) != nil {
		return
	}
	header, err := f.read(sec.offset, min(sec.size, btfCOREHeader))
	if err != nil || f.order.Uint16(header) != btfMagic {
		return
	}
	length := uint64(f.order.Uint32(header[4:]))
	if length < uint64(part)+8 || uint64(len(header)) < uint64(part)+8 {
		return // an early version, without this part
	}
	start, size := length+uint64(f.order.Uint32(header[part:])), uint64(f.order.Uint32(header[part+4:]))
	if size < 4 || start > sec.size || size > sec.size-start {
		return
	}
	raw, err := f.read(sec.offset+start, size)
	if err != nil {
		return
	}
	record := uint64(f.order.Uint32(raw))
	if record < uint64(minRecord) {
		return
	}
	for raw = raw[4:]; len(raw) >= 8; {
		name, records := cString(names, f.order.Uint32(raw)), record*uint64(f.order.Uint32(raw[4:]))
		raw = raw[8:]
		if records == 0 || records > uint64(len(raw)) {
			return
		}
		yield(name, raw[:records], int(record))
		raw = raw[records:]
	}
}

// linkage says how the kernel verifies functions, whoever loads them.
type linkage struct {
	undescribed bool // nothing tells the kernel of functions: all are static
	functions   map[described]signature
}

// signature is what BTF says of a function; nothing where two records say different things.
type signature struct {
	linkage   verifier.Linkage
	arguments []verifier.Argument
}

// described is where .BTF.ext says that a function starts.
type described struct {
	section string
	slot    uint32
}

// readLinkage reads what BTF says of functions (struct bpf_func_info in
// include/uapi/linux/bpf.h).
func (f *file) readLinkage(types *types) linkage {
	ext := f.sectionNamed(".BTF.ext")
	l := linkage{undescribed: ext == nil || f.sectionNamed(".BTF") == nil, functions: make(map[described]signature)}
	readInfo(f, ext, infoFunctions, 8, types.strings, func(name string, records []byte, size int) {
		for ; len(records) > 0; records = records[size:] {
			at := described{name, f.order.Uint32(records) / asm.SlotSize}
			fn := types.typ(f.order.Uint32(records[4:]))
			said := types.signature(fn)
			if before, twice := l.functions[at]; twice && !(before.linkage == said.linkage && slices.Equal(before.arguments, said.arguments)) {
				said = signature{}
			}
			l.functions[at] = said
		}
	})
	return l
}

// of returns what is said of the function that starts at a slot of the section.
func (l *linkage) of(section string, slot uint32) signature {
	if l.undescribed {
		return signature{linkage: verifier.LinkageStatic}
	}
	return l.functions[described{section, slot}]
}

// signature is what a function's BTF says.
func (t *types) signature(fn btfType) (s signature) {
	if fn.kind != btfFunc {
		return s
	}
	switch fn.members {
	case 0: // BTF_FUNC_STATIC
		s.linkage = verifier.LinkageStatic
	case 1: // BTF_FUNC_GLOBAL
		s.linkage = verifier.LinkageGlobal
		for params := t.typ(fn.typ).tail; len(params) >= 8 && len(s.arguments) < 5; params = params[8:] {
			argument := verifier.ArgumentUnknown
			switch t.typ(t.resolve(t.order.Uint32(params[4:]))).kind {
			case btfInt, btfEnum, btfEnum64:
				argument = verifier.ArgumentNumber
			}
			s.arguments = append(s.arguments, argument)
		}
	}
	return s
}

// findCORE finds the CO-RE sites (struct bpf_core_relo in
// include/uapi/linux/bpf.h) of the code sections.
func (f *file) findCORE(types *types) {
	sites := make(map[string][]site) // by section
	readInfo(f, f.sectionNamed(".BTF.ext"), infoCORE, 16, types.strings, func(name string, records []byte, size int) {
		slots := slices.Grow(sites[name], len(records)/size)
		for ; len(records) > 0; records = records[size:] {
			slots = append(slots, site(f.order.Uint32(records)/asm.SlotSize))
		}
		sites[name] = slots
	})
	for name, slots := range sites {
		slices.Sort(slots)
		sites[name] = slices.Compact(slots)
	}
	for i := range f.sections {
		if sec := &f.sections[i]; sec.code != nil {
			sec.sites = sites[sec.name]
		}
	}
}
