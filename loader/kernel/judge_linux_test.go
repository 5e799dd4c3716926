package kernel

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
)

// TestJudgeCorpus loads every program of the corpus and judges it by what the kernel has
// made of it. That must be what is said of the original, or undecided; only a map in
// dead code is no longer there to be seen.
func TestJudgeCorpus(t *testing.T) {
	kerneltest.Need(t)
	var k Kernel
	symbols, err := k.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[string]int)
	for _, c := range corpus.Programs() {
		p := loaded(t, &k, c, 0)
		if p == nil {
			continue
		}
		j := Judge(p, symbols, k.Release(), verifier.Options{})
		got, want := judged(j), string(checked(t, c).Verdict)
		count[want+" is "+got]++
		switch reason := gone[c.Name()]; {
		case reason != "" && got != "stateless":
			t.Errorf("%s: %s as rewritten, and the list says that %s", c.Name(), got, reason)
		case reason == "" && got != want && got != "undecided":
			t.Errorf("%s: %s to Check, %s as rewritten: %v", c.Name(), want, got, j)
		case got == "undecided":
			t.Logf("%s, %s: %s", c.Name(), want, j.Unknown[0])
		}
	}
	t.Log(count)
	if count["stateless is stateless"] < 100 || count["stateful is stateful"] < 50 {
		t.Error("hardly any program can be told, expected 100 that are stateless and 50 that are stateful")
	}
}

// gone are programs in which the kernel runs nothing that is stateful, though they are
// stateful before they are loaded, and why.
var gone = map[string]string{
	"dead_code.o/never_jumps":              "the map is in code that the kernel removes as dead",
	"map_in_dead_code.o/map_in_dead_code":  "the map is in code that the kernel removes as dead",
	"weak.o/redirect_if_variable_exists":   "the loader finds no such variable, and the kernel removes the call",
	"weak_kfunc_guard.o/call_if_it_exists": "the loader finds no such kfunc, and the kernel removes the call",
}

// TestJudgeDrawn judges drawn programs by what the kernel has made of them, and compares
// that with what the log of its verifier says that its walk visited.
func TestJudgeDrawn(t *testing.T) {
	kerneltest.Need(t)
	var k Kernel
	symbols, err := k.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	o, err := oracle.New()
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	programs, count := 2000, make(map[string]int)
	if testing.Short() {
		programs = 200
	}
	for i := range programs {
		drawn := generate.Program().Example(i)
		a := o.Ask(&drawn)
		if a.Opinion != oracle.Loads {
			continue
		}
		fd, again := o.Open(&drawn, 0, 1)
		if again.Opinion != oracle.Loads {
			continue // a limit of the moment
		}
		p, err := k.describe(fd)
		unix.Close(fd)
		if err != nil {
			t.Fatal(err)
		}
		j := Judge(p, symbols, k.Release(), verifier.Options{})
		live := slices.ContainsFunc(a.Uses, func(u oracle.Use) bool { return a.Visited[u.Slot] })
		want := map[bool]string{true: "stateful", false: "stateless"}[live]
		got := judged(j)
		count[want+" is "+got]++
		if got != want && got != "undecided" {
			t.Errorf("program %d (%s): the walk visited %v, and it is %s as rewritten: %v", i, drawn.Type, a.Uses, got, j)
		}
	}
	t.Log(count)
	if count["stateless is stateless"] < programs/4 || count["stateful is stateful"] < programs/10 {
		t.Errorf("hardly any of %d programs can be told, expected a quarter that are stateless and a tenth that are stateful", programs)
	}
}

// loaded loads a program of the corpus, with flags beside its own, and says what the kernel
// tells of it; nil where that needs more than cilium/ebpf, or it is refused.
func loaded(t *testing.T, k *Kernel, c corpus.Case, flags uint32) *Program {
	t.Helper()
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(contents(t, c)))
	if err != nil || spec.Programs[c.Program] == nil {
		return nil
	}
	maps.DeleteFunc(spec.Programs, func(name string, _ *ebpf.ProgramSpec) bool { return name != c.Program })
	// The map of a struct_ops is what attaches its programs.
	maps.DeleteFunc(spec.Maps, func(_ string, m *ebpf.MapSpec) bool { return m.Type == ebpf.StructOpsMap })
	spec.Programs[c.Program].Flags |= flags
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		return nil
	}
	defer coll.Close()
	prog := coll.Programs[c.Program]
	if prog == nil {
		return nil
	}
	p, err := k.describe(prog.FD())
	if err != nil {
		t.Fatalf("%s: %v", c.Name(), err)
	}
	return p
}

func contents(t *testing.T, c corpus.Case) []byte {
	t.Helper()
	raw, err := corpus.Open(c.Object)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func checked(t *testing.T, c corpus.Case) verifier.Report {
	t.Helper()
	raw := contents(t, c)
	obj, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for p := range obj.Programs() {
		if p.Name == c.Program && p.Section == c.Section {
			return verifier.Check(p, verifier.Options{})
		}
	}
	t.Fatalf("no program %s", c.Name())
	return verifier.Report{}
}
