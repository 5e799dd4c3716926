//go:build linux

// Package guesttest lets tests ask the guest.
package guesttest

import (
	"os"
	"slices"
	"strings"
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

// inGuest says to the test's binary that it runs in the guest.
const inGuest = "STATECHECK_IN_GUEST"

// Inside reports whether the test runs in the guest ([Run]).
func Inside() bool { return os.Getenv(inGuest) != "" }

// Run runs the test in a guest of its own, as root, with the programs of this machine by
// their paths in the guest. There is nothing else but what init mounts: no files of the
// repository, and no other process.
func Run(t *testing.T, programs map[string]string, test func(*testing.T)) {
	t.Helper()
	if Inside() {
		test(t)
		return
	}
	kernel := Kernel(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var files []guest.File
	add := func(path, host string) {
		more, err := guest.Program(t.Context(), path, host)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	add("/test", exe)
	for path, host := range programs {
		add(path, host)
	}
	g, err := guest.New(t.Context(), kernel, files...)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	answers, err := g.Ask(t.Context(), []guest.Question{{
		Command: []string{"/test", "-test.run", "^" + t.Name() + "$", "-test.v"},
		Env:     []string{inGuest + "=1", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	a := answers[0]
	t.Logf("%s", a.Output)
	if why := slices.DeleteFunc([]string{a.Err, a.Plain.Err, a.Alarm}, func(s string) bool { return s == "" }); len(why) > 0 {
		t.Errorf("in the guest: %s", strings.Join(why, "; "))
	} else if !strings.Contains(string(a.Output), "--- PASS: "+t.Name()+" ") {
		t.Error("the guest did not run it")
	}
}
