package explain

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Every topic is found by its name, also behind its kind, and by no other's.
func TestNames(t *testing.T) {
	x := NewIndex()
	topics, names := x.topics, x.Names()
	if want := len(effect.Rows()) + len(effect.All()) + len(effect.Cases()); len(topics) < want {
		t.Fatalf("%d topics, expected over %d", len(topics), want)
	}
	for i, want := range topics {
		if slices.Index(names, names[i]) != i {
			t.Errorf("two topics are called %q", names[i])
		}
		kind := want.Kind
		if kind == report.KindCase {
			kind = "" // its name has it
		}
		for _, words := range [][]string{
			{names[i]}, strings.Fields(names[i]), {strings.ToUpper(names[i])}, {kind, names[i]},
		} {
			found, unknown := x.Lookup(words)
			if diff := cmp.Diff([]report.Topic{want}, found); diff != "" || unknown != nil {
				t.Errorf("Lookup(%q), unknown %q (-want +got):\n%s", words, unknown, diff)
			}
		}
		if want.Reason == "" {
			t.Errorf("%s: no reason", names[i])
		}
	}
}

func TestLookup(t *testing.T) {
	x := NewIndex()
	for _, tt := range []struct {
		words   string
		found   []string
		unknown []string
	}{
		{words: "store kernel", found: []string{"store kernel"}},
		{words: "kernel store", found: []string{"kernel", "store"}},
		{words: "CALL  local exit", found: []string{"call local", "exit"}},
		{words: "case 3 settled case 1", found: []string{"References", "Worst case"}},
		{words: "helper 1 2", found: []string{"bpf_map_lookup_elem", "bpf_map_update_elem"}},
		{words: "212 0", found: []string{"call unknown helper", "call unknown helper"}},
		{words: "99999999999999999999", found: []string{"call unknown helper"}},
		{words: "bpf_redirect#23 bpf_cpumask_create#9", found: []string{"bpf_redirect", "bpf_cpumask_create"}},
		{words: "bpf_redirect#22", unknown: []string{"bpf_redirect#22"}},
		{words: ".bss.mine .rodata map", found: []string{"ld_imm64 data section", "ld_imm64 read-only section", "map"}},
		{words: "effect bpf_redirect", unknown: []string{"effect bpf_redirect"}},
		{words: "nothing flag settled case", found: []string{"flag"}, unknown: []string{"nothing", "settled", "case"}},
		{words: ""},
	} {
		found, unknown := x.Lookup([]string{tt.words})
		var names []string
		for _, f := range found {
			names = append(names, f.Name)
		}
		if !slices.Equal(names, tt.found) || !slices.Equal(unknown, tt.unknown) {
			t.Errorf("Lookup(%q) = %q, unknown %q, want %q and %q", tt.words, names, unknown, tt.found, tt.unknown)
		}
	}
}

func TestBare(t *testing.T) {
	for name, want := range map[string]string{
		"Redirct": "redirct", "effect handof": "handof", "case 99": "settled case 99", "settled case 99": "settled case 99",
	} {
		if got := Bare(name); got != want {
			t.Errorf("Bare(%q) = %q, want %q", name, got, want)
		}
	}
}

// What an example is said to be, the verifier says of it too; and the construct that
// it is an example of is what the verifier finds.
func TestExamples(t *testing.T) {
	reasons := make(map[string]string)
	for _, row := range effect.Rows() {
		reasons[row.Name] = row.Reason
	}
	for _, topic := range NewIndex().topics {
		var verdicts []verifier.Verdict
		for _, e := range topic.Examples {
			verdicts = append(verdicts, e.Verdict)
			r := check(t, e)
			if r.Verdict != e.Verdict {
				t.Errorf("%s: %s is %s, said to be %s", topic.Name, e.Command, r.Verdict, e.Verdict)
			}
			reason, ofRow := reasons[topic.Name]
			named := func(f verifier.Finding) bool {
				if e.By != "" {
					return f.Name == e.By && e.Profile.Rejects(f.Effects).Worst() == e.Profile.Rejects(set(t, topic.Effects)).Worst()
				}
				return strings.HasPrefix(f.Reason, reason)
			}
			shown := r.Findings
			if len(topic.Rejected) == 0 {
				shown = r.Allowed
			}
			shows := e.Verdict == verifier.Stateful || len(topic.Rejected) == 0
			if len(topic.Rejected) == 0 && slices.Contains(topic.Effects, "none") {
				continue // a report does not list it; the corpus compares its Calls
			}
			if (ofRow || e.By != "") && shows && !slices.ContainsFunc(shown, named) {
				t.Errorf("%s: %s does not show it (by %q)", topic.Name, e.Command, e.By)
			}
		}
		if len(topic.Rejected) > 0 && !slices.Equal(verdicts, []verifier.Verdict{verifier.Stateful, verifier.Stateless}) {
			t.Errorf("%s: examples are %v, expected one that trips it and one that does not", topic.Name, verdicts)
		}
	}
}

func set(t *testing.T, names []string) (all effect.Set) {
	t.Helper()
	for _, name := range names {
		e, err := effect.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		all |= e
	}
	return all
}

// check judges the program of an example.
func check(t *testing.T, e report.Example) verifier.Report {
	t.Helper()
	raw, err := corpus.Open(path.Base(e.Object))
	if err != nil {
		t.Fatal(err)
	}
	obj, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for p := range obj.Programs() {
		if p.Name == e.Program {
			return verifier.Check(p, verifier.Options{Profile: e.Profile, Precision: e.Precision})
		}
	}
	t.Fatalf("%s has no program %s", e.Object, e.Program)
	return verifier.Report{}
}

func TestComplete(t *testing.T) {
	for _, tt := range []struct {
		words []string
		want  string
		not   string
	}{
		{nil, "bpf_redirect", "kernel variable"},
		{[]string{"handoff"}, "bpf_redirect", "12"},
		{[]string{"settled"}, "case", "12"},
		{[]string{"bpf_redirect", "settled", "case"}, "12", "14"},
	} {
		got := NewIndex().Complete(tt.words)
		if !slices.Contains(got, tt.want) || slices.Contains(got, tt.not) || !slices.IsSorted(got) {
			t.Errorf("Complete(%q) = %q, expected %q and not %q among them", tt.words, got, tt.want, tt.not)
		}
	}
}
