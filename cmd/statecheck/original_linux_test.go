package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/loader"
	"github.com/statecheck/statecheck/loader/store"
	"github.com/statecheck/statecheck/verifier"
)

// TestSameTag has programs of one tag, type and name: the tag is blind to what is in a
// read-only section, and to which map is one.
func TestSameTag(t *testing.T) {
	kerneltest.Need(t)
	folder := filepath.Join(t.TempDir(), "store")
	kept, err := store.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	const readOnlyForPrograms = 1 << 7 // BPF_F_RDONLY_PROG
	load := func(section string, flags uint32, value byte, opts loader.Options) *ebpf.Program {
		t.Helper()
		coll, err := loader.NewCollection(&ebpf.CollectionSpec{
			Maps: map[string]*ebpf.MapSpec{section: {
				Name: section, Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1, Flags: flags,
				Contents: []ebpf.MapKV{{Key: uint32(0), Value: []byte{value, 0, 0, 0}}},
			}},
			Programs: map[string]*ebpf.ProgramSpec{"reads": {Name: "reads", Type: ebpf.XDP, License: "GPL", Instructions: casm.Instructions{
				casm.LoadMapValue(casm.R1, 0, 0).WithReference(section), casm.LoadMem(casm.R0, casm.R1, 0, casm.Word), casm.Return(),
			}}},
		}, opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(coll.Close)
		return coll.Programs["reads"]
	}
	keep := loader.Options{Check: verifier.Options{Profile: verifier.ProfileSections}, AllowDump: kept}
	one := load(".rodata", readOnlyForPrograms, 1, keep)
	writable := load(".data", 0, 1, loader.Options{Relaxed: true})
	run := func(args ...string) (int, string) {
		status, stdout, stderr := statecheck(append(args, "--store", folder, "--profile", "sections")...)
		return status, stdout + stderr
	}
	if status, out := run("live", "--id", number(t, one)); status != ExitStateless || !strings.Contains(out, "stateless  store") {
		t.Errorf("exit status %d, expected it to be stateless by the store: %s", status, out)
	}
	if status, out := run("live", "--id", number(t, writable)); status != ExitStateful || !strings.Contains(out, "stateful  rewritten") {
		t.Errorf("exit status %d, expected it to be stateful, as its map can be written: %s", status, out)
	}
	if status, out := run("dump", "--id", number(t, one), "--format", "json"); status != 0 {
		t.Errorf("exit status %d: %s, expected the one original", status, out)
	}

	two := load(".rodata", readOnlyForPrograms, 2, keep)
	for _, p := range []*ebpf.Program{one, two} {
		status, out := run("dump", "--id", number(t, p), "--format", "json")
		if status != ExitUndecided || strings.Count(out, folder+"/") != 2 || strings.Count(out, "\n") != 1 {
			t.Errorf("exit status %d: %s, expected a line that names both originals", status, out)
		}
	}
}

// TestStoreOfRoot: who may not read the store is not told that nothing is in it. The
// default one need not be readable for live.
func TestStoreOfRoot(t *testing.T) {
	kerneltest.InNamespaces(t, func(t *testing.T, n kerneltest.Namespaces) {
		if err := unix.Mount("tmpfs", "/var/lib", "tmpfs", 0, ""); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(store.DefaultPath, 0o700); err != nil {
			t.Fatal(err)
		}
		pin := filepath.Join(n.BPFFS, "pass")
		if err := loadCorpus(t, "pass_v4.o", "pass").Pin(pin); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{n.BPFFS, pin} {
			if err := os.Chmod(path, 0o777); err != nil {
				t.Fatal(err)
			}
		}
		if status, stdout, stderr := asNobody(t, "dump", "--pinned", pin, "--format", "text"); status != ExitUndecided ||
			!strings.Contains(stderr, store.DefaultPath+" is its owner's alone") {
			t.Errorf("dump: exit status %d, %s%s, expected %d and that the store may not be read", status, stdout, stderr, ExitUndecided)
		}
		if _, stdout, stderr := asNobody(t, "live", "--pinned", pin); !strings.Contains(stdout, "pass") || strings.Contains(stderr, store.DefaultPath) {
			t.Errorf("live: %s%s, expected the program, and nothing of a store that nobody has named", stdout, stderr)
		}
	})
}
