package paths

import (
	"math/bits"

	"github.com/statecheck/statecheck/asm"
)

// A checkpoint is a state that the walk came through. Another state that comes to the
// same slot need not be followed if it is the same in what the first one's way from
// there depended on. That is known by demand: each value carries the items of the last
// checkpoint that it was computed from, and where a value decides something (a branch,
// an address, an argument), these are demanded of the checkpoint, and through it of
// those before. The kernel finds the same by walking back over the instructions
// (kernel/bpf/verifier.c:__mark_chain_precision).
type checkpoint struct {
	state    *state // its values' demands are of parent's items
	parent   *checkpoint
	slot     int
	needed   demand
	branches int // ways from here that are not at their end
	hits     int
	misses   int
	rounds   []round       // that ways from here were compared with
	came     []*checkpoint // from where ways have come back to this state
}

// demand is a set of items of a checkpoint: registers and stack slots, numbered by
// item. The last one stands for all of them.
type demand struct{ low, high uint64 }

const allItems = 127

var everything = demand{high: 1 << (allItems - 64)}

func (d demand) union(o demand) demand { return demand{d.low | o.low, d.high | o.high} }

func (d demand) empty() bool { return d.low|d.high == 0 }

func (d demand) has(item int) bool {
	if d.high&everything.high != 0 {
		return true
	}
	if item < 64 {
		return d.low>>item&1 != 0
	}
	return item < allItems && d.high>>(item-64)&1 != 0
}

func single(item int) demand {
	switch {
	case item < 64:
		return demand{low: 1 << item}
	case item < allItems:
		return demand{high: 1 << (item - 64)}
	}
	return everything
}

// items calls f for every register and stack slot with the number of its item, and for the slots
// of each frame that were not written yet, which are one item.
func (s *state) items(f func(item int, dep *demand)) {
	item := 0
	for _, fr := range s.frames {
		for i := range fr.regs[:asm.R10] {
			f(item, &fr.regs[i].dep)
			item++
		}
		for i := range fr.stack {
			f(item, &fr.stack[i].value.dep)
			item++
		}
		f(item, &fr.rest)
		item++
	}
}

// dep returns what an item was computed from. The items are numbered as those of layout, a state
// in the same functions, whose frames may have more slots than those of s, or fewer.
func (s *state) dep(item int, layout *state) demand {
	for i, l := range layout.frames {
		f := s.frames[i]
		if item < int(asm.R10) {
			return f.regs[item].dep
		}
		item -= int(asm.R10)
		if item < min(len(l.stack), len(f.stack)) {
			return f.stack[item].value.dep
		}
		if item < len(l.stack) {
			return f.rest
		}
		item -= len(l.stack)
		if item == 0 {
			d := f.rest
			for j := len(l.stack); j < len(f.stack); j++ {
				d = d.union(f.stack[j].value.dep)
			}
			return d
		}
		item--
	}
	return demand{}
}

// need demands items of c, and what they were computed from of the checkpoints before.
func (c *checkpoint) need(d demand) {
	for c != nil {
		d = demand{d.low &^ c.needed.low, d.high &^ c.needed.high}
		if c.needed.high&everything.high != 0 || d.empty() {
			return
		}
		c.needed = c.needed.union(d)
		d = c.state.sources(d, c.state)
		c = c.parent
	}
}

// sources returns what items, numbered as those of layout, were computed from.
func (s *state) sources(d demand, layout *state) (sources demand) {
	if d.high&everything.high != 0 {
		s.items(func(_ int, dep *demand) { sources = sources.union(*dep) })
		return sources
	}
	for word, set := range [...]uint64{d.low, d.high} {
		for ; set != 0; set &= set - 1 {
			sources = sources.union(s.dep(64*word+bits.TrailingZeros64(set), layout))
		}
	}
	return sources
}
