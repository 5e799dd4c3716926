package effect

import (
	"slices"
	"strings"
	"testing"
)

func TestCases(t *testing.T) {
	rows := make(map[string]Row)
	for _, row := range Rows() {
		rows[row.Name] = row
	}
	for i, c := range Cases() {
		if c.Number != i+1 || c.Title == "" || !strings.HasSuffix(c.Text, ".") {
			t.Errorf("cases[%d] has number %d, title %q and text %q", i, c.Number, c.Title, c.Text)
		}
		if !slices.IsSorted(c.Names) {
			t.Errorf("case %d: names are not sorted", c.Number)
		}
		for _, name := range c.Names {
			if rows[name].Name == "" {
				t.Errorf("case %d: %s has no row", c.Number, name)
			}
			if !slices.ContainsFunc(Settled(name), func(s Case) bool { return s.Number == c.Number }) {
				t.Errorf("Settled(%q) lacks case %d", name, c.Number)
			}
		}
	}
	if on := Settled("bpf_redirect"); on != nil {
		t.Errorf("Settled(bpf_redirect) = %v, expected none", on)
	}
}

// What the table says of errors, and what it says rests on the case of errors.
func TestErrorPaths(t *testing.T) {
	for _, row := range Rows() {
		aborts := strings.Contains(row.Reason, "aborts the scheduler") && row.Effects == Ambient|Kernel
		settled := slices.ContainsFunc(Settled(row.Name), func(c Case) bool { return c.Number == 10 })
		if aborts && !settled || settled && row.Effects&Kernel == 0 {
			t.Errorf("%s: effects %s, rests on settled case 10: %v", row.Name, row.Effects, settled)
		}
	}
}

func TestMeanings(t *testing.T) {
	const passes = None | Context | Ambient
	for _, e := range All() {
		m := e.Meaning()
		if m.Name == "" || m.Text == "" || strings.HasSuffix(m.Text, ".") {
			t.Errorf("%s: %q, expected one clause", m.Name, m.Text)
		}
		if (m.Instead == "") != (e&passes != 0) {
			t.Errorf("%s: what to do instead is %q", m.Name, m.Instead)
		}
		if (m.Rule == "") != (e&passes != 0) {
			t.Errorf("%s: rule %q", m.Name, m.Rule)
		}
	}
	if m := (Ambient | Kernel).Meaning(); m.Name != "kernel" {
		t.Errorf("meaning of ambient,kernel: %s, expected that of the worst", m.Name)
	}
	if m := Set(0).Meaning(); m != (Meaning{}) {
		t.Errorf("meaning of no effect: %v", m)
	}
}
