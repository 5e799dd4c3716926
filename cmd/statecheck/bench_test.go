package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkStartup runs "statecheck version" and a Go program that does nothing, in
// turn, and reports the least time of each (docs/performance.md). Both are built
// without cgo, as for other machines: what links with libc starts later.
func BenchmarkStartup(b *testing.B) {
	dir := b.TempDir()
	source := filepath.Join(dir, "empty.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	build := func(name, what string) string {
		out := filepath.Join(dir, name)
		cmd := exec.Command("go", "build", "-o", out, what)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, text)
		}
		return out
	}
	version, empty := build("statecheck", "."), build("empty", source)
	run := func(least *time.Duration, name string, args ...string) {
		start := time.Now()
		if err := exec.Command(name, args...).Run(); err != nil {
			b.Fatal(err)
		}
		if d := time.Since(start); *least == 0 || d < *least {
			*least = d
		}
	}
	var us, them time.Duration
	for b.Loop() {
		run(&us, version, "version")
		run(&them, empty)
	}
	b.ReportMetric(0, "ns/op") // of both, which says nothing
	b.ReportMetric(float64(us.Microseconds()), "µs-version")
	b.ReportMetric(float64(them.Microseconds()), "µs-empty")
	b.ReportMetric(float64(us)/float64(them), "x-empty")
}
