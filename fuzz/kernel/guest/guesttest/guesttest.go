//go:build linux

// Package guesttest lets tests ask the guest.
package guesttest

import (
	"os"
	"testing"

	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/internal/kerneltest"
)

// Kernel returns the file of the guest's kernel, and skips the test where the cache lacks it. In
// CI it is built before (.ci/run).
func Kernel(t testing.TB) string {
	t.Helper()
	kerneltest.Need(t)
	if testing.Short() { // under the race detector, say: the run without asks it
		t.Skip("short: the guest is slow to boot")
	}
	path, err := guest.Cached(t.Context())
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("no kernel for the guest, which fuzz/kernel/build.sh builds: %v", err)
	}
	return path
}
