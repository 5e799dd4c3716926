package report

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/statecheck/statecheck/verifier"
)

// InventorySchema names the document of inventory.
const InventorySchema = "statecheck.inventory/v1"

// Inventory is what the programs of a run ask of the kernel.
type Inventory struct {
	Schema  string            `json:"schema"`
	Objects []InventoryObject `json:"objects"`
}

// InventoryObject is one input.
type InventoryObject struct {
	Path     string             `json:"path"`
	Error    string             `json:"error,omitempty"` // only when it could not be read
	Programs []InventoryProgram `json:"programs"`
}

// InventoryProgram is one program, its subprograms included. Nothing is judged:
// what stands in code that is never reached counts too.
type InventoryProgram struct {
	Name         string   `json:"name"`
	Section      string   `json:"section"`
	Type         string   `json:"type"`
	AttachType   string   `json:"attach_type"`
	Error        string   `json:"error,omitempty"` // only when it could not be put together
	Instructions int      `json:"instructions"`
	Subprograms  []string `json:"subprograms"` // in the order in which a loader appends them
	Helpers      []Helper `json:"helpers"`     // by number
	Kfuncs       []Kfunc  `json:"kfuncs"`      // by name
	Maps         []Map    `json:"maps"`        // by name
	Variables    []string `json:"variables"`   // of the kernel, by name
	Tags         *Tags    `json:"tags,omitempty"`
}

// Helper is a helper that a program calls.
type Helper struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Calls int    `json:"calls"`
	Since string `json:"since"` // first Linux release that has it; empty: none known
}

// Kfunc is a kernel function that a program calls or takes the address of.
type Kfunc struct {
	Name  string `json:"name"`
	Calls int    `json:"calls"`
}

// Map is a map or data section that a program refers to.
type Map struct {
	Name string           `json:"name"`
	Kind verifier.MapKind `json:"kind"`
}

// Tags are the names that the kernel gives to the instructions: the SHA-1 before
// Linux 6.18, the SHA-256 since. They are left out where the instructions are not
// known before they are loaded (kernel functions and variables are named by
// numbers of the running kernel, CO-RE relocations follow its types).
type Tags struct {
	SHA1   string `json:"sha1"`
	SHA256 string `json:"sha256"`
}

// NewInventoryProgram tells in the terms of the contract what a program refers to.
func NewInventoryProgram(p *verifier.Program, uses verifier.Uses) InventoryProgram {
	out := InventoryProgram{
		Name:         p.Name,
		Section:      p.Section,
		Type:         p.Type,
		AttachType:   p.AttachType,
		Instructions: len(p.Instructions),
		Subprograms:  append([]string{}, uses.Subprograms...),
		Helpers:      []Helper{},
		Kfuncs:       []Kfunc{},
		Maps:         []Map{},
		Variables:    append([]string{}, uses.Variables...),
	}
	if p.Err != nil {
		out.Error = p.Err.Error()
	}
	for _, h := range uses.Helpers {
		out.Helpers = append(out.Helpers, Helper(h))
	}
	for _, k := range uses.Kfuncs {
		out.Kfuncs = append(out.Kfuncs, Kfunc(k))
	}
	for _, m := range uses.Maps {
		out.Maps = append(out.Maps, Map(m))
	}
	if t := uses.Tags; t != nil {
		out.Tags = &Tags{hex.EncodeToString(t.SHA1[:]), hex.EncodeToString(t.SHA256[:])}
	}
	return out
}

// Errors are what could not be read in the object, a line each.
func (o *InventoryObject) Errors() []string {
	var lines []string
	if o.Error != "" {
		lines = append(lines, Printable(o.Path+": "+o.Error))
	}
	for i := range o.Programs {
		if p := &o.Programs[i]; p.Error != "" {
			lines = append(lines, place(o.Path, p.Name, p.Section)+": "+Printable(p.Error))
		}
	}
	return lines
}

// InventoryHandler writes an inventory in one format while the run goes on.
type InventoryHandler interface {
	Object(*InventoryObject) error
	Close() error
}

// InventoryJSON returns a handler that writes one [Inventory].
func InventoryJSON(w io.Writer) InventoryHandler { return &inventoryJSON{w: w} }

type inventoryJSON struct {
	w       io.Writer
	objects encoded
}

func (h *inventoryJSON) Object(o *InventoryObject) error {
	head := *o
	head.Programs = []InventoryProgram{}
	return add(&h.objects, head, o.Programs)
}

func (h *inventoryJSON) Close() error {
	return h.objects.write(h.w, Inventory{Schema: InventorySchema, Objects: []InventoryObject{}})
}

// InventoryText returns a handler that writes for people.
func InventoryText(w io.Writer) InventoryHandler { return inventoryText{w} }

type inventoryText struct{ w io.Writer }

func (h inventoryText) Close() error { return nil }

func (h inventoryText) Object(o *InventoryObject) error {
	var buf bytes.Buffer
	for i := range o.Programs {
		if p := &o.Programs[i]; p.Error == "" {
			p.text(&buf, o.Path)
		}
	}
	_, err := h.w.Write(buf.Bytes())
	return err
}

// text leaves out the lines that have nothing to say.
func (p *InventoryProgram) text(buf *bytes.Buffer, path string) {
	kind := p.Type
	if kind == "" {
		kind = "type unknown"
	}
	if p.AttachType != "" && p.AttachType != p.Type {
		kind += ", " + p.AttachType
	}
	fmt.Fprintf(buf, "%s: %s, %s\n", place(path, p.Name, p.Section), Printable(kind), plural(p.Instructions, "instruction"))

	line := func(title string, items []string) {
		if len(items) > 0 {
			fmt.Fprintf(buf, "  %-12s %s\n", title, Printable(strings.Join(items, ", ")))
		}
	}
	var helpers, kfuncs, maps []string
	for _, h := range p.Helpers {
		item := h.Name + times(h.Calls)
		if h.Since != "" {
			item += " (" + h.Since + ")"
		}
		helpers = append(helpers, item)
	}
	for _, k := range p.Kfuncs {
		kfuncs = append(kfuncs, k.Name+times(k.Calls))
	}
	for _, m := range p.Maps {
		if m.Kind == verifier.MapPlain {
			maps = append(maps, m.Name)
		} else {
			maps = append(maps, fmt.Sprintf("%s (%s)", m.Name, m.Kind))
		}
	}
	line("subprograms", p.Subprograms)
	line("helpers", helpers)
	line("kfuncs", kfuncs)
	line("maps", maps)
	line("variables", p.Variables)
	if p.Tags != nil {
		line("tags", []string{"sha1 " + p.Tags.SHA1, "sha256 " + p.Tags.SHA256})
	}
}

func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" x%d", n)
}
