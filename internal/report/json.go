package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON returns a handler that writes one [Report], a line for each program. The
// verdict stands before the objects, so all is written on Close.
func JSON(w io.Writer, run Run) Handler[*Object] {
	return &jsonReport{w: w, run: run}
}

type jsonReport struct {
	w       io.Writer
	run     Run
	objects encoded
}

func (h *jsonReport) Object(o *Object) error {
	head := *o
	head.Programs = []Program{}
	return add(&h.objects, head, o.Programs)
}

func (h *jsonReport) Close(s *Summary) error {
	return h.objects.write(h.w, Report{
		Schema: Schema, Run: h.run, Verdict: s.Verdict(), Interrupted: s.Interrupted,
		Policy: append([]Stale{}, s.Stale...), Objects: []Object{},
	})
}

// encoded are the objects of a document, each in pieces to be written one after
// the other. They are encoded as they come in, as they take less memory then.
type encoded [][][]byte

// add adds an object: head, whose last field is an empty list, with the programs
// in that list, each on a line.
func add[P any](e *encoded, head any, programs []P) error {
	begin, err := encodeHead(head)
	if err != nil {
		return err
	}
	object := [][]byte{begin}
	for i := range programs {
		line, err := encode(&programs[i])
		if err != nil {
			return err
		}
		object = append(object, separator(i), line)
	}
	*e = append(*e, append(object, closing(len(programs))))
	return nil
}

// write writes the document: head, whose last field is an empty list, with the
// objects in that list.
func (e encoded) write(w io.Writer, head any) error {
	begin, err := encodeHead(head)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w) // keeps the first error for Flush
	out.Write(begin)
	for i, object := range e {
		out.Write(separator(i))
		for _, piece := range object {
			out.Write(piece)
		}
	}
	out.Write(closing(len(e)))
	out.WriteByte('\n')
	return out.Flush()
}

// encodeHead encodes what ends with an empty list as far as that list's bracket.
func encodeHead(head any) ([]byte, error) {
	text, err := encode(head)
	if err != nil {
		return nil, err
	}
	begin, found := bytes.CutSuffix(text, []byte("]}"))
	if !found {
		return nil, fmt.Errorf("%T does not end with a list", head)
	}
	return begin, nil
}

// separator stands before item i of a list.
func separator(i int) []byte {
	if i == 0 {
		return []byte("\n")
	}
	return []byte(",\n")
}

// closing ends a list of n items and the object that it is the last field of.
func closing(n int) []byte {
	if n == 0 {
		return []byte("]}")
	}
	return []byte("\n]}")
}

func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return escape(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), nil
}

// escape writes what encoding/json leaves as it is though a terminal may act on
// it (delete, C1 controls, direction overrides) as \uXXXX. Such characters can
// only stand within strings.
func escape(text []byte) []byte {
	if bytes.IndexFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) < 0 {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/8)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch hi, lo := utf16.EncodeRune(r); {
		case strconv.IsPrint(r):
			out = append(out, text[:size]...)
		case hi != utf8.RuneError:
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out
}
