package dump

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// coder goes over the fields of a section, in one direction or the other: it fills
// them in from raw, or appends them to raw. All numbers are little-endian.
type coder struct {
	raw     []byte
	reading bool
	at      int // reading: where in the file raw begins
	err     error
}

func (c *coder) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("byte %d: %w", c.at, fmt.Errorf(format, args...))
	}
}

// take returns the next n bytes of what is read; nil where there are not so many.
func (c *coder) take(n int, what string) []byte {
	if c.err == nil && n > len(c.raw) {
		c.fail("%d bytes left in the section, expected %d for %s", len(c.raw), n, what)
	}
	if c.err != nil {
		return nil
	}
	taken := c.raw[:n:n]
	c.raw, c.at = c.raw[n:], c.at+n
	return taken
}

func (c *coder) u8(v *uint8) {
	if !c.reading {
		c.raw = append(c.raw, *v)
	} else if raw := c.take(1, "a number"); raw != nil {
		*v = raw[0]
	}
}

func (c *coder) u32(v *uint32) {
	if !c.reading {
		c.raw = binary.LittleEndian.AppendUint32(c.raw, *v)
	} else if raw := c.take(4, "a number"); raw != nil {
		*v = binary.LittleEndian.Uint32(raw)
	}
}

// slot is the number of a slot, 4 bytes.
func (c *coder) slot(v *int) {
	n := uint32(*v)
	c.u32(&n)
	*v = int(n)
}

// bytes is a length, 4 bytes, and as many bytes.
func (c *coder) bytes(v *[]byte) {
	n := uint32(len(*v))
	c.u32(&n)
	if !c.reading {
		c.raw = append(c.raw, *v...)
	} else if n > 0 {
		*v = slices.Clone(c.take(int(n), "contents"))
	}
}

// text is a length, 4 bytes, and as many bytes, with no NUL among them.
func (c *coder) text(v *string) {
	raw := []byte(*v)
	c.bytes(&raw)
	*v = string(raw)
}

// choice is one byte: the index of *v among choices.
func choice[T comparable](c *coder, v *T, choices []T, what string) {
	i := uint8(slices.Index(choices, *v))
	c.u8(&i)
	if int(i) >= len(choices) {
		c.fail("%s is %d, expected 0 to %d", what, i, len(choices)-1)
		return
	}
	*v = choices[i]
}

// list is as many elements as the section has room for.
func list[T any](c *coder, v *[]T, most int, what string, element func(*coder, *T)) {
	if !c.reading {
		for i := range *v {
			element(c, &(*v)[i])
		}
		return
	}
	for len(c.raw) > 0 && c.err == nil {
		if len(*v) == most {
			c.fail("more than %d %s, expected at most that", most, what)
			return
		}
		var e T
		element(c, &e)
		*v = append(*v, e)
	}
}

// What the file has as a byte, by its number there.
var (
	booleans   = []bool{false, true}
	linkages   = []verifier.Linkage{verifier.LinkageUnknown, verifier.LinkageStatic, verifier.LinkageGlobal}
	references = []verifier.RefKind{0, verifier.RefMap, verifier.RefKfunc, verifier.RefVariable}
	mapKinds   = []verifier.MapKind{
		"", verifier.MapPlain, verifier.MapData, verifier.MapROData, verifier.MapBSS, verifier.MapKconfig, verifier.MapArena,
	}
	argumentKinds = []ArgumentKind{
		ArgumentUnknown, ArgumentNumber, ArgumentContext, ArgumentMemory, ArgumentObject, ArgumentDynptr, ArgumentArena,
	}
)

// Kinds of sections.
const (
	kindProgram uint32 = iota + 1
	kindInstructions
	kindFunctions
	kindReferences
	kindData
	kindMaps
	numKinds

	firstOptional = 1 << 31
)

// sections are those that this package knows, by kind. Those that would be empty are
// left out of the file.
var sections = [numKinds]struct {
	name  string
	empty func(*Dump) bool
	code  func(*coder, *Dump)
}{
	kindProgram: {"program", func(*Dump) bool { return false }, func(c *coder, d *Dump) {
		c.u32(&d.Type)
		c.u32(&d.AttachType)
		c.u32((*uint32)(&d.Flags))
		c.text(&d.Name)
		c.text(&d.License)
		c.text(&d.AttachTo)
		c.text(&d.Release)
	}},
	kindInstructions: {"instructions", func(d *Dump) bool { return len(d.Instructions) == 0 }, func(c *coder, d *Dump) {
		if !c.reading {
			c.raw = asm.Append(c.raw, d.Instructions, binary.LittleEndian)
			return
		}
		insns, err := asm.Decode(c.take(len(c.raw), "instructions"), binary.LittleEndian)
		if err != nil {
			c.fail("%w", err)
		}
		d.Instructions = insns
	}},
	kindFunctions: {"functions", func(d *Dump) bool { return len(d.Functions) == 0 }, func(c *coder, d *Dump) {
		list(c, &d.Functions, maxFunctions, "functions", (*coder).function)
	}},
	kindReferences: {"references", func(d *Dump) bool { return len(d.References) == 0 }, func(c *coder, d *Dump) {
		list(c, &d.References, maxSlots, "references", (*coder).reference)
	}},
	kindData: {"data", func(d *Dump) bool { return len(d.Data) == 0 }, func(c *coder, d *Dump) {
		list(c, &d.Data, maxMaps, "data sections", func(c *coder, s *Data) {
			c.text(&s.Name)
			c.bytes(&s.Contents)
		})
	}},
	kindMaps: {"maps", func(d *Dump) bool { return len(d.Maps) == 0 }, func(c *coder, d *Dump) {
		list(c, &d.Maps, maxMaps, "maps", func(c *coder, m *Map) {
			c.text(&m.Name)
			for _, v := range []*uint32{&m.Type, &m.KeySize, &m.ValueSize, &m.MaxEntries, &m.Flags} {
				c.u32(v)
			}
		})
	}},
}

func (c *coder) function(f *Function) {
	c.slot(&f.Slot)
	choice(c, &f.Linkage, linkages, "linkage")
	choice(c, &f.ExceptionCallback, booleans, "exception callback")
	c.text(&f.Name)
	n := uint8(len(f.Arguments))
	c.u8(&n)
	if c.reading && n > 0 {
		f.Arguments = make([]Argument, n)
	}
	for i := range f.Arguments {
		a := &f.Arguments[i]
		choice(c, &a.Kind, argumentKinds, "kind of an argument")
		choice(c, &a.Nullable, booleans, "nullable")
		c.u32(&a.Size)
		c.text(&a.Type)
	}
}

func (c *coder) reference(r *verifier.Reference) {
	c.slot(&r.Slot)
	choice(c, &r.Kind, references, "kind of a reference")
	choice(c, &r.Map, mapKinds, "kind of a map")
	choice(c, &r.Weak, booleans, "weak")
	c.text(&r.Name)
}
