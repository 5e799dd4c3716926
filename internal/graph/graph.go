// Package graph draws the control flow of programs, as SVG, DOT and HTML. What is
// stateful, and by which branches it is reached, it takes from the verifier's report;
// it decides nothing.
//
//	graph.go   what is drawn: functions, blocks, instructions
//	path.go    marks the way to the findings
//	layout.go  where blocks and lines stand on a page
//	svg.go     pages as SVG
//	dot.go     everything as one digraph for Graphviz
//	html.go    a page for a browser, with the source beside the instructions
package graph

import (
	"slices"
	"strconv"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/text"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
)

// Program is a program as it is drawn. Texts are safe to show on one line, and are
// not escaped for any format.
type Program struct {
	Object    string // path of the file
	Name      string
	Section   string
	Type      string
	Verdict   verifier.Verdict
	Slots     int
	Findings  []Finding
	Functions []Function
	Blocks    []Block // by slot, those of a function together
	Sources   []Source
}

// Function is a function of a program.
type Function struct {
	Name       string
	First, End int // its blocks: First up to and without End
}

// Block is a basic block: what runs from its first instruction to its last, calls
// apart.
type Block struct {
	Label        string // what leads here calls it so: a jump label or a function's name
	Instructions []Instruction
	Edges        []Edge // at most two
	OnPath       bool   // a way to a finding leads through it
}

// Edge is a way from the end of a block to another.
type Edge struct {
	To     int // block
	Jump   bool
	OnPath bool
}

// Instruction is an instruction as [text.Print] writes it.
type Instruction struct {
	Slot     int
	Text     string
	Refers   int   // block that it jumps to, or of the function that it calls or takes the address of; -1: none
	Calls    bool  // it refers to a function
	Findings []int // in Program.Findings
	Dead     bool  // the kernel's walk never visits it
	Source   int   // in Program.Sources; -1: not known
}

// Finding is why an instruction is stateful.
type Finding struct {
	Slot    int
	Name    string
	Effect  string
	Reason  string
	Instead string
}

// Source is a line of the source.
type Source struct {
	File string
	Line int
	Text string
}

// maxText bounds what is shown of a line, in characters.
const maxText = 96

// New prepares a program for drawing. The report is the verifier's, and says that the
// program is not invalid; live says of an instruction's first slot whether the kernel's
// walk visits it.
// The error is that of [text.Print].
func New(object string, p *verifier.Program, r *verifier.Report, live func(slot int) bool) (*Program, error) {
	lines, err := text.Instructions(p)
	if err != nil {
		return nil, err
	}
	out := &Program{
		Object: report.Printable(object), Name: shown(p.Name), Section: shown(p.Section),
		Type: p.Type, Verdict: r.Verdict, Slots: len(p.Instructions),
	}
	findings := make(map[int][]int)
	for i, f := range r.Findings {
		findings[f.Slot] = append(findings[f.Slot], i)
		out.Findings = append(out.Findings, Finding{
			Slot: f.Slot, Name: shown(f.Name), Effect: r.Profile.Rejects(f.Effects).Worst().String(),
			Reason: report.Printable(f.Reason), Instead: report.Printable(f.Instead),
		})
	}
	c := cut(p)
	sources := make(map[Source]int)
	for slot, line := range lines {
		if line == "" {
			continue // the second slot of an LD_IMM64
		}
		if c.functions[slot] != "" {
			if n := len(out.Functions); n > 0 {
				out.Functions[n-1].End = len(out.Blocks)
			}
			out.Functions = append(out.Functions, Function{Name: c.functions[slot], First: len(out.Blocks)})
		}
		if c.starts[slot] {
			label := c.functions[slot]
			if label == "" && c.jumped[slot] {
				label = text.JumpLabel(slot)
			}
			out.Blocks = append(out.Blocks, Block{Label: label})
		}
		first := slot // of the instruction, where the second slot of an LD_IMM64 is written as data
		if slot > 0 && p.Instructions[slot-1].IsWide() {
			first--
		}
		ins := Instruction{Slot: slot, Text: shown(line), Refers: -1, Findings: findings[slot], Dead: !live(first), Source: -1}
		if p.Source != nil {
			if l, ok := p.Source(slot); ok {
				ins.Source = out.source(sources, Source{shown(l.File), l.Line, shown(l.Text)})
			}
		}
		b := &out.Blocks[len(out.Blocks)-1]
		b.Instructions = append(b.Instructions, ins)
	}
	out.Functions[len(out.Functions)-1].End = len(out.Blocks)
	out.connect(p)
	out.mark(p, r.Findings)
	return out, nil
}

// source returns the index of a line of the source.
func (p *Program) source(known map[Source]int, s Source) int {
	i, ok := known[s]
	if !ok {
		i = len(p.Sources)
		known[s] = i
		p.Sources = append(p.Sources, s)
	}
	return i
}

// shown makes text of a file safe to show, and as long as a person reads.
func shown(s string) string {
	// Most of a long text is never looked at.
	if len(s) > 4*maxText {
		s = s[:4*maxText]
	}
	runes := []rune(report.Printable(s))
	if len(runes) > maxText {
		runes = append(runes[:maxText-1], '…')
	}
	return string(runes)
}

// cuts is where functions and blocks begin.
type cuts struct {
	starts    []bool   // by slot: a block begins
	jumped    []bool   // a jump leads there
	functions []string // a function of that name begins; empty: none
}

// cut finds the functions, which begin where a call or an address of one leads, as
// the kernel has them, and the blocks.
func cut(p *verifier.Program) cuts {
	n := len(p.Instructions)
	c := cuts{make([]bool, n+1), make([]bool, n+1), make([]string, n)}
	function := func(slot int) {
		c.starts[slot] = true
		c.functions[slot] = "F" + strconv.Itoa(slot)
	}
	function(0)
	if p.Name != "" {
		c.functions[0] = shown(p.Name)
	}
	for slot, ins := range p.Instructions {
		to, leads := reference(ins, slot)
		switch {
		case leads && calls(ins):
			if c.functions[to] == "" {
				function(to)
			}
		case leads:
			c.starts[to], c.starts[slot+1], c.jumped[to] = true, true, true
		case ins.Opcode() == asm.Exit:
			c.starts[slot+1] = true
		}
	}
	for _, f := range p.Functions {
		if f.ExceptionCallback && c.functions[f.Start] == "" {
			function(f.Start)
		}
		if c.functions[f.Start] != "" && f.Name != "" {
			c.functions[f.Start] = shown(f.Name)
		}
	}
	return c
}

// calls reports whether the instruction calls a function of the program, or takes
// the address of one that something else will call.
func calls(ins asm.Instruction) bool { return ins.IsSubprogramCall() || ins.IsFunctionAddress() }

// reference returns where an instruction jumps to, which function it calls, or of
// which it takes the address.
func reference(ins asm.Instruction, slot int) (to int, ok bool) {
	if ins.IsFunctionAddress() {
		return slot + 1 + int(ins.Imm()), true
	}
	return ins.Target(slot)
}

// connect draws the edges.
func (p *Program) connect(from *verifier.Program) {
	for i := range p.Blocks {
		b := &p.Blocks[i]
		for j := range b.Instructions {
			ins := &b.Instructions[j]
			if to, ok := reference(from.Instructions[ins.Slot], ins.Slot); ok {
				ins.Refers, ins.Calls = p.block(to), calls(from.Instructions[ins.Slot])
			}
		}
		last := b.Instructions[len(b.Instructions)-1]
		if op := from.Instructions[last.Slot].Opcode(); op != asm.Exit && op != asm.Goto && op != asm.GotoL {
			b.Edges = append(b.Edges, Edge{To: i + 1})
		}
		if last.Refers >= 0 && !last.Calls {
			b.Edges = append(b.Edges, Edge{To: last.Refers, Jump: true})
		}
	}
}

// block returns the block that holds the slot.
func (p *Program) block(slot int) int {
	i, found := slices.BinarySearchFunc(p.Blocks, slot, func(b Block, slot int) int { return b.Instructions[0].Slot - slot })
	if !found {
		i--
	}
	return i
}
