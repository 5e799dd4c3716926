package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// TestLoad goes from an object to a dump to the kernel, and through every way to be
// refused.
func TestLoad(t *testing.T) { kerneltest.InNamespaces(t, loads) }

func loads(t *testing.T, n kerneltest.Namespaces) {
	dir, pins := n.Temp, n.BPFFS
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, contents string) string {
		if err := os.WriteFile(at(name), []byte(contents), 0o600); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	for name, size := range map[string]uint32{"counters": 8, "small": 1} {
		m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: size, MaxEntries: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if err := m.Pin(filepath.Join(pins, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, reason   string
		args           []string
		status         int
		stdout, stderr string // what they say; empty: nothing
	}{
		{"dump", "what is loaded below", []string{"dump", "--program", "pass", "--output", at("pass.dump"), "testdata/mixed.o"}, 0, "", ""},
		{"try", "without a pin it is only tried", []string{"load", at("pass.dump")}, 0, "tag 614b434cd8324ecc, not pinned, and gone again", ""},
		{"pin", "kept and pinned", []string{"load", "--store", at("store"), "--pin", pins + "/pass", at("pass.dump")}, 0, "pinned at " + pins + "/pass", ""},
		{"pinned twice", "a pin is not replaced", []string{"load", "--pin", pins + "/pass", at("pass.dump")}, 3, "", "pinning at " + pins + "/pass: file exists"},
		{"object with variables", "those of other programs need not be there", []string{"load", "--profile", "sections", "--program", "by_table", "../../corpus/objects/rodata.o"}, 0, "(by_table)", ""},
		{"nothing of that name", "nothing selected is never done", []string{"load", "--program", "none", "testdata/mixed.o"}, 3, "", "no program matches --program none"},

		{"object", "by way of cilium/ebpf", []string{"load", "--program", "now", "testdata/mixed.o"}, 0, "(now)", ""},
		{"stateful object", "the report", []string{"load", "--program", "count", "testdata/mixed.o"}, 1, "", "bpf_map_lookup_elem: map:"},
		{"relaxed object", "with new maps", []string{"load", "--relaxed", "--program", "count", "testdata/mixed.o"}, 0, "(count)", ""},
		{"several", "one is loaded", []string{"load", "testdata/mixed.o"}, 2, "", "5 programs in testdata/mixed.o, expected one: choose with --program (count, deep, fan, now, pass)"},
		{"relaxed dump", "of a program with a map", []string{"dump", "--relaxed", "--program", "count", "--output", at("count.dump"), "testdata/mixed.o"}, 0, "", ""},
		{"stateful dump", "the report", []string{"load", at("count.dump")}, 1, "", "counters: map:"},
		{"map is missing", "it is asked for", []string{"load", "--relaxed", at("count.dump")}, 3, "", `refers to a map "counters" (Array, keys of 4 bytes, values of 8, 1 entries), which has to be given`},
		{"no such map", "nothing is pinned there", []string{"load", "--relaxed", "--map", "counters=" + pins + "/none", at("count.dump")}, 3, "", "map counters at " + pins + "/none"},
		{"map is given", "by its name in the program", []string{"load", "--relaxed", "--map", "counters=" + pins + "/counters", at("count.dump")}, 0, "(count)", ""},
		{"another map", "the verifier finds its values too small", []string{"load", "--relaxed", "--map", "counters=" + pins + "/small", at("count.dump")}, 3, "", "\n  invalid access to map value, value_size=1"},
		{"relaxed and kept", "a dump without enforcement has to be relaxed", []string{"load", "--relaxed", "--program", "count", "--store", at("relaxed"), "testdata/mixed.o"}, 0, "(count)", ""},
		{"kept and not relaxed", "state is not kept", []string{"load", "--program", "count", "--store", at("refused"), "testdata/mixed.o"}, 1, "", "counters: map:"},
		{"no map", "a program is pinned there", []string{"load", "--relaxed", "--map", "counters=" + pins + "/pass", at("count.dump")}, 3, "", "map counters"},
		{"bad map", "usage", []string{"load", "--map", "counters", at("count.dump")}, 2, "", "expected NAME=PATH"},
		{"refused", "the kernel's log", []string{"load", "--type", "xdp", write("bad.s", "r0 = r5\nexit\n")}, 3, "", "the kernel's log:\n"},
		{"its reason", "in the log", []string{"load", "--type", "xdp", at("bad.s")}, 3, "", "\n  R5 !read_ok\n"},
		{"no type", "a text may have none", []string{"load", at("bad.s")}, 2, "", "is unknown, expected --type"},
		{"text", "assembled and loaded", []string{"load", "--type", "xdp", write("good.s", "r0 = 2\nexit\n")}, 0, "tag 614b434cd8324ecc", ""},
		{"big-endian", "another machine's", []string{"load", "--program", "fold", "../../corpus/objects/subprograms_be.o"}, 3, "", "not loaded"},
		{"big-endian dump", "it would mean something else here", []string{"dump", "--program", "fold", "../../corpus/objects/subprograms_be.o"}, 3, "", "fold: the program is big-endian, and a dump holds one for little-endian machines"},
		{"old object", "what cannot be loaded is not dumped", []string{"dump", "../../corpus/objects/old_llvm.o"}, 3, "", "cilium/ebpf, by which objects are dumped and loaded, does not read it: load maps: "},
		{"CO-RE", "relocated for this kernel", []string{"load", "--program", "larger_than_its_description", "../../corpus/objects/core.o"}, 0, "(larger_than_its_description)", ""},
		{"dump with a weak variable", "as the object says", []string{"dump", "--relaxed", "--program", "redirect_if_variable_exists", "--output", at("weak.dump"), "../../corpus/objects/weak.o"}, 0, "", ""},
		{"weak variable", "the kernel need not have it", []string{"load", "--relaxed", at("weak.dump")}, 0, "(redirect_if_variable_exists)", ""},
		{"dump with a weak kfunc", "as the object says", []string{"dump", "--relaxed", "--program", "call_if_it_exists", "--output", at("guard.dump"), "../../corpus/objects/weak_kfunc_guard.o"}, 0, "", ""},
		{"weak kfunc", "the kernel need not have it", []string{"load", "--relaxed", at("guard.dump")}, 0, "(call_if_it_exists)", ""},
		{"CO-RE dump", "values are those of a kernel", []string{"dump", "--program", "larger_than_its_description", "--output", at("core.dump"), "../../corpus/objects/core.o"}, 3, "", "has a CO-RE relocation"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if status := (Command{Stdout: &stdout, Stderr: &stderr}).Main(tt.args); status != tt.status {
				t.Errorf("%s: status %d, expected %d", tt.reason, status, tt.status)
			}
			for _, stream := range []struct{ name, got, want string }{{"stdout", stdout.String(), tt.stdout}, {"stderr", stderr.String(), tt.stderr}} {
				if !strings.Contains(stream.got, stream.want) || stream.want == "" && stream.got != "" {
					t.Errorf("%s: %s is %q, expected %q", tt.reason, stream.name, stream.got, stream.want)
				}
			}
		})
	}
	for folder, want := range map[string]int{"relaxed": 1, "refused": 0} {
		if entries, err := os.ReadDir(at(folder)); err != nil || len(entries) != want {
			t.Errorf("the store %s has %v, %v, expected %d programs", folder, entries, err, want)
		}
	}
	if entries, err := os.ReadDir(at("store")); err != nil || len(entries) != 1 || !strings.HasPrefix(entries[0].Name(), "614b434cd8324ecc-") {
		t.Errorf("the store has %v, %v, expected the one program", entries, err)
	}
}
