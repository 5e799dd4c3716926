//go:build linux

package guest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// module is what this package belongs to; the guest is built from its source.
const module = "github.com/statecheck/statecheck"

// Build builds the kernel where the cache lacks it, which takes long, and returns its
// file. What it says of its progress goes to standard error.
func Build(ctx context.Context) (string, error) { return script(ctx) }

// Cached returns the kernel's file, and an error where the cache lacks it.
func Cached(ctx context.Context) (string, error) {
	path, err := script(ctx, "-n")
	if err == nil {
		_, err = os.Stat(path)
	}
	return path, err
}

func script(ctx context.Context, args ...string) (string, error) {
	dir, err := output(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		return "", err
	}
	return output(ctx, filepath.Join(dir, "fuzz", "kernel", "build.sh"), args...)
}

// output runs a command and returns its only line. Where ctx ends, so does all that the command
// has started, which may clean up.
func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", cmd, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// writeInitramfs builds the guest's init, and writes the archive that the kernel unpacks.
func writeInitramfs(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "init")
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", program, module+"/fuzz/kernel/init")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	contents, err := os.ReadFile(program)
	if err != nil {
		return "", err
	}
	archive := program + ".cpio"
	return archive, os.WriteFile(archive, cpio("init", contents), 0o600)
}

// cpio is an archive of one file that can be run
// (Documentation/driver-api/early-userspace/buffer-format.rst).
func cpio(name string, contents []byte) []byte {
	var b bytes.Buffer
	member := func(name string, mode int, contents []byte) {
		pad := func() { b.Write(make([]byte, -b.Len()&3)) }
		const inode, owner, group, links, time, major, minor, sum = 0, 0, 0, 1, 0, 0, 0, 0
		b.WriteString("070701")
		for _, field := range []int{inode, mode, owner, group, links, time, len(contents), major, minor, major, minor, len(name) + 1, sum} {
			fmt.Fprintf(&b, "%08x", field)
		}
		b.WriteString(name + "\x00")
		pad()
		b.Write(contents)
		pad()
	}
	member(name, 0o100755, contents)
	member("TRAILER!!!", 0, nil)
	return b.Bytes()
}
