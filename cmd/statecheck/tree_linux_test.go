package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/internal/report"
)

// TestTree judges 2,000 objects in folders, with every format at once. However many are
// read at a time the reports are the same, in the order of the paths, and memory stays
// within the bound of docs/performance.md.
func TestTree(t *testing.T) {
	if testing.Short() {
		t.Skip("2,000 objects, and a bound that the race detector does not keep")
	}
	const objects, limit = 2000, 200 << 10 // KiB
	tree := writeTree(t, objects)
	run := func(jobs string) map[string]string {
		dir := t.TempDir()
		args := []string{"--exit-zero", "--jobs", jobs}
		for _, format := range checkFormats {
			args = append(args, "--output", format.name+"="+filepath.Join(dir, format.name))
		}
		cmd := exec.Command("statecheck", append(args, tree)...)
		resetPeak(t)
		if out, err := cmd.Output(); err != nil || len(out) > 0 {
			t.Fatalf("%v, %q on standard output", err, out)
		}
		if most := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss; most > limit {
			t.Errorf("with %s at once: %d KiB, want at most %d", jobs, most, limit)
		}
		reports := make(map[string]string)
		for _, format := range checkFormats {
			reports[format.name] = string(readFile(t, filepath.Join(dir, format.name)))
		}
		return reports
	}
	want := run("1")
	for _, jobs := range []string{"2", "7"} {
		for format, text := range run(jobs) {
			if text != want[format] {
				t.Errorf("%s with %s at once is not what it is with one", format, jobs)
			}
		}
	}

	var doc report.Report
	decode(t, []byte(want["json"]), &doc)
	var got, paths []string
	for _, o := range doc.Objects {
		got = append(got, o.Path)
	}
	if err := filepath.WalkDir(tree, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			paths = append(paths, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(paths, got); diff != "" || len(got) != objects {
		t.Errorf("%d objects (-paths +report):\n%s", len(got), diff)
	}
}

// resetPeak makes what this process needs now the most that it has needed: a child counts
// it as its own (fs/exec.c:exec_mmap).
func resetPeak(t *testing.T) {
	t.Helper()
	debug.FreeOSMemory()
	const peak = "5" // Documentation/filesystems/proc.rst
	if err := os.WriteFile("/proc/self/clear_refs", []byte(peak), 0); err != nil {
		t.Fatal(err)
	}
}

// writeTree writes objects of the corpus, over and over, in folders within folders.
func writeTree(t *testing.T, n int) string {
	t.Helper()
	var names []string
	seen := make(map[string]bool)
	for _, c := range corpus.Programs() {
		if !seen[c.Object] {
			seen[c.Object] = true
			names = append(names, c.Object)
		}
	}
	tree := t.TempDir()
	for i := range n {
		raw, err := corpus.Open(names[i%len(names)])
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(raw, []byte("\x7fELF")) {
			t.Fatalf("%s is no object", names[i%len(names)])
		}
		path := filepath.Join(tree, fmt.Sprint("d", i%40), fmt.Sprint("e", i%7), fmt.Sprint(i, ".o"))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, raw, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	return tree
}
