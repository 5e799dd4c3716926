package object_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/verifier"
)

// largeObject compiles a program of more than 30,000 slots, with BTF, maps,
// subprograms and CO-RE sites, as people's large ones are.
func largeObject(b *testing.B) []byte {
	b.Helper()
	clang, err := exec.LookPath("clang-19")
	if err != nil {
		missing(b, err)
	}
	var c strings.Builder
	c.WriteString(`
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
static void *(*lookup)(void *map, const void *key) = (void *)1;
static u64 (*now)(void) = (void *)5;
struct { int (*type)[1]; u32 *key; u64 *value; int (*max_entries)[64]; } table SEC(".maps");
struct sock { u32 mark; u64 cookie; u32 hash; } __attribute__((preserve_access_index));
u64 total;
`)
	for i := range 100 {
		fmt.Fprintf(&c, "__attribute__((noinline)) u64 part%d(struct sock *sk, u64 x) {\n", i)
		for j := range 30 {
			fmt.Fprintf(&c, `	{
		u32 key = %d;
		u64 *v = lookup(&table, &key);
		if (v)
			x += *v;
		x ^= now() + sk->mark;
		total += x;
	}
`, i*30+j)
		}
		c.WriteString("\treturn x;\n}\n")
	}
	for p := range 4 {
		fmt.Fprintf(&c, "SEC(\"xdp\") int program%d(struct sock *sk) {\n\tu64 x = 0;\n", p)
		for i := p; i < 100; i += 4 {
			fmt.Fprintf(&c, "\tx += part%d(sk, x);\n", i)
		}
		c.WriteString("\treturn x;\n}\n")
	}
	dir := b.TempDir()
	source, out := filepath.Join(dir, "large.c"), filepath.Join(dir, "large.o")
	if err := os.WriteFile(source, []byte(c.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	if text, err := exec.Command(clang, "-O2", "-g", "-target", "bpf", "-c", source, "-o", out).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, text)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

// BenchmarkJudge opens an object and judges its programs, as statecheck --quiet does
// and with the places, source lines and paths of all findings, and reports how
// many times faster that is than cilium/ebpf opens it.
func BenchmarkJudge(b *testing.B) {
	raw := largeObject(b)
	slots := 0
	ours := func(lines bool) {
		o, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			b.Fatal(err)
		}
		slots = 0
		for p := range o.Programs() {
			if p.Err != nil {
				b.Fatal(p.Err)
			}
			slots += len(p.Instructions)
			r := verifier.Check(p, verifier.Options{VerdictOnly: !lines})
			if r.Verdict != verifier.Stateful || lines != (r.Findings[0].Line.Line > 0) {
				b.Fatalf("%s: %s, first at line %d", p.Name, r.Verdict, r.Findings[0].Line.Line)
			}
		}
	}
	theirs := func() {
		if _, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(raw)); err != nil {
			b.Fatal(err)
		}
	}
	for _, lines := range []bool{false, true} {
		b.Run(fmt.Sprintf("lines=%v", lines), func(b *testing.B) {
			b.ReportAllocs()
			var us, them time.Duration
			for b.Loop() {
				start := time.Now()
				ours(lines)
				us += time.Since(start)
				b.StopTimer()
				start = time.Now()
				theirs()
				them += time.Since(start)
				b.StartTimer()
			}
			b.ReportMetric(float64(slots), "slots")
			b.ReportMetric(float64(us.Nanoseconds())/float64(b.N*slots), "ns/slot")
			b.ReportMetric(float64(them)/float64(us), "x-faster-than-cilium")
		})
	}
}
