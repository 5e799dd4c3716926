package paths_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/paths"
)

// shapes are programs that a walk spends its time in different ways on.
var shapes = []struct{ name, program string }{
	{"straight", strings.Repeat("r0 += 1\n*(u64 *)(r10 - 8) = r0\nr0 = *(u64 *)(r10 - 8)\n", 1000) + "exit"},
	{"diamonds", func() string {
		var b strings.Builder
		for i := range 500 {
			fmt.Fprintf(&b, "call bpf_get_prandom_u32\nif r0 == %d goto L%d\nr6 = 1\nL%d:\n", i, i, i)
		}
		return b.String() + "r0 = 0\nexit"
	}()},
	{"loop", "r6 = 0\nagain:\nr6 += 1\nif r6 < 1000 goto again\nr0 = 0\nexit"},
	{"calls", "r6 = 0\nagain:\nr1 = r6\ncall f\nr6 += 1\nif r6 < 1000 goto again\nr0 = 0\nexit\n" +
		".type f,@function\nf:\n#! static\nr0 = r1\nr0 += 1\nexit"},
	{"callbacks", "*(u64 *)(r10 - 8) = 0\nr1 = 1000\nr2 = f ll\nr3 = r10\nr3 += -8\nr4 = 0\ncall bpf_loop\nr0 = 0\nexit\n" +
		".type f,@function\nf:\n#! static\nr3 = *(u64 *)(r2 + 0)\nr3 += 1\n*(u64 *)(r2 + 0) = r3\nr0 = 0\nexit"},
	{"deep", func() string { // eight frames of 64 slots, and a branch at each
		var b strings.Builder
		for i := range 8 {
			if i > 0 {
				fmt.Fprintf(&b, ".type f%d,@function\nf%d:\n#! static\n", i, i)
			}
			for slot := range 64 {
				fmt.Fprintf(&b, "*(u64 *)(r10 - %d) = %d\n", 8*slot+8, slot)
			}
			for j := range 20 {
				fmt.Fprintf(&b, "call bpf_get_prandom_u32\nif r0 == 0 goto L%d_%d\n*(u64 *)(r10 - %d) = r0\nL%d_%d:\n", i, j, 8*j+8, i, j)
			}
			if i < 7 {
				fmt.Fprintf(&b, "call f%d\n", i+1)
			}
			b.WriteString("r0 = 0\nexit\n")
		}
		return b.String()
	}()},
	{"budget", "r6 = 0\nagain:\nr6 += 1\nif r6 < 600000 goto again\nr0 = 0\nexit"},
}

// program is what the walk is given of a program of static functions.
func program(t testing.TB, text string) paths.Program {
	p := parse(t, "\n"+text)
	out := paths.Program{Type: p.Type, Instructions: p.Instructions}
	for _, f := range p.Functions {
		out.Functions = append(out.Functions, paths.Function{Start: f.Start, Linkage: verifier.LinkageStatic})
	}
	return out
}

func BenchmarkWalk(b *testing.B) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			p := program(b, s.program)
			b.ReportAllocs()
			visits := 0
			for b.Loop() {
				visits += paths.Walk(p).Visits
			}
			b.ReportMetric(float64(visits)/float64(b.N), "visits/op")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(visits), "ns/visit")
		})
	}
}

// TestMemory: a walk keeps at most 64 MiB alive. What it keeps is seen by collecting again and again while it
// walks.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("collects garbage all the time")
	}
	for _, s := range shapes {
		p := program(t, s.program)
		live := func() uint64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before := live()
		done := make(chan *paths.Result)
		go func() { done <- paths.Walk(p) }()
		var peak uint64
		for r := (*paths.Result)(nil); r == nil; {
			peak = max(peak, live()-min(before, live()))
			select {
			case r = <-done:
				t.Logf("%-10s %8d visits, %5.1f MiB; complete: %v %s", s.name, r.Visits, float64(peak)/(1<<20), r.Complete, r.Reason)
			case <-time.After(20 * time.Millisecond):
			}
		}
		if peak > 64<<20 {
			t.Errorf("%s: %d bytes alive, expected at most 64 MiB", s.name, peak)
		}
	}
}
