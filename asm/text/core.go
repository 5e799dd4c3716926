package text

import (
	"errors"
	"fmt"

	"github.com/statecheck/statecheck/verifier"
)

// maxWords bounds .BTF.ext: real sections have four words a line of the source.
const maxWords = 1 << 20

// extWord is a .long: a number, or the place of a label.
type extWord struct {
	number int
	label  string
}

// extWords adds the words of a .long in .BTF.ext, which says where CO-RE relocations are.
func (u *unit) extWords(args []token) error {
	for i, t := range args {
		if i%2 == 1 && t.text == "," {
			continue
		}
		w := extWord{number: int(uint32(t.number))}
		if t.kind == tokenSymbol {
			w = extWord{label: t.text}
		} else if t.kind != tokenNumber {
			return fmt.Errorf("%s, expected a number or a label", quote(t.text))
		}
		if u.ext = append(u.ext, w); len(u.ext) > maxWords {
			return fmt.Errorf("more than %d words, expected fewer", maxWords)
		}
	}
	return nil
}

// findCORE marks the slots that have a CO-RE relocation: their values are not known
// until the program is loaded. After the magic number come, in words of four bytes
// (Documentation/bpf/btf.rst, struct btf_ext_header): the header's length, and
// offset and length of function info, line info and CO-RE relocations, each
// counted from the end of the header. The latter begin with the size of a record,
// and have for each section its name, a number of records, and the records, which
// begin with a label.
func (u *unit) findCORE() error {
	const headerWords, offset, length = 7, 5, 6
	if len(u.ext) <= length || u.ext[length].number == 0 {
		return nil
	}
	wrong := errors.New("section .BTF.ext, expected CO-RE relocations in it where its header says")
	if u.ext[0].number != 4*(headerWords+1) {
		return wrong
	}
	words := u.ext[headerWords:]
	start, size := u.ext[offset].number/4, u.ext[length].number/4
	if start > len(words) || size > len(words)-start || size < 1 {
		return wrong
	}
	words = words[start : start+size]
	record := words[0].number / 4
	for words = words[1:]; len(words) >= 2; {
		n := words[1].number
		words = words[2:]
		if record < 1 || n > len(words)/record {
			return wrong
		}
		for ; n > 0; n-- {
			sym := u.symbols[words[0].label]
			if sym == nil || !sym.defined || sym.absolute || sym.slot >= len(sym.section.insns) {
				return wrong
			}
			sym.section.refs = append(sym.section.refs, verifier.Reference{Slot: sym.slot, Kind: verifier.RefCORE})
			words = words[record:]
		}
	}
	if len(words) > 0 {
		return wrong
	}
	return nil
}
