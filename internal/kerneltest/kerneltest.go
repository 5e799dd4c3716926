//go:build linux

// Package kerneltest lets tests ask the running kernel about programs. It loads
// them and attaches none.
package kerneltest

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/internal/sys"
)

// Need skips the test where bpf() cannot be used or the kernel is older than 6.12,
// whose rules are the ones that we follow. Where CI=true and the test is root it
// fails instead. It returns the release as major*1000+minor.
func Need(t testing.TB) (release int) {
	t.Helper()
	give := t.Skipf
	if os.Getenv("CI") == "true" && os.Geteuid() == 0 {
		give = t.Fatalf
	}
	if os.Geteuid() != 0 {
		give("not root")
	}
	// r0 = 0; exit
	smallest := make([]byte, 16)
	smallest[0], smallest[8] = 0xb7, 0x95
	if log, err := Says(smallest); err != nil {
		give("bpf() cannot load the smallest program: %v %s", err, log)
	}
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		t.Fatal(err)
	}
	name := unix.ByteSliceToString(uts.Release[:])
	release = Release(t, name)
	if release < 6012 {
		t.Skipf("kernel %s: the rules are those of 6.12 and later", name)
	}
	return release
}

// Release makes "6.12" comparable: major*1000+minor.
func Release(t testing.TB, release string) int {
	t.Helper()
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		t.Fatalf("release %q: %v", release, err)
	}
	return major*1000 + minor
}

// Says loads instructions as a socket filter, closes it, and returns the
// verifier's log.
func Says(insns []byte) (log string, err error) {
	fd, log, err := Load(insns)
	if err == nil {
		unix.Close(fd)
	}
	return log, err
}

// Load loads instructions, in the byte order of the machine, as a socket filter.
// The caller closes fd.
func Load(insns []byte) (fd int, log string, err error) { return LoadLog(insns, 1) }

// LoadLog is [Load] with a log of the given level.
func LoadLog(insns []byte, level uint32) (fd int, log string, err error) {
	p := sys.ProgLoad{Type: unix.BPF_PROG_TYPE_SOCKET_FILTER, Insns: insns, LogLevel: level, Log: make([]byte, 1<<16)}
	fd, said, err := p.Load()
	return fd, string(said), err
}

// NewMap creates an array map of one 8-byte value, which is closed with the test.
func NewMap(t testing.TB) (fd int32) {
	t.Helper()
	created, err := sys.MapCreate(unix.BPF_MAP_TYPE_ARRAY, 4, 8, 1)
	if err != nil {
		t.Fatalf("creating a map: %v", err)
	}
	t.Cleanup(func() { unix.Close(created) })
	return int32(created)
}
