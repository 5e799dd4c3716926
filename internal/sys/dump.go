//go:build linux

package sys

import (
	"cmp"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// progDump is BPF_PROG_DUMP of the patches of fuzz/kernel. Linux 6.18 has another command
// of that number.
const progDump = 37

// maxSlots is how many slots a program can have (include/linux/bpf.h,
// BPF_COMPLEXITY_LIMIT_INSNS).
const maxSlots = 1_000_000

// ProgDump is BPF_PROG_DUMP: the instructions of a program as they were handed to
// BPF_PROG_LOAD with AllowDump, in the byte order of the machine. The error is ENOENT where
// the kernel has not kept them, and EPERM without CAP_BPF. It is for kernels that are known
// to have the command.
func ProgDump(fd int) ([]byte, error) {
	// Asked for none, the kernel says how many there are.
	count, errno := progDumpInto(fd, nil)
	if errno != unix.ENOSPC || count > maxSlots {
		return nil, cmp.Or(errno, unix.EPROTO)
	}
	insns := make([]byte, 8*count)
	if _, errno := progDumpInto(fd, insns); errno != 0 {
		return nil, errno
	}
	return insns, nil
}

func progDumpInto(fd int, into []byte) (count uint32, errno unix.Errno) {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	attr := struct {
		progFD, insnCnt uint32
		insns           uint64
	}{uint32(fd), uint32(len(into) / 8), address(&pinner, into)}
	_, errno = bpf(progDump, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	return attr.insnCnt, errno
}
