package object_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/statecheck/statecheck/verifier"
)

// functionsOf is a program that calls functions of all linkages, with arguments of all kinds.
const functionsOf = `
#define noinline __attribute__((noinline))
enum color { red, green };
typedef unsigned int u32;
struct xdp_md { u32 data; };
struct pair { int a, b; };

noinline int numbers(int a, enum color b, const u32 c, _Bool d, long e) { asm volatile(""); return a + b + c + d + e; }
noinline int context(struct xdp_md *ctx, char c) { asm volatile(""); return ctx->data + c; }
noinline int memory(struct pair *p, int *q) { asm volatile(""); return (p ? p->a : 0) + (q ? *q : 0); }
noinline int nothing(void) { asm volatile(""); return 3; }
__attribute__((visibility("hidden"))) noinline int hidden(int a) { asm volatile(""); return a; }
__attribute__((weak)) noinline int weak(int a) { asm volatile(""); return a; }
static noinline int local(int a) { asm volatile(""); return a; }

__attribute__((section("xdp"))) int prog(struct xdp_md *ctx)
{
	struct pair p = { 1, 2 };
	return numbers(1, red, 2, 1, 3) + context(ctx, 1) + memory(&p, &p.b) + nothing() + hidden(1) + weak(2) + local(3);
}
char _license[] __attribute__((section("license"))) = "GPL";
`

// TestGlobalFunctions: what clang says of functions is what we and cilium/ebpf read. Of a hidden one we claim
// nothing, since libbpf makes it static, and cilium/ebpf does not.
func TestGlobalFunctions(t *testing.T) {
	clang, err := exec.LookPath("clang-19")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no clang-19")
	}
	source, object := filepath.Join(t.TempDir(), "f.c"), filepath.Join(t.TempDir(), "f.o")
	if err := os.WriteFile(source, []byte(functionsOf), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(clang, "--target=bpfel", "-mcpu=v4", "-O2", "-g", "-c", "-o", object, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := []string{
		"numbers global [number number number number number]", "context global [unknown number]", "memory global [unknown unknown]",
		"nothing global []", "hidden unknown []", "weak global [number]", "local static []",
	}
	var got []string
	p := readPrograms(t, object)[0]
	for _, f := range p.Functions[1:] {
		got = append(got, fmt.Sprintf("%s %s %v", f.Name, linkageNames[f.Linkage], argumentsOf(f)))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("functions %q, expected %q", got, want)
	}

	spec, err := ebpf.LoadCollectionSpec(object)
	if err != nil {
		t.Fatal(err)
	}
	theirs, _ := convert(t, spec, spec.Programs["prog"])
	for _, f := range p.Functions[1:] {
		if f.Name == "hidden" {
			f.Linkage, f.Arguments = verifier.LinkageGlobal, []verifier.Argument{verifier.ArgumentNumber}
		}
		if said := fmt.Sprint(f.Start, " ", f.Name, " linkage ", f.Linkage, f.Arguments); !slices.Contains(theirs.Functions, said) {
			t.Errorf("%q, cilium/ebpf has %q", said, theirs.Functions)
		}
	}
}

var linkageNames = map[verifier.Linkage]string{
	verifier.LinkageUnknown: "unknown", verifier.LinkageStatic: "static", verifier.LinkageGlobal: "global",
}

func argumentsOf(f verifier.Function) []string {
	names := []string{} // printed as "[]"
	for _, a := range f.Arguments {
		names = append(names, map[verifier.Argument]string{verifier.ArgumentUnknown: "unknown", verifier.ArgumentNumber: "number", verifier.ArgumentContext: "context"}[a])
	}
	return names
}
