package fuzz

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/foreign"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/internal/sys"
	"github.com/statecheck/statecheck/verifier"
)

// TestObjectsAgree loads every program of every object, and compares what the walk
// visits with the verdict on what asm/object read. With -v it lists what does not
// load, with the kernel's reason.
//
// cilium/ebpf loads what it opens. What it does not, old objects most of all, is
// loaded as asm/object read it, with maps as near to the object's as can be told.
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
					a = loadAsRead(t, kernel, contents, p)
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

// loadAsRead loads a program with new maps in the place of those it refers to.
func loadAsRead(t *testing.T, kernel *oracle.Oracle, contents []byte, p *verifier.Program) oracle.Answer {
	if p.Err != nil {
		return oracle.Answer{Err: p.Err}
	}
	f, err := elf.NewFile(bytes.NewReader(contents))
	if err != nil {
		t.Fatal(err)
	}
	if f.ByteOrder.String() != binary.NativeEndian.String() && p.Instructions != nil {
		// The kernel takes the machine's order; what the program means in its own
		// is another matter, and not one of which calls it can reach.
		t.Logf("%s: loaded in the byte order of the machine", p.Name)
	}
	asked := oracle.Program{Program: *p}
	asked.Instructions = slices.Clone(p.Instructions)
	asked.References = slices.DeleteFunc(slices.Clone(p.References), func(r verifier.Reference) bool { return r.Kind != verifier.RefKfunc })
	fds := make(map[string]int)
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	for _, r := range p.References {
		if r.Kind != verifier.RefMap {
			continue
		}
		if _, ok := fds[r.Name]; !ok {
			fd, err := newMap(f, r)
			if err != nil {
				return oracle.Answer{Err: fmt.Errorf("map %s: %w", r.Name, err)}
			}
			fds[r.Name] = fd
		}
		ins := p.Instructions[r.Slot]
		asked.Instructions[r.Slot] = asm.New(ins.Opcode(), ins.Dst(), ins.Src(), ins.Off(), int32(fds[r.Name]))
	}
	return kernel.Ask(&asked)
}

// newMap makes a map as the object's old definition has it (struct bpf_map_def in
// the sections that start with "maps"), and else an array large enough for a section
// of data.
func newMap(f *elf.File, r verifier.Reference) (fd int, err error) {
	symbols, err := f.Symbols()
	if err != nil {
		return -1, err
	}
	for _, s := range symbols {
		if s.Name != r.Name || int(s.Section) >= len(f.Sections) || !strings.HasPrefix(f.Sections[s.Section].Name, "maps") {
			continue
		}
		var def struct{ Type, KeySize, ValueSize, MaxEntries uint32 }
		if err := binary.Read(io.NewSectionReader(f.Sections[s.Section], int64(s.Value), 16), f.ByteOrder, &def); err != nil {
			return -1, err
		}
		if fd, err := sys.MapCreate(def.Type, def.KeySize, def.ValueSize, min(def.MaxEntries, 4)); err == nil {
			return fd, nil
		}
	}
	return sys.MapCreate(unix.BPF_MAP_TYPE_ARRAY, 4, 4096, 1)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
