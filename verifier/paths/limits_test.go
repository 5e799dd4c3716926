package paths_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/verifier"
)

// TestLimits: a walk that comes to no end says why, and the verdict is that of cfg.
func TestLimits(t *testing.T) {
	branches := func(n int) string {
		var b strings.Builder
		b.WriteString("\ncall bpf_get_prandom_u32\n")
		for i := range n {
			fmt.Fprintf(&b, "if r0 == %d goto out\n", i)
		}
		return b.String()
	}
	for _, tt := range []struct {
		name, reason string
		program      string // before a dead call
		unfinished   string // part of the reason; empty: the walk ends, and drops the call
	}{
		{"slots", "as many as the kernel visits", `
			r6 = 0
		again:
			r6 += 1
			if r6 < 600000 goto again`, "a limit is reached after 1000000 visits of slots"},
		{"not so many", "two a round", `
			r6 = 0
		again:
			r6 += 1
			if r6 < 1000 goto again`, ""},
		{"branches", "as many as the kernel keeps for later", branches(8194), "with 8193 branches pending"},
		{"not so many branches", "one is kept for later at each", branches(8000), ""},
		{"timer", "a function that runs later is not modelled", `
			r1 = 0
			r2 = 0
			call bpf_timer_set_callback`, "slot 2: a function that is run later is not modelled"},
		{"unknown function", "a callback that is not one of the program", `
			call bpf_get_prandom_u32
			r1 = 5
			r2 = r0
			r3 = 0
			r4 = 0
			call bpf_loop`, "slot 5: a callback that is not a function of the program is not modelled"},
		{"function for an unknown helper", "it may run it in any way", `
			r2 = f ll
			call 4000`, "slot 2: a function that is handed to an unknown one is not modelled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := parse(t, tt.program+`
				r0 = 0
				if r0 == 0 goto out
				call bpf_redirect
			out:
				r0 = 0
				exit
			.type f,@function
			f:
			#! static
				r0 = 0
				exit`)
			if !strings.Contains(tt.program, "f ll") { // f is not called
				p.Instructions = p.Instructions[:len(p.Instructions)-2]
				p.Functions = p.Functions[:1]
			}
			r := verifier.Check(p, verifier.Options{Allow: []string{"unknown", "map"}})
			cfg := verifier.Check(p, verifier.Options{Precision: verifier.PrecisionCFG, Allow: []string{"unknown", "map"}})
			if cfg.Verdict != verifier.Stateful {
				t.Fatalf("%s (%v) at precision cfg, expected stateful", cfg.Verdict, cfg.Err)
			}
			_, finished := verifier.Visits(p)
			if tt.unfinished == "" {
				if r.Verdict != verifier.Stateless || r.Precision != verifier.PrecisionPaths || r.Unfinished != "" || !finished {
					t.Errorf("%s at precision %s (%s), expected stateless at paths: %s", r.Verdict, r.Precision, r.Unfinished, tt.reason)
				}
				return
			}
			if r.Verdict != cfg.Verdict || len(r.Findings) != len(cfg.Findings) || r.Precision != verifier.PrecisionCFG ||
				!strings.Contains(r.Unfinished, tt.unfinished) || finished {
				t.Errorf("%s at precision %s (%s), expected stateful at cfg (%s): %s", r.Verdict, r.Precision, r.Unfinished, tt.unfinished, tt.reason)
			}
		})
	}
}
