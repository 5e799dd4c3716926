package asm

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
)

// TagSize is the size of a program's tag in bytes (BPF_TAG_SIZE).
const TagSize = 8

// TagSHA1 is the tag that Linux before 6.18 gives the program: the first 8 bytes
// of the SHA-1 of its slots, file descriptors of maps taken as 0
// (kernel/bpf/core.c:bpf_prog_calc_tag). bpftool prints it in hexadecimal.
//
// The kernel hashes the slots in its own byte order; this is the tag on a
// little-endian machine. It is that of the program as it is handed to bpf(): a
// loader that rewrites instructions (relocations, BTF ids) changes the tag.
func TagSHA1(insns []Instruction) [TagSize]byte {
	sum := sha1.Sum(stable(insns))
	return [TagSize]byte(sum[:])
}

// TagSHA256 is the tag since Linux 6.18; it differs from [TagSHA1] in the hash
// function alone.
func TagSHA256(insns []Instruction) [TagSize]byte {
	sum := sha256.Sum256(stable(insns))
	return [TagSize]byte(sum[:])
}

// stable returns the bytes that the tag is made of. As in the kernel, loads by
// index into fd_array keep their constants, and so does a second slot with
// reserved fields set (such a program is refused later).
func stable(insns []Instruction) []byte {
	raw := Encode(insns, binary.LittleEndian)
	wasMap := false
	for slot, ins := range insns {
		imm := raw[slot*SlotSize+4 : (slot+1)*SlotSize]
		switch {
		case !wasMap && ins.IsWide() && (ins.Src() == PseudoMapFD || ins.Src() == PseudoMapValue):
			wasMap = true
			clear(imm)
		case wasMap && ins&^fieldImm == 0:
			wasMap = false
			clear(imm)
		default:
			wasMap = false
		}
	}
	return raw
}
