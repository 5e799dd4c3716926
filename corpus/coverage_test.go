package corpus

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// TestSize holds the corpus to what was promised of it.
func TestSize(t *testing.T) {
	const programs, clean = 120, 45
	count := make(map[verifier.Verdict]int)
	for _, c := range Programs() {
		count[c.Flag]++
	}
	if n := len(Programs()); n < programs {
		t.Errorf("%d programs, expected at least %d", n, programs)
	}
	if n := count[stateless]; n < clean {
		t.Errorf("%d stateless programs, expected at least %d", n, clean)
	}
}

// TestCoverage lists what occurs in the corpus and what has to.
func TestCoverage(t *testing.T) {
	occurs := make(map[string]bool)
	for _, c := range Programs() {
		for _, what := range features(t, c) {
			occurs[what] = true
		}
	}
	for _, what := range required() {
		if !occurs[what] {
			t.Errorf("no program has %s", what)
		}
	}
}

// required lists what some program must have.
func required() []string {
	list := []string{
		"byte order LittleEndian", "byte order BigEndian",
		"kernel function by weak symbol", "kernel variable by weak symbol",
		"CO-RE relocation", "exception callback", "several functions",
	}
	for _, kind := range []verifier.MapKind{
		verifier.MapPlain, verifier.MapData, verifier.MapROData, verifier.MapBSS, verifier.MapKconfig, verifier.MapArena,
	} {
		list = append(list, "map of kind "+string(kind))
	}
	for _, name := range verifier.ProgramTypes() { // the first is none, and there are programs of that too
		list = append(list, "type "+name)
	}
	for _, form := range asm.Forms() { // the pseudo sources of LD_IMM64 and CALL are forms
		list = append(list, "instruction "+form.Name)
	}
	for e := effect.None; e <= effect.Unknown; e <<= 1 {
		for profile, passed := range passes {
			if e&passed != 0 {
				list = append(list, fmt.Sprintf("effect %s that passes %s", e, profile))
			} else {
				list = append(list, fmt.Sprintf("effect %s as the worst that fails %s", e, profile))
			}
		}
	}
	return list
}

// features lists what a case has.
func features(t *testing.T, c Case) []string {
	p := program(t, c)
	list := []string{"type " + p.Type, "byte order " + order(t, c)}
	for slot := 0; slot < len(p.Instructions); slot++ {
		ins := p.Instructions[slot]
		list = append(list, "instruction "+asm.Name(ins))
		if ins.IsWide() {
			slot++
		}
	}
	references := map[verifier.RefKind]string{
		verifier.RefMap: "map", verifier.RefKfunc: "kernel function",
		verifier.RefVariable: "kernel variable", verifier.RefCORE: "CO-RE relocation",
	}
	for _, ref := range p.References {
		list = append(list, references[ref.Kind])
		if ref.Kind == verifier.RefMap {
			list = append(list, "map of kind "+string(ref.Map))
		}
		if ref.Weak {
			list = append(list, references[ref.Kind]+" by weak symbol")
		}
	}
	if len(p.Functions) > 1 {
		list = append(list, "several functions")
	}
	if slices.ContainsFunc(p.Functions, func(f verifier.Function) bool { return f.ExceptionCallback }) {
		list = append(list, "exception callback")
	}
	var effects effect.Set
	for _, u := range c.Uses {
		effects |= u.Effects
	}
	if effects == 0 {
		effects = effect.None
	}
	for profile, passed := range passes {
		switch c.Verdict(profile) {
		case stateless:
			for e := effect.None; e <= effect.Unknown; e <<= 1 {
				if effects&e != 0 {
					list = append(list, fmt.Sprintf("effect %s that passes %s", e, profile))
				}
			}
		case stateful:
			list = append(list, fmt.Sprintf("effect %s as the worst that fails %s", (effects&^passed).Worst(), profile))
		}
	}
	return list
}

func order(t *testing.T, c Case) string {
	t.Helper()
	raw := read(t, c.Object)
	obj, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return obj.Order.String()
}

// TestVersions: the objects that say which cpu version they are for have
// instructions of that version, and none of a later one.
func TestVersions(t *testing.T) {
	version := map[string]int{"4.14": 2, "5.1": 3, "5.12": 3, "6.6": 4} // by the release that brought the form
	for want := 1; want <= 4; want++ {
		c := Case{Object: fmt.Sprintf("versions_v%d.o", want), Program: "is_quiet"}
		got := 1
		for _, ins := range program(t, c).Instructions {
			form, _ := asm.FormOf(ins)
			got = max(got, version[form.Since])
		}
		if got != want {
			t.Errorf("%s has instructions of version %d, expected %d", c.Name(), got, want)
		}
	}
}
