package verifier

import (
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/plain"
	"github.com/statecheck/statecheck/verifier/effect"
)

// drawProgram draws programs most of whose jumps and calls stay inside.
func drawProgram(t *rapid.T) *Program {
	n := rapid.IntRange(1, 40).Draw(t, "slots")
	insns := make([]asm.Instruction, 0, n+2)
	for len(insns) < n {
		i := len(insns)
		switch rapid.SampledFrom([]string{"alu", "load", "store", "branch", "branch", "goto", "exit", "call", "helper", "kfunc", "wide", "any"}).Draw(t, "form") {
		case "alu":
			insns = append(insns, asm.New(0xbf, reg(t), reg(t), 0, 0))
		case "load":
			insns = append(insns, load64(reg(t), reg(t), 0))
		case "store":
			insns = append(insns, store64(reg(t), 0, reg(t)))
		case "branch":
			insns = append(insns, ifEq(reg(t), 0, distance(t, i, n)))
		case "goto":
			insns = append(insns, goTo(distance(t, i, n)))
		case "exit":
			insns = append(insns, exit)
		case "call":
			insns = append(insns, callTo(int32(distance(t, i, n))))
		case "helper":
			insns = append(insns, call(rapid.Int32Range(0, 212).Draw(t, "helper")))
		case "kfunc":
			insns = append(insns, kfunc(rapid.Int32().Draw(t, "kfunc")))
		case "wide":
			insns = append(insns, wide(reg(t), asm.Register(rapid.IntRange(0, 7).Draw(t, "pseudo")), int32(distance(t, i, n)), 0)...)
		case "any":
			insns = append(insns, asm.Instruction(rapid.Uint64().Draw(t, "bits")))
		}
	}
	insns = append(insns, exit)
	types := append(ProgramTypes(), "future")
	return &Program{Name: "p", Type: rapid.SampledFrom(types).Draw(t, "type"), Instructions: insns}
}

func reg(t *rapid.T) asm.Register { return asm.Register(rapid.IntRange(0, 11).Draw(t, "reg")) }

// distance from slot i into a program of n slots and an exit.
func distance(t *rapid.T, i, n int) int16 {
	return int16(rapid.IntRange(0, n).Draw(t, "target") - i - 1)
}

// checkContract is what holds of every report.
func checkContract(t interface{ Fatalf(string, ...any) }, p *Program) {
	insns := slices.Clone(p.Instructions)
	verdicts := make(map[Profile]Verdict)
	for _, profile := range Profiles() {
		r := Check(p, Options{Profile: profile})
		verdicts[profile] = r.Verdict
		if (r.Verdict == Invalid) != (r.Err != nil) {
			t.Fatalf("%s: verdict %s with error %v", profile, r.Verdict, r.Err)
		}
		if r.Verdict != Invalid && (r.Verdict == Stateful) != (len(r.Findings) > 0) {
			t.Fatalf("%s: verdict %s with %d findings", profile, r.Verdict, len(r.Findings))
		}
		if quick := Check(p, Options{Profile: profile, VerdictOnly: true}); quick.Verdict != r.Verdict {
			t.Fatalf("%s: verdict alone %s, in full %s", profile, quick.Verdict, r.Verdict)
		}
		for _, f := range slices.Concat(r.Findings, r.Allowed) {
			if f.Slot < 0 || f.Slot >= len(insns) || f.Reason == "" || f.Name == "" || f.Effects == 0 {
				t.Fatalf("%s: finding %+v", profile, f)
			}
			if !f.PathOmitted && !leadsTo(p, f.Path, f.Slot) {
				t.Fatalf("%s: path %v does not lead to slot %d", profile, f.Path, f.Slot)
			}
		}
		for _, f := range r.Findings {
			if profile.Rejects(f.Effects) == 0 {
				t.Fatalf("%s: finding %s, which passes", profile, f.Effects)
			}
		}
	}
	if verdicts[ProfileFlag] == Stateless && verdicts[ProfileSections] != Stateless {
		t.Fatalf("flag lets pass what sections rejects")
	}
	if verdicts[ProfilePure] == Stateless && verdicts[ProfileSections] != Stateless {
		t.Fatalf("pure lets pass what sections rejects")
	}
	if !slices.Equal(insns, p.Instructions) {
		t.Fatalf("Check changed the program")
	}
}

// leadsTo follows the branches of a path, at calls both into the callee and past
// it, and reports whether that can end at the slot.
func leadsTo(p *Program, path []Branch, slot int) bool {
	type at struct{ slot, done int }
	seen := make(map[at]bool)
	work := []at{{0, 0}}
	for _, f := range p.Functions {
		if f.ExceptionCallback {
			work = append(work, at{f.Start, 0})
		}
	}
	for len(work) > 0 {
		a := work[len(work)-1]
		work = work[:len(work)-1]
		if seen[a] || a.slot < 0 || a.slot >= len(p.Instructions) {
			continue
		}
		seen[a] = true
		if a.slot == slot && a.done == len(path) {
			return true
		}
		ins := p.Instructions[a.slot]
		switch flowOf[ins.Opcode()] {
		case flowNext:
			work = append(work, at{a.slot + 1, a.done})
		case flowCall:
			work = append(work, at{a.slot + 1, a.done})
			if ins.IsSubprogramCall() {
				work = append(work, at{a.slot + 1 + int(ins.Imm()), a.done})
			}
		case flowWide:
			work = append(work, at{a.slot + 2, a.done})
			if ins.IsFunctionAddress() {
				work = append(work, at{a.slot + 1 + int(ins.Imm()), a.done})
			}
		case flowGoto:
			work = append(work, at{a.slot + 1 + int(ins.Off()), a.done})
		case flowGotoL:
			work = append(work, at{a.slot + 1 + int(ins.Imm()), a.done})
		case flowBranch:
			if a.done == len(path) || path[a.done].Slot != a.slot {
				continue
			}
			next := a.slot + 1
			if path[a.done].Taken {
				next += int(ins.Off())
			}
			work = append(work, at{next, a.done + 1})
		}
	}
	return false
}

// distances returns for every slot the least number of conditional branches to
// it, by relaxing every edge until nothing changes.
func distances(insns []asm.Instruction) []int {
	const far = 1 << 30
	d := make([]int, len(insns))
	for i := range d {
		d[i] = far
	}
	d[0] = 0
	for changed := true; changed; {
		changed = false
		relax := func(to, cost int) {
			if cost < d[to] {
				d[to] = cost
				changed = true
			}
		}
		for i, ins := range insns {
			if d[i] == far {
				continue
			}
			switch flowOf[ins.Opcode()] {
			case flowNext, flowCall:
				relax(i+1, d[i])
			case flowWide:
				relax(i+2, d[i])
			case flowGoto:
				relax(i+1+int(ins.Off()), d[i])
			case flowGotoL:
				relax(i+1+int(ins.Imm()), d[i])
			case flowBranch:
				relax(i+1, d[i]+1)
				relax(i+1+int(ins.Off()), d[i]+1)
			}
			if ins.IsSubprogramCall() || ins.IsFunctionAddress() {
				relax(i+1+int(ins.Imm()), d[i])
			}
		}
	}
	return d
}

func propContract(t *rapid.T) { checkContract(t, drawProgram(t)) }

// propAgrees compares with the plain implementation.
func propAgrees(t *rapid.T) {
	p := drawProgram(t)
	exception := 0
	if rapid.IntRange(0, 7).Draw(t, "throws") == 0 {
		exception = rapid.IntRange(1, len(p.Instructions)).Draw(t, "exception")
		p.Functions = []Function{{Name: "p"}, {Name: "e", Start: exception, ExceptionCallback: true}}
	}
	r := Check(p, Options{Precision: PrecisionCFG})
	invalid, stateful := plain.Judge(plain.Program{Instructions: p.Instructions, Exception: exception})
	if invalid != (r.Verdict == Invalid) {
		t.Fatalf("invalid to the plain implementation: %v, verdict %s (%v)", invalid, r.Verdict, r.Err)
	}
	var found []int
	for _, f := range r.Findings {
		if f.Kind == effect.KindHelper || f.Kind == effect.KindKfunc || f.Kind == effect.KindMap {
			found = append(found, f.Slot)
		}
	}
	if !slices.Equal(found, stateful) {
		t.Fatalf("findings at %v, the plain implementation has %v", found, stateful)
	}
}

func propShortest(t *rapid.T) {
	p := drawProgram(t)
	r := Check(p, Options{Precision: PrecisionCFG})
	if r.Verdict == Invalid {
		return
	}
	d := distances(p.Instructions)
	for _, f := range slices.Concat(r.Findings, r.Allowed) {
		if len(f.Path) != d[f.Slot] {
			t.Fatalf("slot %d: %d branches, expected %d", f.Slot, len(f.Path), d[f.Slot])
		}
	}
}

func TestContract(t *testing.T) { rapid.Check(t, propContract) }
func TestAgrees(t *testing.T)   { rapid.Check(t, propAgrees) }
func TestShortest(t *testing.T) { rapid.Check(t, propShortest) }

func FuzzAgrees(f *testing.F) { f.Fuzz(rapid.MakeFuzz(propAgrees)) }

// FuzzCheck feeds bytes as they are. The first three say what else is known of
// the program: its type, an exception callback and a reference.
func FuzzCheck(f *testing.F) {
	seed := func(head [3]byte, insns []asm.Instruction) {
		raw := head[:]
		for _, ins := range insns {
			raw = binary.LittleEndian.AppendUint64(raw, uint64(ins))
		}
		f.Add(raw)
	}
	seed([3]byte{6, 0, 0}, code(mov(1, 1), call(23), exit))
	seed([3]byte{26, 0, 9}, code(wide(1, asm.PseudoMapFD, 0, 0), call(1), ifEq(0, 0, 1), load64(0, 0, 0), exit))
	seed([3]byte{27, 2, 0}, code(callTo(1), exit, load64(2, 1, 0), store64(2, 0, 1), exit))
	seed([3]byte{0, 0, 0}, chain(9))
	types := append(ProgramTypes(), "future")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) < 3 {
			return
		}
		p := &Program{Name: "p", Type: types[int(raw[0])%len(types)]}
		exception, ref := int(raw[1]), raw[2]
		for raw = raw[3:]; len(raw) >= asm.SlotSize; raw = raw[asm.SlotSize:] {
			p.Instructions = append(p.Instructions, asm.Instruction(binary.LittleEndian.Uint64(raw)))
		}
		if exception > 0 {
			p.Functions = []Function{{Name: "e", Start: exception, ExceptionCallback: true}}
		}
		if ref > 0 {
			p.References = []Reference{{Slot: int(ref >> 4), Kind: RefKind(ref & 3), Name: "r", Map: MapROData}}
		}
		checkContract(t, p)
	})
}
