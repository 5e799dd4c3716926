package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/fuzz/kernel/guest/guesttest"
	"github.com/statecheck/statecheck/internal/kerneltest"
)

// TestGuest runs the command in a guest whose kernel keeps originals, beside iproute2's ip.
func TestGuest(t *testing.T) {
	programs := make(map[string]string)
	if !guesttest.Inside() {
		guesttest.Kernel(t) // or there is no use for them
		ip, err := exec.LookPath("ip")
		if err != nil {
			t.Fatal(err)
		}
		command := filepath.Join(t.TempDir(), "statecheck")
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", command, ".").CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		programs["/sbin/ip"], programs["/bin/statecheck"] = ip, command
	}
	guesttest.Run(t, programs, func(t *testing.T) {
		t.Run("kept", testGuestKeeps)
		t.Run("ip vrf", testGuestIPRoute)
	})
}

// session runs a command line in the guest, and shows it as it would be typed.
func session(t *testing.T, line string) (stdout, stderr string) {
	t.Helper()
	args := strings.Fields(line)
	var out, errs strings.Builder
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	shown := out.String()
	if strings.Contains(shown, "\x00") { // --format raw
		shown = fmt.Sprintf("%x\n", shown)
	}
	t.Logf("$ %s\n%s%s", line, shown, errs.String())
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return out.String(), errs.String()
}

// testGuestKeeps: where the kernel has the flags, load uses them, and dump and live go by
// what the kernel has kept. The store is gone when they are asked.
func testGuestKeeps(t *testing.T) {
	const device = 7
	if err := os.WriteFile("/tmp/vrf.bin", bindTo(device), 0o600); err != nil {
		t.Fatal(err)
	}
	const load = "statecheck load --type cgroup_sock --attach-type cgroup_inet_sock_create --license GPL "
	out, _ := session(t, load+"--store /tmp/store --pin /sys/fs/bpf/vrf /tmp/vrf.bin")
	m := regexp.MustCompile(`program (\d+) .* tag ([0-9a-f]{16})`).FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("no program in %q", out)
	}
	// The store knows more of the same instructions.
	const attachType = "#! attach_type cgroup_inet_sock_create"
	if out, _ := session(t, "statecheck dump --format text --store /tmp/store --pinned /sys/fs/bpf/vrf"); !strings.Contains(out, attachType) {
		t.Errorf("no %q in\n%s", attachType, out)
	}
	if err := os.RemoveAll("/tmp/store"); err != nil {
		t.Fatal(err)
	}
	if out, _ := session(t, "statecheck dump --format text --pinned /sys/fs/bpf/vrf"); strings.Contains(out, attachType) {
		t.Errorf("from the kernel alone there is %q in\n%s", attachType, out)
	}
	for _, by := range []string{"--pinned /sys/fs/bpf/vrf", "--id " + m[1], "--tag " + m[2]} {
		if raw, stderr := session(t, "statecheck dump --format raw "+by); raw != string(bindTo(device)) || stderr != "" {
			t.Errorf("by %s it is %x, %q, expected what was loaded", by, raw, stderr)
		}
		if table, _ := session(t, "statecheck live "+by); !strings.Contains(table, "stateless  kernel") {
			t.Errorf("live does not go by what the kernel has kept:\n%s", table)
		}
	}
	session(t, "statecheck dump --output /tmp/vrf.dump --pinned /sys/fs/bpf/vrf")
	if out, _ := session(t, "statecheck load /tmp/vrf.dump"); !strings.Contains(out, "tag "+m[2]) {
		t.Errorf("loaded again it is %q, expected the tag %s", out, m[2])
	}

	// Nobody has asked the kernel to keep this one.
	session(t, load+"--pin /sys/fs/bpf/other /tmp/vrf.bin")
	if raw, stderr := session(t, "statecheck dump --format raw --pinned /sys/fs/bpf/other"); raw != string(bindTo(device)) || !strings.Contains(stderr, "nobody has kept it") {
		t.Errorf("%x, %q, expected what was loaded, restored", raw, stderr)
	}
	if table, _ := session(t, "statecheck live --pinned /sys/fs/bpf/other"); !strings.Contains(table, "stateless  rewritten") {
		t.Errorf("live does not go by the rewritten instructions:\n%s", table)
	}
}

// testGuestIPRoute runs "ip vrf exec" of iproute2. Its program is found through the cgroup
// and dumped: the six instructions of ip/ipvrf.c:prog_load. Loaded for another cgroup it does
// the same to sockets.
func testGuestIPRoute(t *testing.T) {
	session(t, "ip link add red type vrf table 10")
	session(t, "ip link set red up")
	session(t, "ip vrf exec red statecheck version")
	red, err := net.InterfaceByName("red")
	if err != nil {
		t.Fatal(err)
	}
	const theirs, ours = "/sys/fs/cgroup/vrf/red", "/sys/fs/cgroup/again"
	session(t, "statecheck live --cgroup "+theirs)
	raw, stderr := session(t, "statecheck dump --format raw --cgroup "+theirs)
	if want := string(bindTo(uint32(red.Index))); raw != want || !strings.Contains(stderr, "confirmed by its tag") {
		t.Errorf("%x, %q, expected %x, restored", raw, stderr, want)
	}
	session(t, "statecheck dump --format text --cgroup "+theirs)
	session(t, "statecheck dump --output /tmp/vrf.dump --cgroup "+theirs)
	session(t, "statecheck load --store /tmp/store --pin /sys/fs/bpf/again /tmp/vrf.dump")
	attachTo(t, kerneltest.Namespaces{Cgroup: filepath.Dir(ours)}, filepath.Base(ours), "/sys/fs/bpf/again")
	if table, _ := session(t, "statecheck live --cgroup "+ours); !strings.Contains(table, "stateless  ") {
		t.Errorf("live: %s", table)
	}
	for _, tt := range []struct {
		reason, cgroup string
		device         int
	}{
		{"outside of both", "/sys/fs/cgroup", 0},
		{"where ip has loaded it", theirs, red.Index},
		{"where the dump was loaded", ours, red.Index},
		{"outside again", "/sys/fs/cgroup", 0},
	} {
		if got := boundDevice(t, tt.cgroup); got != tt.device {
			t.Errorf("a socket made %s is bound to device %d, expected %d", tt.reason, got, tt.device)
		}
	}
}
