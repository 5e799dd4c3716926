//go:build linux

// Package kerneltest lets tests ask the running kernel about programs. It loads
// them and attaches none.
package kerneltest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
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
// verifier's log. cilium/ebpf cannot be used for that: what it writes is not
// always what it was given.
func Says(insns []byte) (log string, err error) {
	fd, log, err := Load(insns)
	if err == nil {
		unix.Close(fd)
	}
	return log, err
}

// Load loads instructions, in the byte order of the machine, as a socket filter.
// The error is the kernel's errno. The caller closes fd.
func Load(insns []byte) (fd int, log string, err error) { return LoadLog(insns, 1) }

// LoadLog is [Load] with a log of the given level.
func LoadLog(insns []byte, level uint32) (fd int, log string, err error) {
	license := []byte("GPL\x00")
	buf := make([]byte, 1<<16)
	var pinner runtime.Pinner // the kernel gets addresses as numbers
	defer pinner.Unpin()
	pinner.Pin(&insns[0])
	pinner.Pin(&license[0])
	pinner.Pin(&buf[0])
	attr := struct {
		progType, insnCount    uint32
		insns, license         uint64
		logLevel, logSize      uint32
		logBuf                 uint64
		kernVersion, progFlags uint32
	}{
		progType: unix.BPF_PROG_TYPE_SOCKET_FILTER, insnCount: uint32(len(insns) / 8),
		insns:    uint64(uintptr(unsafe.Pointer(&insns[0]))),
		license:  uint64(uintptr(unsafe.Pointer(&license[0]))),
		logLevel: level, logSize: uint32(len(buf)),
		logBuf: uint64(uintptr(unsafe.Pointer(&buf[0]))),
	}
	for range 20 { // a signal during verification ends it with EAGAIN
		r, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
		log, _, _ = strings.Cut(string(buf), "\x00")
		switch errno {
		case 0:
			return int(r), log, nil
		case unix.EAGAIN:
			err = errno
		default:
			return -1, log, errno
		}
	}
	return -1, log, err
}

// NewMap creates an array map of one 8-byte value, which is closed with the test.
func NewMap(t testing.TB) (fd int32) {
	t.Helper()
	attr := struct{ mapType, keySize, valueSize, maxEntries uint32 }{unix.BPF_MAP_TYPE_ARRAY, 4, 8, 1}
	r, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_MAP_CREATE, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	if errno != 0 {
		t.Fatalf("creating a map: %v", errno)
	}
	t.Cleanup(func() { unix.Close(int(r)) })
	return int32(r)
}
