//go:build linux

package kerneltest

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// WithoutPerfmon calls load as a thread that lacks CAP_PERFMON, and so CAP_SYS_ADMIN,
// which stands for it (include/linux/capability.h:perfmon_capable). For it the kernel loads only
// what reads no stack that it did not write, and makes no numbers of pointers
// (include/linux/bpf.h:bpf_allow_uninit_stack, bpf_allow_ptr_leaks).
func WithoutPerfmon(t testing.TB, load func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var all [2]unix.CapUserData
	if err := unix.Capget(&header, &all[0]); err != nil {
		t.Fatal(err)
	}
	fewer := all
	for _, capability := range []uint{unix.CAP_SYS_ADMIN, unix.CAP_PERFMON} {
		fewer[capability/32].Effective &^= 1 << (capability % 32)
	}
	if err := unix.Capset(&header, &fewer[0]); err != nil {
		t.Fatal(err)
	}
	load()
	if err := unix.Capset(&header, &all[0]); err != nil {
		t.Fatal(err)
	}
}
