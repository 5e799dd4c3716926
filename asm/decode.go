package asm

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Decode reads a program from its bytes, one Instruction a slot. The order is
// that of the program: little-endian unless order is [binary.BigEndian], or
// [binary.NativeEndian] on a big-endian host. Its one allocation is the result;
// where the size is known not to change, [AppendDecode] avoids that one too.
//
// Every sequence of whole slots decodes; [Encode] gives back the same bytes.
// The error is that len(raw) is not a multiple of [SlotSize].
func Decode(raw []byte, order binary.ByteOrder) ([]Instruction, error) {
	insns, err := AppendDecode(make([]Instruction, 0, len(raw)/SlotSize), raw, order)
	if err != nil {
		return nil, err
	}
	return insns, nil
}

// AppendDecode is [Decode] into dst, which grows at most once. On error it
// returns dst as it was.
func AppendDecode(dst []Instruction, raw []byte, order binary.ByteOrder) ([]Instruction, error) {
	if extra := len(raw) % SlotSize; extra != 0 {
		return dst, fmt.Errorf("program of %d bytes, expected a multiple of %d: %d left over after slot %d",
			len(raw), SlotSize, extra, len(raw)/SlotSize)
	}
	n := len(raw) / SlotSize
	dst = slices.Grow(dst, n)
	slots := dst[len(dst) : len(dst)+n]
	if isBigEndian(order) {
		// Both indices in the condition spare the loop its bounds checks.
		for i, at := 0, 0; i < len(slots) && at+SlotSize <= len(raw); i, at = i+1, at+SlotSize {
			slots[i] = fromBigEndian(binary.BigEndian.Uint64(raw[at : at+SlotSize]))
		}
	} else {
		for i := range slots {
			slots[i] = Instruction(binary.LittleEndian.Uint64(raw))
			raw = raw[SlotSize:]
		}
	}
	return dst[:len(dst)+n], nil
}

// Encode is the inverse of [Decode]: [SlotSize] bytes an instruction.
func Encode(insns []Instruction, order binary.ByteOrder) []byte {
	return Append(nil, insns, order)
}

// Append appends the bytes of insns to dst, which grows at most once.
func Append(dst []byte, insns []Instruction, order binary.ByteOrder) []byte {
	dst = slices.Grow(dst, len(insns)*SlotSize)
	if isBigEndian(order) {
		for _, ins := range insns {
			dst = binary.BigEndian.AppendUint64(dst, toBigEndian(ins))
		}
	} else {
		for _, ins := range insns {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(ins))
		}
	}
	return dst
}

// isBigEndian also answers for binary.NativeEndian, which is neither equal to
// BigEndian nor to LittleEndian.
func isBigEndian(order binary.ByteOrder) bool {
	if order == binary.ByteOrder(binary.NativeEndian) {
		return binary.NativeEndian.Uint16([]byte{0, 1}) == 1
	}
	return order == binary.ByteOrder(binary.BigEndian)
}

// fromBigEndian makes an Instruction of a slot of a big-endian program, read
// as a big-endian number. Not only the fields' order differs, the registers
// change places in their byte too (RFC 9669, section 3.1; struct bpf_insn in
// include/uapi/linux/bpf.h has them as bit-fields):
//
//	 63    56 55   52 51   48 47            32 31                             0
//	+--------+-------+-------+----------------+--------------------------------+
//	| opcode |  dst  |  src  |      off       |              imm               |
//	+--------+-------+-------+----------------+--------------------------------+
func fromBigEndian(slot uint64) Instruction {
	high := uint32(slot >> 32)
	return Instruction(slot<<32 | uint64(high>>24|high>>12&0x0f00|high>>4&0xf000|high<<16))
}

// toBigEndian is the inverse of fromBigEndian.
func toBigEndian(ins Instruction) uint64 {
	low := uint32(ins)
	return uint64(low<<24|low&0x0f00<<12|low&0xf000<<4|low>>16)<<32 | uint64(ins>>32)
}
