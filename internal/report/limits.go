package report

import (
	"strconv"
	"unicode/utf8"
)

// An object lists only so much, in bytes of JSON: a small one can be made of many
// programs that share their code and their long names. No real object comes near.
// A program says how much is left out; it does not change the verdict.
const (
	maxFindings = 4 << 20 // without their paths; and as much for those allowed
	maxPaths    = 2 << 20
	maxUses     = 4 << 20 // what an inventory lists
	maxTitles   = 4 << 20 // names, sections and errors of the programs

	maxName   = 256
	maxSource = 512 // of a source line, and of its file's path
	maxError  = 1024
	maxCrowd  = 64 // of a name, a section, an error after maxTitles
)

// titles clips what each program shows of itself: a name, a section, an error.
// Programs are never left out, so where there are very many they show less.
type titles struct{ spent int }

func (t *titles) clip(s string, most int) string {
	if t.spent > maxTitles {
		most = maxCrowd
	}
	s = clip(s, most)
	t.spent += printed(s)
	return s
}

// clip cuts text that no person would read to its end. What is left takes at most
// so many bytes in every format, whatever has to be escaped, and three for "...".
func clip(s string, most int) string {
	for i, r := range s {
		if most -= printedRune(r); most < 0 {
			return s[:i] + "..."
		}
	}
	return s
}

// printed is how many bytes the text takes in the format that escapes most, JSON.
func printed(s string) (n int) {
	for _, r := range s {
		n += printedRune(r)
	}
	return n
}

func printedRune(r rune) int {
	switch {
	case r == '"', r == '\\':
		return 2
	case r == utf8.RuneError: // a byte that is not UTF-8, most likely
		return len(`\ufffd`)
	case strconv.IsPrint(r):
		return utf8.RuneLen(r)
	case r > 0xffff:
		return len(`\udb40\udc41`)
	}
	return len(`\u0000`)
}
