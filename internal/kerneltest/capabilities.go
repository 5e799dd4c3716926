//go:build linux

package kerneltest

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// Without calls do as a thread that lacks the capabilities (unix.CAP_BPF, ...) for as long.
func Without(t testing.TB, capabilities []int, do func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var had [2]unix.CapUserData
	if err := unix.Capget(&head, &had[0]); err != nil {
		t.Fatal(err)
	}
	reduced := had
	for _, c := range capabilities {
		reduced[c/32].Effective &^= 1 << (c % 32)
	}
	if err := unix.Capset(&head, &reduced[0]); err != nil {
		t.Fatal(err)
	}
	do()
	if err := unix.Capset(&head, &had[0]); err != nil {
		t.Fatal(err)
	}
}
