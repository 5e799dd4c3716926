package dump

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Magic is how a dump begins. Its first byte is an opcode that no kernel knows, so that
// no program looks like it; the line ends show what a transfer as text has done to it.
const Magic = "\x8aBPF\r\n\x1a\n"

// Version is the version of the format that is written, and the only one that is read.
const Version = 1

// MaxSize is the largest dump that is read and written, in bytes.
const MaxSize = 64 << 20

const (
	headerSize  = len(Magic) + 4 + 4 // magic, version, number of sections
	sectionHead = 4 + 4              // kind, length
	alignment   = 8                  // of sections, in bytes
)

// Write writes the dump. Two dumps of one program have the same bytes. The error is
// that of w, or that of [Dump.Check].
func Write(w io.Writer, d Dump) error {
	if err := d.Check(); err != nil {
		return err
	}
	raw, err := d.encode()
	if err != nil {
		return err
	}
	if len(raw) > MaxSize {
		return fmt.Errorf("a dump of %d bytes, expected at most %d (%d MiB)", len(raw), MaxSize, MaxSize>>20)
	}
	_, err = w.Write(raw)
	return err
}

// encode writes a dump that is valid.
func (d *Dump) encode() ([]byte, error) {
	raw := make([]byte, headerSize, headerSize+2*len(d.Instructions)*8+sha256.Size)
	copy(raw, Magic)
	count := uint32(0)
	section := func(kind uint32, contents []byte) error {
		if len(contents) > math.MaxInt32 {
			return fmt.Errorf("section of kind %d with %d bytes, expected at most %d", kind, len(contents), math.MaxInt32)
		}
		count++
		raw = binary.LittleEndian.AppendUint32(raw, kind)
		raw = binary.LittleEndian.AppendUint32(raw, uint32(len(contents)))
		raw = append(raw, contents...)
		raw = append(raw, make([]byte, padding(len(contents)))...)
		return nil
	}
	for kind := uint32(1); kind < numKinds; kind++ {
		if sections[kind].empty(d) {
			continue
		}
		var c coder
		sections[kind].code(&c, d)
		if err := section(kind, c.raw); err != nil {
			return nil, err
		}
	}
	for _, s := range d.Unknown {
		if err := section(s.Kind, s.Contents); err != nil {
			return nil, err
		}
	}
	binary.LittleEndian.PutUint32(raw[len(Magic):], Version)
	binary.LittleEndian.PutUint32(raw[len(Magic)+4:], count)
	sum := sha256.Sum256(raw)
	return append(raw, sum[:]...), nil
}

// padding is how many bytes of 0 follow n bytes of contents.
func padding(n int) int { return -n & (alignment - 1) }

// Read reads a dump to the end of r. What it returns, [Write] writes with the same
// bytes. The error says at which byte what was found; it does not name the file.
func Read(r io.Reader) (Dump, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return Dump{}, err
	}
	d, err := decode(raw)
	if err != nil {
		return Dump{}, err
	}
	if err := d.Check(); err != nil {
		return Dump{}, err
	}
	// There is one way to write a program: whatever else was read is not it.
	if again, err := d.encode(); err != nil || !bytes.Equal(raw, again) {
		return Dump{}, errors.New("not in canonical form: written anew, the dump has other bytes (docs/dump-format.md)")
	}
	return d, nil
}

// decode reads the sections. The checksum comes first: what it does not cover is not
// worth an error about its details.
func decode(raw []byte) (Dump, error) {
	var d Dump
	switch {
	case len(raw) > MaxSize:
		return d, fmt.Errorf("more than %d bytes, expected at most that (%d MiB)", MaxSize, MaxSize>>20)
	case !bytes.HasPrefix(raw, []byte(Magic)):
		return d, fmt.Errorf("byte 0: no dump, expected it to begin with %q", Magic)
	case len(raw) < headerSize+sha256.Size:
		return d, fmt.Errorf("%d bytes, expected at least %d", len(raw), headerSize+sha256.Size)
	}
	version := binary.LittleEndian.Uint32(raw[len(Magic):])
	if version != Version {
		return d, fmt.Errorf("byte %d: version %d, expected %d", len(Magic), version, Version)
	}
	body := raw[:len(raw)-sha256.Size]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], raw[len(body):]) {
		return d, fmt.Errorf("byte %d: the checksum is not that of the bytes before it: the file is damaged, or something was changed", len(body))
	}
	count := binary.LittleEndian.Uint32(body[len(Magic)+4:])
	at, last := headerSize, uint32(0)
	for n := range count {
		if len(body)-at < sectionHead {
			return d, fmt.Errorf("byte %d: %d bytes left, expected section %d of %d", at, len(body)-at, n+1, count)
		}
		kind := binary.LittleEndian.Uint32(body[at:])
		length := int64(binary.LittleEndian.Uint32(body[at+4:]))
		if kind <= last {
			return d, fmt.Errorf("byte %d: section of kind %d after kind %d, expected a higher one", at, kind, last)
		}
		at, last = at+sectionHead, kind
		if length > int64(len(body)-at) || int(length)+padding(int(length)) > len(body)-at {
			return d, fmt.Errorf("byte %d: a section of %d bytes, but the file has %d left", at, length, len(body)-at)
		}
		contents := body[at : at+int(length)]
		if kind < numKinds {
			c := coder{raw: contents, reading: true, at: at}
			sections[kind].code(&c, &d)
			if len(c.raw) > 0 {
				c.fail("%d bytes left over, expected the end of section %s", len(c.raw), sections[kind].name)
			}
			if c.err != nil {
				return d, c.err
			}
		} else if len(d.Unknown) == maxUnknown {
			return d, fmt.Errorf("byte %d: more than %d sections of unknown kind, expected at most that", at, maxUnknown)
		} else {
			d.Unknown = append(d.Unknown, Section{kind, bytes.Clone(contents)})
		}
		at += int(length) + padding(int(length))
	}
	if at != len(body) {
		return d, fmt.Errorf("byte %d: %d bytes after the last section, expected the checksum", at, len(body)-at)
	}
	return d, nil
}
