//go:build linux

// Init is the only process of the guest: it answers the questions that come through the
// virtio port, and powers the machine off when there are no more.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/fuzz/kernel/guest"
)

func main() {
	if err := run(); err != nil && !errors.Is(err, io.EOF) {
		fmt.Println("init:", err)
	}
	unix.Sync()
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART); err != nil { // qemu has -no-reboot
		fmt.Println("init:", err)
	}
}

func run() error {
	for _, m := range []struct{ kind, target string }{
		{"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"},
		{"tracefs", "/sys/kernel/tracing"}, {"bpf", "/sys/fs/bpf"}, {"cgroup2", "/sys/fs/cgroup"}, {"tmpfs", "/tmp"},
	} {
		if err := os.MkdirAll(m.target, 0o755); err != nil {
			return err
		}
		if err := unix.Mount("none", m.target, m.kind, 0, ""); err != nil {
			return fmt.Errorf("mounting %s at %s: %w", m.kind, m.target, err)
		}
	}
	port, err := os.OpenFile(guest.Port, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return guest.Serve(port)
}
