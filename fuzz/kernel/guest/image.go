//go:build linux

package guest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// File is a file of this machine that the guest has too.
type File struct {
	Path string // in the guest, absolute
	Host string // here
}

// Program is a program of this machine, and the shared libraries that it needs, as files of
// the guest. The guest has it at a path.
func Program(ctx context.Context, path, host string) ([]File, error) {
	files := []File{{path, host}}
	out, err := exec.CommandContext(ctx, "ldd", host).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return files, nil // it needs none
	} else if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(out)) { // "libc.so.6 => /lib/libc.so.6 (0x7f00)", "/lib64/ld.so (0x7f00)"
		for _, field := range strings.Fields(line) {
			if filepath.IsAbs(field) {
				files = append(files, File{field, field})
			}
		}
	}
	return files, nil
}

// writeInitramfs builds the guest's init, and writes the archive that the kernel unpacks.
func writeInitramfs(ctx context.Context, dir string, files []File) (string, error) {
	program := filepath.Join(dir, "init")
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", program, module+"/fuzz/kernel/init")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	contents := make(map[string][]byte)
	for _, f := range append(files, File{"/init", program}) {
		raw, err := os.ReadFile(f.Host)
		if err != nil {
			return "", err
		}
		contents[f.Path[1:]] = raw
	}
	archive := program + ".cpio"
	return archive, os.WriteFile(archive, cpio(contents), 0o600)
}

// cpio is an archive of files that can be run, by path, and of their folders
// (Documentation/driver-api/early-userspace/buffer-format.rst).
func cpio(files map[string][]byte) []byte {
	var b bytes.Buffer
	inode := 0
	member := func(name string, mode int, contents []byte) {
		pad := func() { b.Write(make([]byte, -b.Len()&3)) }
		const owner, group, links, time, major, minor, sum = 0, 0, 1, 0, 0, 0, 0
		inode++
		b.WriteString("070701")
		for _, field := range []int{inode, mode, owner, group, links, time, len(contents), major, minor, major, minor, len(name) + 1, sum} {
			fmt.Fprintf(&b, "%08x", field)
		}
		b.WriteString(name + "\x00")
		pad()
		b.Write(contents)
		pad()
	}
	folders := make(map[string]bool)
	for name := range files {
		for dir := filepath.Dir(name); dir != "."; dir = filepath.Dir(dir) {
			folders[dir] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(folders)) { // what is above sorts before
		member(name, 0o040755, nil)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		member(name, 0o100755, files[name])
	}
	member("TRAILER!!!", 0, nil)
	return b.Bytes()
}
