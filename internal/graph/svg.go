package graph

import (
	"bufio"
	_ "embed"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

//go:embed graph.css
var graphCSS string

// SVG writes the programs as one picture, one function below the other.
func SVG(w io.Writer, programs []*Program) error {
	type part struct {
		y     float64
		title string
		page  page
		of    int
	}
	const margin, heading = 24.0, 40.0
	var parts []part
	width, y := 0.0, margin
	for i, p := range programs {
		for _, f := range p.Functions {
			for j, pg := range p.pages(f) {
				parts = append(parts, part{y + heading, p.title(f, j), pg, i})
				width = max(width, pg.width, letter*float64(len([]rune(p.title(f, j)))))
				y += heading + pg.height + 2*margin
			}
		}
	}
	out := bufio.NewWriter(w) // keeps the first error
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="%s 0 %[1]s %[2]s">`+"\n",
		number(width+2*margin), number(y), number(-margin))
	fmt.Fprintf(out, "<style>\n%s</style>\n%s", escape(graphCSS), arrows)
	fmt.Fprintf(out, `<rect class="paper" x="%s" width="100%%" height="100%%"/>`+"\n", number(-margin))
	for _, part := range parts {
		fmt.Fprintf(out, `<text class="title" y="%s">%s</text>`+"\n", number(part.y-margin/2), escape(part.title))
		fmt.Fprintf(out, `<g transform="translate(0 %s)">`+"\n", number(part.y))
		programs[part.of].draw(out, part.of, part.page)
		fmt.Fprint(out, "</g>\n")
	}
	fmt.Fprint(out, "</svg>\n")
	return out.Flush()
}

// title names a page of a function where it stands alone.
func (p *Program) title(f Function, page int) string {
	title := p.Object
	if p.Name != "" && p.Name != f.Name {
		title += ": " + p.Name
	}
	title += ": " + f.Name
	if f.First == 0 {
		title += ": " + string(p.Verdict)
	}
	if page > 0 {
		title += fmt.Sprintf(" (page %d)", page+1)
	}
	return title
}

// arrows are the ends of lines: a marker does not take the colour of its line.
const arrows = `<defs>
<marker id="end-next" class="next" ` + marker + `
<marker id="end-jump" class="jump" ` + marker + `
<marker id="end-path" class="path" ` + marker + `
</defs>
`

const marker = `viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">` +
	`<path d="M0 0 8 4 0 8Z"/></marker>`

// draw writes the blocks and lines of a page. Names of elements begin with the number
// of the program.
func (p *Program) draw(out io.Writer, program int, pg page) {
	for _, l := range pg.lines {
		class, marker := "next", "next"
		if l.edge.Jump {
			class, marker = "jump", "jump"
		}
		if l.edge.OnPath {
			class, marker = class+" path", "path"
		}
		fmt.Fprintf(out, `<path class="edge %s" d="%s" marker-end="url(#end-%s)"/>`+"\n", class, pg.curve(l), marker)
	}
	for i, b := range pg.boxes {
		p.drawBlock(out, program, pg, pg.first+i, b)
	}
}

func (p *Program) drawBlock(out io.Writer, program int, pg page, block int, at box) {
	b := &p.Blocks[block]
	class := "block"
	if b.OnPath {
		class += " path"
	}
	if b.Instructions[0].Dead {
		class += " dead"
	}
	fmt.Fprintf(out, `<g class="%s" id="%s">`+"\n", class, blockID(program, block))
	fmt.Fprintf(out, `<rect x="%s" y="%s" width="%s" height="%s" rx="3"/>`+"\n", number(at.x), number(at.y), number(at.width), number(at.height))
	y := at.y + padding // of the line
	text := func(class, x, content string) {
		fmt.Fprintf(out, `<text class="%s" x="%s" y="%s">%s</text>`, class, x, number(y+leading-4.5), content)
	}
	if b.Label != "" {
		text("label", number(at.x+padding), escape(b.Label+":"))
		fmt.Fprintln(out)
		y += leading
	}
	for _, ins := range b.Instructions {
		class := "insn"
		if len(ins.Findings) > 0 {
			class += " stateful"
		}
		if ins.Dead {
			class += " dead"
		}
		fmt.Fprintf(out, `<g class="%s" id="%s"`, class, slotID(program, ins.Slot))
		if ins.Source >= 0 {
			fmt.Fprintf(out, ` data-source="%s"`, sourceID(program, ins.Source))
		}
		fmt.Fprint(out, ">")
		if title := p.about(ins); title != "" {
			fmt.Fprintf(out, "<title>%s</title>", escape(title))
		}
		fmt.Fprintf(out, `<rect x="%s" y="%s" width="%s" height="%s"/>`, number(at.x+1), number(y), number(at.width-2), number(leading))
		text("slot", number(at.x+padding+gutter-letter), strconv.Itoa(ins.Slot))
		if ins.Refers >= 0 {
			fmt.Fprintf(out, `<a href="#%s">`, blockID(program, ins.Refers))
		}
		text("code", number(at.x+padding+gutter), escape(ins.Text))
		if ins.Refers >= 0 {
			fmt.Fprint(out, "</a>")
		}
		fmt.Fprintln(out, "</g>")
		y += leading
	}
	fmt.Fprintln(out, "</g>")
	p.drawLinks(out, program, pg, block, at)
}

// drawLinks writes under a block where its edges lead that are not on the page.
func (p *Program) drawLinks(out io.Writer, program int, pg page, block int, at box) {
	x := at.x + padding
	for _, e := range p.Blocks[block].Edges {
		if e.To >= pg.first && e.To < pg.first+len(pg.boxes) {
			continue
		}
		class := "link"
		if e.OnPath {
			class += " path"
		}
		name := fmt.Sprintf("→ slot %d", p.Blocks[e.To].Instructions[0].Slot)
		fmt.Fprintf(out, `<a href="#%s"><text class="%s" x="%s" y="%s">%s</text></a>`+"\n",
			blockID(program, e.To), class, number(x), number(at.y+at.height+leading-3), name)
		x += letter * float64(len([]rune(name))+2)
	}
}

// about is what a pointer over the instruction shows.
func (p *Program) about(ins Instruction) string {
	var lines []string
	for _, i := range ins.Findings {
		f := p.Findings[i]
		lines = append(lines, fmt.Sprintf("%s: %s: %s", f.Name, f.Effect, f.Reason))
	}
	if ins.Source >= 0 {
		s := p.Sources[ins.Source]
		lines = append(lines, fmt.Sprintf("%s:%d: %s", s.File, s.Line, s.Text))
	}
	return strings.Join(lines, "\n")
}

// curve is the path of a line.
func (pg *page) curve(l line) string {
	var b strings.Builder
	if len(l.points) == 0 { // to the block that it leaves
		at := pg.boxes[l.from-pg.first]
		x, y := at.x+at.width, at.y+at.height
		fmt.Fprintf(&b, "M%s %sC%s %s %s %s %s %s", number(x), number(y-padding), number(x+2*lane), number(y-padding),
			number(x+2*lane), number(at.y+padding), number(x), number(at.y+padding))
		return b.String()
	}
	for i, at := range l.points {
		switch {
		case i == 0:
			fmt.Fprintf(&b, "M%s %s", number(at.x), number(at.y))
		case i%2 == 1:
			if at.y != l.points[i-1].y {
				fmt.Fprintf(&b, "V%s", number(at.y))
			}
		default:
			before := l.points[i-1]
			middle := number((before.y + at.y) / 2)
			fmt.Fprintf(&b, "C%s %s %s %s %s %s", number(before.x), middle, number(at.x), middle, number(at.x), number(at.y))
		}
	}
	return b.String()
}

func blockID(program, block int) string   { return fmt.Sprintf("p%db%d", program, block) }
func slotID(program, slot int) string     { return fmt.Sprintf("p%ds%d", program, slot) }
func sourceID(program, source int) string { return fmt.Sprintf("p%dl%d", program, source) }

// number writes a length in pixels.
func number(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}

// escape makes text safe within an element or an attribute of XML and HTML.
func escape(s string) string {
	var b strings.Builder
	// A Builder returns no error.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}

// inline writes a page as an element of HTML.
func (p *Program) inline(out io.Writer, program int, pg page) {
	const margin = 16.0
	fmt.Fprintf(out, `<svg width="%s" height="%s" viewBox="%s %[3]s %[1]s %[2]s">`+"\n",
		number(pg.width+4*margin), number(pg.height+3*margin), number(-margin))
	p.draw(out, program, pg)
	fmt.Fprint(out, "</svg>\n")
}
