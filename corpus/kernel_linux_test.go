package corpus

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
)

// TestKernelLoads loads every program into the running kernel, and attaches
// none: what the corpus holds are programs, and not only what looks like some. A
// program that is refused must have a row that says why.
func TestKernelLoads(t *testing.T) {
	release := kerneltest.Need(t)
	for _, c := range Programs() {
		t.Run(c.Name(), func(t *testing.T) {
			if c.Since != "" && release < kerneltest.Release(t, c.Since) {
				t.Skipf("needs Linux %s", c.Since)
			}
			err := load(t, c)
			switch {
			case err == nil && c.Flag == invalid:
				t.Errorf("loaded, but the index calls it invalid")
			case err == nil && c.Refused != "":
				t.Logf("loaded, though %s", c.Refused)
			case err != nil && c.Refused != "":
				t.Logf("refused: %v\nas expected: %s", err, c.Refused)
				if p := program(t, c); strings.HasPrefix(c.Refused, "cilium/ebpf") && needsNoLoader(p) {
					if err := loadAsRead(p); err != nil {
						t.Fatalf("refused also as asm/object has read it: %v", err)
					}
					t.Log("loaded as asm/object has read it")
				}
			case errors.Is(err, ebpf.ErrNotSupported) && os.Getenv("CI") != "true":
				t.Skip(err) // kernels differ in what is built into them
			case err != nil:
				t.Errorf("refused: %+v", err)
			}
		})
	}
}

// types are what someone says on loading where the section does not say it.
var types = map[string]ebpf.ProgramType{
	"section_names.o/slot_of_a_program_array": ebpf.SchedCLS,
	"unknown_type.o/compute":                  ebpf.RawTracepoint,
	"unknown_type.o/store_to_context":         ebpf.SchedCLS,
	"unknown_type.o/store_somewhere":          ebpf.RawTracepointWritable,
}

// targets are the programs that programs of type ext replace a function of.
var targets = map[string]Case{
	"always_ipv4": {Object: "subprograms.o", Program: "with_subprograms"},
}

// load loads one program with its maps, and removes it again.
func load(t *testing.T, c Case) error {
	t.Helper()
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(read(t, c.Object)))
	if err != nil {
		return err
	}
	maps.DeleteFunc(spec.Programs, func(name string, _ *ebpf.ProgramSpec) bool { return name != c.Program })
	// The map of a struct_ops is what attaches its programs.
	maps.DeleteFunc(spec.Maps, func(_ string, m *ebpf.MapSpec) bool { return m.Type == ebpf.StructOpsMap })
	prog := spec.Programs[c.Program]
	if prog == nil {
		return fmt.Errorf("cilium/ebpf finds no program %s", c.Program)
	}
	if as, ok := types[c.Name()]; ok {
		prog.Type = as
	}
	if target, ok := targets[c.Program]; ok {
		prog.AttachTarget = loadTarget(t, target)
	}
	if prog.Type == ebpf.UnspecifiedProgram {
		return errors.New("cilium/ebpf does not load what has no type")
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		return err
	}
	coll.Close()
	return nil
}

// needsNoLoader: the instructions are complete, and the kernel needs no BTF to
// understand them.
func needsNoLoader(p *verifier.Program) bool {
	return p.Type != "" &&
		!slices.ContainsFunc(p.References, func(r verifier.Reference) bool { return r.Kind != verifier.RefCORE }) &&
		!slices.ContainsFunc(p.Instructions, asm.Instruction.IsFunctionAddress)
}

// loadAsRead loads a program as asm/object has put it together, for objects that
// cilium/ebpf cannot load. One for the other byte order is one for ours after that.
func loadAsRead(p *verifier.Program) error {
	insns, err := asm.ToCilium(p.Instructions)
	if err != nil {
		return err
	}
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type:         ebpf.ProgramType(slices.Index(verifier.ProgramTypes(), p.Type)),
		Instructions: insns,
		License:      "GPL",
	})
	if err != nil {
		return err
	}
	return prog.Close()
}

func loadTarget(t *testing.T, c Case) *ebpf.Program {
	t.Helper()
	coll, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(read(t, c.Object)))
	if err != nil {
		t.Fatal(err)
	}
	prog, err := ebpf.NewProgram(coll.Programs[c.Program])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prog.Close() })
	return prog
}
