package asm

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"runtime/debug"
	"testing"

	casm "github.com/cilium/ebpf/asm"
)

// benchSlots is about the size of the largest programs that compilers write.
const benchSlots = 20000

// benchProgram makes a program of regular instructions, a LD_IMM64 in about
// one of ten, in the order asked for.
func benchProgram(order binary.ByteOrder) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	common := []Instruction{
		New(0xbf, R1, R6, 0, 0), New(0xb7, R2, 0, 0, 7), New(0x07, R2, 0, 0, -8), New(0x61, R3, R1, 4, 0),
		New(0x79, R4, R1, 16, 0), New(0x7b, R10, R3, -8, 0), New(0x55, R0, 0, 3, 0), New(0x0f, R3, R4, 0, 0),
		New(0x85, 0, 0, 0, 1),
	}
	var insns []Instruction
	for len(insns) < benchSlots-1 {
		if random.IntN(10) == 0 {
			insns = append(insns, New(LoadImm64, R1, 0, 0, 1), New(0, 0, 0, 0, 1))
		} else {
			insns = append(insns, common[random.IntN(len(common))])
		}
	}
	for len(insns) < benchSlots {
		insns = append(insns, New(Exit, 0, 0, 0, 0))
	}
	return Encode(insns, order)
}

// BenchmarkDecode compares three readers of the same bytes. The bare loop is
// less than any decoder can do: fetch every slot, and keep only their sum.
// ours must take at most three times the bare loop and a third of cilium's.
func BenchmarkDecode(b *testing.B) {
	// The heap is tiny here, so that by default the collector would run for
	// every 25th result, and be most of what is measured.
	defer debug.SetGCPercent(debug.SetGCPercent(1000))
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		raw := benchProgram(order)
		run := func(name string, decode func()) {
			b.Run(name+"/"+order.String(), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(raw)))
				for b.Loop() {
					decode()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSlots, "ns/slot")
			})
		}

		var sum uint64
		if order == binary.BigEndian {
			run("bareloop", func() {
				for i := 0; i+SlotSize <= len(raw); i += SlotSize {
					sum += binary.BigEndian.Uint64(raw[i:])
				}
			})
		} else {
			run("bareloop", func() {
				for i := 0; i+SlotSize <= len(raw); i += SlotSize {
					sum += binary.LittleEndian.Uint64(raw[i:])
				}
			})
		}
		var sink []Instruction
		run("ours", func() { sink, _ = Decode(raw, order) })
		run("ours-append", func() { sink, _ = AppendDecode(sink[:0], raw, order) })
		run("cilium", func() {
			if _, err := casm.AppendInstructions(nil, bytes.NewReader(raw), order, "linux"); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkCheck measures what the tables cost a pass over all slots.
func BenchmarkCheck(b *testing.B) {
	insns, err := Decode(benchProgram(binary.LittleEndian), binary.LittleEndian)
	if err != nil {
		b.Fatal(err)
	}
	bench := func(name string, pass func() (bad int)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if bad := pass(); bad != 0 {
					b.Fatalf("%d slots are refused", bad)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSlots, "ns/slot")
		})
	}
	bench("bareloop", func() (bad int) {
		for i := 0; i < len(insns); i++ {
			if ins := insns[i]; ins.IsWide() {
				i++
			} else if ins == 0 {
				bad++
			}
		}
		return bad
	})
	bench("Plain or Regular", func() (bad int) {
		for i := 0; i < len(insns); i++ {
			if !Plain(insns[i]) && !Regular(insns[i]) {
				bad++
			}
			if insns[i].IsWide() {
				i++
			}
		}
		return bad
	})
	bench("Regular", func() (bad int) {
		for i := 0; i < len(insns); i++ {
			if !Regular(insns[i]) {
				bad++
			}
			if insns[i].IsWide() {
				i++
			}
		}
		return bad
	})
	bench("Malformed", func() (bad int) {
		for i := 0; i < len(insns); i++ {
			if Malformed(insns, i) != nil {
				bad++
			}
			if insns[i].IsWide() {
				i++
			}
		}
		return bad
	})
	bench("Irregular", func() (bad int) {
		for i := 0; i < len(insns); i++ {
			if Irregular(insns, i) != nil {
				bad++
			}
			if insns[i].IsWide() {
				i++
			}
		}
		return bad
	})
}
