package report

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/statecheck/statecheck/verifier"
)

// InventorySchema names the document of inventory.
const InventorySchema = "statecheck.inventory/v1"

// Inventory is what the programs of a run ask of the kernel.
type Inventory struct {
	Schema      string            `json:"schema"`
	Interrupted bool              `json:"interrupted,omitempty"` // only when inputs are missing because the run was ended
	Objects     []InventoryObject `json:"objects"`
}

// InventoryObject is one input.
type InventoryObject struct {
	Path     string             `json:"path"`
	Error    string             `json:"error,omitempty"` // only when it could not be read
	Programs []InventoryProgram `json:"programs"`

	titles titles
	spent  int
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
	Omitted      int      `json:"omitted,omitempty"` // at most so many entries the five lists lack; only when they grew too long
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

// Fail notes why the object could not be read, or not to its end.
func (o *InventoryObject) Fail(err error) { o.Error = clip(err.Error(), maxError) }

// Add adds what a program refers to.
func (o *InventoryObject) Add(p *verifier.Program, uses verifier.Uses) {
	out := InventoryProgram{
		Name:         o.titles.clip(p.Name, maxName),
		Section:      o.titles.clip(p.Section, maxName),
		Type:         p.Type,
		AttachType:   p.AttachType,
		Instructions: len(p.Instructions),
		Subprograms:  []string{},
		Helpers:      []Helper{},
		Kfuncs:       []Kfunc{},
		Maps:         []Map{},
		Variables:    []string{},
		Omitted:      uses.Omitted,
	}
	if p.Err != nil {
		out.Error = o.titles.clip(p.Err.Error(), maxError)
	}
	// list takes the room for an entry with that name.
	list := func(name string) (clipped string, fits bool) {
		clipped = clip(name, maxName)
		if o.spent += 48 + printed(clipped); o.spent > maxUses {
			out.Omitted++
			return "", false
		}
		return clipped, true
	}
	for _, name := range uses.Subprograms {
		if name, fits := list(name); fits {
			out.Subprograms = append(out.Subprograms, name)
		}
	}
	for _, h := range uses.Helpers {
		if _, fits := list(h.Name); fits {
			out.Helpers = append(out.Helpers, Helper(h))
		}
	}
	for _, k := range uses.Kfuncs {
		if name, fits := list(k.Name); fits {
			out.Kfuncs = append(out.Kfuncs, Kfunc{name, k.Calls})
		}
	}
	for _, m := range uses.Maps {
		if name, fits := list(m.Name); fits {
			out.Maps = append(out.Maps, Map{name, m.Kind})
		}
	}
	for _, name := range uses.Variables {
		if name, fits := list(name); fits {
			out.Variables = append(out.Variables, name)
		}
	}
	if t := uses.Tags; t != nil {
		out.Tags = &Tags{hex.EncodeToString(t.SHA1[:]), hex.EncodeToString(t.SHA256[:])}
	}
	o.Programs = append(o.Programs, out)
}

// Errors are what could not be read in the object, a line each.
func (o *InventoryObject) Errors() iter.Seq[string] {
	return func(yield func(string) bool) {
		if o.Error != "" && !yield(errorLine(o.Path, "", "", o.Error)) {
			return
		}
		for i := range o.Programs {
			if p := &o.Programs[i]; p.Error != "" && !yield(errorLine(o.Path, p.Name, p.Section, p.Error)) {
				return
			}
		}
	}
}

// AddTo counts the object.
func (o *InventoryObject) AddTo(s *Summary) {
	if o.Error != "" {
		s.Unread++
	}
	for i := range o.Programs {
		if o.Programs[i].Error != "" {
			s.Invalid++
		} else {
			s.Listed++
		}
	}
}

// InventoryJSON returns a handler that writes one [Inventory].
func InventoryJSON(w io.Writer) Handler[*InventoryObject] { return &inventoryJSON{w: w} }

type inventoryJSON struct {
	w       io.Writer
	objects encoded
}

func (h *inventoryJSON) Object(o *InventoryObject) error {
	head := *o
	head.Programs = []InventoryProgram{}
	return add(&h.objects, head, o.Programs)
}

func (h *inventoryJSON) Close(s *Summary) error {
	return h.objects.write(h.w, Inventory{Schema: InventorySchema, Interrupted: s.Interrupted, Objects: []InventoryObject{}})
}

// InventoryText returns a handler that writes for people.
func InventoryText(w io.Writer) Handler[*InventoryObject] {
	return inventoryText{bufio.NewWriter(w)}
}

type inventoryText struct{ out *bufio.Writer } // keeps the first error for Flush

func (h inventoryText) Close(s *Summary) error {
	if s.Interrupted {
		fmt.Fprintln(h.out, s)
	}
	return h.out.Flush()
}

func (h inventoryText) Object(o *InventoryObject) error {
	for i := range o.Programs {
		if p := &o.Programs[i]; p.Error == "" {
			p.text(h.out, o.Path)
		}
	}
	return h.out.Flush()
}

// text leaves out the lines that have nothing to say.
func (p *InventoryProgram) text(w io.Writer, path string) {
	kind := p.Type
	if kind == "" {
		kind = "type unknown"
	}
	if p.AttachType != "" && p.AttachType != p.Type {
		kind += ", " + p.AttachType
	}
	fmt.Fprintf(w, "%s: %s, %s\n", place(path, p.Name, p.Section), Printable(kind), plural(p.Instructions, "instruction"))

	line := func(title string, items []string) {
		if len(items) > 0 {
			fmt.Fprintf(w, "  %-12s %s\n", title, Printable(strings.Join(items, ", ")))
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
	if p.Omitted > 0 {
		fmt.Fprintf(w, "  and up to %d more, too many to list\n", p.Omitted)
	}
}

func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" x%d", n)
}
