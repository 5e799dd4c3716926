//go:build linux

package guest

import (
	"os"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
)

// TestDeath kills a guest: that costs the opinion on one program.
func TestDeath(t *testing.T) {
	kerneltest.Need(t)
	kernel, err := Cached(t.Context())
	if err != nil {
		if os.Getenv("CI") == "true" { // .ci/run has built it
			t.Fatal(err)
		}
		t.Skipf("no kernel for the guest, which fuzz/kernel/build.sh builds: %v", err)
	}
	g, err := New(t.Context(), kernel)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	smallest := Question{LogLevel: oracle.LogMessages, Program: &oracle.Program{Program: verifier.Program{
		Type: "xdp", Instructions: []asm.Instruction{asm.New(0xb7, asm.R0, 0, 0, 0), asm.New(asm.Exit, 0, 0, 0, 0)},
	}}}
	ask := func(want ...oracle.Opinion) {
		t.Helper()
		answers, err := g.Ask(t.Context(), []Question{smallest, smallest})
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range answers {
			if a.Plain.Opinion != want[i] || a.Enforced.Opinion != want[i] {
				t.Errorf("answer %d: %+v, expected twice that it %s", i, a, want[i])
			}
		}
	}
	ask(oracle.Loads, oracle.Loads)
	g.running.stop()
	ask(oracle.None, oracle.Loads)
	if g.Deaths != 1 {
		t.Errorf("%d deaths, expected 1", g.Deaths)
	}
}
