package kernel

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
)

// TestTarget: what tracing programs are for, as the kernel tells it before and after they
// are attached. The one that is attached is for a program of the test's own.
func TestTarget(t *testing.T) {
	kerneltest.InNamespaces(t, func(t *testing.T, n kerneltest.Namespaces) {
		// The kernel's own iterator, which it pins in every bpffs (kernel/bpf/preload).
		var k Kernel
		pinned := filepath.Join(n.BPFFS, "maps.debug")
		if p, err := k.ByPin(pinned); err == nil {
			if p.AttachType != "trace_iter" || p.AttachTo != "bpf_map" || p.TargetProgram {
				t.Errorf("%s is for %q, %q, expected trace_iter, bpf_map", pinned, p.AttachType, p.AttachTo)
			}
		} else if !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}

		coll, err := ebpf.LoadCollection(filepath.Join("..", "..", "corpus", "objects", "pass_v4.o"))
		if err != nil {
			t.Fatal(err)
		}
		defer coll.Close()
		nothing := casm.Instructions{casm.Mov.Imm(casm.R0, 0), casm.Return()}
		open := func(spec ebpf.ProgramSpec) *ebpf.Program {
			t.Helper()
			spec.Type, spec.License, spec.Instructions = ebpf.Tracing, "GPL", nothing
			prog, err := ebpf.NewProgram(&spec)
			if errors.Is(err, os.ErrPermission) {
				t.Skip("this kernel lets nobody load programs of type tracing, not even root")
			}
			if err != nil {
				t.Fatalf("%+v", err)
			}
			t.Cleanup(func() { prog.Close() })
			return prog
		}
		ofProgram := open(ebpf.ProgramSpec{AttachType: ebpf.AttachTraceFEntry, AttachTarget: coll.Programs["pass"], AttachTo: "pass"})
		ofKernel := open(ebpf.ProgramSpec{AttachType: ebpf.AttachTraceFEntry, AttachTo: "bpf_fentry_test1"})
		iterator := open(ebpf.ProgramSpec{AttachType: ebpf.AttachTraceIter, AttachTo: "task"})

		check := func(reason string, prog *ebpf.Program, target bool, attachType, attachTo, verdict string) {
			t.Helper()
			p, err := k.describe(prog.FD())
			if err != nil {
				t.Fatal(err)
			}
			if p.TargetProgram != target || p.AttachType != attachType || p.AttachTo != attachTo {
				t.Errorf("%s: target program %t, %q, %q, expected %t, %q, %q", reason, p.TargetProgram, p.AttachType, p.AttachTo, target, attachType, attachTo)
			}
			if got := judged(Judge(p, symbols(t), "6.12", verifier.Options{})); got != verdict {
				t.Errorf("%s: %s, expected %s", reason, got, verdict)
			}
		}
		check("a function of the kernel", ofKernel, false, "trace_fentry", "bpf_fentry_test1", "stateless")
		check("an iterator", iterator, false, "trace_iter", "task", "stateless")
		check("a function of a program", ofProgram, true, "", "", "stateful")
		l, err := link.AttachTracing(link.TracingOptions{Program: ofProgram})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		check("a function of a program, attached", ofProgram, true, "", "", "stateful")
	})
}
