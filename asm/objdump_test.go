package asm

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// LLVM is the second opinion on what bytes mean: both what llvm-objdump makes
// of every object at hand, and what llvm-mc makes of every form there is. Its
// text is compared with llvmText, which knows nothing of the table of forms.

// needTool returns the tool's path and skips the test where it is missing.
func needTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

// llvmLine is an instruction as LLVM prints it, and the bytes that it is made of.
type llvmLine struct {
	slot int
	raw  []byte
	text string
}

// TestObjdump decodes every executable section of every object that it finds
// and compares with llvm-objdump, instruction by instruction.
func TestObjdump(t *testing.T) {
	objdump := needTool(t, "llvm-objdump-19")
	var objects, sections, instructions int
	for _, path := range findObjects(t) {
		file, err := elf.Open(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		objects++
		disassembly := runObjdump(t, objdump, path)
		for _, section := range file.Sections {
			if section.Flags&elf.SHF_EXECINSTR == 0 || section.Size == 0 || section.Type != elf.SHT_PROGBITS {
				continue
			}
			raw, err := section.Data()
			if err != nil {
				t.Errorf("%s: %s: %v", path, section.Name, err)
				continue
			}
			if len(disassembly) == 0 || disassembly[0].section != section.Name {
				t.Errorf("%s: llvm-objdump does not show section %s here", path, section.Name)
				break
			}
			lines := disassembly[0].lines
			disassembly = disassembly[1:]
			if err := compareWithLLVM(raw, file.ByteOrder, lines); err != nil {
				t.Errorf("%s: %s: %v", path, section.Name, err)
			}
			sections++
			instructions += len(lines)
		}
		if len(disassembly) != 0 {
			t.Errorf("%s: llvm-objdump shows section %s too", path, disassembly[0].section)
		}
		file.Close()
	}
	t.Logf("%d objects, %d sections, %d instructions", objects, sections, instructions)
}

// findObjects lists the BPF objects that are on this machine.
func findObjects(t *testing.T) []string {
	t.Helper()
	cilium, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/cilium/ebpf").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var paths []string
	for root, ext := range map[string]string{
		filepath.Join(strings.TrimSpace(string(cilium)), "testdata"): ".elf",
		"../../shared/objects": ".o", // public samples
	} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ext) && d.Type().IsRegular() {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	xdpTools, err := filepath.Glob("/usr/lib*/*/bpf/*.o") // Debian's xdp-tools
	if err != nil {
		t.Fatal(err)
	}
	return append(paths, xdpTools...)
}

type disassembledSection struct {
	section string
	lines   []llvmLine
}

var (
	sectionHeader = regexp.MustCompile(`^Disassembly of section (.*):$`)
	codeLine      = regexp.MustCompile(`^\s*(\d+):\t([0-9a-f ]+?)\s*\t(.*)$`)
	symbolSuffix  = regexp.MustCompile(` <[^>]*>$`)
	halfRegister  = regexp.MustCompile(`\bw(\d+)\b`)
)

func runObjdump(t *testing.T, tool, path string) []disassembledSection {
	t.Helper()
	out, err := exec.Command(tool, "-d", "--disassemble-zeroes", path).Output()
	if err != nil {
		t.Fatalf("%s %s: %v", tool, path, err)
	}
	var sections []disassembledSection
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, "\n")
		if m := sectionHeader.FindStringSubmatch(line); m != nil {
			sections = append(sections, disassembledSection{section: m[1]})
			continue
		}
		m := codeLine.FindStringSubmatch(line)
		if m == nil || len(sections) == 0 {
			continue
		}
		raw, err := hex.DecodeString(strings.ReplaceAll(m[2], " ", ""))
		if err != nil {
			t.Fatalf("%s: %q: %v", path, line, err)
		}
		var slot int
		fmt.Sscan(m[1], &slot)
		last := &sections[len(sections)-1]
		last.lines = append(last.lines, llvmLine{slot, raw, symbolSuffix.ReplaceAllString(m[3], "")})
	}
	return sections
}

// compareWithLLVM: all bytes are shown, Encode gives them back, and the text is
// the same.
func compareWithLLVM(raw []byte, order binary.ByteOrder, lines []llvmLine) error {
	insns, err := Decode(raw, order)
	if err != nil {
		return err
	}
	slot := 0
	for _, line := range lines {
		if line.slot != slot {
			return fmt.Errorf("slot %d: llvm goes on at %d", slot, line.slot)
		}
		n := len(line.raw) / SlotSize
		if n == 0 || slot+n > len(insns) {
			return fmt.Errorf("slot %d: llvm shows %d bytes", slot, len(line.raw))
		}
		if got := Encode(insns[slot:slot+n], order); !bytes.Equal(got, line.raw) {
			return fmt.Errorf("slot %d: % x, llvm shows % x", slot, got, line.raw)
		}
		text, want := llvmText(insns[slot:slot+n]), strings.TrimSpace(line.text)
		if class := insns[slot].Opcode().Class(); class == ClassLDX || class == ClassSTX {
			// Whether a narrow load or store names w or r depends on -mcpu alone.
			text, want = halfRegister.ReplaceAllString(text, "r$1"), halfRegister.ReplaceAllString(want, "r$1")
		}
		if text != want {
			return fmt.Errorf("slot %d: %#v is %q, to llvm %q", slot, insns[slot], text, want)
		}
		slot += n
	}
	if slot != len(insns) {
		return fmt.Errorf("llvm ends at slot %d of %d", slot, len(insns))
	}
	return nil
}

// llvm19Differs: forms that LLVM 19 reads in another way, with the reason.
var llvm19Differs = map[string]string{
	"load_acquire8":   "LLVM 20 is the first to know it",
	"load_acquire16":  "LLVM 20 is the first to know it",
	"load_acquire32":  "LLVM 20 is the first to know it; 19 looks at the low byte of imm and takes it for an add",
	"load_acquire64":  "LLVM 20 is the first to know it; 19 looks at the low byte of imm and takes it for an add",
	"store_release8":  "LLVM 20 is the first to know it",
	"store_release16": "LLVM 20 is the first to know it",
	"store_release32": "LLVM 20 is the first to know it",
	"store_release64": "LLVM 20 is the first to know it",
}

// TestLLVMForms gives every form of testdata/decode.txt to llvm-mc, in both byte
// orders: the objects at hand contain only some of them.
func TestLLVMForms(t *testing.T) {
	mc := needTool(t, "llvm-mc-19")
	compared := map[string]bool{}
	for _, order := range bothOrders {
		var programs [][]Instruction
		var input strings.Builder
		for _, line := range goldenLines(t) {
			insns, err := Decode(line.raw, line.order)
			if err != nil {
				t.Fatal(err)
			}
			name := Name(insns[0])
			if line.order != order || line.verdict() != "regular" || llvm19Differs[name] != "" {
				continue
			}
			compared[name] = true
			programs = append(programs, insns)
			for _, b := range line.raw {
				fmt.Fprintf(&input, "%#02x ", b)
			}
			input.WriteByte('\n')
		}
		triple := map[binary.ByteOrder]string{binary.LittleEndian: "bpfel", binary.BigEndian: "bpfeb"}[order]
		cmd := exec.Command(mc, "--disassemble", "-triple="+triple, "-mcpu=v4", "--print-imm-hex")
		cmd.Stdin = strings.NewReader(input.String())
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil || stderr.Len() != 0 {
			t.Fatalf("%s: %v %s", triple, err, stderr.String())
		}
		texts := strings.Split(strings.TrimSpace(string(out)), "\n")[1:] // the first is .text
		if len(texts) != len(programs) {
			t.Fatalf("%s: llvm-mc wrote %d lines for %d instructions", triple, len(texts), len(programs))
		}
		for i, insns := range programs {
			if got, want := llvmText(insns), strings.TrimSpace(texts[i]); got != want {
				t.Errorf("%s: %#v is %q, to llvm %q", triple, insns[0], got, want)
			}
		}
	}
	for ins, f := range Forms() {
		if !compared[f.Name] && llvm19Differs[f.Name] == "" && ins.Opcode() != CallX {
			t.Errorf("%s was not compared", f.Name)
		}
	}
}

// llvmText writes an instruction as LLVM does (llvm/lib/Target/BPF/BPFInstrInfo.td).
func llvmText(insns []Instruction) string {
	ins := insns[0]
	op := ins.Opcode()
	wide := func(r Register) string { return fmt.Sprintf("r%d", uint8(r)) }
	half := func(r Register) string { return fmt.Sprintf("w%d", uint8(r)) }
	sized := func(r Register) string {
		if op.Size() == SizeDW {
			return wide(r)
		}
		return half(r)
	}
	width := map[Opcode]string{SizeB: "8", SizeH: "16", SizeW: "32", SizeDW: "64"}[op.Size()]
	place := func(base Register) string {
		if off := int(ins.Off()); off < 0 {
			return fmt.Sprintf("%s - %#x", wide(base), -off)
		}
		return fmt.Sprintf("%s + %#x", wide(base), ins.Off())
	}

	switch op.Class() {
	case ClassLD:
		switch op.Mode() {
		case ModeIMM:
			if ins.Src() != 0 {
				return fmt.Sprintf("ld_pseudo\t%s, %#x, %#x", wide(ins.Dst()), uint8(ins.Src()), ins.Imm())
			}
			return fmt.Sprintf("%s = %#x ll", wide(ins.Dst()), int64(insns[1].Imm())<<32|int64(uint32(ins.Imm())))
		case ModeABS:
			return fmt.Sprintf("r0 = *(u%s *)skb[%#x]", width, ins.Imm())
		case ModeIND:
			return fmt.Sprintf("r0 = *(u%s *)skb[%s]", width, wide(ins.Src()))
		}

	case ClassLDX:
		if op.Mode() == ModeMEMSX {
			return fmt.Sprintf("%s = *(s%s *)(%s)", wide(ins.Dst()), width, place(ins.Src()))
		}
		return fmt.Sprintf("%s = *(u%s *)(%s)", sized(ins.Dst()), width, place(ins.Src()))

	case ClassST:
		return fmt.Sprintf("*(u%s *)(%s) = %#x", width, place(ins.Dst()), ins.Imm())

	case ClassSTX:
		if op.Mode() == ModeMEM {
			return fmt.Sprintf("*(u%s *)(%s) = %s", width, place(ins.Dst()), sized(ins.Src()))
		}
		suffix := "32_32"
		if op.Size() == SizeDW {
			suffix = "_64"
		}
		switch ins.Imm() {
		case AtomicXchg:
			return fmt.Sprintf("%s = xchg%s(%s, %s)", sized(ins.Src()), suffix, place(ins.Dst()), sized(ins.Src()))
		case AtomicCmpxchg:
			return fmt.Sprintf("%s = cmpxchg%s(%s, %s, %s)", sized(0), suffix, place(ins.Dst()), sized(0), sized(ins.Src()))
		}
		symbol := map[int32]string{AtomicAdd: "+", AtomicOr: "|", AtomicAnd: "&", AtomicXor: "^"}[ins.Imm()]
		if symbol != "" {
			return fmt.Sprintf("lock *(u%s *)(%s) %s= %s", width, place(ins.Dst()), symbol, sized(ins.Src()))
		}
		name := map[int32]string{AtomicAdd: "add", AtomicOr: "or", AtomicAnd: "and", AtomicXor: "xor"}[ins.Imm()&^AtomicFetch]
		return fmt.Sprintf("%s = atomic_fetch_%s((u%s *)(%s), %s)", sized(ins.Src()), name, width, place(ins.Dst()), sized(ins.Src()))

	case ClassALU, ClassALU64:
		register := wide
		if op.Class() == ClassALU {
			register = half
		}
		dst, src := register(ins.Dst()), fmt.Sprintf("%#x", ins.Imm())
		if op.SourceX() {
			src = register(ins.Src())
		}
		switch op.Code() {
		case ALUNeg:
			return fmt.Sprintf("%s = -%s", dst, dst)
		case ALUEnd:
			kind := "le"
			if op.SourceX() {
				kind = "be"
			}
			if op.Class() == ClassALU64 {
				kind = "bswap"
			}
			return fmt.Sprintf("%s = %s%d %s", wide(ins.Dst()), kind, ins.Imm(), wide(ins.Dst()))
		case ALUMov:
			switch {
			case ins.Off() == OffAddrSpaceCast:
				return fmt.Sprintf("%s = addr_space_cast(%s, %#x, %#x)", dst, src, ins.Imm()>>16, ins.Imm()&0xffff)
			case ins.Off() != 0:
				return fmt.Sprintf("%s = (s%d)%s", dst, ins.Off(), src)
			}
			return fmt.Sprintf("%s = %s", dst, src)
		}
		symbol := map[Opcode]string{
			ALUAdd: "+", ALUSub: "-", ALUMul: "*", ALUDiv: "/", ALUOr: "|", ALUAnd: "&", ALULsh: "<<", ALURsh: ">>",
			ALUMod: "%", ALUXor: "^", ALUArsh: "s>>",
		}[op.Code()]
		if ins.Off() == 1 {
			symbol = "s" + symbol
		}
		return fmt.Sprintf("%s %s= %s", dst, symbol, src)

	case ClassJMP, ClassJMP32:
		switch op {
		case Call:
			return fmt.Sprintf("call %#x", ins.Imm())
		case CallX:
			return "callx " + wide(ins.Dst())
		case Exit:
			return "exit"
		case Goto:
			return fmt.Sprintf("goto %+#x", ins.Off())
		case GotoL:
			return fmt.Sprintf("gotol %+#x", ins.Imm())
		case MayGoto:
			return fmt.Sprintf("may_goto %+#x", ins.Off())
		}
		register := wide
		if op.Class() == ClassJMP32 {
			register = half
		}
		symbol := map[Opcode]string{
			JumpEQ: "==", JumpGT: ">", JumpGE: ">=", JumpSET: "&", JumpNE: "!=", JumpSGT: "s>", JumpSGE: "s>=",
			JumpLT: "<", JumpLE: "<=", JumpSLT: "s<", JumpSLE: "s<=",
		}[op.Code()]
		src := fmt.Sprintf("%#x", ins.Imm())
		if op.SourceX() {
			src = register(ins.Src())
		}
		return fmt.Sprintf("if %s %s %s goto %+#x", register(ins.Dst()), symbol, src, ins.Off())
	}
	return "<unknown>"
}
