package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/loader"
	"github.com/statecheck/statecheck/loader/store"
)

// bindTo is the program that iproute2 loads for "ip vrf exec" (ip/ipvrf.c:prog_load):
// whatever socket is made in the cgroup is bound to a device.
func bindTo(device int32) *ebpf.ProgramSpec {
	const boundDevIf = 0 // offsetof(struct bpf_sock, bound_dev_if)
	return &ebpf.ProgramSpec{
		Name: "vrf", Type: ebpf.CGroupSock, AttachType: ebpf.AttachCGroupInetSockCreate, License: "GPL",
		Instructions: casm.Instructions{
			casm.Mov.Reg(casm.R6, casm.R1),
			casm.Mov.Imm(casm.R3, device),
			casm.Mov.Imm(casm.R2, boundDevIf),
			casm.StoreMem(casm.R1, boundDevIf, casm.R3, casm.Word),
			casm.Mov.Imm(casm.R0, 1),
			casm.Return(),
		},
	}
}

// TestVRF is what the proposal of 2017 was for: the program of "ip vrf" is loaded
// enforced and pinned, found through its cgroup, dumped, and loaded for another cgroup,
// where it does the same to real sockets.
func TestVRF(t *testing.T) {
	kerneltest.InNamespaces(t, func(t *testing.T, n kerneltest.Namespaces) {
		if out, err := exec.Command("ip", "link", "add", "red", "type", "veth", "peer", "name", "blue").CombinedOutput(); err != nil {
			t.Fatalf("ip link add: %v: %s", err, out)
		}
		red, err := net.InterfaceByName("red")
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(n.Temp, "store")
		kept, err := store.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		defer kept.Close()
		prog, err := loader.NewProgram(bindTo(int32(red.Index)), loader.Options{AllowDump: kept})
		if err != nil {
			t.Fatal(err)
		}
		defer prog.Close()
		if err := prog.Pin(filepath.Join(n.BPFFS, "vrf")); err != nil {
			t.Fatal(err)
		}
		first, second := attachTo(t, n, "first", prog), filepath.Join(n.Cgroup, "second")

		dumps, err := Command{}.kept(&selectors{cgroup: first, store: folder})
		if err != nil || len(dumps) != 1 {
			t.Fatalf("dumped %d programs, %v, expected one", len(dumps), err)
		}
		if got := len(dumps[0].Instructions); got != 6 {
			t.Errorf("%d instructions, expected the 6 that were loaded", got)
		}
		again, err := new(loader.Loader).NewProgramFromDump(dumps[0], loader.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		attachTo(t, n, "second", again)

		for _, tt := range []struct {
			reason, cgroup string
			device         int
		}{
			{"outside of both", filepath.Dir(n.Cgroup), 0},
			{"where the program was loaded", first, red.Index},
			{"where the dump was loaded", second, red.Index},
			{"outside again", filepath.Dir(n.Cgroup), 0},
		} {
			if got := boundDevice(t, tt.cgroup); got != tt.device {
				t.Errorf("a socket made %s is bound to device %d, expected %d", tt.reason, got, tt.device)
			}
		}
	})
}

// attachTo makes a cgroup and attaches the program to it.
func attachTo(t *testing.T, n kerneltest.Namespaces, name string, prog *ebpf.Program) (cgroup string) {
	t.Helper()
	cgroup = filepath.Join(n.Cgroup, name)
	if err := os.Mkdir(cgroup, 0o777); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(cgroup); err != nil {
			t.Error(err)
		}
	})
	l, err := link.AttachCgroup(link.CgroupOptions{Path: cgroup, Attach: ebpf.AttachCGroupInetSockCreate, Program: prog})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return cgroup
}

// boundDevice makes a socket in the cgroup and returns the device that it is bound to.
func boundDevice(t *testing.T, cgroup string) int {
	t.Helper()
	if err := os.WriteFile(filepath.Join(cgroup, "cgroup.procs"), []byte("0"), 0); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	device, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BINDTOIFINDEX)
	if err != nil {
		t.Fatal(err)
	}
	return device
}
