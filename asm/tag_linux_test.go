package asm

import (
	"os"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestTagOfKernel loads programs and reads the tags that the kernel gave them.
func TestTagOfKernel(t *testing.T) {
	version := needKernel(t)
	for name, insns := range tagPrograms(newMap(t)) {
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
	var fd int
	var log string
	var err error = unix.EAGAIN
	for tries := 0; err == unix.EAGAIN && tries < 20; tries++ {
		fd, log, err = loadProgram(insns)
	}
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
