package object_test

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/corpus"
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

// BenchmarkShared goes all the way from file to verdict for many small objects: those of
// other people that lie beside the repository (group=shared), and those of our corpus.
func BenchmarkShared(b *testing.B) {
	paths, err := filepath.Glob(filepath.Join(sharedObjects, "*", "*.o"))
	if err != nil {
		b.Fatal(err)
	}
	var shared [][]byte
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		shared = append(shared, raw)
	}
	var ours [][]byte
	for _, name := range corpus.Objects() {
		raw, err := corpus.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		ours = append(ours, raw)
	}
	if len(shared) > 0 {
		againstDebugELF(b, "group=shared", shared)
	}
	againstDebugELF(b, "group=corpus", ours)
}

// BenchmarkMillion goes all the way for an object of 1,000,000 slots.
func BenchmarkMillion(b *testing.B) {
	againstDebugELF(b, "slots=1000000", [][]byte{millionObject()})
}

// millionObject is an object of 1,000,000 slots: 50 programs with calls of maps,
// helpers and functions of their own. Clang would take an hour to compile one.
func millionObject() []byte {
	const (
		programs  = 50
		functions = 25  // of a program
		size      = 800 // of a function
	)
	b := newBuilder(binary.LittleEndian)
	table := b.symbol("table", elf.STB_GLOBAL, elf.STT_OBJECT, b.data(".maps"), 0, 64)
	for p := range programs {
		var insns []asm.Instruction
		var maps []int // slots that refer to the table
		for f := range functions {
			start := len(insns)
			if f == 0 {
				for callee := 1; callee < functions; callee++ {
					insns = append(insns, call(int32(callee*size-len(insns)-1)))
				}
			}
			for len(insns) < start+size-8 {
				maps = append(maps, len(insns)+3)
				insns = append(insns,
					asm.New(0x62, 10, 0, -4, 7), // *(u32 *)(r10 - 4) = 7
					asm.New(0xbf, 2, 10, 0, 0),  // r2 = r10
					asm.New(0x07, 2, 0, 0, -4),  // r2 += -4
					load(0, 0), second,          // r1 = table ll
					helper(1),
					asm.New(0x15, 0, 0, 1, 0), // if r0 == 0 goto +1
					asm.New(0x79, 6, 0, 0, 0), // r6 = *(u64 *)(r0 + 0)
				)
			}
			for len(insns) < start+size-1 {
				insns = append(insns, mov(0))
			}
			insns = append(insns, exit)
		}
		sec := b.code(fmt.Sprintf("xdp/%d", p), insns...)
		for f := range functions {
			if f == 0 {
				b.function(fmt.Sprintf("program%d", p), sec, 0, size)
			} else {
				b.static(fmt.Sprintf("part%d_%d", p, f), sec, f*size, size)
			}
		}
		var pairs []int
		for _, slot := range maps {
			pairs = append(pairs, slot, table)
		}
		b.relocate(sec, pairs...)
	}
	return b.bytes()
}

// againstDebugELF judges objects, and in turn reads all their sections with
// debug/elf and touches each slot. It reports the ratio of the least times: a
// machine is never quiet.
func againstDebugELF(b *testing.B, name string, objects [][]byte) {
	debugELF := func() (sum uint64) {
		for _, raw := range objects {
			f, err := elf.NewFile(bytes.NewReader(raw))
			if err != nil {
				b.Fatal(err)
			}
			for _, sec := range f.Sections {
				if sec.Type == elf.SHT_NULL || sec.Type == elf.SHT_NOBITS {
					continue
				}
				data, err := sec.Data()
				if err != nil {
					b.Fatal(err)
				}
				if sec.Flags&elf.SHF_EXECINSTR == 0 {
					continue
				}
				for ; len(data) >= asm.SlotSize; data = data[asm.SlotSize:] {
					sum += f.ByteOrder.Uint64(data)
				}
			}
		}
		return sum
	}
	judge := func(opts verifier.Options) (slots int) {
		for _, raw := range objects {
			o, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
			if err != nil {
				b.Fatal(err)
			}
			for p := range o.Programs() {
				verifier.Check(p, opts)
				slots += len(p.Instructions)
			}
		}
		return slots
	}
	for _, mode := range []struct {
		name string
		opts verifier.Options
	}{
		{"verdict", verifier.Options{VerdictOnly: true}},
		{"report", verifier.Options{}},
	} {
		b.Run(name+"/"+mode.name, func(b *testing.B) {
			us, them := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			var sum uint64
			slots := 0
			for b.Loop() {
				start := time.Now()
				slots = judge(mode.opts)
				middle := time.Now()
				sum += debugELF()
				us, them = min(us, middle.Sub(start)), min(them, time.Since(middle))
			}
			b.ReportMetric(float64(us.Nanoseconds()), "ns/op") // without debug/elf
			b.ReportMetric(float64(us.Nanoseconds())/float64(slots), "ns/slot")
			b.ReportMetric(float64(us)/float64(them), "x-debugelf")
			_ = sum
		})
	}
}
