package verifier

import (
	"encoding/binary"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/internal/kerneltest"
)

// structural is what the kernel says of a program whose shape is wrong
// (add_subprog, check_subprogs, resolve_pseudo_ldimm64, check_cfg). It says it
// before it looks at any value.
var structural = []string{
	"call to invalid destination", "too many subprograms",
	"jump out of range", "last insn is not an exit or jmp",
	"unknown opcode", "BPF_LDX uses reserved fields", "invalid bpf_ld_imm64 insn", "unrecognized bpf_ld_imm64 insn",
	"unreachable insn", "jump into the middle of ldimm64",
	"frames is too deep",
}

// TestKernelAgreesOnShape loads drawn programs: what we call invalid the kernel
// must refuse, and where it complains of the shape, so must we.
func TestKernelAgreesOnShape(t *testing.T) {
	kerneltest.Need(t)
	loaded, invalid, total := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		p := drawProgram(rt)
		r := Check(p, Options{VerdictOnly: true})
		raw := asm.Encode(p.Instructions, binary.NativeEndian)
		log, err := kerneltest.Says(raw)
		total++
		if err == nil {
			loaded++
		}
		if r.Verdict == Invalid {
			invalid++
			if err == nil {
				rt.Fatalf("the kernel loads what we call invalid: %v", r.Err)
			}
			return
		}
		for _, message := range structural {
			if err != nil && strings.Contains(log, message) {
				rt.Fatalf("%s to us, and to the kernel: %v\n%s", r.Verdict, err, log)
			}
		}
	})
	t.Logf("%d programs: %d invalid to us, %d loaded", total, invalid, loaded)
}
