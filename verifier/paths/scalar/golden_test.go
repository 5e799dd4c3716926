package scalar_test

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/paths/scalar"
)

// goldenFile holds operations and branches as the guest (Linux 6.12.117) has shown them, for machines without it:
//
//	slot | instruction | operands before | what becomes of them | in the other state, if there are two
//
// The operands are dst and src, if it is a register, and the spilled number for a load. A jump has
// "taken" or "falls" before what becomes of them; if it is not decided the other state is that in which it is taken.
const goldenFile = "testdata/linux-6.12.txt"

// TestGolden does what the guest did.
func TestGolden(t *testing.T) {
	file, err := os.Open(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := 0
	for scanner := bufio.NewScanner(file); scanner.Scan(); lines++ {
		fields := strings.Split(scanner.Text(), " | ")
		slot, err := strconv.ParseUint(fields[0], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		var before state
		ins := asm.Instruction(slot)
		texts := strings.Split(fields[2], " , ")
		for i, p := range operands(ins) {
			v, err := parse(texts[i])
			if err != nil {
				t.Fatal(err)
			}
			before.places[p] = number(v)
		}
		if got, want := result(ins, &before), strings.Join(fields[3:], " | "); got != want {
			t.Errorf("%s of %s:\n got %s\nwant %s", fields[1], fields[2], got, want)
		}
	}
	if lines < 1000 {
		t.Errorf("%d lines, expected 1000 at least", lines)
	}
}

// operands are the places of what an instruction computes with.
func operands(ins asm.Instruction) []int {
	op, dst, src := ins.Opcode(), int(ins.Dst()), int(ins.Src())
	switch {
	case op.Class() == asm.ClassLDX:
		return []int{spill}
	case op.SourceX() && src != dst && op.Code() != asm.ALUEnd:
		return []int{dst, src}
	}
	return []int{dst}
}

// result is the last fields of a line.
func result(ins asm.Instruction, before *state) string {
	ids := 0
	now := *before
	other := now.step(ins, 0, &ids)
	return describe(ins, &now, other)
}

func describe(ins asm.Instruction, now, other *state) string {
	places := operands(ins)
	if ins.Opcode().Class() == asm.ClassLDX {
		places = []int{int(ins.Dst())}
	}
	text := ""
	if class := ins.Opcode().Class(); other == nil && (class == asm.ClassJMP || class == asm.ClassJMP32) {
		text = "taken "
		if now.slot == 1 {
			text = "falls "
		}
	}
	text += show(now, places)
	if other != nil {
		text += " | " + show(other, places)
	}
	return text
}

func show(s *state, places []int) string {
	var texts []string
	for _, p := range places {
		texts = append(texts, s.places[p].String())
	}
	return strings.Join(texts, " , ")
}

// collection is lines for the file: of each kind of instruction some, of different programs.
type collection struct {
	kinds map[string][]string
	from  map[string]int // program of the last line of a kind
}

const perKind = 12

// add takes an instruction, if a line without links to other registers says all of it.
func (c *collection) add(program int, ins asm.Instruction, text string, before, now, other *state) {
	switch class := ins.Opcode().Class(); {
	case class == asm.ClassLD, class == asm.ClassSTX, class == asm.ClassLDX && ins.Off() != -8:
		return
	}
	if c.kinds == nil {
		c.kinds, c.from = map[string][]string{}, map[string]int{}
	}
	kind := fmt.Sprintf("%02x %d", uint8(ins.Opcode()), ins.Off())
	if class := ins.Opcode().Class(); class == asm.ClassJMP || class == asm.ClassJMP32 {
		kind = fmt.Sprintf("%02x %v", uint8(ins.Opcode()), other == nil)
	}
	if ins.Opcode() == alu64|asm.ALULsh && ins.Imm() == 32 {
		kind += " by 32" // which has a rule of its own
	}
	var plain state
	constants := true
	for _, p := range operands(ins) {
		plain.places[p] = number(before.places[p].Value)
		constants = constants && before.places[p].IsConst()
	}
	moved := *now
	moved.slot -= before.slot
	line := result(ins, &plain)
	if c.from[kind] == program || len(c.kinds[kind]) == perKind || constants && program%8 != 0 ||
		line != describe(ins, &moved, other) {
		return
	}
	c.from[kind] = program
	line = fmt.Sprintf("%016x | %s | %s | %s", uint64(ins), text, show(before, operands(ins)), line)
	c.kinds[kind] = append(c.kinds[kind], line)
}

func (c *collection) write(file string) error {
	var b bytes.Buffer
	for _, kind := range slices.Sorted(maps.Keys(c.kinds)) {
		for _, line := range c.kinds[kind] {
			fmt.Fprintln(&b, line)
		}
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// parse reads what [scalar.Value.String] or the kernel writes, without ids.
func parse(text string) (scalar.Value, error) {
	inner, ok := strings.CutPrefix(text, "scalar(")
	if !ok {
		x, err := parseNumber(text)
		return scalar.Const(x), err
	}
	v := scalar.Unknown()
	inner = strings.TrimSuffix(inner, ")")
	inner, bits, found := strings.Cut(inner, "var_off=")
	if found {
		if _, err := fmt.Sscanf(bits, "(0x%x; 0x%x)", &v.Bits.Value, &v.Bits.Mask); err != nil {
			return v, fmt.Errorf("%s: %w", text, err)
		}
	}
	for _, group := range strings.Split(strings.Trim(inner, ","), ",") {
		names := strings.Split(group, "=")
		x, err := parseNumber(names[len(names)-1])
		if err != nil && inner != "" {
			return v, fmt.Errorf("%s: %w", text, err)
		}
		for _, name := range names[:len(names)-1] {
			switch name {
			case "smin":
				v.Smin = int64(x)
			case "smax":
				v.Smax = int64(x)
			case "umin":
				v.Umin = x
			case "umax":
				v.Umax = x
			case "smin32":
				v.S32min = int32(x)
			case "smax32":
				v.S32max = int32(x)
			case "umin32":
				v.U32min = uint32(x)
			case "umax32":
				v.U32max = uint32(x)
			default:
				return v, fmt.Errorf("%s: unknown bound %q", text, name)
			}
		}
	}
	return v, nil
}

func parseNumber(text string) (uint64, error) {
	if strings.HasPrefix(text, "-") {
		x, err := strconv.ParseInt(text, 0, 64)
		return uint64(x), err
	}
	return strconv.ParseUint(text, 0, 64)
}
