package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// No package of ours makes tables or compiles patterns before main: every start of the
// command would pay for them. The runtime says what each allocates.
func TestInit(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := regexp.MustCompile(`(?m)^init github\.com/statecheck/statecheck/(\S+) .* (\d+) bytes,`).FindAllSubmatch(out, -1)
	if len(lines) == 0 {
		t.Fatalf("no package of ours in\n%s", out)
	}
	for _, m := range lines {
		if n, err := strconv.Atoi(string(m[2])); err != nil || n > 32<<10 {
			t.Errorf("%s allocates %s bytes before main, want at most %d", m[1], m[2], 32<<10)
		}
	}
}
