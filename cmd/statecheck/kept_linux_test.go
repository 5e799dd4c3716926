package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// filteredSocket is a socket of this process with a classic filter, which goes with the
// test: a port, all or nothing of the packet.
func filteredSocket(t *testing.T) (fd int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	filter := []unix.SockFilter{{Code: 0x28, K: 2}, {Code: 0x15, Jf: 1, K: 53}, {Code: 6, K: 0xffff}, {Code: 6}}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 4, Filter: &filter[0]}); err != nil {
		t.Fatal(err)
	}
	return fd
}

// TestDumpSocket prints the classic filter of a socket of this process.
func TestDumpSocket(t *testing.T) {
	kerneltest.Need(t)
	fd := filteredSocket(t)
	socket := fmt.Sprintf("%d:%d", os.Getpid(), fd)
	extended, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(extended)
	whole, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.SocketFilter, Instructions: casm.Instructions{casm.Mov.Imm(casm.R0, -1), casm.Return()}})
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	if err := unix.SetsockoptInt(extended, unix.SOL_SOCKET, unix.SO_ATTACH_BPF, whole.FD()); err != nil {
		t.Fatal(err)
	}
	const want = "ldh [2]\njeq #53,L2,L3\nL2: ret #65535\nL3: ret #0\n"
	if status, stdout, stderr := statecheck("dump", "--socket", socket); status != 0 || stdout != want {
		t.Errorf("exit status %d, expected\n%s, found\n%s%s", status, want, stdout, stderr)
	}
	for _, tt := range []struct {
		name, reason string
		args         []string
		status       int
		stderr       string
	}{
		{"and a path", "one source at a time", []string{"--socket", socket, "prog.o"}, ExitUsage, "expected one of them"},
		{"raw", "the slots would be taken for BPF", []string{"--socket", socket, "--output", "raw=" + filepath.Join(t.TempDir(), "x")}, ExitUsage, "text alone"},
		{"eBPF", "the kernel does not give it back", []string{"--socket", fmt.Sprintf("%d:%d", os.Getpid(), extended)}, ExitUndecided,
			fmt.Sprintf("statecheck: file descriptor %d of process %d: its filter is eBPF, and the kernel gives back classic filters alone (SO_GET_FILTER)\n", extended, os.Getpid())},
		{"no such process", "a number that no process can have", []string{"--socket", "2147483647:0"}, ExitUndecided, "process 2147483647"},
		{"no number", "it is PID:FD", []string{"--socket", "self:0"}, ExitUsage, "expected a process"},
	} {
		status, _, stderr := statecheck(append([]string{"dump"}, tt.args...)...)
		if status != tt.status || !strings.Contains(stderr, tt.stderr) {
			t.Errorf("%s: exit status %d, expected %d and %q, for %s: %s", tt.name, status, tt.status, tt.stderr, tt.reason, stderr)
		}
	}
}

// TestDumpNotKept asks for the original of a program that nobody has kept, and in which the
// kernel has put the look-up in a map in place of the call.
func TestDumpNotKept(t *testing.T) {
	kerneltest.Need(t)
	prog := loadCorpus(t, "counter.o", "counter")
	status, _, stderr := statecheck("dump", "--id", number(t, prog), "--format", "text", "--store", filepath.Join(t.TempDir(), "none"))
	if status != ExitUndecided || !strings.Contains(stderr, "none: no such file") {
		t.Errorf("exit status %d: %s, expected %d and that the store is not there", status, stderr, ExitUndecided)
	}
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	status, _, stderr = statecheck("dump", "--id", number(t, prog), "--format", "text", "--store", empty)
	if status != ExitUndecided || !strings.Contains(stderr, "the kernel gives back only what it has made of it") {
		t.Errorf("exit status %d: %s, expected %d and why there is no original", status, stderr, ExitUndecided)
	}
}

// TestDumpRestored asks for one that nobody has kept either, and that is told from what the
// kernel has made of it.
func TestDumpRestored(t *testing.T) {
	kerneltest.Need(t)
	prog := loadCorpus(t, "ip_vrf.o", "bind_to_vrf")
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := statecheck("dump", "--id", number(t, prog), "--format", "text", "--store", empty)
	if status != 0 || !strings.Contains(stderr, "restored from what the kernel has made of it, and confirmed by its tag") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	if store := "*(u32 *)(r1 + 0) = "; !strings.Contains(stdout, store) {
		t.Errorf("no store to the context, %q, in\n%s", store, stdout)
	}
}
