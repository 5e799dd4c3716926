package verifier

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/effect"
	"github.com/statecheck/statecheck/verifier/paths"
)

// Check judges a program. It always returns a report, and never panics whatever
// the instructions are.
//
// The passes, each only if the one before lets the program through: form (is it
// a program at all), reachability, what its instructions, calls and
// references have as effects; and where only calls and stores are left that the
// kernel's walk has to visit to refuse them, that walk.
func Check(p *Program, opts Options) Report {
	if opts.Profile == "" {
		opts.Profile = ProfileFlag
	}
	if opts.Precision == "" {
		opts.Precision = PrecisionPaths
	}
	r := Report{Verdict: Invalid, Precision: opts.Precision, Profile: opts.Profile}
	if p.Err != nil {
		r.Err = p.Err
		return r
	}
	s, err := checkForm(p)
	if err != nil {
		r.Err = err
		return r
	}
	c := checker{p: p, s: s, opts: opts, report: &r}
	for _, name := range opts.Allow {
		if e, err := effect.Parse(name); err == nil {
			c.allowed |= e
		}
	}
	c.findings()
	if opts.Precision == PrecisionPaths && len(r.Findings) > 0 {
		c.follow()
	}
	c.details()
	r.Verdict = Stateless
	if len(r.Findings) > 0 {
		r.Verdict = Stateful
	}
	return r
}

// maxListed bounds each list of a report. What is beyond it cannot change the
// verdict; Report.Omitted counts it.
const maxListed = 10_000

// Numbers that mean something beyond the table.
const (
	helperTimerSetCallback = 170       // include/uapi/linux/bpf.h: BPF_FUNC_timer_set_callback
	poisonedCall           = 195896080 // 0xbad2310: libbpf, bpf_core_poison_insn
)

// checker collects the findings of one program.
type checker struct {
	p       *Program
	s       *shape
	opts    Options
	allowed effect.Set // the effects in Options.Allow
	report  *Report
	walk    *paths.Result // nil unless the kernel's walk was followed to its end
}

// findings judges the program and its instructions.
func (c *checker) findings() {
	c.report.Findings, c.report.Waived, c.report.Allowed, c.report.Omitted = nil, nil, nil, 0
	c.program()
	c.instructions()
}

// program judges what the program is, whatever its instructions.
func (c *checker) program() {
	if c.p.Type == "ext" {
		c.add(0, effect.FormTypeExt.Row(), "")
	}
	if c.p.TargetProgram && c.p.Type != "ext" {
		c.add(0, effect.FormTargetProgram.Row(), "")
	}
}

// instructions judges every slot. All of them are reachable by some choice of
// branches: the form pass has seen to it.
func (c *checker) instructions() {
	// A slot can be irregular and stateful too.
	for i, slot := range c.s.irregular {
		row := effect.FormIrregular.Row()
		if i < maxListed { // beyond, nobody reads it
			row.Reason = fmt.Sprintf("%s: %v", row.Reason, asm.Irregular(c.s.insns, slot))
		}
		c.add(slot, row, "")
	}
	refs := c.p.References
	for _, slot := range c.s.sites {
		if c.decided() {
			return
		}
		ins := c.s.insns[slot]
		switch ins.Opcode() {
		case asm.Call:
			c.call(slot, ins, nextReference(&refs, slot))
		case asm.LoadImm64:
			c.wide(slot, ins, nextReference(&refs, slot))
		case asm.MovX:
			if ins.Off() == asm.OffAddrSpaceCast {
				c.add(slot, effect.FormAddrSpaceCast.Row(), "")
			}
		}
	}
	c.memory()
}

// nextReference returns the reference to a name of that slot, the zero value if it
// has none, and drops those before it. CO-RE relocations are none: they say that a
// value is unknown.
func nextReference(refs *[]Reference, slot int) Reference {
	for len(*refs) > 0 && ((*refs)[0].Slot < slot || (*refs)[0].Slot == slot && (*refs)[0].Kind == RefCORE) {
		*refs = (*refs)[1:]
	}
	if len(*refs) > 0 && (*refs)[0].Slot == slot {
		return (*refs)[0]
	}
	return Reference{}
}

// reference returns the reference to a name of that slot, as nextReference does.
func (p *Program) reference(slot int) Reference {
	i, _ := slices.BinarySearchFunc(p.References, slot, func(r Reference, slot int) int { return r.Slot - slot })
	refs := p.References[i:]
	return nextReference(&refs, slot)
}

// call judges a CALL.
func (c *checker) call(slot int, ins asm.Instruction, ref Reference) {
	switch {
	case ins.IsKfuncCall():
		name := "kfunc#" + strconv.Itoa(int(ins.Imm()))
		if ref.Kind == RefKfunc && ref.Name != "" {
			name = ref.Name
		}
		row, known := effect.Kfunc(name)
		if !known {
			row = effect.FormUnknownKfunc.Row()
		}
		row.Kind, row.ID = effect.KindKfunc, int(ins.Imm())
		c.add(slot, row, name)
	case ins.IsHelperCall(): // whatever a reference says: the kernel goes by the source
		row, known := effect.Helper(ins.Imm())
		name := row.Name
		if !known {
			row = effect.FormUnknownHelper.Row()
			name = "helper#" + strconv.Itoa(int(ins.Imm()))
			if ins.Imm() == poisonedCall {
				row, name = effect.FormPoison.Row(), "0xbad2310"
			}
			row.Kind, row.ID = effect.KindHelper, int(ins.Imm())
		}
		c.add(slot, row, name)
	}
	// Calls of the program's own functions have no effect, and any other source
	// is irregular.
}

// wide judges a LD_IMM64.
func (c *checker) wide(slot int, ins asm.Instruction, ref Reference) {
	if ref.Kind != RefMap && ins.Src() != 0 && ins.Src() != asm.PseudoBTFID {
		ref = Reference{} // a name that does not go with the source explains nothing
	}
	switch {
	case ref.Kind == RefMap:
		kind := ref.Map
		if ins.Src() != asm.PseudoMapValue && ins.Src() != asm.PseudoMapIdxValue {
			kind = MapPlain // the map itself, which can be handed to a helper
		}
		row := mapRow(kind)
		row.Kind = effect.KindMap
		c.add(slot, row, ref.Name)
	case ref.Kind == RefVariable:
		row := effect.FormKernelVariable.Row()
		row.Kind = effect.KindVariable
		c.add(slot, row, ref.Name)
	case ref.Kind == RefKfunc:
		row := effect.FormKfuncAddress.Row()
		row.Kind = effect.KindVariable
		c.add(slot, row, ref.Name)
	case ins.Src() == asm.PseudoBTFID:
		row := effect.FormKernelVariable.Row()
		row.Kind, row.ID = effect.KindVariable, int(ins.Imm())
		c.add(slot, row, "btf_id#"+strconv.Itoa(int(ins.Imm())))
	case ins.Src() != 0:
		// A bare file descriptor or index: nothing says that it is read-only.
		row := effect.FormMap.Row()
		row.Kind, row.ID = effect.KindMap, int(ins.Imm())
		what := "fd#"
		if ins.Src() == asm.PseudoMapIdx || ins.Src() == asm.PseudoMapIdxValue {
			what = "fd_array#"
		}
		c.add(slot, row, what+strconv.Itoa(int(ins.Imm())))
	}
}

// mapRow is the row for a reference to a map of that kind. A kind that is not
// known is a map.
func mapRow(kind MapKind) effect.Row {
	switch kind {
	case MapROData, MapKconfig:
		return effect.FormReadOnlySection.Row()
	case MapData, MapBSS:
		return effect.FormDataSection.Row()
	case MapArena:
		return effect.FormArena.Row()
	}
	return effect.FormMap.Row()
}

// decided reports whether nothing more can change what the caller asked for.
func (c *checker) decided() bool { return c.opts.VerdictOnly && len(c.report.Findings) > 0 }

// add lists a construct where the profile and Options.Allow want it.
func (c *checker) add(slot int, row effect.Row, name string) {
	if row.Effects == effect.None || c.decided() || c.walk != nil && visitable(row.Kind) && !c.walk.Visited[slot] {
		return
	}
	if name == "" {
		name = row.Name
	}
	f := Finding{
		Effects: row.Effects, Kind: row.Kind, Name: name, Row: row.Name, ID: row.ID, Slot: slot,
		Reason: row.Reason, Kernel: row.Kernel, Instead: row.Instead,
	}
	list := &c.report.Findings
	if rejected := c.opts.Profile.Rejects(row.Effects); rejected == 0 {
		if c.opts.VerdictOnly {
			return
		}
		list = &c.report.Allowed
	} else if by, ok := c.waiver(row.Kind, name, rejected); ok {
		f.WaivedBy = by
		list = &c.report.Waived
	}
	if len(*list) >= maxListed {
		c.report.Omitted++
		return
	}
	if len(*list) == cap(*list) {
		// Room for twice as many: findings are large, and append, which makes long
		// lists longer by a quarter, copies each of them four times.
		*list = slices.Grow(*list, len(*list))
	}
	*list = append(*list, f)
}

// waiver returns what in Options.Allow accepts a construct: the name of the helper
// or kfunc, or every one of the effects that the profile rejects. Names that a
// program makes up (of maps, and of kfuncs that the table does not know) accept
// nothing.
func (c *checker) waiver(kind effect.Kind, name string, rejected effect.Set) (string, bool) {
	if slices.Contains(c.opts.Allow, name) {
		_, kfunc := effect.Kfunc(name)
		if kind == effect.KindHelper || kind == effect.KindKfunc && kfunc {
			return name, true
		}
	}
	if rejected&^c.allowed == 0 {
		return rejected.String(), true
	}
	return "", false
}

// details adds what a reader needs to find the place: the function, the source
// line and the path.
func (c *checker) details() {
	if c.opts.VerdictOnly {
		return
	}
	var finder *pathFinder // it walks the whole program, so only if there is something to find
	// The findings first: they have the first claim on the budget of paths.
	for _, list := range [...][]Finding{c.report.Findings, c.report.Waived, c.report.Allowed} {
		slices.SortStableFunc(list, func(a, b Finding) int { return a.Slot - b.Slot })
		for i := range list {
			f := &list[i]
			f.Function = c.functionName(f.Slot)
			if c.p.Source != nil {
				f.Line, _ = c.p.Source(f.Slot)
			}
			if finder == nil {
				finder = newPathFinder(c.s)
			}
			path, ok := finder.path(f.Slot, c.walk)
			f.Path, f.PathOmitted = path, !ok
		}
	}
}

// functionName names the function that holds the slot: by its symbol, or as the
// kernel's verifier numbers it.
func (c *checker) functionName(slot int) string {
	i := c.s.function(slot)
	start := c.s.starts[i]
	j, found := slices.BinarySearchFunc(c.p.Functions, start, func(f Function, start int) int { return f.Start - start })
	switch {
	case found && c.p.Functions[j].Name != "":
		return c.p.Functions[j].Name
	case start == 0 && c.p.Name != "":
		return c.p.Name
	}
	return "func#" + strconv.Itoa(i)
}
