package features

import (
	"bytes"
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/internal/sys"
)

// Probe tries whether the running kernel has what the patches of fuzz/kernel add. It
// takes CAP_BPF; without it nothing is found, or where anybody may load socket filters
// (kernel.unprivileged_bpf_disabled=0) not that originals are kept.
//
// Another meaning of the numbers is not taken for it. With the first flag the kernel has
// to take a program without state, and to refuse one with a map that it takes without; the
// same with both flags; the second alone it has to refuse. Only then it is asked for a
// dump, and has to give back, to the byte, instructions that it rewrites, and nothing that
// it was not asked to keep. A kernel that does not know the flags loads nothing.
func Probe() (f Features) {
	stateless := encoded(
		asm.New(asm.Opcode(asm.ClassLDX)|asm.ModeMEM|asm.SizeW, asm.R0, asm.R1, 0, 0), // skb->len
		asm.New(asm.Exit, 0, 0, 0, 0),
	)
	if !loads(stateless, sys.EnforceStateless) {
		return f
	}
	array, err := sys.MapCreate(unix.BPF_MAP_TYPE_ARRAY, 4, 8, 1)
	if err != nil {
		return f
	}
	defer unix.Close(array)
	stateful := encoded(
		asm.New(asm.LoadImm64, asm.R1, asm.PseudoMapFD, 0, int32(array)), 0,
		asm.New(0xb7, asm.R0, 0, 0, 0), // r0 = 0
		asm.New(asm.Exit, 0, 0, 0, 0),
	)
	const both = sys.EnforceStateless | sys.AllowDump
	f.Enforces = loads(stateful, 0) && !loads(stateful, sys.EnforceStateless)
	f.Keeps = f.Enforces && !loads(stateful, both) && !loads(stateless, sys.AllowDump) &&
		gives(stateless, both, stateless, nil) && gives(stateless, sys.EnforceStateless, nil, unix.ENOENT)
	return f
}

func encoded(insns ...asm.Instruction) []byte { return asm.Encode(insns, binary.NativeEndian) }

func load(insns []byte, flags uint32) (fd int, err error) {
	p := sys.ProgLoad{Type: unix.BPF_PROG_TYPE_SOCKET_FILTER, Insns: insns, Flags: flags}
	fd, _, err = p.Load()
	return fd, err
}

func loads(insns []byte, flags uint32) bool {
	fd, err := load(insns, flags)
	if err == nil {
		unix.Close(fd)
	}
	return err == nil
}

// gives reports whether a kernel that has loaded the instructions gives back those that are
// wanted, or that error.
func gives(insns []byte, flags uint32, want []byte, wantErr error) bool {
	fd, err := load(insns, flags)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	got, err := sys.ProgDump(fd)
	return bytes.Equal(got, want) && errors.Is(err, wantErr)
}
