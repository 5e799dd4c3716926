package kernel

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// SocketFilter returns the classic BPF instructions of the filter of a socket of another
// process, by its file descriptor there. It needs CAP_SYS_PTRACE where the process
// belongs to someone else. Filters of eBPF the kernel does not give back.
func (k *Kernel) SocketFilter(pid, fd int) ([]bpf.RawInstruction, error) {
	what := fmt.Sprintf("file descriptor %d of process %d", fd, pid)
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, lacking(err, "CAP_SYS_PTRACE", fmt.Sprintf("process %d", pid))
	}
	defer unix.Close(process)
	socket, err := unix.PidfdGetfd(process, fd, 0)
	if err != nil {
		return nil, lacking(err, "CAP_SYS_PTRACE", what)
	}
	defer unix.Close(socket)

	// Asked for no instructions, the kernel says how many there are; the length counts
	// instructions, not bytes (net/core/filter.c:sk_get_filter).
	count, err := socketFilter(socket, nil)
	switch {
	case errors.Is(err, unix.ENOTSOCK):
		return nil, fmt.Errorf("%s: no socket", what)
	case errors.Is(err, unix.EACCES):
		return nil, fmt.Errorf("%s: its filter is eBPF, and the kernel gives back classic filters alone (SO_GET_FILTER)", what)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", what, err)
	case count == 0:
		return nil, fmt.Errorf("%s: the socket has no filter", what)
	}
	filter := make([]unix.SockFilter, count)
	if count, err = socketFilter(socket, filter); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	var out []bpf.RawInstruction
	for _, ins := range filter[:min(count, len(filter))] {
		out = append(out, bpf.RawInstruction{Op: ins.Code, Jt: ins.Jt, Jf: ins.Jf, K: ins.K})
	}
	return out, nil
}

func socketFilter(socket int, into []unix.SockFilter) (count int, err error) {
	length := uint32(len(into))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(socket), unix.SOL_SOCKET, unix.SO_GET_FILTER,
		uintptr(unsafe.Pointer(unsafe.SliceData(into))), uintptr(unsafe.Pointer(&length)), 0)
	if errno != 0 {
		return 0, errno
	}
	return int(length), nil
}
