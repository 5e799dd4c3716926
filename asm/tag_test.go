package asm

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"
)

// tagPrograms are loadable, given the descriptor of a map. The sizes lie on
// both sides of the hash's block size, 8 slots.
func tagPrograms(mapFD int32) map[string][]Instruction {
	zero, exit := New(0xb7, R0, 0, 0, 0), New(Exit, 0, 0, 0, 0)
	programs := map[string][]Instruction{
		"two slots": {zero, exit},
		"map": {
			New(LoadImm64, R1, PseudoMapFD, 0, mapFD), 0,
			New(LoadImm64, R2, PseudoMapValue, 0, mapFD), New(0, 0, 0, 0, 4),
			New(LoadImm64, R3, 0, 0, 7), New(0, 0, 0, 0, 7),
			zero, exit,
		},
	}
	var long []Instruction
	for range 6 {
		long = append(long, zero)
	}
	programs["7 slots"] = slices.Concat(long, []Instruction{exit})
	for range 100 {
		long = append(long, New(0x07, R0, 0, 0, 1))
	}
	programs["107 slots"] = slices.Concat(long, []Instruction{exit})
	return programs
}

// TestTags compares with cilium/ebpf's tags.
func TestTags(t *testing.T) {
	for name, insns := range tagPrograms(5) {
		cilium, err := ToCilium(insns)
		if err != nil {
			t.Fatal(err)
		}
		sha1, sha256 := TagSHA1(insns), TagSHA256(insns)
		for _, tag := range []string{hex.EncodeToString(sha1[:]), hex.EncodeToString(sha256[:])} {
			if ok, err := cilium.HasTag(tag, binary.LittleEndian); err != nil || !ok {
				t.Errorf("%s: cilium/ebpf does not know the tag %s: %v", name, tag, err)
			}
		}
		if sha1 == sha256 {
			t.Errorf("%s: both tags are %x", name, sha1)
		}
	}
}

// TestTagIgnoresMaps: only what identifies a map differs between two loads.
func TestTagIgnoresMaps(t *testing.T) {
	if a, b := TagSHA256(tagPrograms(5)["map"]), TagSHA256(tagPrograms(6)["map"]); a != b {
		t.Errorf("tags %x and %x", a, b)
	}
	index := func(i int32) []Instruction { return []Instruction{New(LoadImm64, R1, PseudoMapIdx, 0, i), 0} }
	if a, b := TagSHA1(index(1)), TagSHA1(index(2)); a == b {
		t.Errorf("the kernel keeps indices into fd_array, both tags are %x", a)
	}
}
