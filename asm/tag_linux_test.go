package asm

import (
	"encoding/binary"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// TestTagOfKernel loads programs and reads the tags that the kernel gave them.
func TestTagOfKernel(t *testing.T) {
	version := kerneltest.Need(t)
	for name, insns := range tagPrograms(kerneltest.NewMap(t)) {
		want := TagSHA256(insns)
		if version < 6018 {
			want = TagSHA1(insns)
		}
		if got := kernelTag(t, insns); got != want {
			t.Errorf("%s: the kernel says %x, we say %x (SHA-1 %x)", name, got, want, TagSHA1(insns))
		}
	}
}

func kernelTag(t *testing.T, insns []Instruction) (tag [TagSize]byte) {
	t.Helper()
	fd, log, err := kerneltest.Load(Encode(insns, binary.NativeEndian))
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	defer unix.Close(fd)
	info := &struct { // the beginning of struct bpf_prog_info
		progType, id uint32
		tag          [TagSize]byte
	}{}
	var pinner runtime.Pinner
	defer pinner.Unpin()
	pinner.Pin(info)
	attr := struct {
		fd, size uint32
		info     uint64
	}{uint32(fd), uint32(unsafe.Sizeof(*info)), uint64(uintptr(unsafe.Pointer(info)))}
	_, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_OBJ_GET_INFO_BY_FD, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	if errno != 0 {
		t.Fatal(os.NewSyscallError("BPF_OBJ_GET_INFO_BY_FD", errno))
	}
	return info.tag
}
