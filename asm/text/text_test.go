package text

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// printed is the text of a program.
func printed(p *verifier.Program) (string, error) {
	var b bytes.Buffer
	err := Print(&b, p)
	return b.String(), err
}

// identity: what is printed is read as the same program.
func identity(p *verifier.Program) error {
	text, err := printed(p)
	if err != nil {
		return err
	}
	again, err := Parse(strings.NewReader(text), "test.s")
	if err != nil {
		return fmt.Errorf("%w in\n%s", err, text)
	}
	if len(again) != 1 {
		return fmt.Errorf("%d programs, want 1, in\n%s", len(again), text)
	}
	if diff := gocmp.Diff(p, again[0], cmpopts.EquateEmpty(), cmpopts.IgnoreFields(verifier.Program{}, "Source")); diff != "" {
		return fmt.Errorf("(-printed +read):\n%s\n%s", diff, text)
	}
	for slot := range p.Instructions {
		line, ok := again[0].Source(slot)
		if !ok || line.Text == "" || line.Line < 1 || line.File != "test.s" {
			return fmt.Errorf("slot %d: source line %+v in\n%s", slot, line, text)
		}
	}
	return nil
}

// drawProgram draws programs of any slots, with names of all kinds.
func drawProgram(t *rapid.T) *verifier.Program {
	name := rapid.OneOf(
		rapid.SampledFrom([]string{"", "f", "main", "bpf_redirect", "exit", "r1", "w3", "F2", ".L1", "LBB0_1", "s", "goto", "a b", "x#!y", "\x00\n", "a\"b"}),
		rapid.String(),
	)
	var slots []asm.Instruction
	for range rapid.IntRange(1, 12).Draw(t, "instructions") {
		slots = append(slots, drawSlots(t)...)
	}
	n := len(slots)
	p := &verifier.Program{
		Name: name.Draw(t, "name"), Section: name.Draw(t, "section"), Type: name.Draw(t, "type"),
		AttachType: name.Draw(t, "attach type"), AttachTo: name.Draw(t, "attach to"),
		TargetProgram:  rapid.Bool().Draw(t, "target program"),
		TypedArguments: rapid.Bool().Draw(t, "typed arguments"),
		Instructions:   slots,
	}
	for range rapid.IntRange(0, 3).Draw(t, "functions") {
		p.Functions = append(p.Functions, verifier.Function{
			Name: name.Draw(t, "function"), Start: rapid.IntRange(0, n-1).Draw(t, "start"),
			ExceptionCallback: rapid.Bool().Draw(t, "exception callback"),
		})
		f := &p.Functions[len(p.Functions)-1]
		f.Linkage = rapid.SampledFrom([]verifier.Linkage{verifier.LinkageUnknown, verifier.LinkageStatic, verifier.LinkageGlobal}).Draw(t, "linkage")
		if f.Linkage == verifier.LinkageGlobal {
			f.Arguments = rapid.SliceOfN(rapid.SampledFrom([]verifier.Argument{
				verifier.ArgumentUnknown, verifier.ArgumentNumber, verifier.ArgumentContext,
			}), 0, 5).Draw(t, "arguments")
		}
	}
	for range rapid.IntRange(0, 9).Draw(t, "references") {
		r := verifier.Reference{
			Slot: rapid.IntRange(0, n-1).Draw(t, "slot"), Kind: rapid.SampledFrom(refList).Draw(t, "kind"),
			Weak: rapid.Bool().Draw(t, "weak"),
		}
		if !canRefer(slots[r.Slot], r.Kind) {
			continue
		}
		if r.Kind != verifier.RefCORE {
			r.Name = name.Draw(t, "reference")
		}
		if r.Kind == verifier.RefMap {
			r.Map = rapid.SampledFrom(mapList).Draw(t, "map")
		}
		p.References = append(p.References, r)
	}
	slices.SortStableFunc(p.Functions, func(a, b verifier.Function) int { return cmp.Compare(a.Start, b.Start) })
	slices.SortStableFunc(p.References, func(a, b verifier.Reference) int { return cmp.Compare(a.Slot, b.Slot) })
	return p
}

var (
	refList = []verifier.RefKind{verifier.RefMap, verifier.RefKfunc, verifier.RefVariable, verifier.RefCORE}
	mapList = []verifier.MapKind{verifier.MapPlain, verifier.MapData, verifier.MapROData, verifier.MapBSS, verifier.MapKconfig, verifier.MapArena}
)

// formList is a slot of each form.
var formList = func() (list []asm.Instruction) {
	for ins := range asm.Forms() {
		list = append(list, ins)
	}
	return list
}()

// drawSlots draws an instruction: any bits at all, or a form with operands, so that
// most are regular.
func drawSlots(t *rapid.T) []asm.Instruction {
	if rapid.IntRange(0, 3).Draw(t, "any") == 0 {
		return []asm.Instruction{asm.Instruction(rapid.Uint64().Draw(t, "slot"))}
	}
	form := rapid.SampledFrom(formList).Draw(t, "form")
	ins := form
	for _, f := range []struct {
		bits  asm.Instruction
		value asm.Instruction
	}{
		{fieldDst, asm.Instruction(rapid.Uint64Range(0, 11).Draw(t, "dst")) << 8},
		{fieldSrc, asm.Instruction(rapid.Uint64Range(0, 11).Draw(t, "src")) << 12},
		{fieldOff, asm.Instruction(uint16(rapid.OneOf(rapid.Int16Range(-9, 9), rapid.Int16()).Draw(t, "off"))) << 16},
		{fieldImm, asm.Instruction(uint32(rapid.OneOf(rapid.Int32Range(-9, 9), rapid.Int32()).Draw(t, "imm"))) << 32},
	} {
		// Mostly a field keeps what makes the form regular.
		changed := ins&^f.bits | f.value
		if asm.Regular(changed) || rapid.IntRange(0, 9).Draw(t, "irregular") == 0 {
			ins = changed
		}
	}
	if !ins.IsWide() {
		return []asm.Instruction{ins}
	}
	second := asm.New(0, 0, 0, 0, rapid.OneOf(rapid.Just[int32](0), rapid.Int32()).Draw(t, "upper"))
	return []asm.Instruction{ins, second}
}

func propIdentity(t *rapid.T) {
	if err := identity(drawProgram(t)); err != nil {
		t.Fatal(err)
	}
}

func TestIdentity(t *testing.T) { rapid.Check(t, propIdentity) }

// FuzzText: every sequence of slots comes back as it was.
func FuzzText(f *testing.F) {
	for _, ins := range formList {
		f.Add(asm.Encode([]asm.Instruction{ins, ins &^ 0xff}, nil))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		raw = raw[:len(raw)/asm.SlotSize*asm.SlotSize]
		insns, err := asm.Decode(raw, nil)
		if err != nil || len(insns) == 0 {
			t.Skip(err)
		}
		if err := identity(&verifier.Program{Instructions: insns}); err != nil {
			t.Fatal(err)
		}
	})
}

func parseOne(t testing.TB, text string) *verifier.Program {
	t.Helper()
	programs, err := Parse(strings.NewReader(text), "test")
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if len(programs) != 1 || programs[0].Err != nil {
		t.Fatalf("%d programs, the first with error %v, want one, in\n%s", len(programs), programs[0].Err, text)
	}
	return programs[0]
}
