package paths

import (
	"slices"

	"github.com/statecheck/statecheck/asm"
)

// pruned reports whether the walk need not go on from st, because it came through a
// state at the same slot that is as wide; and if not, keeps st to compare others with
// (kernel/bpf/verifier.c:is_state_visited). force: keep it in any case.
func (w *walker) pruned(st *state, force bool) bool {
	keep := force || w.jumps-w.keptJumps >= 2 && w.result.Visits-w.keptVisits >= 8
	list := w.explored[st.slot]
	for i := 0; i < len(list); i++ {
		c := list[i]
		if !sameCalls(c.state, st) {
			continue
		}
		if c.branches > 0 { // st has come back to a state on its own way
			if w.within(st, c.state, everything) {
				c.hits++
				// What c's way depends on is not known to its end.
				st.parent.need(st.sources(everything))
				return true
			}
			if !force && w.jumps-w.keptJumps < 20 && w.result.Visits-w.keptVisits < 100 {
				keep = false
			}
		} else if w.within(st, c.state, c.needed) {
			c.hits++
			st.parent.need(st.sources(c.needed))
			return true
		}
		if keep {
			c.misses++
		}
		patience := 3
		if force && c.branches > 0 {
			patience = 64
		}
		if c.misses > c.hits*patience+patience {
			w.held -= c.state.size()
			list = slices.Delete(list, i, i+1)
			w.explored[st.slot] = list
			i--
		}
	}
	if keep {
		w.keep(st)
	}
	return false
}

// keep makes a checkpoint of st.
func (w *walker) keep(st *state) {
	w.keptJumps, w.keptVisits = w.jumps, w.result.Visits
	c := &checkpoint{state: st.clone(), parent: st.parent, slot: st.slot, branches: 1}
	c.state.path = nil
	w.held += c.state.size()
	w.copied += c.state.size()
	w.explored[st.slot] = append(w.explored[st.slot], c)
	st.parent = c
	st.items(func(item int, v *value) { v.dep = single(item) })
}

// sameCalls reports whether two states are in the same functions, called from the same
// places.
func sameCalls(a, b *state) bool {
	return slices.EqualFunc(a.frames, b.frames, func(f, g *frame) bool {
		return f.callsite == g.callsite && f.function == g.function
	})
}

// within reports whether st is no wider than old in the items that are asked about, so
// that the walk from old has seen what one from st would.
func (w *walker) within(st, old *state, asked demand) bool {
	m := idMap{pairs: w.ids[:0]}
	item := 0
	for i, g := range old.frames {
		f := st.frames[i]
		if g.depth > f.depth {
			return false // old had more rounds before it
		}
		live := set(asm.R6, asm.R7, asm.R8, asm.R9)
		if i == len(old.frames)-1 {
			live = w.live[old.slot]
		}
		for reg := asm.R0; reg < asm.R10; reg++ {
			if live.has(reg) && asked.has(item) && !m.valueWithin(&f.regs[reg], &g.regs[reg]) {
				return false
			}
			item++
		}
		for j := range g.stack {
			if asked.has(item) {
				var s slot
				if j < len(f.stack) {
					s = f.stack[j]
				}
				if !m.slotWithin(&s, &g.stack[j]) {
					return false
				}
			}
			item++
		}
		w.tests += len(g.stack) + len(g.regs)
		for j := len(g.stack); j < len(f.stack); j++ {
			if !m.slotWithin(&f.stack[j], &slot{}) { // old never wrote there
				return false
			}
		}
	}
	w.ids = m.pairs
	return true
}

// slotWithin reports whether a slot is no wider than an older one.
func (m *idMap) slotWithin(s, old *slot) bool {
	if old.spilled() && s.spilled() && s.bytes == old.bytes {
		return m.valueWithin(&s.value, &old.value)
	}
	for i, b := range old.bytes {
		switch {
		case b == byteUnknown:
		case b == byteMisc, b == byteUnset:
			// A load finds an unknown number.
			if s.spilled() && !s.value.isNumber() || s.bytes[i] == byteUnknown {
				return false
			}
		case b == byteSpill: // but s has less than that
			return false
		case b != s.bytes[i]: // byteZero
			return false
		}
	}
	return true
}

// idMap relates the links of an older state to those of another: what was linked there
// must be linked here.
type idMap struct{ pairs []idPair }

type idPair struct{ old, now uint32 }

func (m *idMap) match(old, now uint32) bool {
	if now == 0 { // linked to nothing: a link of its own
		now = ^uint32(len(m.pairs))
	}
	for _, p := range m.pairs {
		if p.old == old {
			return p.now == now
		}
		if p.now == now {
			return false
		}
	}
	m.pairs = append(m.pairs, idPair{old, now})
	return true
}

// valueWithin reports whether a value is no wider than an older one
// (kernel/bpf/verifier.c:regsafe).
func (m *idMap) valueWithin(v, old *value) bool {
	switch old.kind {
	case unset: // its way never read it
		return true
	case anything:
		return true
	case outside:
		return v.kind != anything && v.kind != stackPtr && v.kind != unset
	case argument:
		return v.kind == argument
	case number:
		if v.kind != number || !v.num.Within(old.num) {
			return false
		}
		if old.id == 0 {
			return true
		}
		return v.flags&added == old.flags&added && v.off == old.off && m.match(old.id, v.id)
	}
	if v.kind != old.kind || v.flags != old.flags || v.frame != old.frame || v.off != old.off ||
		!v.num.Within(old.num) || old.end != 0 && v.end != old.end {
		return false
	}
	if (old.ref == 0) != (v.ref == 0) {
		return false
	}
	return (old.id == 0 || m.match(old.id, v.id)) && (old.ref == 0 || m.match(old.ref, v.ref))
}

// before returns the nearest checkpoint of st's way at slot with the same calls
// (kernel/bpf/verifier.c:find_prev_entry).
func before(c *checkpoint, st *state, slot int) *state {
	for ; c != nil; c = c.parent {
		if c.slot == slot && sameCalls(c.state, st) {
			return c.state
		}
	}
	return nil
}

// widen makes unknown the numbers in which a round of a loop differs from the one
// before, so that loops without a counter come to an end. The kernel keeps those that
// something was decided on (kernel/bpf/verifier.c:widen_imprecise_scalars).
func widen(st, old *state) {
	differ := func(v, o *value) {
		if v.kind == number && o.kind == number &&
			(v.num != o.num || v.id != o.id || v.off != o.off || v.flags != o.flags) {
			*v = value{kind: number, num: unknownNumber().num, dep: v.dep}
		}
	}
	for i, g := range old.frames {
		f := st.frames[i]
		for reg := range g.regs[:asm.R10] {
			differ(&f.regs[reg], &g.regs[reg])
		}
		for j := range min(len(f.stack), len(g.stack)) {
			if f.stack[j].spilled() && g.stack[j].spilled() {
				differ(&f.stack[j].value, &g.stack[j].value)
			}
		}
	}
}
