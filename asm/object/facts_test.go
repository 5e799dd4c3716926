package object_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/verifier"
)

// sharedObjects are objects of other people, with what an independent decoder
// found in them (see its README). They lie beside the repository.
const sharedObjects = "../../../shared/objects"

// fact is a line of facts.jsonl: a function and all that it can reach.
type fact struct {
	Path, Section, Function string
	Role                    string
	ProgType                string              `json:"prog_type"`
	InsnsTotal              int                 `json:"insns_total"`
	Helpers                 map[string][]string // id -> places
	Kfuncs, Ksyms           map[string][]string
	Maps                    map[string]struct {
		Kind string
		At   []string
	}
	Subprogs    []string
	ExternCalls map[string][]string `json:"extern_calls"`
}

// summary is what both a fact and a program say.
type summary struct {
	Type      string
	Slots     int
	Helpers   map[int32]int  // id -> calls
	Kfuncs    map[string]int // name -> calls
	Variables map[string]int
	Maps      map[string]string // name -> kind
	MapSites  map[string]int
	Subprogs  []string // sorted
}

func TestFacts(t *testing.T) {
	facts, err := os.ReadFile(filepath.Join(sharedObjects, "facts.jsonl"))
	if os.IsNotExist(err) {
		t.Skip("no ../shared beside the repository") // in our CI there is
	}
	if err != nil {
		t.Fatal(err)
	}
	type place struct{ section, function string }
	want := make(map[string]map[place]fact)
	lines := bufio.NewScanner(bytes.NewReader(facts))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var f fact
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		if want[f.Path] == nil {
			want[f.Path] = make(map[place]fact)
		}
		if f.Role == "entry" || f.Role == "text-only" {
			want[f.Path][place{f.Section, f.Function}] = f
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}

	judged := 0
	for _, path := range slices.Sorted(maps.Keys(want)) {
		for _, p := range readPrograms(t, filepath.Join(sharedObjects, path)) {
			at := place{p.Section, p.Name}
			f, ok := want[path][at]
			if !ok {
				t.Errorf("%s: program %v, which is not in the facts", path, at)
				continue
			}
			delete(want[path], at)
			judged++
			if len(f.ExternCalls) > 0 {
				if p.Err == nil {
					t.Errorf("%s: %v calls %v and has no error", path, at, f.ExternCalls)
				}
				continue
			}
			if p.Err != nil {
				t.Errorf("%s: %v: %v", path, at, p.Err)
				continue
			}
			if diff := cmp.Diff(summarizeFact(t, f), summarize(p)); diff != "" {
				t.Errorf("%s: %v (-fact +ours):\n%s", path, at, diff)
			}
		}
		for at := range want[path] {
			t.Errorf("%s: no program %v", path, at)
		}
	}
	t.Logf("%d programs of %d objects agree with the facts", judged, len(want))
}

func summarizeFact(t *testing.T, f fact) summary {
	s := newSummary()
	s.Type, s.Slots = f.ProgType, f.InsnsTotal
	for id, at := range f.Helpers {
		n, err := strconv.Atoi(id)
		if err != nil {
			t.Fatal(err)
		}
		s.Helpers[int32(n)] = len(at)
	}
	for name, at := range f.Kfuncs {
		s.Kfuncs[name] = len(at)
	}
	for name, at := range f.Ksyms {
		s.Variables[name] = len(at)
	}
	for name, m := range f.Maps {
		s.Maps[name] = m.Kind
		s.MapSites[name] = len(m.At)
	}
	s.Subprogs = append(s.Subprogs, f.Subprogs...)
	slices.Sort(s.Subprogs)
	return s
}

func summarize(p *verifier.Program) summary {
	s := newSummary()
	s.Type, s.Slots = p.Type, len(p.Instructions)
	for _, ins := range p.Instructions {
		if ins.IsHelperCall() {
			s.Helpers[ins.Imm()]++
		}
	}
	for _, r := range p.References {
		switch r.Kind {
		case verifier.RefKfunc:
			s.Kfuncs[r.Name]++
		case verifier.RefVariable:
			s.Variables[r.Name]++
		case verifier.RefMap:
			s.Maps[r.Name] = string(r.Map)
			s.MapSites[r.Name]++
		}
	}
	for _, f := range p.Functions[1:] {
		s.Subprogs = append(s.Subprogs, f.Name)
	}
	slices.Sort(s.Subprogs)
	return s
}

func newSummary() summary {
	return summary{
		Helpers: make(map[int32]int), Kfuncs: make(map[string]int), Variables: make(map[string]int),
		Maps: make(map[string]string), MapSites: make(map[string]int), Subprogs: []string{},
	}
}

// readPrograms reads all programs of a file.
func readPrograms(t testing.TB, path string) []*verifier.Program {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return readBytes(t, raw)
}

// readBytes reads all programs of an object.
func readBytes(t testing.TB, raw []byte) []*verifier.Program {
	t.Helper()
	o, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(o.Programs())
}

// missing skips a test for which the machine lacks something, except where CI
// must have it.
func missing(t testing.TB, why any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}
