package object_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/verifier"
)

// contract is what holds of any bytes: they are refused, or each program has
// either an error or instructions, with functions and references inside.
func contract(raw []byte) error {
	o, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		if o != nil {
			return fmt.Errorf("an object and the error %w", err)
		}
		return oneLine(err)
	}
	for p := range o.Programs() {
		if p.Err != nil {
			if len(p.Instructions)+len(p.Functions)+len(p.References) > 0 || p.Source != nil {
				return fmt.Errorf("program %q: instructions and the error %w", p.Name, p.Err)
			}
			if err := oneLine(p.Err); err != nil {
				return err
			}
			continue
		}
		n := len(p.Instructions)
		if n == 0 {
			return fmt.Errorf("program %q: neither instructions nor an error", p.Name)
		}
		if p.Functions[0].Start != 0 {
			return fmt.Errorf("program %q: first function at %d", p.Name, p.Functions[0].Start)
		}
		for i, f := range p.Functions {
			if f.Start >= n || i > 0 && f.Start <= p.Functions[i-1].Start {
				return fmt.Errorf("program %q of %d slots: function %d starts at %d", p.Name, n, i, f.Start)
			}
		}
		for i, r := range p.References {
			if r.Slot < 0 || r.Slot >= n || i > 0 && r.Slot < p.References[i-1].Slot {
				return fmt.Errorf("program %q of %d slots: reference %d at %d", p.Name, n, i, r.Slot)
			}
			if r.Kind == 0 || (r.Kind == verifier.RefMap) != (r.Map != "") || (r.Kind == verifier.RefCORE) != (r.Name == "") {
				return fmt.Errorf("program %q: reference %+v", p.Name, r)
			}
		}
		for _, slot := range []int{0, n / 2, n - 1} {
			p.Source(slot)
		}
	}
	return nil
}

func oneLine(err error) error {
	if text := err.Error(); text == "" || strings.ContainsAny(text, "\n\r") {
		return fmt.Errorf("not one line: %q", text)
	}
	return nil
}

func FuzzRead(f *testing.F) {
	for _, path := range []string{"testdata/btf-el.o", "testdata/btf-eb.o"} {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	for _, b := range smallObjects() {
		f.Add(b.bytes())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := contract(raw); err != nil {
			t.Fatal(err)
		}
	})
}

// smallObjects have each kind of relocation.
func smallObjects() []*builder {
	var objects []*builder
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		b := newBuilder(order)
		text := b.code(".text", exit, call(-1), exit)
		sub, other := b.static("sub", text, 0, 1), b.untyped("other", text, 1)
		b.relocate(text, 1, sub)
		maps, data := b.data(".maps"), b.data(".data")
		x := b.symbol("x", elf.STB_GLOBAL, elf.STT_OBJECT, maps, 0, 32)
		xdp := b.code("xdp", call(-1), load(0, 0), second, load(0, 8), second, load(0, 0), second, call(1), exit, exit)
		b.function("prog", xdp, 0, 9)
		b.static("part", xdp, 9, 1)
		b.relocate(xdp, 0, other, 1, x, 3, b.anonymous(data), 5, b.anonymous(text))
		objects = append(objects, b)
	}
	return objects
}

// TestMalformed truncates objects, and flips each byte of their headers, symbols
// and relocations.
func TestMalformed(t *testing.T) {
	var inputs [][]byte
	for _, b := range smallObjects() {
		inputs = append(inputs, b.bytes())
	}
	for _, path := range []string{"testdata/btf-el.o", "testdata/btf-eb.o"} {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		inputs = append(inputs, raw)
	}
	for _, raw := range inputs {
		for n := 0; n < len(raw); n += 64 {
			if err := contract(raw[:n]); err != nil {
				t.Errorf("%d of %d bytes: %v", n, len(raw), err)
			}
		}
		for i := range raw {
			for _, flip := range []byte{0xff, 0x01, 0x80} {
				broken := bytes.Clone(raw)
				broken[i] ^= flip
				if err := contract(broken); err != nil {
					t.Errorf("byte %d ^ %#x: %v", i, flip, err)
				}
			}
		}
	}
}

// TestRefused names what is not a BPF object.
func TestRefused(t *testing.T) {
	valid := smallObjects()[0].bytes()
	change := func(at int, b ...byte) []byte {
		raw := bytes.Clone(valid)
		copy(raw[at:], b)
		return raw
	}
	twice := func(name string, typ elf.SectionType) []byte {
		b := newBuilder(binary.LittleEndian)
		b.section(name, typ, 0, nil)
		b.section(name, typ, 0, nil)
		return b.bytes()
	}
	// The symbol table is the section before the last.
	le := binary.LittleEndian
	symtab := int(le.Uint64(valid[0x28:])) + 64*(int(le.Uint16(valid[0x3c:]))-2)
	symbols := le.Uint64(valid[symtab+32:])
	tests := []struct {
		name string
		raw  []byte
		want string
	}{
		{"two .text", twice(".text", elf.SHT_PROGBITS), "two sections .text, expected at most one"},
		{"two .BTF", twice(".BTF", elf.SHT_PROGBITS), "two sections .BTF, expected at most one"},
		{"two .BTF.ext", twice(".BTF.ext", elf.SHT_PROGBITS), "two sections .BTF.ext, expected at most one"},
		{"two .maps", twice(".maps", elf.SHT_PROGBITS), "two sections .maps, expected at most one"},
		{"two symbol tables", twice("", elf.SHT_SYMTAB), "two sections symbol table, expected at most one"},
		{"headers of another size", change(0x3a, 56), "section headers of 56 bytes, expected 64"},
		{"section names nowhere", change(0x3e, 9), "section names: in section 9, expected 1 to 8"},
		{"symbol names nowhere", change(symtab+40, 9), "symbol names: in section 9, expected 1 to 8"},
		{"no symbol names", change(symtab+40, 0), "symbol names: in section 0, expected 1 to 8"},
		{"half a symbol", change(symtab+32, byte(symbols)-1), fmt.Sprintf("symbol table of %d bytes, expected a multiple of 24", symbols-1)},
		{"compressed symbol table", change(symtab+4, byte(elf.SHT_SYMTAB), 0, 0, 0, 0, 8), "symbol table: compressed section, expected a plain one"},
		{"empty", nil, "ELF header: 64 bytes at offset 0, but the file has 0"},
		{"short", valid[:63], "ELF header: 64 bytes at offset 0, but the file has 63"},
		{"text", []byte(strings.Repeat("statecheck", 10)), "file starts with 73 74 61 74, expected an ELF file (7f 45 4c 46)"},
		{"32 bits", change(4, 1), "ELF file of class ELFCLASS32, expected ELFCLASS64"},
		{"no byte order", change(5, 3), "ELF file with byte order 3, expected ELFDATA2LSB or ELFDATA2MSB"},
		{"linked", change(16, 2), "ELF file of type ET_EXEC, expected a relocatable object (ET_REL)"},
		{"x86", change(18, 62), "ELF file for machine 62, expected 247 (EM_BPF)"},
		{"no sections", change(0x3c, 0, 0), "ELF file without sections, expected code"},
		{"cut off", valid[:len(valid)-1], fmt.Sprintf("section headers: %d bytes at offset %d, but the file has %d",
			binary.LittleEndian.Uint16(valid[0x3c:])*64, binary.LittleEndian.Uint64(valid[0x28:]), len(valid)-1)},
		{"no section names", change(0x3e, 0, 0), "section names: in section 0, expected 1 to 8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := object.Read(bytes.NewReader(test.raw), int64(len(test.raw)))
			if err == nil || err.Error() != test.want {
				t.Errorf("error %q, expected %q", fmt.Sprint(err), test.want)
			}
		})
	}
	if _, err := object.Read(bytes.NewReader(nil), object.MaxSize+1); err == nil || !strings.Contains(err.Error(), "expected at most") {
		t.Errorf("a file over MaxSize: %v", err)
	}
	if _, err := object.Read(bytes.NewReader(nil), object.MaxSize); err == nil || strings.Contains(err.Error(), "expected at most") {
		t.Errorf("a file of MaxSize: %v", err)
	}
	if _, err := object.Read(failing{}, 1<<10); !errors.Is(err, errFailing) {
		t.Errorf("a reader that fails: %v", err)
	}
}

var errFailing = errors.New("input/output error")

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errFailing }

// TestReadFails lets each read fail in turn: the file is refused, or a program.
func TestReadFails(t *testing.T) {
	b := newBuilder(binary.LittleEndian)
	text := b.code(".text", exit)
	sub := b.function("sub", text, 0, 1)
	xdp := b.code("xdp", append([]asm.Instruction{call(-1)}, slices.Repeat([]asm.Instruction{exit}, 20_000)...)...)
	b.function("prog", xdp, 0, 20_001)
	b.relocate(xdp, 0, sub)
	raw := b.bytes()
	for n := 0; ; n++ {
		r := &failsOnce{r: bytes.NewReader(raw), left: n}
		o, err := object.Read(r, int64(len(raw)))
		switch {
		case err != nil:
			if !errors.Is(err, errFailing) {
				t.Errorf("read %d fails: %v", n, err)
			}
		case r.left >= 0: // none failed
			if n < 6 {
				t.Errorf("%d reads", n)
			}
			return
		default:
			programs := slices.Collect(o.Programs())
			if !slices.ContainsFunc(programs, func(p *verifier.Program) bool { return errors.Is(p.Err, errFailing) }) {
				t.Errorf("read %d fails, and no program says so:\n%s", n, describe(programs))
			}
		}
	}
}

// failsOnce fails when none is left.
type failsOnce struct {
	r    *bytes.Reader
	left int
}

func (f *failsOnce) ReadAt(b []byte, offset int64) (int, error) {
	if f.left--; f.left == -1 {
		return 0, errFailing
	}
	return f.r.ReadAt(b, offset)
}

// TestHostile reads objects made to take all time or memory.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("large objects")
	}
	exits := func(n int) []asm.Instruction { return slices.Repeat([]asm.Instruction{exit}, n) }
	tests := []struct {
		name, reason string
		build        func(b *builder)
	}{
		{"one long name", "each symbol looks for the end of the same name", func(b *builder) {
			xdp := b.code("xdp", exits(200_000)...)
			b.names.Write(bytes.Repeat([]byte{'a'}, 8<<20))
			for i := range 200_000 {
				b.symbols = append(b.symbols, elf.Sym64{Name: uint32(i + 100), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: uint16(xdp), Value: uint64(8 * i), Size: 8})
			}
		}},
		{"one large function", "200,000 programs all call it", func(b *builder) {
			text := b.code(".text", exits(900_000)...)
			large := b.function("large", text, 0, 900_000)
			xdp := b.code("xdp", slices.Repeat([]asm.Instruction{call(-1)}, 200_000)...)
			var pairs []int
			for i := range 200_000 {
				b.function(fmt.Sprint(i), xdp, i, 1)
				pairs = append(pairs, i, large)
			}
			b.relocate(xdp, pairs...)
		}},
		{"many overlapping functions", "each is the rest of the section", func(b *builder) {
			xdp := b.code("xdp", exits(200_000)...)
			for i := range 200_000 {
				b.function(fmt.Sprint(i), xdp, i, 200_000-i)
			}
		}},
		{"one section many times", "60,000 headers for the same bytes", func(b *builder) {
			code := b.code("xdp", exits(200_000)...)
			for range 60_000 {
				b.sections = append(b.sections, builtSection{Section64: b.sections[code].Section64})
				b.sections[len(b.sections)-1].Off = 64
			}
		}},
		{"calls with names alike", "each function calls all of 100,000 whose names differ at the end", func(b *builder) {
			text := b.code(".text", exits(100_000)...)
			prefix := strings.Repeat("x", 1000)
			first := len(b.symbols)
			b.names.WriteString(prefix)
			for i := range 100_000 {
				b.symbols = append(b.symbols, elf.Sym64{Name: 1 + uint32(i%1000), Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: uint16(text), Value: uint64(8 * i), Size: 8})
			}
			for range 20 {
				xdp := b.code("xdp", slices.Repeat([]asm.Instruction{call(-1)}, 100_000)...)
				b.function("prog", xdp, 0, 100_000)
				var pairs []int
				for i := range 100_000 {
					pairs = append(pairs, i, first+i)
				}
				b.relocate(xdp, pairs...)
			}
		}},
		{"a million faults", "of which a program shows one", func(b *builder) {
			xdp := b.code("xdp", slices.Repeat([]asm.Instruction{call(-1)}, 900_000)...)
			missing := b.extern("missing")
			var pairs []int
			for i := range 900_000 {
				pairs = append(pairs, i, missing)
			}
			b.relocate(xdp, pairs...)
		}},
		{"calls inside", "a section without symbols, each slot a function", func(b *builder) {
			b.code("xdp", slices.Repeat([]asm.Instruction{call(0)}, 900_000)...)
		}},
		{"CO-RE sites of sections alike", "60,000 sections of one name, with 100,000 sites", func(b *builder) {
			for range 60_000 {
				b.code("xdp", exit)
			}
			records := words(0x0001_eb9f, 32, 0, 0, 0, 0, 0, 12+16*100_000, 16, 1, 100_000)
			b.section(".BTF.ext", elf.SHT_PROGBITS, 0, append(records, make([]byte, 16*100_000)...))
			b.section(".BTF", elf.SHT_PROGBITS, 0, append(words(0x0001_eb9f, 24, 0, 0, 0, 5), "\x00xdp\x00"...))
		}},
		{"types that refer to themselves", "a typedef of itself, in .ksyms", func(b *builder) {
			b.types("\x00.ksyms\x00v\x00", words(0, 8<<24, 1, 8, 14<<24, 1, 1, 1, 15<<24|1, 0, 2, 0, 0))
			xdp := b.code("xdp", load(0, 0), second, exit)
			b.relocate(xdp, 0, b.extern("v"))
		}},
		{"maps that share a definition", "500,000 maps, of a structure with 500,000 members", func(b *builder) {
			types := words(0, 4<<24|500_000, 0)
			types = append(types, make([]byte, 12*500_000)...)
			types = append(types, words(7, 14<<24, 1, 1, 1, 15<<24|500_000, 0)...)
			b.types("\x00.maps\x00m\x00", append(types, bytes.Repeat(words(2, 0, 0), 500_000)...))
			b.code("xdp", exit)
		}},
		{"exception callbacks", "a million tags on one program", func(b *builder) {
			types := words(1, 12<<24, 0)
			types = append(types, bytes.Repeat(words(6, 17<<24, 1, 0xffff_ffff), 1_000_000)...)
			b.types("\x00prog\x00exception_callback:prog\x00", types)
			b.function("prog", b.code("xdp", exit), 0, 1)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBuilder(binary.LittleEndian)
			test.build(b)
			raw := b.bytes()
			b = nil
			runtime.GC()

			var before, peak runtime.MemStats
			runtime.ReadMemStats(&before)
			stop, stopped := make(chan bool), make(chan bool)
			go func() {
				defer close(stopped)
				var now runtime.MemStats
				for {
					select {
					case <-stop:
						return
					case <-time.After(20 * time.Millisecond):
						if runtime.ReadMemStats(&now); now.HeapInuse > peak.HeapInuse {
							peak = now
						}
					}
				}
			}()
			start := time.Now()
			err := contract(raw)
			took := time.Since(start)
			close(stop)
			<-stopped
			if err != nil {
				t.Error(err)
			}
			used, allowed := int64(peak.HeapInuse)-int64(before.HeapInuse), int64(64<<20+20*len(raw))
			t.Logf("%d bytes: %v, %d MiB of %d", len(raw), took, used>>20, allowed>>20)
			if took > slowdown*10*time.Second {
				t.Errorf("%s: %v", test.reason, took)
			}
			if used > allowed {
				t.Errorf("%s: %d bytes of memory for %d of input", test.reason, used, len(raw))
			}
		})
	}
}
