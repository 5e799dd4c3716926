package report

import (
	"encoding/hex"
	"fmt"
	"io"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/verifier"
)

// DumpSchema names the document of dump.
const DumpSchema = "statecheck.dump/v1"

// Dump is programs as they can be loaded elsewhere: what a dump in the portable format
// holds, to be read by other programs.
type Dump struct {
	Schema   string        `json:"schema"`
	Programs []DumpProgram `json:"programs"`
}

// DumpProgram is one program, its subprograms included.
type DumpProgram struct {
	Name         string          `json:"name"`
	Type         string          `json:"type"`        // empty: unknown
	AttachType   string          `json:"attach_type"` // empty: none, or unknown
	AttachTo     string          `json:"attach_to"`   // what it attaches to in the kernel; empty: nothing, or unknown
	License      string          `json:"license"`
	Flags        int             `json:"flags"`   // of BPF_PROG_LOAD: those that say what the program is
	Release      string          `json:"release"` // of the kernel that CO-RE relocations were applied for; empty: it suits every kernel
	Tags         Tags            `json:"tags"`    // of the instructions as they stand here, names not replaced by numbers
	Instructions []string        `json:"instructions"`
	Functions    []DumpFunction  `json:"functions"`
	References   []DumpReference `json:"references"`
	Data         []DumpData      `json:"data"`
	Maps         []DumpMap       `json:"maps"`
}

// DumpFunction is a function of the program.
type DumpFunction struct {
	Name              string         `json:"name"`
	Offset            int            `json:"offset"`  // slot
	Linkage           string         `json:"linkage"` // how the kernel verifies it
	ExceptionCallback bool           `json:"exception_callback"`
	Arguments         []DumpArgument `json:"arguments"` // of a global function
}

// DumpArgument is what the kernel takes an argument for.
type DumpArgument struct {
	Kind     string `json:"kind"`
	Nullable bool   `json:"nullable"`
	Size     int    `json:"size"` // of memory, in bytes
	Type     string `json:"type"` // of an object
}

// DumpReference is what an instruction refers to by name.
type DumpReference struct {
	Offset int              `json:"offset"` // slot
	Kind   string           `json:"kind"`
	Name   string           `json:"name"`
	Map    verifier.MapKind `json:"map,omitempty"` // of a map or data section
	Weak   bool             `json:"weak"`          // the kernel may not have it
}

// DumpData is a read-only data section.
type DumpData struct {
	Name     string `json:"name"`
	Contents string `json:"contents"` // hexadecimal
}

// DumpMap is a map that has to be given when the program is loaded.
type DumpMap struct {
	Name       string `json:"name"`
	Type       int    `json:"type"` // enum bpf_map_type
	KeySize    int    `json:"key_size"`
	ValueSize  int    `json:"value_size"`
	MaxEntries int    `json:"max_entries"`
	Flags      int    `json:"flags"`
}

// Words of a dump, by their numbers in the portable format.
var (
	DumpLinkages   = []string{"unknown", "static", "global"}
	DumpArguments  = []string{"unknown", "number", "context", "memory", "object", "dynptr", "arena"}
	DumpReferences = []string{"map", "kfunc", "variable"}
)

// DumpJSON writes dumps as one [Dump].
func DumpJSON(w io.Writer, dumps []dump.Dump) error {
	var programs []DumpProgram
	for i := range dumps {
		programs = append(programs, dumpProgram(&dumps[i]))
	}
	return writeList(w, Dump{Schema: DumpSchema, Programs: []DumpProgram{}}, programs)
}

func dumpProgram(d *dump.Dump) DumpProgram {
	p := d.Program()
	sha1, sha256 := asm.TagSHA1(d.Instructions), asm.TagSHA256(d.Instructions)
	out := DumpProgram{
		Name: d.Name, Type: p.Type, AttachType: p.AttachType, AttachTo: d.AttachTo, License: d.License,
		Flags: int(d.Flags), Release: d.Release,
		Tags:         Tags{hex.EncodeToString(sha1[:]), hex.EncodeToString(sha256[:])},
		Instructions: []string{}, Functions: []DumpFunction{}, References: []DumpReference{}, Data: []DumpData{}, Maps: []DumpMap{},
	}
	for _, ins := range d.Instructions {
		out.Instructions = append(out.Instructions, fmt.Sprintf("0x%016x", uint64(ins)))
	}
	for _, f := range d.Functions {
		fn := DumpFunction{
			Name: f.Name, Offset: f.Slot, Linkage: DumpLinkages[f.Linkage], ExceptionCallback: f.ExceptionCallback, Arguments: []DumpArgument{},
		}
		for _, a := range f.Arguments {
			fn.Arguments = append(fn.Arguments, DumpArgument{DumpArguments[a.Kind], a.Nullable, int(a.Size), a.Type})
		}
		out.Functions = append(out.Functions, fn)
	}
	for _, r := range d.References {
		out.References = append(out.References, DumpReference{r.Slot, DumpReferences[r.Kind-1], r.Name, r.Map, r.Weak})
	}
	for _, s := range d.Data {
		out.Data = append(out.Data, DumpData{s.Name, hex.EncodeToString(s.Contents)})
	}
	for _, m := range d.Maps {
		out.Maps = append(out.Maps, DumpMap{m.Name, int(m.Type), int(m.KeySize), int(m.ValueSize), int(m.MaxEntries), int(m.Flags)})
	}
	return out
}
