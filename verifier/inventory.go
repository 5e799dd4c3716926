package verifier

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Uses is what a program names outside itself, its subprograms included.
type Uses struct {
	Helpers     []HelperUse // by number
	Kfuncs      []KfuncUse  // by name
	Maps        []MapUse    // by name
	Variables   []string    // of the kernel, by name
	Subprograms []string    // names, in the order in which they follow the program

	// Tags are nil where the instructions will change when they are loaded, so
	// that nobody can know them yet: kernel functions and variables are named by
	// numbers of the running kernel, CO-RE relocations follow its types.
	Tags *Tags

	// Omitted is how many references and subprograms found no room in the lists.
	Omitted int
}

// maxUses is how many entries a list holds. No kernel takes a program with more
// subprograms (BPF_MAX_SUBPROGS), kfuncs (MAX_KFUNC_DESCS) or maps (MAX_USED_MAPS).
const maxUses = 256

// HelperUse is a helper and how often the program calls it.
type HelperUse struct {
	ID    int
	Name  string
	Calls int
	Since string // first Linux release that has it; empty where Linux 6.12 has none of that number
}

// KfuncUse is a kernel function and how often the program calls it or takes its address.
type KfuncUse struct {
	Name  string
	Calls int
}

// MapUse is a map or data section that the program refers to.
type MapUse struct {
	Name string
	Kind MapKind
}

// Tags are the names that kernels give to a sequence of instructions.
type Tags struct {
	SHA1   [8]byte // before Linux 6.18
	SHA256 [8]byte // since
}

// Inventory lists what p asks of the kernel. Nothing is judged: what stands in
// code that is never reached counts too. What is referred to by number alone goes
// by the name that [Check] gives it.
func Inventory(p *Program) Uses {
	var uses Uses
	helpers := make(map[int]int)
	kfuncs := make(map[string]int)
	mapKinds := make(map[MapUse]int)
	variables := make(map[string]int)
	settled := true // whether the instructions are those that will be loaded

	for slot := 0; slot < len(p.Instructions); slot++ {
		ins := p.Instructions[slot]
		if op := ins.Opcode(); op != asm.Call && op != asm.LoadImm64 {
			continue
		}
		ref := p.reference(slot)
		switch {
		case ins.IsKfuncCall(), ins.IsWide() && ref.Kind == RefKfunc:
			count(&uses, kfuncs, cmp.Or(ref.Name, numbered("kfunc#", ins)))
			settled = settled && ref.Kind != RefKfunc
		case ins.IsHelperCall():
			count(&uses, helpers, int(ins.Imm()))
		case ref.Kind == RefMap:
			count(&uses, mapKinds, MapUse{ref.Name, cmp.Or(ref.Map, MapPlain)})
		case ref.Kind == RefVariable:
			count(&uses, variables, ref.Name)
			settled = false
		case ins.Opcode() == asm.Call:
			// a call of the program's own
		case ins.Src() == asm.PseudoBTFID:
			count(&uses, variables, numbered("btf_id#", ins))
		case ins.Src() == asm.PseudoMapFD, ins.Src() == asm.PseudoMapValue:
			count(&uses, mapKinds, MapUse{numbered("fd#", ins), MapPlain})
		case ins.Src() == asm.PseudoMapIdx, ins.Src() == asm.PseudoMapIdxValue:
			count(&uses, mapKinds, MapUse{numbered("fd_array#", ins), MapPlain})
		}
		if ins.IsWide() {
			slot++
		}
	}
	for _, ref := range p.References {
		settled = settled && ref.Kind != RefCORE
	}

	for _, id := range slices.Sorted(maps.Keys(helpers)) {
		row, known := effect.Helper(int32(id))
		if !known {
			row.Name = "helper#" + strconv.Itoa(id)
		}
		uses.Helpers = append(uses.Helpers, HelperUse{id, row.Name, helpers[id], row.Since})
	}
	for _, name := range slices.Sorted(maps.Keys(kfuncs)) {
		uses.Kfuncs = append(uses.Kfuncs, KfuncUse{name, kfuncs[name]})
	}
	uses.Maps = slices.SortedFunc(maps.Keys(mapKinds), func(a, b MapUse) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
	})
	uses.Variables = slices.Sorted(maps.Keys(variables))
	for _, f := range p.Functions {
		switch {
		case f.Start == 0:
			// the program itself
		case len(uses.Subprograms) < maxUses:
			uses.Subprograms = append(uses.Subprograms, f.Name)
		default:
			uses.Omitted++
		}
	}
	if settled && len(p.Instructions) > 0 {
		uses.Tags = &Tags{asm.TagSHA1(p.Instructions), asm.TagSHA256(p.Instructions)}
	}
	return uses
}

// count counts a reference to what is already listed or still fits.
func count[K comparable](uses *Uses, list map[K]int, key K) {
	if _, listed := list[key]; !listed && len(list) == maxUses {
		uses.Omitted++
		return
	}
	list[key]++
}

func numbered(prefix string, ins asm.Instruction) string {
	return prefix + strconv.Itoa(int(ins.Imm()))
}
