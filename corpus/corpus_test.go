package corpus

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// passes is the table of docs/statelessness.md once more: what each profile lets
// pass.
var passes = map[verifier.Profile]effect.Set{
	verifier.ProfileFlag:     effect.None | effect.Context | effect.Ambient,
	verifier.ProfileSections: effect.None | effect.Context | effect.Ambient | effect.Constant,
	verifier.ProfilePure:     effect.None | effect.Context | effect.Constant,
}

func TestVerdicts(t *testing.T) {
	for _, c := range Programs() {
		t.Run(c.Name(), func(t *testing.T) {
			p := program(t, c)
			if p.Section != c.Section {
				t.Errorf("section %q, expected %q", p.Section, c.Section)
			}
			if diff := cmp.Diff(c.Calls, harmless(p), cmpopts.EquateEmpty()); diff != "" && c.Flag != invalid {
				t.Errorf("calls without effect (-want +got):\n%s", diff)
			}
			for _, profile := range verifier.Profiles() {
				r := verifier.Check(p, verifier.Options{Profile: profile, Precision: verifier.PrecisionCFG})
				if want := c.Verdict(profile); r.Verdict != want {
					t.Errorf("profile %s: %s (%v), expected %s, because %s", profile, r.Verdict, r.Err, want, c.Reason)
				}
				want := slices.DeleteFunc(slices.Clone(c.Uses), func(u Use) bool { return u.Effects&^passes[profile] == 0 })
				if diff := cmp.Diff(want, uses(p, r.Findings), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("profile %s: findings (-want +got):\n%s", profile, diff)
				}
				followed := verifier.Check(p, verifier.Options{Profile: profile})
				if want := c.Followed(profile); followed.Verdict != want {
					t.Errorf("profile %s, precision paths: %s (%v), expected %s, because %s", profile, followed.Verdict, followed.Err, want, c.Reason)
				}
				if followed.Verdict != invalid && followed.Precision != verifier.PrecisionPaths {
					t.Errorf("profile %s: precision paths came to no end: %s", profile, followed.Unfinished)
				}
				want = slices.DeleteFunc(want, func(u Use) bool { return slices.Contains(c.Unvisited, u.Name) })
				if diff := cmp.Diff(want, uses(p, followed.Findings), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("profile %s, precision paths: findings (-want +got):\n%s", profile, diff)
				}
				all := append(slices.Clone(r.Findings), r.Allowed...)
				if diff := cmp.Diff(c.Uses, uses(p, all), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("profile %s: findings and what is allowed (-want +got):\n%s", profile, diff)
				}
			}
		})
	}
}

// harmless lists the helpers by number, and then the kfuncs by name, that the program
// calls and that have no effect.
func harmless(p *verifier.Program) []string {
	var list []string
	uses := verifier.Inventory(p)
	for _, h := range uses.Helpers {
		if row, ok := effect.Helper(int32(h.ID)); ok && row.Effects == effect.None {
			list = append(list, h.Name)
		}
	}
	for _, k := range uses.Kfuncs {
		if row, ok := effect.Kfunc(k.Name); ok && row.Effects == effect.None {
			list = append(list, k.Name)
		}
	}
	return list
}

// uses lists findings as the index does: each once, by place, and those of one
// place by name.
func uses(p *verifier.Program, findings []verifier.Finding) []Use {
	slices.SortStableFunc(findings, func(a, b verifier.Finding) int {
		if a.Slot != b.Slot {
			return a.Slot - b.Slot
		}
		return strings.Compare(a.Name, b.Name)
	})
	var list []Use
	for _, f := range findings {
		u := Use{Name: f.Name, Effects: f.Effects, In: f.Function}
		if u.In == p.Name {
			u.In = ""
		}
		if !slices.Contains(list, u) {
			list = append(list, u)
		}
	}
	return list
}

func TestIndex(t *testing.T) {
	seen := make(map[string]bool)
	verdicts := make(map[[3]verifier.Verdict]int)
	for _, c := range Programs() {
		if seen[c.Name()] {
			t.Errorf("%s: more than one row", c.Name())
		}
		seen[c.Name()] = true
		if c.Shows == "" || c.Reason == "" {
			t.Errorf("%s: a row must say what the program shows, and have a reason", c.Name())
		}
		if c.Settled < 0 || c.Settled > len(effect.Cases()) {
			t.Errorf("%s: there is no settled case %d", c.Name(), c.Settled)
		}
		verdicts[[3]verifier.Verdict{c.Flag, c.Sections, c.Pure}]++
	}
	for _, name := range Objects() {
		for _, p := range programs(t, read(t, name)) {
			if !seen[name+"/"+p.Name] {
				t.Errorf("%s/%s has no row", name, p.Name)
			}
		}
	}
	for _, want := range [][3]verifier.Verdict{
		{stateless, stateless, stateless}, {stateless, stateless, stateful},
		{stateful, stateless, stateless}, {stateful, stateful, stateful}, {invalid, invalid, invalid},
	} {
		if verdicts[want] == 0 {
			t.Errorf("no program is %v under flag, sections and pure", want)
		}
	}
}

// TestRebuild builds every object again and compares the instructions. Without
// clang-19 it is skipped, but not on a machine that says CI=true.
func TestRebuild(t *testing.T) {
	if _, err := exec.LookPath("clang-19"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	dir := t.TempDir()
	gen := exec.Command("go", "run", "./gen", "-o", dir)
	if out, err := gen.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", gen, err, out)
	}
	built, err := filepath.Glob(filepath.Join(dir, "*.o"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range built {
		names = append(names, filepath.Base(path))
	}
	if diff := cmp.Diff(Objects(), names); diff != "" {
		t.Fatalf("objects and what the sources build (-objects +built); run go generate:\n%s", diff)
	}
	// A program is more than its slots: what they refer to must be the same too.
	same := cmpopts.IgnoreFields(verifier.Program{}, "Source", "Err")
	for i, name := range names {
		raw, err := os.ReadFile(built[i])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(programs(t, read(t, name)), programs(t, raw), same); diff != "" {
			t.Errorf("%s (-committed +built); run go generate:\n%s", name, diff)
		}
	}
}

// program returns the program of a case.
func program(t *testing.T, c Case) *verifier.Program {
	t.Helper()
	var found []*verifier.Program
	for _, p := range programs(t, read(t, c.Object)) {
		if p.Name == c.Program {
			found = append(found, p)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has %d programs of that name", c.Name(), len(found))
	}
	return found[0]
}

func programs(t *testing.T, raw []byte) []*verifier.Program {
	t.Helper()
	obj, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(obj.Programs())
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
