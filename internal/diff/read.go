package diff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// IsReport tells a JSON document from everything that programs are read from.
func IsReport(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte("{"))
}

// Read reads a report of check, which has to be of that precision, or of inventory. It
// refuses one that does not say all: a comparison would take what is missing for state
// that is not there.
func Read(raw []byte, precision verifier.Precision) (Side, error) {
	var head struct {
		Schema string `json:"schema"`
	}
	if err := decode(raw, &head); err != nil {
		return Side{}, err
	}
	switch head.Schema {
	case report.Schema:
		return readReport(raw, precision)
	case report.InventorySchema:
		return readInventory(raw)
	}
	return Side{}, fmt.Errorf("schema %q, expected %s or %s", head.Schema, report.Schema, report.InventorySchema)
}

func decode(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1 + bytes.Count(raw[:syntax.Offset], []byte("\n"))
		return fmt.Errorf("line %d: not JSON: %w", line, err)
	}
	if err != nil {
		return fmt.Errorf("not a report: %w", err)
	}
	return nil
}

func readReport(raw []byte, precision verifier.Precision) (Side, error) {
	var r report.Report
	if err := decode(raw, &r); err != nil {
		return Side{}, err
	}
	if r.Verdict != verifier.Stateless && r.Verdict != verifier.Stateful {
		return Side{}, fmt.Errorf("verdict %q, expected a report of a run that judged everything", r.Verdict)
	}
	// With cfg, state in dead code has been there all along when it comes to life.
	if r.Precision != precision {
		return Side{}, fmt.Errorf("precision %q, expected %s (renew the report, or say --precision)", r.Precision, precision)
	}
	side := Side{Objects: r.Objects}
	for i := range side.Objects {
		o := &side.Objects[i]
		for line := range o.Errors() {
			return Side{}, fmt.Errorf("%s, expected a report of a run that judged everything", line)
		}
		if err := Comparable(o); err != nil {
			return Side{}, err
		}
	}
	return side, nil
}

// Comparable returns an error where an object does not say all of its programs, or
// something that is not known here.
func Comparable(o *report.Object) error {
	for i := range o.Programs {
		p := &o.Programs[i]
		at := fmt.Sprintf("%s: %s", o.Path, p.Name)
		if p.Omitted > 0 {
			return fmt.Errorf("%s: %d findings are left out, expected all", at, p.Omitted)
		}
		for _, f := range findings(p) {
			if len(f.Effects) == 0 {
				return fmt.Errorf("%s: %s has no effects, expected some", at, f.Name)
			}
			for _, name := range f.Effects {
				if _, err := effect.Parse(name); err != nil {
					return fmt.Errorf("%s: %w", at, err)
				}
			}
		}
	}
	return nil
}

// readInventory makes a finding of each thing that a program refers to. What it does by
// its instructions alone is in no inventory.
func readInventory(raw []byte) (Side, error) {
	var inventory report.Inventory
	if err := decode(raw, &inventory); err != nil {
		return Side{}, err
	}
	side := Side{Inventory: true}
	for _, listed := range inventory.Objects {
		if listed.Error != "" {
			return Side{}, fmt.Errorf("%s: %s, expected an inventory of objects that could be read", listed.Path, listed.Error)
		}
		o := report.Object{Path: listed.Path}
		for _, uses := range listed.Programs {
			at := fmt.Sprintf("%s: %s", o.Path, uses.Name)
			switch {
			case uses.Error != "":
				return Side{}, fmt.Errorf("%s: %s, expected an inventory of programs that could be read", at, uses.Error)
			case uses.Omitted > 0:
				return Side{}, fmt.Errorf("%s: %d entries are left out, expected an inventory that lists all", at, uses.Omitted)
			}
			p := report.Program{Name: uses.Name, Section: uses.Section, Type: uses.Type, AttachType: uses.AttachType}
			refers := func(kind effect.Kind, name string, id int, effects effect.Set) {
				p.Findings = append(p.Findings, report.Finding{
					Kind: string(kind), Name: name, ID: id, Effect: effects.Worst().String(), Effects: effects.Names(),
				})
			}
			for _, h := range uses.Helpers {
				row, known := effect.Helper(int32(h.ID))
				if !known {
					row = effect.FormUnknownHelper.Row()
				}
				refers(effect.KindHelper, h.Name, h.ID, row.Effects)
			}
			for _, k := range uses.Kfuncs {
				row, known := effect.Kfunc(k.Name)
				if !known {
					row = effect.FormUnknownKfunc.Row()
				}
				refers(effect.KindKfunc, k.Name, 0, row.Effects)
			}
			for _, m := range uses.Maps {
				refers(effect.KindMap, m.Name, 0, mapEffects(m.Kind))
			}
			for _, name := range uses.Variables {
				refers(effect.KindVariable, name, 0, effect.FormKernelVariable.Row().Effects)
			}
			o.Programs = append(o.Programs, p)
		}
		side.Objects = append(side.Objects, o)
	}
	return side, nil
}

func mapEffects(kind verifier.MapKind) effect.Set {
	if kind == verifier.MapROData || kind == verifier.MapKconfig {
		return effect.FormReadOnlySection.Row().Effects
	}
	return effect.FormMap.Row().Effects
}
