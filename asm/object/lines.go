package object

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// lines finds source lines. It reads them when it is first asked.
type lines struct {
	file     file // only what reading needs: the code is not kept for it
	btf, ext *section
	names    []string // of sections

	load    sync.Once
	strings string
	records map[string][]lineRecord // by section, sorted by slot
}

// lineRecord is struct bpf_line_info of include/uapi/linux/bpf.h.
type lineRecord struct {
	slot uint32
	file uint32
	text uint32
	line uint32 // and column: line << 10 | column
}

func newLines(f *file) *lines {
	l := &lines{file: file{r: f.r, size: f.size, order: f.order}}
	clone := func(sec *section) *section {
		if sec != nil {
			c := *sec
			sec = &c
		}
		return sec
	}
	l.btf, l.ext = clone(f.sectionNamed(".BTF")), clone(f.sectionNamed(".BTF.ext"))
	l.names = make([]string, len(f.sections))
	for i := range f.sections {
		l.names[i] = f.sections[i].name
	}
	return l
}

// find returns the source line of a slot of a program that was put together from
// parts. The slot must exist.
func (l *lines) find(parts []part, slot int) (verifier.Line, bool) {
	i := sort.Search(len(parts), func(i int) bool { return int(parts[i].start) > slot }) - 1
	l.load.Do(l.read)
	p := parts[i]
	records := l.records[l.names[p.section]]
	at := p.first + uint32(slot) - p.start
	j := sort.Search(len(records), func(j int) bool { return records[j].slot > at }) - 1
	if j < 0 || records[j].slot < p.first {
		return verifier.Line{}, false // only what an earlier function ends with
	}
	r := records[j]
	return verifier.Line{
		File:   cString(l.strings, r.file),
		Line:   int(r.line >> 10),
		Column: int(r.line & 0x3ff),
		Text:   strings.TrimSpace(cString(l.strings, r.text)),
	}, true
}

func (l *lines) read() {
	l.strings = readBlob(&l.file, l.btf).strings
	l.records = make(map[string][]lineRecord)
	u32 := l.file.order.Uint32
	readInfo(&l.file, l.ext, infoLines, 16, l.strings, func(name string, raw []byte, size int) {
		records := slices.Grow(l.records[name], len(raw)/size)
		for ; len(raw) > 0; raw = raw[size:] {
			records = append(records, lineRecord{u32(raw) / asm.SlotSize, u32(raw[4:]), u32(raw[8:]), u32(raw[12:])})
		}
		l.records[name] = records
	})
	bySlot := func(a, b lineRecord) int { return cmp.Compare(a.slot, b.slot) }
	for _, records := range l.records {
		if !slices.IsSortedFunc(records, bySlot) {
			slices.SortStableFunc(records, bySlot)
		}
	}
}
