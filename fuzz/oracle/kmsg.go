//go:build linux

package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

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

// alarms are what the kernel writes where something went wrong in itself. The
// first two are of include/asm-generic/bug.h and lib/bug.c, the third of the BPF
// verifier about its own state (kernel/bpf/verifier.c:verifier_bug,
// reg_bounds_sanity_check), the others of the checkers of memory, locks and
// undefined behaviour.
var alarms = []string{
	"WARNING:", "BUG", "verifier bug", "REG INVARIANTS VIOLATION",
	"Oops", "general protection fault", "KASAN", "KCSAN", "UBSAN", "INFO: ",
}

// Alarm returns the first alarm that the kernel has written since the last call.
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
		if text := string(message); IsAlarm(text) {
			return text, true, nil
		}
	}
}

// IsAlarm reports whether a text of the kernel's log or the verifier's says that
// something went wrong in the kernel itself.
func IsAlarm(text string) bool {
	for _, a := range alarms {
		if strings.Contains(text, a) {
			return true
		}
	}
	return false
}
