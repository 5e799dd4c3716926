package graph

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"slices"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// HTML writes a page for a browser that needs nothing from elsewhere, and by its
// Content-Security-Policy gets nothing.
func HTML(w io.Writer, programs []*Program) error {
	style := "\n" + graphCSS + pageCSS
	view := struct {
		Policy   string
		Style    template.CSS
		Script   template.JS
		Arrows   template.HTML
		Programs []programView
	}{
		Policy: "default-src 'none'; style-src '" + hash(style) + "'; script-src '" + hash(pageJS) +
			"'; base-uri 'none'; form-action 'none'",
		Style:  template.CSS(style),
		Script: template.JS(pageJS),
		Arrows: arrows,
	}
	for i, p := range programs {
		view.Programs = append(view.Programs, newProgramView(i, p))
	}
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return err
	}
	return t.Execute(w, view)
}

// hash is how a policy names an inline style or script (CSP Level 3, section 2.3.1).
func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// programView is a program as the page shows it.
type programView struct {
	*Program
	ID        int
	Functions []functionView
	Listed    []findingView
	Files     []fileView
}

type functionView struct {
	Name string
	ID   string        // of its first block
	SVG  template.HTML // its pages; draw has escaped what comes from files
}

type findingView struct {
	Finding
	ID string // of the instruction
}

// fileView is what is known of a source file: the lines that instructions come from.
type fileView struct {
	Name  string
	Lines []lineView
}

type lineView struct {
	Source
	ID       string
	Stateful bool
}

func newProgramView(number int, p *Program) programView {
	v := programView{Program: p, ID: number}
	for _, f := range p.Functions {
		var svg bytes.Buffer
		for _, pg := range p.pages(f) {
			p.inline(&svg, number, pg)
		}
		v.Functions = append(v.Functions, functionView{f.Name, blockID(number, f.First), template.HTML(svg.String())})
	}
	for _, f := range p.Findings {
		v.Listed = append(v.Listed, findingView{f, slotID(number, f.Slot)})
	}
	stateful := make(map[int]bool)
	for _, b := range p.Blocks {
		for _, ins := range b.Instructions {
			if len(ins.Findings) > 0 {
				stateful[ins.Source] = true
			}
		}
	}
	files := make(map[string]int)
	for i, s := range p.Sources {
		at, ok := files[s.File]
		if !ok {
			at = len(v.Files)
			files[s.File] = at
			v.Files = append(v.Files, fileView{Name: s.File})
		}
		v.Files[at].Lines = append(v.Files[at].Lines, lineView{s, sourceID(number, i), stateful[i]})
	}
	for _, f := range v.Files {
		slices.SortStableFunc(f.Lines, func(a, b lineView) int { return a.Line - b.Line })
	}
	return v
}
