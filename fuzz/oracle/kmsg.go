//go:build linux

package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// KernelLog reads what the kernel writes to its log from the time it was opened.
type KernelLog struct {
	fd int
}

// OpenKernelLog opens /dev/kmsg at its end. The caller closes it.
func OpenKernelLog() (*KernelLog, error) {
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("opening the kernel's log: %w", &os.PathError{Op: "open", Path: "/dev/kmsg", Err: err})
	}
	if _, err := unix.Seek(fd, 0, unix.SEEK_END); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("seeking in /dev/kmsg: %w", err)
	}
	return &KernelLog{fd}, nil
}

// Close closes the log.
func (k *KernelLog) Close() error { return unix.Close(k.fd) }

// Alarm returns the first alarm that the kernel has written since the last call,
// bugs that are known left out.
func (k *KernelLog) Alarm() (text string, found bool, err error) {
	record := make([]byte, 8192) // a record has at most this size (PRINTK_MESSAGE_MAX is less)
	for {
		n, err := unix.Read(k.fd, record)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return "", false, nil
		case errors.Is(err, unix.EPIPE):
			return "records of the kernel's log were overwritten before they were read", true, nil
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return "", false, fmt.Errorf("reading /dev/kmsg: %w", err)
		}
		// "6,1234,567890,-;text", and lines of properties.
		_, message, _ := bytes.Cut(record[:n], []byte(";"))
		message, _, _ = bytes.Cut(message, []byte("\n"))
		if text := string(message); IsAlarm(text) && !IsKnownBug(text) {
			return text, true, nil
		}
	}
}
