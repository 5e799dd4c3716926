package kernel

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/internal/sys"
	"github.com/statecheck/statecheck/verifier"
)

// replaceable returns a stateless program whose function another can replace, loaded with flags,
// and one for the place of that function.
func replaceable(t *testing.T, flags uint32) (target *ebpf.Program, extension *ebpf.ProgramSpec) {
	t.Helper()
	raw, err := corpus.Open("pass_v4.o")
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	pass := spec.Programs["pass"]
	extension = pass.Copy()
	pass.Flags |= flags
	if target, err = ebpf.NewProgram(pass); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	extension.Type, extension.AttachType = ebpf.Extension, ebpf.AttachNone
	extension.AttachTarget, extension.AttachTo = target, "pass"
	return target, extension
}

// TestExtension: of a program whose function another has replaced the instructions do not tell
// what it does, and it is shown so.
func TestExtension(t *testing.T) {
	kerneltest.Need(t)
	target, spec := replaceable(t, 0)
	extension, err := ebpf.NewProgram(spec)
	if errors.Is(err, unix.EPERM) {
		t.Skip("this kernel lets nobody load programs of type ext, not even root")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer extension.Close()
	testExtended(t, target, extension)
}

func testExtended(t *testing.T, target, extension *ebpf.Program) {
	t.Helper()
	info, err := extension.Info()
	if err != nil {
		t.Fatal(err)
	}
	id, _ := info.ID()
	check := func(reason, verdict string, extensions ...uint32) {
		t.Helper()
		p, err := new(Kernel).describe(target.FD())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(p.Extensions, extensions) || p.ExtensionsHidden != "" {
			t.Errorf("%s: extensions %v, %q, expected %v", reason, p.Extensions, p.ExtensionsHidden, extensions)
		}
		j := Judge(p, symbols(t), "6.12", verifier.Options{})
		if got := judged(j); got != verdict {
			t.Errorf("%s: %s, expected %s", reason, got, verdict)
		}
		original := Original{From: "pass_v4.o", Program: &verifier.Program{Type: p.Type, Instructions: p.Instructions}}
		if _, r, ok := JudgeOriginals([]Original{original}, j, verifier.Options{}); r.Verdict != verifier.Stateless || ok != (verdict == "stateless") {
			t.Errorf("%s: its original is %s and counts: %t, and what runs is %s", reason, r.Verdict, ok, verdict)
		}
	}
	check("loaded", "stateless")
	l, err := link.AttachFreplace(nil, "", extension)
	if err != nil {
		t.Fatal(err)
	}
	check("replaced", "stateful", uint32(id))
	all, err := links()
	if err != nil || !slices.ContainsFunc(all, func(a attachment) bool { return a.program == uint32(id) }) {
		t.Errorf("%v, %v, expected a link of program %d", all, err, id)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	check("no longer replaced", "stateless")
}

// testEnforcedExtension: what was loaded with the flag stays what was loaded.
func testEnforcedExtension(t *testing.T) {
	plain, spec := replaceable(t, 0)
	extension, err := ebpf.NewProgram(spec)
	if err != nil {
		t.Fatal(err)
	}
	defer extension.Close()
	testExtended(t, plain, extension)

	enforced, spec := replaceable(t, sys.EnforceStateless)
	if refused, err := ebpf.NewProgram(spec); !errors.Is(err, unix.EACCES) {
		refused.Close()
		t.Errorf("loading what replaces a function under the flag: error %v, expected EACCES", err)
	}
	if l, err := link.AttachFreplace(enforced, "pass", extension); !errors.Is(err, unix.EACCES) {
		if err == nil {
			l.Close()
		}
		t.Errorf("replacing it by what was loaded for another: error %v, expected EACCES", err)
	}
}
