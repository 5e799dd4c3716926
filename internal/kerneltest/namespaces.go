//go:build linux

package kerneltest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Namespaces are a network and file systems of a test's own, which nobody else sees and
// which end with it.
type Namespaces struct {
	Cgroup string // an empty folder in a mount of cgroup2, which is the only one
	BPFFS  string // the only mount of bpffs
	Temp   string // an empty folder
}

const namespacesOf = "STATECHECK_NAMESPACES_OF"

// InNamespaces runs the test in a process of its own, in new network and mount
// namespaces. What it attaches to cgroups below its own and to interfaces that it makes
// ends with that process. It needs what [Need] needs.
func InNamespaces(t *testing.T, test func(*testing.T, Namespaces)) {
	t.Helper()
	Need(t)
	if os.Getenv(namespacesOf) == t.Name() {
		test(t, enter(t))
		return
	}
	var pattern []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		pattern = append(pattern, "^"+part+"$")
	}
	args := []string{"-test.run", strings.Join(pattern, "/"), "-test.v", "-test.count=1", fmt.Sprintf("-test.short=%t", testing.Short())}
	flag.Visit(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") { // the package's own
			args = append(args, fmt.Sprintf("-%s=%s", f.Name, f.Value))
		}
	})
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), namespacesOf+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: unix.SIGKILL}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("in namespaces of its own: %v", err)
	} else if bytes.Contains(out, []byte("--- SKIP: "+t.Name()+" ")) {
		t.Skip("skipped there")
	}
}

// enter makes the file systems. Nothing of them has to be removed but the cgroup, which
// the machine would keep: the mounts end with the namespace.
func enter(t *testing.T) Namespaces {
	t.Helper()
	must := func(what string, err error) {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	must("making mounts private", unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	must("mountinfo", err)
	for line := range strings.Lines(string(mounts)) {
		before, after, _ := strings.Cut(line, " - ")
		if strings.HasPrefix(after, "cgroup2 ") || strings.HasPrefix(after, "bpf ") {
			must("unmounting", unix.Unmount(strings.Fields(before)[4], unix.MNT_DETACH))
		}
	}
	const root = "/mnt"
	must("tmpfs", unix.Mount("tmpfs", root, "tmpfs", 0, ""))
	n := Namespaces{BPFFS: root + "/bpf", Temp: root + "/temp"}
	for path, fsType := range map[string]string{root + "/cgroup": "cgroup2", n.BPFFS: "bpf", n.Temp: ""} {
		must("mkdir", os.Mkdir(path, 0o777))
		if fsType != "" {
			must(fsType, unix.Mount(fsType, path, fsType, 0, ""))
		}
	}
	n.Cgroup = filepath.Join(root, "cgroup", "statecheck-test-"+strconv.Itoa(os.Getpid()))
	must("cgroup", os.Mkdir(n.Cgroup, 0o777))
	t.Cleanup(func() { must("removing the cgroup", os.Remove(n.Cgroup)) })
	return n
}
