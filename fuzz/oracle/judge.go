package oracle

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Use is something that the flag would refuse: a map that the program holds, or a
// call or store that the walk visited.
type Use struct {
	Slot int
	Name string
}

// Judge returns what the flag would refuse of a program whose log of level 2 this
// is, ordered by slot. Maps count wherever they stand, since the kernel resolves
// them before the walk. Of the walk it sees instructions and calls, and the type of
// pointers that instructions store through; what helpers and kfuncs write through
// their arguments it does not see.
//
// visited has one entry a slot, and tells which the walk has seen.
func Judge(p *verifier.Program, log []byte) (uses []Use, visited []bool) {
	add := func(slot int, name string, row effect.Row) {
		if verifier.ProfileFlag.Rejects(row.Effects) != 0 {
			uses = append(uses, Use{slot, name})
		}
	}
	if p.Type == "ext" || p.TargetProgram {
		add(0, "type ext", effect.FormTypeExt.Row())
	}
	for slot := 0; slot < len(p.Instructions); slot++ {
		if ins := p.Instructions[slot]; ins.IsWide() {
			if isMap(ins) {
				add(slot, "map", effect.FormMap.Row())
			}
			slot++
		}
	}
	ownObjects := slices.ContainsFunc(p.References, func(r verifier.Reference) bool {
		return r.Kind == verifier.RefKfunc && slices.Contains(allocators, r.Name)
	})
	visited = make([]bool, len(p.Instructions))
	stored := make([]bool, len(p.Instructions)) // a slot is stored through once
	for v := range Visits(log) {
		if v.Slot >= len(visited) {
			continue // another program's log; the caller's mistake shows in what is missing
		}
		ins := p.Instructions[v.Slot]
		if op := ins.Opcode(); (op.Class() == asm.ClassST || op.Class() == asm.ClassSTX) && !stored[v.Slot] {
			if form, bad := storesThrough(v, ins); bad && !(ownObjects && form == effect.FormStoreKernel) {
				add(v.Slot, "store", form.Row())
				stored[v.Slot] = true
			}
		}
		if visited[v.Slot] {
			continue
		}
		visited[v.Slot] = true
		switch {
		case ins.IsHelperCall():
			if row, known := effect.Helper(ins.Imm()); known {
				add(v.Slot, row.Name, row)
			} else {
				add(v.Slot, "helper#"+strconv.Itoa(int(ins.Imm())), effect.FormUnknownHelper.Row())
			}
		case ins.IsKfuncCall():
			name := kfuncName(p, v.Slot)
			row, known := effect.Kfunc(name)
			if !known {
				row = effect.FormUnknownKfunc.Row()
			}
			add(v.Slot, name, row)
		case ins.Opcode() == asm.MovX && ins.Off() == asm.OffAddrSpaceCast:
			add(v.Slot, "addr_space_cast", effect.FormAddrSpaceCast.Row())
		}
	}
	slices.SortStableFunc(uses, func(a, b Use) int { return a.Slot - b.Slot })
	return uses, visited
}

// isMap reports whether a LD_IMM64 refers to a map.
func isMap(ins asm.Instruction) bool {
	switch ins.Src() {
	case asm.PseudoMapFD, asm.PseudoMapValue, asm.PseudoMapIdx, asm.PseudoMapIdxValue:
		return true
	}
	return false
}

func kfuncName(p *verifier.Program, slot int) string {
	for _, ref := range p.References {
		if ref.Slot == slot && ref.Kind == verifier.RefKfunc {
			return ref.Name
		}
	}
	return ""
}

// shared are the beginnings of the names of pointers (kernel/bpf/log.c:reg_type_str) to
// what an invocation does not own. Marks such as "trusted_" come before them.
var shared = []struct {
	prefix string
	form   effect.Form
}{
	{"ptr_", effect.FormStoreKernel},
	{"buf", effect.FormStoreIterator},
}

// allocators give the program objects of its own, which the log prints like those of
// the kernel. Where one is called, stores through such pointers are not judged.
var allocators = []string{
	"bpf_obj_new_impl", "bpf_percpu_obj_new_impl", "bpf_refcount_acquire_impl",
	"bpf_list_pop_back", "bpf_list_pop_front", "bpf_rbtree_first", "bpf_rbtree_remove",
}

var marks = [][]byte{[]byte("rcu_"), []byte("trusted_"), []byte("untrusted_"), []byte("percpu_"), []byte("user_")}

// storesThrough tells from the registers at a visit whether a store goes to what others
// share.
func storesThrough(v Visit, ins asm.Instruction) (effect.Form, bool) {
	if ins.Dst() == asm.R10 {
		return 0, false
	}
	if ins.Opcode().Mode() == asm.ModeAtomic && ins.Imm() == asm.AtomicLoadAcquire {
		return 0, false
	}
	name := v.pointer("R" + strconv.Itoa(int(ins.Dst())))
	for i := 0; i < len(marks); i++ {
		if bytes.HasPrefix(name, marks[i]) {
			name, i = name[len(marks[i]):], -1
		}
	}
	for _, s := range shared {
		if bytes.HasPrefix(name, []byte(s.prefix)) {
			return s.form, true
		}
	}
	return 0, false
}
