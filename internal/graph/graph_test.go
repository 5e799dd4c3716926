package graph

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/asm/text"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/verifier"
)

// subject is a program with what the verifier says of it, and its drawing.
type subject struct {
	program *verifier.Program
	report  verifier.Report
	drawn   *Program
}

// subjects are all programs of the corpus that are not invalid.
func subjects(t testing.TB) []subject {
	t.Helper()
	var all []subject
	for _, name := range corpus.Objects() {
		raw, err := corpus.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		o, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			continue // broken on purpose
		}
		for p := range o.Programs() {
			if r := verifier.Check(p, verifier.Options{Profile: verifier.ProfilePure}); r.Verdict != verifier.Invalid {
				all = append(all, subject{p, r, draw(t, name, p, &r)})
			}
		}
	}
	if len(all) < 200 {
		t.Fatalf("%d programs in the corpus, expected more", len(all))
	}
	return all
}

func draw(t testing.TB, name string, p *verifier.Program, r *verifier.Report) *Program {
	t.Helper()
	drawn, err := New(name, p, r, func(int) bool { return true })
	if err != nil {
		t.Fatalf("%s: %s: %v", name, p.Name, err)
	}
	return drawn
}

// parse reads a program from text.
func parse(t testing.TB, source string) subject {
	t.Helper()
	programs, err := text.Parse(bytes.NewReader([]byte(source)), "test.s")
	if err != nil || len(programs) != 1 {
		t.Fatalf("%d programs, %v", len(programs), err)
	}
	r := verifier.Check(programs[0], verifier.Options{})
	if r.Verdict == verifier.Invalid {
		t.Fatal(r.Err)
	}
	return subject{programs[0], r, draw(t, "test.s", programs[0], &r)}
}

// successors is where control can go from a slot within its function, by the bytes of
// the instruction alone (RFC 9669, section 4.3).
func successors(p *verifier.Program, slot int) []int {
	var raw [8]byte
	binary.LittleEndian.PutUint64(raw[:], uint64(p.Instructions[slot]))
	off, imm := int(int16(binary.LittleEndian.Uint16(raw[2:]))), int(int32(binary.LittleEndian.Uint32(raw[4:])))
	next := slot + 1
	switch raw[0] {
	case 0x18: // LD_IMM64
		return []int{slot + 2}
	case 0x95: // EXIT
		return nil
	case 0x05: // JA
		return []int{next + off}
	case 0x06: // JA32
		return []int{next + imm}
	case 0x85: // CALL
		return []int{next}
	}
	if class := raw[0] & 7; class == 5 || class == 6 {
		return []int{next, next + off}
	}
	return []int{next}
}

// Blocks and edges, taken together, are the successors of every instruction.
func TestControlFlow(t *testing.T) {
	for _, s := range subjects(t) {
		p := s.drawn
		want, got := make(map[int][]int), make(map[int][]int)
		for slot := 0; slot < len(s.program.Instructions); slot++ {
			want[slot] = successors(s.program, slot)
			if s.program.Instructions[slot].IsWide() {
				slot++
			}
		}
		entered := make(map[int]bool) // by something other than the instruction before
		for i, b := range p.Blocks {
			insns := slices.Clone(b.Instructions)
			insns = slices.DeleteFunc(insns, func(ins Instruction) bool { // of an LD_IMM64 that is written as data
				return ins.Slot > 0 && s.program.Instructions[ins.Slot-1].IsWide()
			})
			for j, ins := range insns {
				if j+1 < len(insns) {
					got[ins.Slot] = []int{insns[j+1].Slot}
					continue
				}
				got[ins.Slot] = nil
				for _, e := range b.Edges {
					got[ins.Slot] = append(got[ins.Slot], p.Blocks[e.To].Instructions[0].Slot)
					if e.Jump {
						entered[e.To] = true
					}
				}
				if len(b.Edges) != 1 || b.Edges[0].Jump {
					entered[i+1] = true
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s: successors (-want +got):\n%s", p.Object, p.Name, diff)
		}
		// No block begins without a reason.
		for _, f := range p.Functions {
			for i := f.First + 1; i < f.End; i++ {
				if !entered[i] {
					t.Errorf("%s: %s: block %d continues the one before", p.Object, p.Name, i)
				}
			}
		}
	}
}

// The functions are those of the object.
func TestFunctions(t *testing.T) {
	for _, s := range subjects(t) {
		var want, got []string
		for _, f := range s.program.Functions {
			want = append(want, f.Name)
		}
		for i, f := range s.drawn.Functions {
			got = append(got, f.Name)
			if f.First >= f.End || i > 0 && f.First != s.drawn.Functions[i-1].End {
				t.Errorf("%s: %s: function %s has the blocks %d to %d", s.drawn.Object, s.drawn.Name, f.Name, f.First, f.End)
			}
		}
		if len(want) > 0 && !slices.Equal(want, got) {
			t.Errorf("%s: %s: functions %q, want %q", s.drawn.Object, s.drawn.Name, got, want)
		}
	}
}

// Every finding stands at its instruction, and its way begins at the program's start,
// takes the decisions of the report, and ends there.
func TestWays(t *testing.T) {
	ways := 0
	for _, s := range subjects(t) {
		p := s.drawn
		at := make(map[int][]string)
		for _, b := range p.Blocks {
			for _, ins := range b.Instructions {
				for _, i := range ins.Findings {
					at[ins.Slot] = append(at[ins.Slot], p.Findings[i].Name)
				}
			}
		}
		for _, f := range s.report.Findings {
			where := func() string { return p.Object + ": " + p.Name + ": " + f.Name }
			if !slices.Contains(at[f.Slot], f.Name) {
				t.Errorf("%s: not at slot %d", where(), f.Slot)
			}
			entered := p.Blocks[0].OnPath || slices.ContainsFunc(s.program.Functions, func(f verifier.Function) bool {
				return f.ExceptionCallback && p.Blocks[p.block(f.Start)].OnPath // the kernel enters it by itself
			})
			if !entered || !p.Blocks[p.block(f.Slot)].OnPath {
				t.Errorf("%s: no way from the start to slot %d", where(), f.Slot)
			}
			for _, branch := range f.Path {
				ways++
				next := successors(s.program, branch.Slot)
				to := next[0]
				if branch.Taken {
					to = next[1]
				}
				b := p.Blocks[p.block(branch.Slot)]
				if !slices.ContainsFunc(b.Edges, func(e Edge) bool {
					return e.OnPath && e.Jump == branch.Taken && p.Blocks[e.To].Instructions[0].Slot == to
				}) {
					t.Errorf("%s: no way from slot %d to %d", where(), branch.Slot, to)
				}
			}
		}
		if len(s.report.Findings) == 0 && slices.ContainsFunc(p.Blocks, func(b Block) bool { return b.OnPath }) {
			t.Errorf("%s: %s: a way without a finding", p.Object, p.Name)
		}
		// Marked edges join marked blocks, and every marked block has been come to.
		come := map[int]bool{0: true}
		for _, b := range p.Blocks {
			for _, e := range b.Edges {
				if e.OnPath && (!b.OnPath || !p.Blocks[e.To].OnPath) {
					t.Errorf("%s: %s: a way through a block that is not marked", p.Object, p.Name)
				}
				come[e.To] = come[e.To] || e.OnPath
			}
			for _, ins := range b.Instructions {
				if ins.Calls && b.OnPath {
					come[ins.Refers] = true
				}
			}
		}
		for _, f := range s.program.Functions {
			if f.ExceptionCallback {
				come[p.block(f.Start)] = true
			}
		}
		for i, b := range p.Blocks {
			if b.OnPath && !come[i] {
				t.Errorf("%s: %s: a way begins in block %d", p.Object, p.Name, i)
			}
		}
	}
	if ways < 50 {
		t.Errorf("%d decisions, expected more", ways)
	}
}

// A call leads into a function and past it.
func TestWayThroughCalls(t *testing.T) {
	s := parse(t, `#! program main
#! type xdp
	.section	"xdp","ax",@progbits
	.globl	main
	.type	main,@function
main:
	call first
	call second
	r0 = 0
	exit
	.type	first,@function
first:
	r0 = 1
	exit
	.type	second,@function
second:
	r1 = 1
	r2 = 0
	call 23
	exit
`)
	var got []bool
	for _, b := range s.drawn.Blocks {
		got = append(got, b.OnPath)
	}
	if want := []bool{true, false, true}; !slices.Equal(got, want) {
		t.Errorf("on the way: %v, want %v", got, want)
	}
}

// The way leads through a function that decides, and on where it was called.
func TestWayThroughReturns(t *testing.T) {
	s := parse(t, `#! program main
#! type xdp
	.section	"xdp","ax",@progbits
	.globl	main
	.type	main,@function
main:
	r6 = *(u32 *)(r1 + 16)
	if r6 == 0 goto .Lcall
	r6 = 1
.Lcall:
	r1 = r6
	call decide
	if r0 == 7 goto .Lend
	r1 = 1
	r2 = 0
	call 23
.Lend:
	r0 = 0
	exit
	.type	decide,@function
decide:
	r0 = 1
	if r1 == 0 goto .Lout
	r0 = 2
.Lout:
	exit
`)
	// The path as the kernel's walk takes it; the shortest passes the function over.
	decision := s.drawn.Functions[1].First
	slot := s.drawn.Blocks[decision].Instructions[1].Slot
	s.report.Findings[0].Path = slices.Insert(s.report.Findings[0].Path, 1, verifier.Branch{Slot: slot})
	s.drawn = draw(t, "test.s", s.program, &s.report)
	if !s.drawn.Blocks[decision].OnPath {
		t.Error("the way does not lead into the function")
	}
	last := s.drawn.Blocks[s.drawn.Functions[1].End-1] // exit
	if !last.OnPath {
		t.Error("the way does not lead to the end of the function")
	}
	call := s.drawn.Blocks[s.drawn.block(s.report.Findings[0].Path[2].Slot)]
	if !call.Edges[0].OnPath || call.Edges[1].OnPath {
		t.Error("the way does not lead on behind the call")
	}
}

// What the kernel's walk never visits is drawn as dead, and nothing else.
func TestDead(t *testing.T) {
	s := subjects(t)[0]
	live := func(slot int) bool { return slot%2 == 0 }
	p, err := New("x.o", s.program, &s.report, live)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range p.Blocks {
		for _, ins := range b.Instructions {
			if ins.Dead == live(ins.Slot) {
				t.Errorf("slot %d: dead: %v", ins.Slot, ins.Dead)
			}
		}
	}
}

// Instructions are written as text.Print writes them.
func TestText(t *testing.T) {
	for _, s := range subjects(t) {
		var printed bytes.Buffer
		if err := text.Print(&printed, s.program); err != nil {
			t.Fatal(err)
		}
		for _, b := range s.drawn.Blocks {
			for _, ins := range b.Instructions {
				line, _, _ := bytes.Cut([]byte(ins.Text), []byte("…"))
				if !bytes.Contains(bytes.ReplaceAll(printed.Bytes(), []byte("\t"), []byte(" ")), line) {
					t.Errorf("%s: %s: slot %d: %s is not in\n%s", s.drawn.Object, s.drawn.Name, ins.Slot, line, printed.Bytes())
				}
			}
		}
	}
}

// large is a program of about n slots: a packet parser as clang writes it, with a
// check every few instructions that leads to the end, loops and calls.
func large(n int) *verifier.Program {
	var insns []asm.Instruction
	add := func(op asm.Opcode, dst, src asm.Register, off int16, imm int32) {
		insns = append(insns, asm.New(op, dst, src, off, imm))
	}
	add(0xb7, 0, 0, 0, 0)
	for i := 0; len(insns) < n-8; i++ {
		add(0x07, 0, 0, 0, int32(i))
		add(0xbf, 3, 0, 0, 0)
		switch i % 5 {
		case 0: // a diamond
			add(0x15, 3, 0, 2, int32(i))
			add(0x07, 3, 0, 0, 1)
			add(0x05, 0, 0, 1, 0)
			add(0x17, 3, 0, 0, 1)
		case 1: // a loop
			add(0x17, 3, 0, 0, 1)
			add(0x55, 3, 0, -2, 0)
		case 2: // on to far away
			add(0x15, 3, 0, int16(min(n-8-len(insns), 30_000)), 0)
		case 3: // a helper that keeps state
			add(0x15, 3, 0, 3, 0)
			add(0xb7, 1, 0, 0, 1)
			add(0xb7, 2, 0, 0, 0)
			add(0x85, 0, 0, 0, 23)
		default: // back
			add(0x25, 3, 0, int16(max(-3*i, -40)), int32(i))
		}
	}
	for len(insns) < n-1 {
		add(0xb7, 0, 0, 0, 0)
	}
	add(0x95, 0, 0, 0, 0)
	return &verifier.Program{
		Name: "large", Section: "xdp", Type: "xdp", Instructions: insns,
		Source: func(slot int) (verifier.Line, bool) {
			return verifier.Line{File: "large.c", Line: 1 + slot/3, Text: "x = y;"}, true
		},
	}
}

func drawLarge(t testing.TB, n int) *Program {
	t.Helper()
	p := large(n)
	r := verifier.Check(p, verifier.Options{})
	if r.Verdict != verifier.Stateful {
		t.Fatal(r.Verdict, r.Err)
	}
	return draw(t, "large.o", p, &r)
}

// missing skips a test that needs what is not there. On CI it must be.
func missing(t testing.TB, why any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func write(t testing.TB, name string, format func(*os.File) error) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := format(f); err != nil {
		t.Fatal(err)
	}
	return path
}
