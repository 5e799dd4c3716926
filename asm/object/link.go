package object

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// linker puts programs together, one after the other.
type linker struct {
	object *Object
	round  uint32      // counts programs
	placed []placement // by function
	total  int         // slots of all programs so far
	byName []int       // functions, sorted by name
	rank   []int       // of each function among them
}

func newLinker(o *Object) *linker {
	l := &linker{
		object: o,
		placed: make([]placement, len(o.functions)),
		byName: make([]int, len(o.functions)),
		rank:   make([]int, len(o.functions)),
	}
	for i := range l.byName {
		l.byName[i] = i
	}
	slices.SortStableFunc(l.byName, func(a, b int) int { return cmp.Compare(o.functions[a].name, o.functions[b].name) })
	for rank, fn := range l.byName {
		l.rank[fn] = rank
	}
	return l
}

// placement is where a function is in the program of a round.
type placement struct {
	round uint32
	start uint32
}

// part is a function in a program.
type part struct {
	function int
	section  uint32
	first    uint32 // its first slot in the section
	start    uint32 // and in the program
}

// link puts a program together.
//
// The functions it can reach follow it breadth first, and those that one function
// refers to by name, as in cilium/ebpf's flattenInstructions; and then the
// exception callback, which no instruction refers to, as in libbpf's
// bpf_object__relocate.
func (l *linker) link(fn int) *verifier.Program {
	main := &l.object.functions[fn]
	sec := &l.object.file.sections[main.section]
	program := &verifier.Program{
		Name:          main.name,
		Section:       sec.name,
		Type:          sec.progType,
		AttachType:    sec.attachType,
		AttachTo:      sec.attachTo,
		TargetProgram: sec.progType == "ext", // BPF_PROG_TYPE_EXT replaces a function of another program
	}
	parts, callback, err := l.collect(fn)
	if err != nil {
		program.Err = err
		return program
	}
	l.fill(program, parts)
	program.TypedArguments = len(parts) > 1 && l.object.arguments.typedIn(program.Type)
	for i := range program.Functions {
		f := &program.Functions[i]
		f.ExceptionCallback = f.Start == callback
	}
	lines, slots := l.object.lines, len(program.Instructions)
	program.Source = func(slot int) (verifier.Line, bool) {
		if slot < 0 || slot >= slots {
			return verifier.Line{}, false
		}
		return lines.find(parts, slot)
	}
	return program
}

// collect finds the parts of a program, and where its exception callback starts; -1
// if it has none.
func (l *linker) collect(fn int) (parts []part, callback int, err error) {
	callback = -1
	l.round++
	size := 0
	add := func(fn int) {
		p := &l.placed[fn]
		if p.round == l.round {
			return
		}
		f := &l.object.functions[fn]
		*p = placement{l.round, uint32(size)}
		parts = append(parts, part{fn, f.section, f.start, uint32(size)})
		size += int(f.end - f.start)
		l.total += int(f.end - f.start)
	}
	add(fn)
	var ranks []int // of the functions that the part at hand refers to
	for i := 0; i < len(parts); i++ {
		switch {
		case size > maxSlots:
			return nil, 0, fmt.Errorf("more than %d slots with all functions that it calls, expected at most that (kernel/bpf/syscall.c:bpf_prog_load)", maxSlots)
		case l.total > maxLinked:
			return nil, 0, fmt.Errorf("the object's programs have more than %d slots together, expected at most that", maxLinked)
		}
		f := &l.object.functions[parts[i].function]
		if err := l.check(f); err != nil {
			return nil, 0, err
		}
		ranks = ranks[:0]
		for _, c := range within(l.object.file.sections[f.section].calls, f.start, f.end) {
			if c.target != notFunction && l.placed[c.target].round != l.round {
				ranks = append(ranks, l.rank[c.target])
			}
		}
		slices.Sort(ranks)
		for _, rank := range ranks {
			add(l.byName[rank])
		}

		if tag, ok := l.callbackOf(fn); ok && i == len(parts)-1 {
			if tag.more {
				return nil, 0, fmt.Errorf("more than one exception callback, %q is one, expected one", tag.name)
			}
			target, ok := l.find(tag.name)
			if !ok {
				return nil, 0, fmt.Errorf("exception callback %q, expected a function of that name", tag.name)
			}
			add(target)
			callback = int(l.placed[target].start)
		}
	}
	return parts, callback, nil
}

// check returns the first reason in a function why no program can have it.
func (l *linker) check(f *function) error {
	if f.err != nil {
		return f.err
	}
	file := l.object.file
	sec := &file.sections[f.section]
	if bad := within(sec.bad, f.start, f.end); len(bad) > 0 {
		return file.explain(sec, bad[0])
	}
	for _, c := range within(sec.calls, f.start, f.end) {
		// A section without symbols is one function to us, and has calls inside.
		if c.target != notFunction || c.place.section == f.section && int64(f.start) <= c.place.slot && c.place.slot < int64(f.end) {
			continue
		}
		target := &file.sections[c.place.section]
		if target.err != nil {
			return slotError(sec, c.slot, target.err)
		}
		return slotError(sec, c.slot, fmt.Errorf("call to section %q, byte %d, where no function starts", target.name, c.place.slot*asm.SlotSize))
	}
	return nil
}

// callbackOf returns what the tags of a program, by any of its names, say of its
// exception callback.
func (l *linker) callbackOf(fn int) (tag exceptionCallback, ok bool) {
	if len(l.object.callbacks) == 0 {
		return tag, false
	}
	f := &l.object.functions[fn]
	tag, ok = l.object.callbacks[f.name]
	for _, name := range f.aliases {
		other, found := l.object.callbacks[name]
		if !found {
			continue
		}
		if other.more = other.more || ok && other.name != tag.name; !ok || other.more {
			tag, ok = other, true
		}
	}
	return tag, ok
}

// find returns the function with a name. Loaders look for exception callbacks
// in .text.
func (l *linker) find(name string) (fn int, ok bool) {
	for i := range l.object.functions {
		f := &l.object.functions[i]
		if f.name != name && !slices.Contains(f.aliases, name) {
			continue
		}
		if l.object.file.sections[f.section].name == ".text" {
			return i, true
		}
		if !ok {
			fn, ok = i, true
		}
	}
	return fn, ok
}

// fill copies the parts and connects them.
func (l *linker) fill(program *verifier.Program, parts []part) {
	slots, refs := 0, 0
	for _, p := range parts {
		f := &l.object.functions[p.function]
		slots += int(f.end - f.start)
		sec := &l.object.file.sections[f.section]
		refs += len(within(sec.refs, f.start, f.end)) + len(within(sec.sites, f.start, f.end))
	}
	program.Instructions = make([]asm.Instruction, 0, slots)
	program.References = make([]verifier.Reference, 0, refs)
	program.Functions = make([]verifier.Function, 0, len(parts))
	for _, p := range parts {
		f := &l.object.functions[p.function]
		sec := &l.object.file.sections[f.section]
		start := len(program.Instructions)
		program.Instructions = append(program.Instructions, sec.insns[f.start:f.end]...)
		linkage := &l.object.linkage
		said := linkage.of(sec.name, f.start)
		if f.hidden && said.linkage == verifier.LinkageGlobal { // libbpf makes it static, cilium/ebpf does not
			said = signature{}
		}
		program.Functions = append(program.Functions, verifier.Function{
			Name: f.name, Start: start, Linkage: said.linkage, Arguments: said.arguments,
		})
		var inner []uint32
		for _, c := range within(sec.calls, f.start, f.end) {
			slot := start + int(c.slot-f.start)
			to := start + int(c.place.slot-int64(f.start))
			if c.target != notFunction {
				to = int(l.placed[c.target].start)
			} else {
				inner = append(inner, uint32(to))
			}
			ins := &program.Instructions[slot]
			*ins = withSource(*ins, ins.Src(), int32(to-slot-1))
		}
		slices.Sort(inner)
		for _, to := range slices.Compact(inner) {
			name := fmt.Sprintf("%s+%#x", f.name, (int(to)-start)*asm.SlotSize)
			said := linkage.of(sec.name, f.start+to-uint32(start))
			program.Functions = append(program.Functions, verifier.Function{
				Name: name, Start: int(to), Linkage: said.linkage, Arguments: said.arguments,
			})
		}
		sites := within(sec.sites, f.start, f.end)
		for _, r := range within(sec.refs, f.start, f.end) {
			for len(sites) > 0 && sites[0].at() < r.slot {
				program.References = append(program.References, coreReference(start, f, sites[0]))
				sites = sites[1:]
			}
			program.References = append(program.References, verifier.Reference{
				Slot: start + int(r.slot-f.start),
				Kind: r.kind, Name: r.name, Map: r.data, Weak: r.weak,
			})
		}
		for _, s := range sites {
			program.References = append(program.References, coreReference(start, f, s))
		}
	}
}

func coreReference(start int, f *function, s site) verifier.Reference {
	return verifier.Reference{Slot: start + int(s.at()-f.start), Kind: verifier.RefCORE}
}
