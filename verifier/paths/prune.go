package paths

import (
	"slices"

	"github.com/statecheck/statecheck/asm"
)

// pruned reports whether the walk need not go on from st, because it came through a
// state at the same slot that is the same in all that matters; and if not, keeps st to compare others with
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
			if w.same(st, c.state, everything) {
				c.hits++
				// What c's way depends on is not known to its end.
				st.parent.need(st.sources(everything, c.state))
				st.parent.followRounds(c)
				c.came = append(c.came, st.parent)
				return true
			}
			if !force && w.jumps-w.keptJumps < 20 && w.result.Visits-w.keptVisits < 100 {
				keep = false
			}
		} else if w.same(st, c.state, c.needed) && agree(st, c.rounds) {
			c.hits++
			st.parent.need(st.sources(c.needed, c.state))
			st.parent.followRounds(c)
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
	st.items(func(item int, dep *demand) { *dep = single(item) })
}

// sameCalls reports whether two states are in the same functions, called from the same
// places.
func sameCalls(a, b *state) bool {
	return slices.EqualFunc(a.frames, b.frames, func(f, g *frame) bool {
		return f.callsite == g.callsite && f.function == g.function
	})
}

// same reports whether st is the same as old in the items that are asked about, so that the walk
// from old has seen what one from st would.
//
// That st is narrower is not enough: the kernel may learn less of less. Where it comes to a branch that
// cannot be, what it knows contradicts itself, and it may forget all of it (reg_bounds_sanity_check); what it
// knows of a linked number replaces what it knew of the number itself. It goes on from narrower
// states too (regsafe), but need not do so where we do: it also compares what decides nothing.
func (w *walker) same(st, old *state, asked demand) bool {
	m := idMap{pairs: w.ids[:0]}
	item := 0
	for i, g := range old.frames {
		f := st.frames[i]
		if g.depth > f.depth {
			return false // old had more rounds before it
		}
		live := w.liveIn(old, i)
		for reg := asm.R0; reg < asm.R10; reg++ {
			if live.has(reg) && asked.has(item) && !m.sameValue(&f.regs[reg], &g.regs[reg]) {
				return false
			}
			item++
		}
		for j := range g.stack {
			if asked.has(item) && !m.sameSlot(f.at(j), &g.stack[j]) {
				return false
			}
			item++
		}
		if asked.has(item) {
			for j := len(g.stack); j < len(f.stack); j++ {
				if !m.sameSlot(&f.stack[j], g.at(j)) {
					return false
				}
			}
		}
		item++
		w.tests += max(len(f.stack), len(g.stack)) + len(g.regs)
	}
	w.ids = m.pairs
	return m.sameLinks(st, old)
}

// liveIn returns which registers of a frame may still be read.
func (w *walker) liveIn(s *state, frame int) registers {
	switch {
	case frame == len(s.frames)-1:
		return w.live[s.slot]
	case s.frames[frame+1].callback: // it goes back to the call
		return calleeSaved | arguments
	}
	return calleeSaved
}

// emptySlot is a slot that was never written.
var emptySlot slot

// at returns the slot i, which need not have been written.
func (f *frame) at(i int) *slot {
	if i < len(f.stack) {
		return &f.stack[i]
	}
	return &emptySlot
}

// sameSlot reports whether loads from two slots find the same.
func (m *idMap) sameSlot(s, old *slot) bool {
	read := func(b byteKind) byteKind {
		if b == byteUnset {
			return byteMisc
		}
		return b
	}
	for i, b := range old.bytes {
		if read(s.bytes[i]) != read(b) {
			return false
		}
	}
	return !old.spilled() || (s.value.id == 0) == (old.value.id == 0) && m.sameValue(&s.value, &old.value)
}

// idMap relates the links of an older state to those of another: what was linked there
// must be linked here, and the other way around.
type idMap struct{ pairs []idPair }

type idPair struct{ old, now uint32 }

// match relates a link to an old one, unless it or the old one is related to another. A number that is
// linked to nothing has a link of its own, which no other value may turn out to have.
func (m *idMap) match(old, now uint32) bool {
	if old == 0 && now == 0 {
		return true
	}
	own := ^uint32(len(m.pairs))
	if old == 0 {
		old = own
	}
	if now == 0 {
		now = own
	}
	for _, p := range m.pairs {
		if p.old == old || p.now == now {
			return p == idPair{old, now}
		}
	}
	m.pairs = append(m.pairs, idPair{old, now})
	return true
}

// matched reports whether two links are related to each other, or both to none.
func (m *idMap) matched(old, now uint32) bool {
	for _, p := range m.pairs {
		if p.old == old || p.now == now {
			return p == idPair{old, now}
		}
	}
	return true
}

// sameLinks reports whether values that were not asked about have the same links to those that were.
func (m *idMap) sameLinks(st, old *state) bool {
	if len(m.pairs) == 0 {
		return true
	}
	same := func(v, o *value) bool { return m.matched(o.id, v.id) && m.matched(o.ref, v.ref) }
	for i, g := range old.frames {
		f := st.frames[i]
		for reg := range g.regs[:asm.R10] {
			if !same(&f.regs[reg], &g.regs[reg]) {
				return false
			}
		}
		for j := range max(len(f.stack), len(g.stack)) {
			if !same(f.at(j).held(), g.at(j).held()) {
				return false
			}
		}
	}
	return true
}

// held returns the value of a slot, unset where none is spilled.
func (s *slot) held() *value {
	if s.spilled() {
		return &s.value
	}
	return &emptySlot.value
}

// sameValue reports whether the kernel knows the same of two values.
func (m *idMap) sameValue(v, old *value) bool {
	if old.kind == unset { // its way never read it
		return true
	}
	if v.kind != old.kind || v.num != old.num || v.frame != old.frame || v.end != old.end || v.vague() != old.vague() {
		return false
	}
	linked := v.id != 0 && old.id != 0 || v.kind != number // else it differs from nothing
	if linked && (v.flags != old.flags || v.off != old.off) {
		return false
	}
	if v.kind != number && (v.id == 0) != (old.id == 0) || (v.ref == 0) != (old.ref == 0) {
		return false
	}
	return m.match(old.id, v.id) && m.match(old.ref, v.ref)
}

// before returns the nearest checkpoint of a way, which leads to c, at slot with the same calls as st.
func before(c *checkpoint, st *state, slot int) *checkpoint {
	for ; c != nil; c = c.parent {
		if c.slot == slot && sameCalls(c.state, st) {
			return c
		}
	}
	return nil
}

// round is an earlier round of a loop, and the numbers that a later one kept because they were the same
// there: items of its checkpoint. A way that has other numbers in its own earlier round goes on
// with less knowledge.
type round struct {
	checkpoint *checkpoint
	kept       demand
}

// followRounds notes that ways from c go on as those from another checkpoint.
func (c *checkpoint) followRounds(as *checkpoint) {
	for _, r := range as.rounds {
		c.depend(r, before(c, r.checkpoint.state, r.checkpoint.slot))
	}
}

// depend notes that ways from c and the checkpoints before it, up to the one that the round began with,
// depend on a round.
func (c *checkpoint) depend(r round, start *checkpoint) {
	for ; c != nil && c != start; c = c.parent {
		i := slices.IndexFunc(c.rounds, func(o round) bool { return o.checkpoint == r.checkpoint })
		if i < 0 {
			i = len(c.rounds)
			c.rounds = append(c.rounds, round{checkpoint: r.checkpoint})
		}
		known := c.rounds[i].kept
		if c.rounds[i].kept = known.union(r.kept); c.rounds[i].kept == known {
			continue
		}
		for _, from := range c.came {
			from.depend(r, before(from, r.checkpoint.state, r.checkpoint.slot))
		}
	}
}

// agree reports whether the rounds before st have the same numbers as these.
func agree(st *state, rounds []round) bool {
	return !slices.ContainsFunc(rounds, func(r round) bool {
		c := before(st.parent, r.checkpoint.state, r.checkpoint.slot)
		return c != r.checkpoint && (c == nil || !sameNumbers(c.state, r.checkpoint.state, r.kept))
	})
}

// sameNumbers reports whether a state has the numbers that another one has in these items of it, linked in the same
// way.
func sameNumbers(st, other *state, items demand) bool {
	var m idMap
	equal := func(v, o *value) bool {
		return o.kind != number ||
			v.kind == number && v.num == o.num && v.off == o.off && v.flags == o.flags && m.match(o.id, v.id)
	}
	item := 0
	for i, g := range other.frames {
		for reg := range g.regs[:asm.R10] {
			if items.has(item) && !equal(&st.frames[i].regs[reg], &g.regs[reg]) {
				return false
			}
			item++
		}
		for j := range g.stack {
			if items.has(item) && g.stack[j].spilled() && !equal(st.frames[i].at(j).held(), &g.stack[j].value) {
				return false
			}
			item++
		}
		item++
	}
	return true
}

// widen makes vague the numbers in which a round of a loop differs from those
// before, so that loops without a counter come to an end. These began with the
// checkpoints at slot from c back; there may be none. The kernel makes them unknown, but for those that something
// was decided on, and looks at one round alone, which is not always the last: it drops checkpoints at which many
// ways have come by (kernel/bpf/verifier.c:widen_imprecise_scalars, find_prev_entry).
func (w *walker) widen(st *state, c *checkpoint, slot int) {
	last := before(c, st, slot)
	if last == nil {
		return
	}
	for old := last; old != nil; old = before(old.parent, st, slot) {
		w.numbers(st, old.state, func(_ int, v, o *value) {
			if v.num != o.num || v.id != o.id || v.off != o.off || v.flags != o.flags {
				*v = value{kind: number, dep: v.dep}
				v.blur()
			}
		})
	}
	var kept demand
	w.numbers(st, last.state, func(item int, v, _ *value) {
		if !v.vague() {
			kept = kept.union(single(item)) // it is known because it was the same there
		}
	})
	last.need(kept)
	st.parent.depend(round{last, kept}, last)
}

// numbers calls f for the numbers that two states in the same functions both hold and that may be read, with the
// item of the older one.
func (w *walker) numbers(st, old *state, f func(item int, v, o *value)) {
	item := 0
	for i, g := range old.frames {
		fr := st.frames[i]
		live := w.liveIn(old, i)
		for reg := asm.R0; reg < asm.R10; reg++ {
			if v, o := &fr.regs[reg], &g.regs[reg]; live.has(reg) && v.kind == number && o.kind == number {
				f(item, v, o)
			}
			item++
		}
		for j := range g.stack {
			if v, o := fr.at(j).held(), g.stack[j].held(); v.kind == number && o.kind == number {
				f(item, v, o)
			}
			item++
		}
		item++
		w.tests += len(g.regs) + len(g.stack)
	}
}
