package main

import (
	"strings"
	"testing"
)

// TestEmptyFlags: a variable of a script that is not set does not list everything, and
// does not load without a pin.
func TestEmptyFlags(t *testing.T) {
	for _, args := range [][]string{
		{"live", "--pinned", ""}, {"live", "--cgroup="}, {"live", "--xdp", ""}, {"live", "--tc", ""}, {"live", "--store", ""},
		{"live", "--id", ""}, {"live", "--tag", ""}, {"dump", "--pinned", ""}, {"dump", "--socket", ""},
		{"load", "--pin", "", "testdata/mixed.o"}, {"load", "--store", "", "testdata/mixed.o"},
	} {
		if status, _, stderr := statecheck(args...); status != ExitUsage || !strings.Contains(stderr, strings.Trim(args[1], "-=")) {
			t.Errorf("%q: exit status %d, %s, expected %d and the flag's name", args, status, stderr, ExitUsage)
		}
	}
}

// TestAttachType: it says which of a cgroup's programs, and nothing of others.
func TestAttachType(t *testing.T) {
	for _, verb := range []string{"live", "dump"} {
		if status, _, stderr := statecheck(verb, "--attach-type", "cgroup_inet_ingress", "--id", "1"); status != ExitUsage || !strings.Contains(stderr, "--cgroup") {
			t.Errorf("%s: exit status %d, %s, expected %d and the flag that is missing", verb, status, stderr, ExitUsage)
		}
	}
}

// TestLargeID: an id of more than 32 bits is not taken for another one.
func TestLargeID(t *testing.T) {
	if status, _, stderr := statecheck("live", "--id", "4294967297"); status != ExitUndecided || !strings.Contains(stderr, "4294967297") {
		t.Errorf("exit status %d, %s, expected %d and the id", status, stderr, ExitUndecided)
	}
}
