package generate_test

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
)

// place is a slot of a loaded program.
type place struct {
	p        *oracle.Program
	slot     int
	visited  bool
	walked   []bool         // what is visited, by slot
	names    map[int]string // what slots refer to
	stateful map[int]bool   // slots that our checker finds
	stored   map[int]bool   // slots that store to what others share
	core     map[int]bool   // slots with CO-RE relocations
}

func (x place) ins() asm.Instruction { return x.p.Instructions[x.slot] }
func (x place) op() asm.Opcode       { return x.ins().Opcode() }
func (x place) form() string         { return asm.Name(x.ins()) }

// isForm matches the names of forms by their beginning.
func isForm(names ...string) func(place) bool {
	return func(x place) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(x.form(), n) })
	}
}

func isHelper(numbers ...int32) func(place) bool {
	return func(x place) bool { return x.ins().IsHelperCall() && slices.Contains(numbers, x.ins().Imm()) }
}

func isKfunc(names ...string) func(place) bool {
	return func(x place) bool { return x.ins().IsKfuncCall() && slices.Contains(names, x.names[x.slot]) }
}

func live(f func(place) bool) func(place) bool {
	return func(x place) bool { return x.visited && f(x) }
}
func dead(f func(place) bool) func(place) bool {
	return func(x place) bool { return !x.visited && f(x) }
}

func calls(signatures ...oracle.Signature) func(place) bool {
	return func(x place) bool {
		if !x.ins().IsSubprogramCall() && !x.ins().IsFunctionAddress() {
			return false
		}
		start := x.slot + 1 + int(x.ins().Imm())
		i := slices.IndexFunc(x.p.Functions, func(f verifier.Function) bool { return f.Start == start })
		return i > 0 && slices.Contains(signatures, x.p.Signatures[i])
	}
}

func storesTo(f func(place) bool) func(place) bool {
	return func(x place) bool { return x.stored[x.slot] && f(x) }
}

// secondFunction is where the functions begin that are not the program itself.
func secondFunction(p *oracle.Program) int {
	if len(p.Functions) < 2 {
		return len(p.Instructions)
	}
	return p.Functions[1].Start
}

// decided is a branch of which the kernel walks one side only.
func decided(x place) bool {
	if !isForm("j")(x) || x.op() == asm.Goto {
		return false
	}
	next, there := x.slot+1, x.slot+1+int(x.ins().Off())
	return x.walked[next] != x.walked[there]
}

// decides are branches of a form of which the kernel walks one side only.
func decides(form func(place) bool) func(place) bool {
	return live(func(x place) bool { return decided(x) && form(x) })
}

// within are the slots of functions with such a signature.
func within(s oracle.Signature) func(place) bool {
	return func(x place) bool {
		i := len(x.p.Functions) - 1
		for x.p.Functions[i].Start > x.slot {
			i--
		}
		return x.p.Signatures[i] == s
	}
}

// asksAgain is a jump that has stood before.
func asksAgain(x place) bool {
	same := asm.New(x.op(), x.ins().Dst(), x.ins().Src(), 0, 0)
	return slices.ContainsFunc(x.p.Instructions[:x.slot], func(ins asm.Instruction) bool {
		return asm.New(ins.Opcode(), ins.Dst(), ins.Src(), 0, 0) == same
	})
}

// globals take numbers alone.
var globals = []oracle.Signature{oracle.Global0, oracle.Global1, oracle.Global2, oracle.Global3, oracle.Global4, oracle.Global5}

// constructs are what accepted programs must hold, and what share of them at least,
// in percent.
var constructs = []struct {
	name  string
	least float64
	is    func(place) bool
}{
	{"64-bit ALU", 50, live(isForm("add64", "sub64", "and64", "or64", "xor64"))},
	{"32-bit ALU", 40, live(isForm("add32", "sub32", "and32", "or32", "xor32"))},
	{"shift", 15, live(isForm("lsh", "rsh", "arsh"))},
	{"multiplication", 8, live(isForm("mul"))},
	{"division, modulo", 10, live(isForm("div", "mod"))},
	{"signed division, modulo", 5, live(isForm("sdiv", "smod"))},
	{"sign-extending move", 6, live(isForm("movsx"))},
	{"byte swap", 5, live(isForm("le", "be", "bswap"))},
	{"negation", 2, live(isForm("neg"))},
	{"constant of 64 bits", 10, live(isForm("lddw"))},
	{"store of a register", 25, live(isForm("stx"))},
	{"store of a constant", 25, live(isForm("stb", "sth", "stw", "stdw"))},
	{"narrow fill", 8, live(func(x place) bool { return isForm("ldxb", "ldxh", "ldxw")(x) && x.ins().Src() == asm.R10 })},
	{"sign-extending fill", 3, live(isForm("ldxsb", "ldxsh", "ldxsw"))},
	{"atomic", 8, live(isForm("atomic", "xchg", "cmpxchg"))},
	{"jump on a constant", 50, live(func(x place) bool { return isForm("j")(x) && strings.HasSuffix(x.form(), "imm") })},
	{"jump on a register", 12, live(func(x place) bool { return isForm("j")(x) && strings.HasSuffix(x.form(), "reg") })},
	{"32-bit jump", 25, live(func(x place) bool { return isForm("j")(x) && x.op().Class() == asm.ClassJMP32 })},
	{"signed jump", 25, live(isForm("js"))},
	{"branch walked to one side", 60, live(decided)},
	{"decided, on bits", 8, decides(isForm("jset"))},
	{"decided, of 32 bits", 20, decides(func(x place) bool { return x.op().Class() == asm.ClassJMP32 })},
	{"decided, signed", 20, decides(isForm("js"))},
	{"decided, between registers", 8, decides(func(x place) bool { return strings.HasSuffix(x.form(), "reg") })},
	{"decided, in a static function", 4, decides(within(oracle.Static))},
	{"decided, at the end of a packet", 1, decides(func(x place) bool {
		return packetTypes[x.p.Type] && isForm("jgt reg", "jlt reg")(x) && asksAgain(x)
	})},
	{"jump on bits", 15, live(isForm("jset"))},
	{"loop", 8, live(func(x place) bool { return isForm("jlt imm", "jne imm")(x) && x.ins().Off() < 0 })},
	{"may_goto", 2, live(isForm("may_goto"))},
	{"gotol", 8, live(isForm("gotol"))},
	{"static function", 10, live(func(x place) bool { return x.ins().IsSubprogramCall() && calls(oracle.Static)(x) })},
	{"global function", 6, live(calls(globals...))},
	{"global function with the context", 0.5, live(calls(oracle.GlobalContext))},
	{"global function with memory", 1, live(calls(oracle.GlobalMemory))},
	{"bpf_loop", 2, live(isHelper(181))},
	{"bpf_for_each_map_elem", 0.3, live(isHelper(164))},
	{"iterator", 1, live(isKfunc("bpf_iter_num_next"))},
	{"lock", 2, live(isKfunc("bpf_rcu_read_lock", "bpf_preempt_disable"))},
	{"task", 1, live(isKfunc("bpf_task_from_pid"))},
	{"dynptr", 0.5, live(isKfunc("bpf_dynptr_size"))},
	{"socket lookup", 1, live(isHelper(84))},
	{"map lookup", 2, live(isHelper(1))},
	{"map value by address", 1, live(isForm("lddw map_value", "lddw map_idx_value"))},
	{"LD_ABS, LD_IND", 0.5, live(isForm("ldabs", "ldind"))},
	{"packet", 3, live(func(x place) bool { return isForm("jgt reg", "jlt reg")(x) && packetTypes[x.p.Type] })},
	{"reference to a map", 10, isForm("lddw map")},
	{"stateful call, visited", 8, live(func(x place) bool { return x.op() == asm.Call && x.stateful[x.slot] })},
	{"stateful call, not visited", 10, dead(func(x place) bool { return x.op() == asm.Call && x.stateful[x.slot] })},
	{"stateful kfunc, not visited", 3, dead(func(x place) bool { return x.ins().IsKfuncCall() && x.stateful[x.slot] })},
	{"store to an object", 2, live(storesTo(isForm("st")))},
	{"store of a constant to an object", 1, live(storesTo(isForm("stb", "sth", "stw", "stdw")))},
	{"atomic operation on an object", 0.5, live(storesTo(isForm("atomic", "xchg", "cmpxchg")))},
	{"store to an object, in a function", 0.5, live(storesTo(func(x place) bool { return x.slot >= secondFunction(x.p) }))},
	{"store to an object, not visited", 0.5, dead(func(x place) bool { return x.core[x.slot] })},
	{"global function with a socket", 0.2, live(calls(oracle.GlobalSocket))},
	{"object passed as memory", 0.2, live(func(x place) bool { return calls(oracle.GlobalMemory)(x) && x.p.Instructions[x.slot-1].Dst() == asm.R1 })},
	{"stateful kfunc, visited", 2, live(func(x place) bool { return x.ins().IsKfuncCall() && x.stateful[x.slot] })},
	{"address of something of the kernel", 2, live(isForm("lddw btf_id"))},
	{"address of something of the kernel, not visited", 1, dead(isForm("lddw btf_id"))},
	{"exception", 0.5, live(isKfunc("bpf_throw"))},
	{"exception callback", 1, live(func(x place) bool {
		return slices.ContainsFunc(x.p.Functions, func(f verifier.Function) bool { return f.ExceptionCallback && f.Start == x.slot })
	})},
	{"irregular slot, not visited", 8, dead(func(x place) bool { return !asm.Regular(x.ins()) })},
	{"reference to a map, not visited", 1, dead(isForm("lddw map"))},
	{"function, not visited", 3, dead(func(x place) bool { return x.ins().IsSubprogramCall() })},
}

var packetTypes = map[string]bool{"sched_cls": true, "xdp": true, "cgroup_skb": true, "lwt_xmit": true, "flow_dissector": true}

// numbers in the kernel's messages differ from program to program.
var numbers = regexp.MustCompile(`[0-9]+`)

// complaint is the kernel's reason in its log.
func complaint(a oracle.Answer) string {
	lines := strings.Split(strings.TrimSpace(string(a.Log)), "\n")
	if n := len(lines); n > 1 {
		return numbers.ReplaceAllString(lines[n-2], "#")
	}
	return a.Err.Error()
}

// TestKernel: the kernel loads most programs, and these hold every construct.
func TestKernel(t *testing.T) {
	kerneltest.Need(t)
	o, err := oracle.New()
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()

	programs := 2000
	if testing.Short() {
		programs = 500
	}
	type tally struct{ drawn, loaded, stateless, deadOnly int }
	types, refusals, found := map[string]*tally{}, map[string]int{}, make([]int, len(constructs))
	var all tally
	slots := 0
	for seed := range programs {
		p := generate.Program().Example(seed)
		a := o.Ask(&p)
		name := p.Type + " " + p.AttachType
		if types[name] == nil {
			types[name] = new(tally)
		}
		of := types[name]
		all.drawn++
		of.drawn++
		if a.Opinion != oracle.Loads {
			refusals[complaint(a)]++
			continue
		}
		all.loaded++
		of.loaded++
		slots += len(p.Instructions)
		report := verifier.Check(&p.Program, verifier.Options{Precision: verifier.PrecisionCFG})
		if report.Verdict == verifier.Stateless {
			all.stateless++
			of.stateless++
		} else if len(a.Uses) == 0 {
			all.deadOnly++
			of.deadOnly++
		}
		for i, has := range holds(&p, a, report) {
			if has {
				found[i]++
			}
		}
	}

	t.Logf("%d of %d programs loaded, %d slots on average; %d stateless by Check, %d of the others to the kernel's walk",
		all.loaded, all.drawn, slots/max(1, all.loaded), all.stateless, all.deadOnly)
	for _, name := range slices.Sorted(maps.Keys(types)) {
		of := types[name]
		t.Logf("%-40s %4d drawn %4d loaded %4d stateless %4d to the walk alone", name, of.drawn, of.loaded, of.stateless, of.deadOnly)
	}
	reasons := slices.SortedFunc(maps.Keys(refusals), func(a, b string) int {
		return cmp.Or(refusals[b]-refusals[a], strings.Compare(a, b))
	})
	for _, reason := range reasons[:min(15, len(reasons))] {
		t.Logf("refused %4d: %s", refusals[reason], reason)
	}
	if all.loaded*2 < all.drawn {
		t.Fatalf("%d of %d programs loaded, expected half", all.loaded, all.drawn)
	}
	if all.stateless*10 < all.loaded*3 {
		t.Errorf("%d of %d are stateless, expected 30 %%", all.stateless, all.loaded)
	}
	if mean := slots / all.loaded; mean < 25 || mean > 80 {
		t.Errorf("%d slots on average, expected 25 to 80", mean)
	}
	for i, c := range constructs {
		share := 100 * float64(found[i]) / float64(all.loaded)
		t.Logf("%5.1f %% %s", share, c.name)
		if share < c.least && !testing.Short() {
			t.Errorf("%s in %.1f %% of the loaded programs, expected %.1f", c.name, share, c.least)
		}
	}
}

// holds says which constructs a program holds.
func holds(p *oracle.Program, a oracle.Answer, report verifier.Report) []bool {
	x := place{p: p, walked: a.Visited, names: map[int]string{}, stateful: map[int]bool{}, stored: map[int]bool{}, core: map[int]bool{}}
	for _, ref := range p.References {
		x.names[ref.Slot] = ref.Name
		x.core[ref.Slot] = ref.Kind == verifier.RefCORE
	}
	for _, use := range a.Uses {
		x.stored[use.Slot] = use.Name == "store"
	}
	for _, f := range report.Findings {
		x.stateful[f.Slot] = true
	}
	has := make([]bool, len(constructs))
	for x.slot = 0; x.slot < len(p.Instructions); x.slot++ {
		x.visited = a.Visited[x.slot]
		for i, c := range constructs {
			has[i] = has[i] || c.is(x)
		}
		if x.ins().IsWide() {
			x.slot++
		}
	}
	return has
}
