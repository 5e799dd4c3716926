package paths_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// FuzzWalk walks over whatever has the form of a program. Functions have the linkages, and calls of kfuncs the
// names, that choice says.
func FuzzWalk(f *testing.F) {
	for _, topic := range topics {
		for i, tt := range topic.cases {
			p := parse(f, tt.program)
			f.Add(asm.Encode(p.Instructions, binary.LittleEndian), uint8(i), uint64(i))
		}
	}
	types := verifier.ProgramTypes()
	var kfuncs []string
	for _, row := range effect.Rows() {
		if row.Kind != effect.KindKfunc {
			continue
		}
		kfuncs = append(kfuncs, row.Name)
	}
	f.Fuzz(func(t *testing.T, raw []byte, kind uint8, choice uint64) {
		if len(raw) > 8*300 {
			return
		}
		p := &verifier.Program{Type: types[int(kind)%len(types)], Functions: []verifier.Function{{}}}
		var err error
		if p.Instructions, err = asm.Decode(raw, binary.LittleEndian); err != nil {
			return
		}
		for slot := 0; slot < len(p.Instructions); slot++ {
			ins := p.Instructions[slot]
			switch {
			case ins.IsSubprogramCall(), ins.IsFunctionAddress():
				to := slot + 1 + int(ins.Imm())
				if to <= 0 || to >= len(p.Instructions) {
					return
				}
				fn := verifier.Function{Start: to, Linkage: verifier.Linkage(choice >> (to % 60) & 3 % 3)}
				if i, found := slices.BinarySearchFunc(p.Functions, fn, func(a, b verifier.Function) int { return a.Start - b.Start }); !found {
					p.Functions = slices.Insert(p.Functions, i, fn)
				}
			case ins.IsKfuncCall():
				p.References = append(p.References, verifier.Reference{Slot: slot, Kind: verifier.RefKfunc, Name: kfuncs[int(uint32(ins.Imm()))%len(kfuncs)]})
			case choice>>(slot%61)&7 == 7:
				p.References = append(p.References, verifier.Reference{Slot: slot, Kind: verifier.RefCORE})
			}
			if ins.IsWide() {
				slot++
			}
		}
		visited, finished := verifier.Visits(p)
		again, finishedAgain := verifier.Visits(p)
		if finished != finishedAgain || !slices.Equal(visited, again) {
			t.Fatalf("two walks differ\n%#v", p.Instructions)
		}
		if !finished {
			return
		}
		if !visited[0] {
			t.Fatalf("the first slot is not visited\n%#v", p.Instructions)
		}
		for slot, there := range visited { // a slot is come to from another, or is where a function begins
			if !there || slot == 0 {
				continue
			}
			if !slices.ContainsFunc(leadsTo(p, slot), func(from int) bool { return visited[from] }) {
				t.Fatalf("slot %d is visited, and nothing that leads to it\n%#v", slot, p.Instructions)
			}
		}
	})
}

// leadsTo are the slots from which control can go to one.
func leadsTo(p *verifier.Program, to int) (from []int) {
	for slot, ins := range p.Instructions {
		op := ins.Opcode()
		class := op.Class()
		next := []int{slot + 1}
		switch {
		case ins.IsSubprogramCall():
			next = append(next, slot+1+int(ins.Imm()))
		case ins.IsFunctionAddress(): // what is handed the function calls it
			next = []int{slot + 2, slot + 1 + int(ins.Imm())}
		case ins.IsWide():
			next = []int{slot + 2}
		case op == asm.Exit:
			next = nil
		case op == asm.GotoL:
			next = []int{slot + 1 + int(ins.Imm())}
		case op == asm.Goto:
			next = []int{slot + 1 + int(ins.Off())}
		case op == asm.Call:
		case class == asm.ClassJMP, class == asm.ClassJMP32:
			next = append(next, slot+1+int(ins.Off()))
		}
		if slices.Contains(next, to) {
			from = append(from, slot)
		}
	}
	return from
}
