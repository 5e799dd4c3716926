// Package text reads and writes BPF programs as text, in the syntax of LLVM's
// assembler.
//
// [Print] writes one program. [Parse] reads that, what clang -S and llvm-objdump -d
// print, and the log of the kernel's verifier. docs/text.md has the grammar.
//
//	token.go        words
//	syntax.go       the instructions: one row each, used in both directions
//	print.go        a program as text
//	assembler.go    LLVM's assembly language, with directives of ours
//	core.go         where clang -S says that CO-RE relocations are
//	disassembly.go  what llvm-objdump prints
//	log.go          what the kernel prints
//	link.go         a program: a function and all that it can reach
package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// Limits that real texts stay far below. They bound what a hostile one costs.
const (
	// MaxSize is the largest text that is read, in bytes.
	MaxSize = 32 << 20

	maxSlots      = 1_000_000 // of a program (include/linux/bpf.h: BPF_COMPLEXITY_LIMIT_INSNS)
	maxLinked     = 4 << 20   // slots of all programs together
	maxNames      = 1 << 18   // labels and symbols
	maxReferences = 1 << 20   // of a section, by directives of ours
	maxSections   = 1 << 12
	maxPrograms   = 1 << 14 // and functions
)

// Parse reads the programs of a text. The name of the file is what
// [verifier.Line] calls it; errors do not have it.
//
// The error is that the text as a whole cannot be read. A program that refers to
// something that the text does not have has Err set and no instructions.
func Parse(r io.Reader, file string) ([]*verifier.Program, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	switch {
	case err != nil:
		return nil, err
	case len(raw) > MaxSize:
		return nil, fmt.Errorf("more than %d bytes of text, expected at most that (%d MiB)", MaxSize, MaxSize>>20)
	}
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		return nil, fmt.Errorf("line %d: a byte that is 0, expected text", 1+bytes.Count(raw[:i], []byte("\n")))
	}
	if i := loneReturn(raw); i >= 0 {
		return nil, fmt.Errorf("line %d: a carriage return within the line, expected it at the end: to LLVM a line ends there", 1+bytes.Count(raw[:i], []byte("\n")))
	}
	src := &source{file: file, text: strings.TrimPrefix(string(raw), "\ufeff")}
	parse := src.dialect()
	if parse == nil {
		parse = parseAssembly
	}
	programs, err := parse(src)
	switch {
	case err != nil:
		return nil, err
	case len(programs) == 0:
		return nil, errors.New("no instruction in it, expected a program")
	}
	return programs, nil
}

// loneReturn returns the place of a carriage return that no line feed follows; -1
// if there is none.
func loneReturn(raw []byte) int {
	for at := 0; ; at++ {
		i := bytes.IndexByte(raw[at:], '\r')
		if i < 0 {
			return -1
		}
		if at += i; at+1 == len(raw) || raw[at+1] != '\n' {
			return at
		}
	}
}

// dialect finds out who wrote the text. The kernel and llvm-objdump say so in a way
// that an assembler would refuse, at least outside of comments; nil: the rest is for
// the assembler.
func (src *source) dialect() func(*source) ([]*verifier.Program, error) {
	for line := range src.lines() {
		switch {
		case isLogLine(line.text), isLogBegin(line.text), logProcessed().MatchString(line.text):
			return parseLog
		case strings.HasPrefix(line.text, disassemblyOf):
			return parseDisassembly
		}
	}
	return nil
}

// hides reports whether a line may make an assembler skip lines after it, or end
// such a stretch: it begins or ends a comment or a string, is a condition, a macro or
// the end of the text. A listing or a log without such a line is no program to an
// assembler, which would stop at the first line that is an instruction to us. It errs
// to the safe side.
func hides(s string) bool {
	if strings.HasSuffix(strings.TrimRight(s, " \t"), `\`) { // to a preprocessor
		return true
	}
	if strings.Contains(s, "/*") || strings.Contains(s, "*/") {
		if strings.ContainsAny(s, `"'`) {
			return true
		}
		var ok bool
		if s, ok = withoutComments(s); !ok || assembles(s) {
			return true
		}
	}
	if strings.Contains(s, `'"`) || strings.Contains(s, `'\"`) || !isClosed(s) {
		return true
	}
	for rest := s; ; {
		i := strings.IndexByte(rest, '.')
		if i < 0 {
			return false
		}
		before := strings.TrimRight(s[:len(s)-len(rest)+i], " \t")
		rest = rest[i+1:]
		word := rest[:len(rest)-len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))]
		if (before == "" || strings.ContainsRune(";:\"", rune(before[len(before)-1]))) && skipping[strings.ToLower(word)] {
			return true
		}
	}
}

// skipping are the directives by which LLVM passes lines over, or reads others.
var skipping = words("if ifeq ifne ifge ifgt ifle iflt ifb ifnb ifc ifeqs ifnc ifnes ifdef ifndef ifnotdef else elseif endif end " +
	"macro endm endmacro altmacro noaltmacro exitm purgem rept rep endr irp irpc include incbin")

// withoutComments removes the comments /* */ of a line; it fails where one of them
// does not begin and end there.
func withoutComments(s string) (string, bool) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "/*")
		if strings.Contains(before, "*/") {
			return "", false
		}
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		b.WriteByte(' ')
		if _, s, found = strings.Cut(after, "*/"); !found {
			return "", false
		}
	}
}

// isClosed reports whether each string of a line ends there.
func isClosed(s string) bool {
	inside := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			inside = !inside
		case s[i] == '\\' && inside:
			i++
		}
	}
	return !inside
}

// source is a text.
type source struct {
	file string
	text string

	count  sync.Once
	before []int // line feeds before each block of the text
}

// block is how much of the text is looked through for the number of a line.
const block = 4096

// line is a line of a text, without its end.
type line struct {
	number int    // from 1
	offset uint32 // in the text
	text   string
}

// lines goes through the lines of the text.
func (src *source) lines() func(yield func(line) bool) {
	return func(yield func(line) bool) {
		l := line{number: 1}
		for text := range strings.Lines(src.text) {
			l.text = strings.TrimRight(text, "\r\n")
			if !yield(l) {
				return
			}
			l.number++
			l.offset += uint32(len(text))
		}
	}
}

// errorf is an error at a line.
func (l line) errorf(format string, args ...any) error {
	return fmt.Errorf("line %d: %w", l.number, fmt.Errorf(format, args...))
}

// numberOf returns the number of the line at an offset. Lines are counted when
// first something is reported.
func (src *source) numberOf(offset uint32) int {
	src.count.Do(func() {
		total := 0
		for rest := src.text; ; rest = rest[block:] {
			src.before = append(src.before, total)
			if len(rest) < block {
				return
			}
			total += strings.Count(rest[:block], "\n")
		}
	})
	i := offset / block
	return 1 + src.before[i] + strings.Count(src.text[i*block:offset], "\n")
}

// find returns the Source of a program whose slots stand at these offsets.
func (src *source) find(offsets []uint32) func(slot int) (verifier.Line, bool) {
	return func(slot int) (verifier.Line, bool) {
		if slot < 0 || slot >= len(offsets) {
			return verifier.Line{}, false
		}
		at := offsets[slot]
		text, _, _ := strings.Cut(src.text[at:], "\n")
		return verifier.Line{File: src.file, Line: src.numberOf(at), Text: strings.TrimSpace(text)}, true
	}
}

// withSource replaces the source register and the constant.
func withSource(ins asm.Instruction, src asm.Register, imm int32) asm.Instruction {
	return asm.New(ins.Opcode(), ins.Dst(), src, ins.Off(), imm)
}
