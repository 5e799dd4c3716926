//go:build linux

package sys

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ProgInfo is struct bpf_prog_info (include/uapi/linux/bpf.h) up to attach_btf_id.
// Fields that an older kernel does not know are 0.
type ProgInfo struct {
	Type, ID                         uint32
	Tag                              [8]byte
	jitedProgLen                     uint32
	XlatedProgLen                    uint32 // bytes
	jitedProgInsns, xlatedProgInsns  uint64
	LoadTime                         uint64 // nanoseconds since the machine was started (CLOCK_BOOTTIME)
	CreatedByUID                     uint32
	NrMapIDs                         uint32
	mapIDs                           uint64
	Name                             [16]byte
	ifindex                          uint32
	Bits                             uint32 // bit 0: gpl_compatible
	netnsDev, netnsIno               uint64
	nrJitedKsyms, nrJitedFuncLens    uint32
	jitedKsyms, jitedFuncLens        uint64
	BTFID                            uint32
	funcInfoRecSize                  uint32
	funcInfo                         uint64
	nrFuncInfo, nrLineInfo           uint32
	lineInfo, jitedLineInfo          uint64
	nrJitedLineInfo, lineInfoRecSize uint32
	jitedLineInfoRecSize, nrProgTags uint32
	progTags, runTimeNs, runCnt      uint64
	recursionMisses                  uint64
	verifiedInsns                    uint32
	AttachBTFObjID, AttachBTFID      uint32
	_                                uint32
}

// ProgramInfo is BPF_OBJ_GET_INFO_BY_FD of a program: what the kernel says of it, the
// rewritten instructions (none for who lacks CAP_BPF) and the ids of the maps that it
// holds. cilium/ebpf decodes the instructions and loses bits of them.
func ProgramInfo(fd int) (info ProgInfo, xlated []byte, maps []uint32, err error) {
	if err := objInfo(fd, &info); err != nil {
		return info, nil, nil, err
	}
	xlated, maps = make([]byte, info.XlatedProgLen), make([]uint32, info.NrMapIDs)
	if len(xlated) == 0 && len(maps) == 0 {
		return info, nil, nil, nil
	}
	pinner, filled := new(runtime.Pinner), ProgInfo{XlatedProgLen: info.XlatedProgLen, NrMapIDs: info.NrMapIDs}
	defer pinner.Unpin()
	filled.xlatedProgInsns, filled.mapIDs = address(pinner, xlated), address(pinner, maps)
	if err := objInfo(fd, &filled); err != nil {
		return info, nil, nil, err
	}
	if filled.xlatedProgInsns == 0 { // blinded, and the kernel hides what it made of that
		xlated = nil
	}
	return filled, xlated[:min(len(xlated), int(filled.XlatedProgLen))], maps[:min(len(maps), int(filled.NrMapIDs))], nil
}

func objInfo(fd int, info *ProgInfo) error {
	pinner := new(runtime.Pinner)
	defer pinner.Unpin()
	pinner.Pin(info)
	attr := struct {
		fd, length uint32
		info       uint64
	}{uint32(fd), uint32(unsafe.Sizeof(*info)), uint64(uintptr(unsafe.Pointer(info)))}
	if _, errno := bpf(unix.BPF_OBJ_GET_INFO_BY_FD, unsafe.Pointer(&attr), unsafe.Sizeof(attr)); errno != 0 {
		return errno
	}
	return nil
}
