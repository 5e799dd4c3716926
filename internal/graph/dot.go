package graph

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Colours of DOT, those of graph.css on white.
const (
	dotRim, dotNext, dotJump, dotPath = "#d0d7de", "#8b949e", "#0969da", "#cf222e"
	dotStateful, dotDead              = "#ffebe9", "#8b949e"
)

// DOT writes the programs as one digraph for Graphviz, each function a cluster. Calls
// are dashed.
func DOT(w io.Writer, programs []*Program) error {
	out := bufio.NewWriter(w) // keeps the first error
	fmt.Fprint(out, "digraph statecheck {\n")
	fmt.Fprintf(out, "\tnode [shape=box style=filled fillcolor=\"#f6f8fa\" color=\"%s\" fontname=monospace fontsize=10]\n", dotRim)
	fmt.Fprintf(out, "\tedge [color=\"%s\"]\n", dotNext)
	for i, p := range programs {
		for _, f := range p.Functions {
			fmt.Fprintf(out, "\tsubgraph \"cluster %s\" {\n\t\tlabel=\"%s\" color=\"%s\" fontname=monospace fontsize=11\n", blockID(i, f.First), dotEscape(p.title(f, 0)), dotRim)
			for n := f.First; n < f.End; n++ {
				p.dotNode(out, i, n)
			}
			fmt.Fprint(out, "\t}\n")
		}
		for n := range p.Blocks {
			p.dotEdges(out, i, n)
		}
	}
	fmt.Fprint(out, "}\n")
	return out.Flush()
}

func (p *Program) dotNode(out io.Writer, program, block int) {
	b := &p.Blocks[block]
	var label strings.Builder
	if b.Label != "" {
		fmt.Fprintf(&label, "%s:\\l", dotEscape(b.Label))
	}
	color, more := dotRim, ""
	if b.OnPath {
		color = dotPath
	}
	if b.Instructions[0].Dead {
		more = fmt.Sprintf(" fontcolor=\"%s\"", dotDead)
	}
	for _, ins := range b.Instructions {
		mark := " "
		if len(ins.Findings) > 0 {
			mark, more = "!", fmt.Sprintf(" fillcolor=\"%s\"", dotStateful)
		}
		fmt.Fprintf(&label, "%s%5d  %s\\l", mark, ins.Slot, dotEscape(ins.Text))
	}
	fmt.Fprintf(out, "\t\t%s [label=\"%s\" color=\"%s\"%s]\n", blockID(program, block), label.String(), color, more)
}

func (p *Program) dotEdges(out io.Writer, program, block int) {
	b := &p.Blocks[block]
	for _, e := range b.Edges {
		color, width := dotNext, ""
		if e.Jump {
			color = dotJump
		}
		if e.OnPath {
			color, width = dotPath, " penwidth=2"
		}
		fmt.Fprintf(out, "\t%s -> %s [color=\"%s\"%s]\n", blockID(program, block), blockID(program, e.To), color, width)
	}
	for _, ins := range b.Instructions {
		if ins.Calls {
			fmt.Fprintf(out, "\t%s -> %s [style=dashed constraint=false]\n", blockID(program, block), blockID(program, ins.Refers))
		}
	}
}

// dotEscape makes text safe within a quoted string of DOT, where a backslash and an
// ampersand mean something too.
func dotEscape(s string) string {
	s = strings.ReplaceAll(s, `\`, `\\`)
	s = strings.ReplaceAll(s, `"`, `\"`)
	return strings.ReplaceAll(s, `&`, "&amp;")
}
