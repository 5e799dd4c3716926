package asm

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var bothOrders = []binary.ByteOrder{binary.LittleEndian, binary.BigEndian}

func TestDecodeFields(t *testing.T) {
	// r3 = *(u16 *)(r1 - 2), were imm not set: every field differs.
	want := New(0x69, R3, R1, -2, 0x01020304)
	for order, raw := range map[binary.ByteOrder][]byte{
		binary.LittleEndian: {0x69, 0x13, 0xfe, 0xff, 0x04, 0x03, 0x02, 0x01},
		binary.BigEndian:    {0x69, 0x31, 0xff, 0xfe, 0x01, 0x02, 0x03, 0x04},
	} {
		got, err := Decode(raw, order)
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %#v, %v, want %#v", order, got, err, want)
		}
	}
	if want.Opcode() != 0x69 || want.Dst() != R3 || want.Src() != R1 || want.Off() != -2 || want.Imm() != 0x01020304 {
		t.Errorf("fields of %#v", want)
	}
}

// The native order is one of the other two.
func TestDecodeNative(t *testing.T) {
	var host binary.ByteOrder = binary.LittleEndian
	if binary.NativeEndian.Uint16([]byte{0, 1}) == 1 {
		host = binary.BigEndian
	}
	raw := []byte{0x69, 0x13, 0xfe, 0xff, 0x04, 0x03, 0x02, 0x01}
	want, err := Decode(raw, host)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Decode(raw, binary.NativeEndian); err != nil || !slices.Equal(got, want) {
		t.Errorf("%#v, %v, in %v %#v", got, err, host, want)
	}
}

func TestDecodeOddSize(t *testing.T) {
	before := []Instruction{New(Exit, 0, 0, 0, 0)}
	got, err := AppendDecode(before, make([]byte, 21), binary.LittleEndian)
	want := "program of 21 bytes, expected a multiple of 8: 5 left over after slot 2"
	if err == nil || err.Error() != want || !slices.Equal(got, before) {
		t.Errorf("%v, %v, want %q", got, err, want)
	}
}

func TestDecodeAllocations(t *testing.T) {
	raw := benchProgram(binary.BigEndian)
	for _, order := range bothOrders {
		if n := testing.AllocsPerRun(10, func() { _, _ = Decode(raw, order) }); n != 1 {
			t.Errorf("%s: Decode allocates %v times, want 1", order, n)
		}
		insns := make([]Instruction, 0, len(raw)/SlotSize)
		if n := testing.AllocsPerRun(10, func() { _, _ = AppendDecode(insns, raw, order) }); n != 0 {
			t.Errorf("%s: AppendDecode allocates %v times, want 0", order, n)
		}
	}
}

// sameBytes is the contract of Decode and Encode: no bit is lost, and each slot
// is what a reader of single fields sees.
func sameBytes(t rapid.TB, raw []byte) {
	for _, order := range bothOrders {
		insns, err := Decode(raw, order)
		if (err != nil) != (len(raw)%SlotSize != 0) {
			t.Fatalf("%s: %d bytes: error %v", order, len(raw), err)
		}
		if err != nil {
			if insns != nil || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%s: %v with error %q", order, insns, err)
			}
			continue
		}
		if got := Encode(insns, order); !bytes.Equal(got, raw) {
			t.Fatalf("%s: % x became % x", order, raw, got)
		}
		for i, ins := range insns {
			slot := raw[i*SlotSize:][:SlotSize]
			dst, src := slot[1]&0xf, slot[1]>>4
			if order == binary.BigEndian {
				dst, src = src, dst
			}
			model := New(Opcode(slot[0]), Register(dst), Register(src), int16(order.Uint16(slot[2:])), int32(order.Uint32(slot[4:])))
			if ins != model {
				t.Fatalf("%s: % x is %#v, want %#v", order, slot, ins, model)
			}
		}
	}
	if insns, err := Decode(raw, binary.NativeEndian); err == nil && !bytes.Equal(Encode(insns, binary.NativeEndian), raw) {
		t.Fatalf("native: % x", raw)
	}
}

// propBytes: bytes to instructions to bytes is the identity.
func propBytes(t *rapid.T) {
	sameBytes(t, rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "raw"))
}

func TestBytes(t *testing.T) { rapid.Check(t, propBytes) }

func FuzzBytes(f *testing.F) { f.Fuzz(rapid.MakeFuzz(propBytes)) }

// FuzzDecode works on raw bytes, and also asks everything else that looks at a
// single slot: none may panic, and the fast answers and the slow ones agree.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x18, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0x8d, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		sameBytes(t, raw)
		insns, err := Decode(raw, binary.LittleEndian)
		if err != nil {
			return
		}
		sameVerdicts(t, insns)
		sameInCilium(t, insns)
		TagSHA1(insns)
		TagSHA256(insns)
	})
}
