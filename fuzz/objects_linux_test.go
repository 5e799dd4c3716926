package fuzz

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/foreign"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
)

// TestObjectsAgree loads every program of every object, and compares what the walk
// visits with the verdict on what asm/object read. With -v it lists what does not
// load, with the kernel's reason.
//
// cilium/ebpf loads what it opens. What it does not, old objects most of all, is
// loaded as asm/object read it, with maps as near to the object's as can be told. What it
// means in another byte order than the machine's is another matter, and not one of which
// calls it can reach.
func TestObjectsAgree(t *testing.T) {
	kerneltest.Need(t)
	alarms, err := oracle.OpenKernelLog()
	if err != nil {
		t.Fatal(err)
	}
	defer alarms.Close()
	kernel, err := oracle.New()
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.Close()
	var outcomes [numOutcomes]int
	programs := 0
	all := objects(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		contents := all[name]
		t.Run(name, func(t *testing.T) {
			o, err := object.Read(bytes.NewReader(contents), int64(len(contents)))
			if err != nil {
				t.Logf("not read: %v", err)
				return
			}
			for p := range o.Programs() {
				programs++
				a := oracle.LoadObject(contents, p.Name, 0, oracle.LogAll)
				a.Uses, a.Visited = oracle.Judge(p, a.Log)
				if a.Opinion == oracle.None || a.Opinion == oracle.Unasked {
					asked, err := AsRead(contents, p)
					if a = (oracle.Answer{Err: err}); err == nil {
						a = kernel.Ask(&asked)
					}
				}
				if a.Opinion != oracle.Loads {
					t.Logf("%s: %s: %s", p.Name, a.Opinion, firstLine(a.Err))
				}
				outcome := Compare(verifier.Check(p, verifier.Options{Precision: verifier.PrecisionCFG}), a)
				outcomes[outcome]++
				if outcome.Disagrees() {
					t.Errorf("%s: %s: uses %v, %d slots\n%s", p.Name, outcome, a.Uses, len(p.Instructions), a.Log)
				}
			}
		})
		if text, found, err := alarms.Alarm(); found || err != nil {
			t.Fatalf("%s: the kernel's log: %s %v", name, text, err)
		}
	}
	for o, n := range outcomes {
		t.Logf("%5d %s", n, Outcome(o))
	}
	if loaded := outcomes[BothStateless] + outcomes[BothStateful] + outcomes[Stricter]; 2*loaded < len(corpus.Programs()) {
		t.Errorf("%d of %d programs load, expected more than half of the corpus at least", loaded, programs)
	}
}

// objects are the corpus and what other people wrote, by name.
func objects(t *testing.T) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	for _, name := range corpus.Objects() {
		contents, err := corpus.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		all["corpus/"+name] = contents
	}
	const shared = "../../shared/objects"
	if _, err := os.Stat(shared); err != nil {
		t.Logf("without the shared objects: %v", err)
	}
	for _, path := range foreign.Objects(t, shared) {
		contents, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path)] = contents
	}
	return all
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
