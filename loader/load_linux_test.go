package loader_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/loader"
	"github.com/statecheck/statecheck/loader/store"
	"github.com/statecheck/statecheck/verifier"
)

// stateful programs of the corpus are refused with their report, and the stateless ones
// load, from a dump too: what was worked out of their instructions is what the kernel has.
func TestCorpus(t *testing.T) {
	kerneltest.Need(t)
	var l loader.Loader
	loaded := 0
	for _, c := range corpus.Programs() {
		t.Run(c.Name(), func(t *testing.T) {
			spec := collection(t, c.Object)
			if spec == nil || spec.Programs[c.Program] == nil || spec.Programs[c.Program].Type == ebpf.UnspecifiedProgram {
				t.Skip("cilium/ebpf does not read it")
			}
			maps.DeleteFunc(spec.Programs, func(name string, _ *ebpf.ProgramSpec) bool { return name != c.Program })
			maps.DeleteFunc(spec.Maps, func(_ string, m *ebpf.MapSpec) bool { return m.Type == ebpf.StructOpsMap })
			report := loader.Check(spec.Programs[c.Program], verifier.Options{})
			coll, err := l.NewCollection(spec, loader.Options{})
			if err == nil {
				sameFromDump(t, &l, c.Name(), spec, coll.Programs[c.Program])
				coll.Close()
				loaded++
			}
			refused, ok := errors.AsType[*loader.RefusedError](err)
			switch {
			case ok && report.Verdict == verifier.Stateless:
				t.Errorf("refused though it is stateless: %v", err)
			case ok:
				if diff := cmp.Diff(len(report.Findings), len(refused.Report.Findings)); diff != "" {
					t.Errorf("findings of the error (-check +error):\n%s", diff)
				}
				if s := err.Error(); strings.Contains(s, "\n") || !strings.Contains(s, string(report.Verdict)) {
					t.Errorf("error %q, expected one line that says %s", s, report.Verdict)
				}
			case report.Verdict != verifier.Stateless:
				t.Errorf("%s, and the error is %v", report.Verdict, err)
			case err != nil && c.Refused == "" && (os.Getenv("CI") == "true" || !errors.Is(err, ebpf.ErrNotSupported)):
				t.Errorf("stateless, and not loaded: %+v", err)
			}
		})
	}
	if loaded < 50 {
		t.Errorf("%d programs were loaded, expected most of the stateless ones", loaded)
	}
}

// collection is nil where cilium/ebpf cannot read the object.
func collection(t *testing.T, object string) *ebpf.CollectionSpec {
	t.Helper()
	contents, err := corpus.Open(object)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(contents))
	if err != nil {
		return nil
	}
	return spec
}

// A kernel that has no such flag is not taken for one that has.
func TestEnforces(t *testing.T) {
	kerneltest.Need(t)
	var l loader.Loader
	if l.Enforces() { // the guest's kernel does: fuzz/kernel
		t.Error("the running kernel enforces statelessness, expected none to have the flag")
	}
}

// redirects is stateful, without a map.
func redirects() *ebpf.ProgramSpec {
	return &ebpf.ProgramSpec{Name: "redirects", Type: ebpf.XDP, License: "GPL", Instructions: casm.Instructions{
		casm.Mov.Imm(casm.R1, 1), casm.Mov.Imm(casm.R2, 0), casm.FnRedirect.Call(), casm.Return(),
	}}
}

// What is allowed, and what is relaxed, loads; only that.
func TestOptions(t *testing.T) {
	kerneltest.Need(t)
	tests := []struct {
		name, reason string
		opts         loader.Options
		loads        bool
	}{
		{"default", "the flag's profile", loader.Options{}, false},
		{"allowed helper", "its one finding is accepted", loader.Options{Check: verifier.Options{Allow: []string{"bpf_redirect"}}}, true},
		{"allowed effect", "by its effect", loader.Options{Check: verifier.Options{Allow: []string{"handoff"}}}, true},
		{"another helper", "it calls none of that name", loader.Options{Check: verifier.Options{Allow: []string{"bpf_redirect_peer"}}}, false},
		{"sections", "sections are not what it needs", loader.Options{Check: verifier.Options{Profile: verifier.ProfileSections}}, false},
		{"unknown profile", "an unknown profile lets nothing pass", loader.Options{Check: verifier.Options{Profile: "all"}}, false},
		{"relaxed", "nothing is refused", loader.Options{Relaxed: true}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := loader.NewProgram(redirects(), tt.opts)
			if err == nil {
				p.Close()
			}
			if (err == nil) != tt.loads {
				t.Errorf("%s: error %v, loads: %v expected", tt.reason, err, tt.loads)
			}
			if _, ok := errors.AsType[*loader.RefusedError](err); err != nil && !ok {
				t.Errorf("error %v, expected a *RefusedError", err)
			}
		})
	}
}

// A collection is loaded whole or not at all, and one that would attach is not.
func TestCollection(t *testing.T) {
	kerneltest.Need(t)
	pass := func() *ebpf.ProgramSpec {
		return &ebpf.ProgramSpec{Name: "pass", Type: ebpf.XDP, License: "GPL", Instructions: casm.Instructions{casm.Mov.Imm(casm.R0, 2), casm.Return()}}
	}
	spec := &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{"pass": pass(), "redirects": redirects()}}
	_, err := loader.NewCollection(spec, loader.Options{})
	if refused, ok := errors.AsType[*loader.RefusedError](err); !ok || refused.Program != "redirects" {
		t.Errorf("error %v, expected redirects to be refused", err)
	}
	delete(spec.Programs, "redirects")
	coll, err := loader.NewCollection(spec, loader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	coll.Close()
	spec.Maps = map[string]*ebpf.MapSpec{"ops": {Type: ebpf.StructOpsMap}}
	if _, err := loader.NewCollection(spec, loader.Options{}); err == nil || !strings.Contains(err.Error(), "struct_ops") {
		t.Errorf("error %v, expected one about struct_ops", err)
	}
}

// A program with a read-only section is loaded from a dump with that section, and means
// the same.
func TestSections(t *testing.T) {
	kerneltest.Need(t)
	opts := loader.Options{Check: verifier.Options{Profile: verifier.ProfileSections}}
	ran := 0
	for _, c := range corpus.Programs() {
		if c.Sections != verifier.Stateless || c.Flag == verifier.Stateless || c.Refused != "" {
			continue
		}
		t.Run(c.Name(), func(t *testing.T) {
			spec := collection(t, c.Object)
			p := spec.Programs[c.Program]
			maps.DeleteFunc(spec.Programs, func(name string, _ *ebpf.ProgramSpec) bool { return name != c.Program })
			d, err := loader.Dump(p, spec)
			if c.Object == "kconfig.o" { // its contents are those of a kernel, and cilium/ebpf does not name it
				if err == nil || !strings.Contains(err.Error(), ".kconfig: its values are those of one kernel") {
					t.Errorf("error %v, expected one about .kconfig", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			coll, err := loader.NewCollection(spec, opts)
			if err != nil {
				t.Fatal(err)
			}
			defer coll.Close()
			var l loader.Loader
			again, err := l.NewProgramFromDump(d, opts)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			packet := bytes.Repeat([]byte{8}, 64)
			if diff := cmp.Diff(runOn(t, coll.Programs[c.Program], packet), runOn(t, again, packet)); diff != "" {
				t.Errorf("-from the object +from the dump:\n%s", diff)
			}
			ran++
		})
	}
	if ran == 0 {
		t.Error("no program with a section was run")
	}
}

// A relaxed dump keeps maps by name and shape, and asks for them when it is loaded.
func TestRelaxed(t *testing.T) {
	kerneltest.Need(t)
	spec := collection(t, "counter.o")
	kept, err := store.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	coll, err := loader.NewCollection(spec, loader.Options{Relaxed: true, AllowDump: kept})
	if err != nil {
		t.Fatal(err)
	}
	defer coll.Close()
	entries, err := kept.All()
	if err != nil || len(entries) != len(spec.Programs) {
		t.Fatalf("%d entries, %v, expected %d", len(entries), err, len(spec.Programs))
	}
	d := entries[0].Dump
	if len(d.Maps) == 0 {
		t.Fatal("the dump describes no map")
	}
	var l loader.Loader
	if _, err := l.NewProgramFromDump(d, loader.Options{}); err == nil {
		t.Error("a stateful dump was loaded")
	}
	_, err = l.NewProgramFromDump(d, loader.Options{Relaxed: true})
	missing, ok := errors.AsType[*loader.MissingMapError](err)
	if !ok || missing.Name != d.Maps[0].Name || *missing.Shape != d.Maps[0] {
		t.Fatalf("error %v, expected it to ask for %s", err, d.Maps[0].Name)
	}
	opts := loader.Options{Relaxed: true, Load: ebpf.CollectionOptions{MapReplacements: coll.Maps}}
	p, err := l.NewProgramFromDump(d, opts)
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
}

// A dump for the types of another kernel is not loaded into this one.
func TestRelease(t *testing.T) {
	kerneltest.Need(t)
	d := dump.Dump{Type: uint32(ebpf.XDP), Release: "1.0", Instructions: []asm.Instruction{asm.New(0xb7, 0, 0, 0, 2), asm.New(asm.Exit, 0, 0, 0, 0)}}
	var l loader.Loader
	if _, err := l.NewProgramFromDump(d, loader.Options{}); err == nil || !strings.Contains(err.Error(), "Linux 1.0") {
		t.Errorf("error %v, expected one about the release", err)
	}
	d.Release = ""
	p, err := l.NewProgramFromDump(d, loader.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
}
