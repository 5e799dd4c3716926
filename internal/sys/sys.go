//go:build linux

// Package sys makes bpf() calls for which cilium/ebpf cannot be used: what it writes and
// reads is not always what it was given, and some calls it does not have.
//
// Fields are named as in union bpf_attr (include/uapi/linux/bpf.h). Errors are
// the kernel's errno.
package sys

import (
	"bytes"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ProgLoad is BPF_PROG_LOAD. The zero value of a field asks for nothing.
type ProgLoad struct {
	Type               uint32
	Insns              []byte // slots, in the byte order of the machine
	Flags              uint32
	ExpectedAttachType uint32
	AttachBTFID        uint32
	BTF                int        // file descriptor, with FuncInfo
	FuncInfo           []FuncInfo // sorted by InsnOff, the first at 0
	CORERelos          []CORERelo // with FuncInfo
	FDArray            []int32    // what PSEUDO_MAP_IDX counts in
	LogLevel           uint32
	Log                []byte // what the verifier says is written here, and nothing more is
}

// FuncInfo is struct bpf_func_info: the BTF type of a function.
type FuncInfo struct {
	InsnOff uint32 // slot
	TypeID  uint32 // of a BTF_KIND_FUNC
}

// CORERelo is struct bpf_core_relo: what the kernel is to make of an instruction.
type CORERelo struct {
	InsnOff      uint32 // bytes
	TypeID       uint32 // in BTF
	AccessStrOff uint32 // of a string of BTF
	Kind         uint32 // enum bpf_core_relo_kind
}

// progLoadAttr is what BPF_PROG_LOAD takes, up to log_true_size.
type progLoadAttr struct {
	progType, insnCnt               uint32
	insns, license                  uint64
	logLevel, logSize               uint32
	logBuf                          uint64
	kernVersion, progFlags          uint32
	progName                        [16]byte
	progIfindex, expectedAttachType uint32
	progBTFFD, funcInfoRecSize      uint32
	funcInfo                        uint64
	funcInfoCnt, lineInfoRecSize    uint32
	lineInfo                        uint64
	lineInfoCnt, attachBTFID        uint32
	attachProgFD, coreReloCnt       uint32
	fdArray, coreRelos              uint64
	coreReloRecSize, logTrueSize    uint32
}

// Load loads the program, under a license that lets it call every helper. It
// returns its file descriptor, which the caller closes, and what stands in Log: the
// end of the log where the error is ENOSPC, because it was too long.
func (p *ProgLoad) Load() (fd int, log []byte, err error) {
	license := []byte("GPL\x00")
	var pinner runtime.Pinner // the kernel gets addresses as numbers
	defer pinner.Unpin()
	attr := progLoadAttr{
		progType: p.Type, insnCnt: uint32(len(p.Insns) / 8), insns: address(&pinner, p.Insns),
		license:  address(&pinner, license),
		logLevel: p.LogLevel, logSize: uint32(len(p.Log)), logBuf: address(&pinner, p.Log),
		progFlags: p.Flags, expectedAttachType: p.ExpectedAttachType, attachBTFID: p.AttachBTFID,
		fdArray: address(&pinner, p.FDArray),
	}
	if len(p.FuncInfo) > 0 {
		attr.progBTFFD = uint32(p.BTF)
		attr.funcInfoRecSize = uint32(unsafe.Sizeof(FuncInfo{}))
		attr.funcInfo, attr.funcInfoCnt = address(&pinner, p.FuncInfo), uint32(len(p.FuncInfo))
	}
	if len(p.CORERelos) > 0 {
		attr.coreRelos, attr.coreReloCnt = address(&pinner, p.CORERelos), uint32(len(p.CORERelos))
		attr.coreReloRecSize = uint32(unsafe.Sizeof(CORERelo{}))
	}
	errno := unix.Errno(unix.EAGAIN)
	for try := 0; try < 20 && errno == unix.EAGAIN; try++ { // a signal during verification ends it with EAGAIN
		fd, errno = bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	}
	// log_true_size counts the closing NUL, and what did not fit.
	if n := min(int(attr.logTrueSize), len(p.Log)); n > 0 {
		// Below level 2 the log of a path that ends well is dropped: the rest of it still
		// stands behind an earlier NUL.
		log, _, _ = bytes.Cut(p.Log[:n-1], []byte{0})
	}
	if errno != 0 {
		return -1, log, errno
	}
	return fd, log, nil
}

// MapCreate is BPF_MAP_CREATE. The caller closes fd. Sizes are in bytes.
func MapCreate(mapType, keySize, valueSize, maxEntries uint32) (fd int, err error) {
	attr := struct{ mapType, keySize, valueSize, maxEntries uint32 }{mapType, keySize, valueSize, maxEntries}
	fd, errno := bpf(unix.BPF_MAP_CREATE, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	if errno != 0 {
		return -1, errno
	}
	return fd, nil
}

// BTFLoad is BPF_BTF_LOAD. The caller closes fd.
func BTFLoad(raw []byte) (fd int, err error) {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	attr := struct {
		btf, logBuf             uint64
		size, logSize, level, _ uint32
	}{btf: address(&pinner, raw), size: uint32(len(raw))}
	fd, errno := bpf(unix.BPF_BTF_LOAD, unsafe.Pointer(&attr), unsafe.Sizeof(attr)-4)
	if errno != 0 {
		return -1, errno
	}
	return fd, nil
}

func bpf(cmd int, attr unsafe.Pointer, size uintptr) (fd int, errno unix.Errno) {
	r, _, errno := unix.Syscall(unix.SYS_BPF, uintptr(cmd), uintptr(attr), size)
	return int(r), errno
}

// address pins a slice and returns where it is; 0 for an empty one.
func address[T any](pinner *runtime.Pinner, s []T) uint64 {
	if len(s) == 0 {
		return 0
	}
	pinner.Pin(&s[0])
	return uint64(uintptr(unsafe.Pointer(&s[0])))
}
