// Package foreign finds the objects of other people that are on this machine: tests
// judge those too.
package foreign

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Objects returns the paths of the objects in the module of cilium/ebpf, in Debian's
// xdp-tools, without which the test fails where CI=true, and in shared, a folder of
// folders that may be missing.
func Objects(t testing.TB, shared string) []string {
	t.Helper()
	var paths []string
	glob := func(pattern string) {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, found...)
	}
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/cilium/ebpf").Output()
	if err != nil {
		t.Fatal(err)
	}
	glob(filepath.Join(strings.TrimSpace(string(module)), "testdata", "*.elf"))
	glob(filepath.Join(strings.TrimSpace(string(module)), "btf", "testdata", "*.elf"))

	// xdp-tools keeps its objects in libxdp1 on some releases of Debian.
	listed, _ := exec.Command("dpkg", "-L", "xdp-tools", "libxdp1").Output()
	n := len(paths)
	for path := range strings.Lines(string(listed)) {
		if path = strings.TrimSpace(path); strings.HasSuffix(path, ".o") {
			paths = append(paths, path)
		}
	}
	if len(paths) == n && os.Getenv("CI") == "true" {
		t.Fatal("no objects of xdp-tools: install the package")
	}
	if _, err := os.Stat(shared); err == nil {
		glob(filepath.Join(shared, "*", "*.o"))
	}
	return paths
}
