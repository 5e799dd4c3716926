package main

import (
	"fmt"
	"strings"

	"golang.org/x/net/bpf"
)

// Parts of the opcode of a classic instruction (include/uapi/linux/bpf_common.h).
const (
	classicClass = 0x07
	classicJump  = 0x05 // class BPF_JMP
	classicByX   = 0x08 // BPF_X: by the register, not the constant
	loadXLength  = 0x81 // BPF_LDX | BPF_LEN
)

// classicJumps are the conditional jumps, and how far an unconditional one goes is in K.
var classicJumps = map[uint16]string{0x10: "jeq", 0x20: "jgt", 0x30: "jge", 0x40: "jset"}

// classicText is a classic filter in the syntax of the kernel's bpf_asm
// (tools/bpf/bpf_exp.y), an instruction a line. What it has no words for is in numbers, as
// bpf_asm -c writes them.
func classicText(filter []bpf.RawInstruction) string {
	labelled := make(map[int]bool)
	label := func(target int) string {
		labelled[target] = true
		return fmt.Sprintf("L%d", target)
	}
	lines := make([]string, len(filter))
	for i, raw := range filter {
		name, conditional := classicJumps[raw.Op&^(classicClass|classicByX)]
		switch next := i + 1; {
		case raw.Op == classicJump:
			lines[i] = "jmp " + label(next+int(raw.K))
		case raw.Op&classicClass == classicJump && conditional:
			operand := fmt.Sprintf("#%d", raw.K)
			if raw.Op&classicByX != 0 {
				operand = "x"
			}
			lines[i] = fmt.Sprintf("%s %s,%s,%s", name, operand, label(next+int(raw.Jt)), label(next+int(raw.Jf)))
		case raw.Op == loadXLength: // golang.org/x/net/bpf takes it for a load of the other register
			lines[i] = "ldx #len"
		default:
			lines[i] = inWords(raw)
		}
	}
	var out strings.Builder
	for i, line := range lines {
		if labelled[i] {
			fmt.Fprintf(&out, "L%d: ", i)
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

// inWords is an instruction that does not jump.
func inWords(raw bpf.RawInstruction) string {
	switch ins := raw.Disassemble().(type) {
	case bpf.LoadExtension:
		if text := ins.String(); !strings.HasPrefix(text, "unknown") {
			return text
		}
		// By number, as any load from a place that is not in the packet.
		sizes := map[uint16]string{0x20: "ld", 0x28: "ldh", 0x30: "ldb"}
		return fmt.Sprintf("%s [%d]", sizes[raw.Op], raw.K)
	case bpf.RawInstruction:
		return fmt.Sprintf("{ %#x, %d, %d, %#08x }", raw.Op, raw.Jt, raw.Jf, raw.K)
	default:
		return fmt.Sprint(ins)
	}
}
