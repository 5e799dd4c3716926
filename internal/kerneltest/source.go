package kerneltest

import (
	"os"
	"path/filepath"
	"testing"
)

// Source returns the folder of the source of Linux 6.12, which LINUX_SOURCE names
// (.ci/run unpacks Debian's linux-source-6.12). Without it the test is skipped, or
// fails where CI=true.
func Source(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("LINUX_SOURCE")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("LINUX_SOURCE is not set, expected the folder of Linux 6.12")
		}
		t.Skip("LINUX_SOURCE is not set: no kernel source to compare with")
	}
	return dir
}

// Read returns the file that the parts of the path name.
func Read(t testing.TB, path ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
