package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// TestKernelPages runs the console sessions of the pages about the running kernel, as
// TestPages does for the others: in a shell, in namespaces of their own, with the only
// cgroups at /sys/fs/cgroup, a new bpffs at /sys/fs/bpf and programs of the corpus in the
// folder. What the kernel numbers and the time may differ. The pages show Linux 6.18,
// whose tags are another hash than those before.
func TestKernelPages(t *testing.T) {
	if kerneltest.Need(t) < 6018 {
		t.Skip("the pages show Linux 6.18")
	}
	if testing.Short() {
		t.Skip("fifty commands, each in a process of its own")
	}
	for _, page := range []string{"load", "dump", "live"} {
		t.Run(page, func(t *testing.T) {
			kerneltest.InNamespaces(t, func(t *testing.T, n kerneltest.Namespaces) { kernelPage(t, n, page) })
		})
	}
}

func kernelPage(t *testing.T, n kerneltest.Namespaces, name string) {
	page, err := filepath.Abs(filepath.Join("..", "..", "docs", name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	want := string(readFile(t, page))
	for _, object := range []string{"ip_vrf.o", "counter.o", "conntrack_mark.o"} {
		if err := os.WriteFile(filepath.Join(n.Temp, object), readFile(t, "../../corpus/objects/"+object), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(
		unix.Mount(n.Cgroup, "/sys/fs/cgroup", "", unix.MS_BIND, ""),
		unix.Mount(n.BPFFS, "/sys/fs/bpf", "", unix.MS_BIND, ""),
	); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // programs that are attached go with their cgroup
		cgroups, err := filepath.Glob("/sys/fs/cgroup/*/cgroup.procs")
		for _, file := range cgroups {
			err = errors.Join(err, os.Remove(filepath.Dir(file)))
		}
		if err := errors.Join(err, unix.Unmount("/sys/fs/cgroup", unix.MNT_DETACH)); err != nil {
			t.Error(err)
		}
	})
	fd := filteredSocket(t)
	got := runSessions(want, "$ ", func(command string) string {
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = n.Temp
		cmd.Env = append(os.Environ(), fmt.Sprintf("SOCKET=%d:%d", os.Getpid(), fd))
		out, _ := cmd.CombinedOutput() // whether it failed, the session shows
		return string(out)
	})
	diff := cmp.Diff(strings.Split(withoutNumbers(want), "\n"), strings.Split(withoutNumbers(got), "\n"))
	switch {
	case diff == "":
	case *update:
		if err := os.WriteFile(page, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s differs from what the commands print (-page +now):\n%s", page, diff)
	}
}

// withoutNumbers takes ids of programs and times out of a page, and the blanks that make
// room for them in a table.
func withoutNumbers(page string) string {
	for _, m := range []struct{ pattern, with string }{
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`, "TIME"}, {`(program|"id":) ?\d+`, "$1 ID"}, {`(?m)^\d+ `, "ID "}, {` {2,}`, " "},
	} {
		page = regexp.MustCompile(m.pattern).ReplaceAllString(page, m.with)
	}
	return page
}
