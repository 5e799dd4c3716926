package main

import (
	"encoding/binary"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/internal/kerneltest"
)

// bindTo is the program that iproute2 loads for "ip vrf exec" (ip/ipvrf.c:prog_load), slot
// by slot: whatever socket is made in the cgroup is bound to a device.
func bindTo(device uint32) []byte {
	const boundDevIf = 0 // offsetof(struct bpf_sock, bound_dev_if)
	insns := []asm.Instruction{
		asm.New(asm.MovX, 6, 1, 0, 0),
		asm.New(0xb7, 3, 0, 0, int32(device)),
		asm.New(0xb7, 2, 0, 0, boundDevIf),
		asm.New(0x63, 1, 3, boundDevIf, 0),
		asm.New(0xb7, 0, 0, 0, 1),
		asm.New(asm.Exit, 0, 0, 0, 0),
	}
	return asm.Encode(insns, binary.LittleEndian)
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
		original, dumped := filepath.Join(n.Temp, "vrf.bin"), filepath.Join(n.Temp, "vrf.dump")
		if err := os.WriteFile(original, bindTo(uint32(red.Index)), 0o600); err != nil {
			t.Fatal(err)
		}
		pinned, again := filepath.Join(n.BPFFS, "vrf"), filepath.Join(n.BPFFS, "again")
		succeeds(t, "load", "--type", "cgroup_sock", "--attach-type", "cgroup_inet_sock_create", "--license", "GPL",
			"--store", folder, "--pin", pinned, original)
		first := attachTo(t, n, "first", pinned)
		if out := succeeds(t, "live", "--cgroup", first, "--store", folder); !strings.Contains(out, "stateless  store") {
			t.Errorf("live does not go by the store: %s", out)
		}
		succeeds(t, "dump", "--cgroup", first, "--store", folder, "--output", dumped)
		succeeds(t, "load", "--pin", again, dumped)
		second := attachTo(t, n, "second", again)
		if got := succeeds(t, "dump", "--format", "raw", "--pinned", pinned, "--store", folder); got != string(bindTo(uint32(red.Index))) {
			t.Errorf("dumped by its pin it is %x, expected the instructions that were loaded", got)
		}

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

// attachTo makes a cgroup and attaches the program that is pinned to it.
func attachTo(t *testing.T, n kerneltest.Namespaces, name, pin string) (cgroup string) {
	t.Helper()
	prog, err := ebpf.LoadPinnedProgram(pin, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer prog.Close() // the link holds it
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
