package text

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/statecheck/statecheck/asm"
)

// row is how an instruction is written. The words of its text stand for
// themselves, except for operands:
//
//	Rd Rs        r0 to r15
//	Wd Ws        w0 to w15
//	Xd Xs X0     w, or r where it is 64 bits wide: see add
//	imm          the constant
//	off          the offset of a load or store, with its sign
//	disp         the same in the constant
//	jump long    a target, as a label or a distance: in off, in imm
//	func         a function, as a symbol
//	wide         the 64-bit constant of LD_IMM64
//	address      what LD_IMM64 loads the address of, as a symbol
//	pseudo       the pseudo source of LD_IMM64
//
// The rows are those of LLVM 19 (llvm/lib/Target/BPF/BPFInstrInfo.td) and, marked as
// read only, of LLVM 20 and of the kernel's log (kernel/bpf/disasm.c).
type row struct {
	text     string
	ins      asm.Instruction // all bits that no operand sets
	readOnly bool            // accepted, and never printed: clang-19 does not know it

	words    []token
	operands asm.Instruction // the bits that operands set
}

// operand is a word of a row that stands for a value.
type operand struct {
	kinds  []tokenKind
	fields asm.Instruction // the bits of the slot that it sets
	half   bool            // of a register: w
}

const (
	fieldDst asm.Instruction = 0xf << 8
	fieldSrc asm.Instruction = 0xf << 12
	fieldOff asm.Instruction = 0xffff << 16
	fieldImm asm.Instruction = 0xffffffff << 32
)

var operands = map[string]operand{
	"Rd":      {kinds: []tokenKind{tokenWide}, fields: fieldDst},
	"Rs":      {kinds: []tokenKind{tokenWide}, fields: fieldSrc},
	"Wd":      {kinds: []tokenKind{tokenHalf}, fields: fieldDst, half: true},
	"Ws":      {kinds: []tokenKind{tokenHalf}, fields: fieldSrc, half: true},
	"imm":     {kinds: []tokenKind{tokenNumber}, fields: fieldImm},
	"off":     {kinds: []tokenKind{tokenNumber}, fields: fieldOff},
	"disp":    {kinds: []tokenKind{tokenNumber}, fields: fieldImm},
	"jump":    {kinds: []tokenKind{tokenNumber, tokenSymbol}, fields: fieldOff},
	"long":    {kinds: []tokenKind{tokenNumber, tokenSymbol}, fields: fieldImm},
	"func":    {kinds: []tokenKind{tokenSymbol}, fields: fieldImm},
	"wide":    {kinds: []tokenKind{tokenNumber}, fields: fieldImm},
	"address": {kinds: []tokenKind{tokenSymbol}, fields: fieldImm},
	"pseudo":  {kinds: []tokenKind{tokenNumber}, fields: fieldSrc},
}

// Parts that rows are put together from.
var (
	aluSigns = []struct {
		sign string
		code asm.Opcode
		off  int16
	}{
		{"+=", asm.ALUAdd, 0}, {"-=", asm.ALUSub, 0}, {"*=", asm.ALUMul, 0},
		{"/=", asm.ALUDiv, 0}, {"s/=", asm.ALUDiv, 1}, {"|=", asm.ALUOr, 0}, {"&=", asm.ALUAnd, 0},
		{"<<=", asm.ALULsh, 0}, {">>=", asm.ALURsh, 0}, {"%=", asm.ALUMod, 0}, {"s%=", asm.ALUMod, 1},
		{"^=", asm.ALUXor, 0}, {"=", asm.ALUMov, 0}, {"s>>=", asm.ALUArsh, 0},
	}
	jumpSigns = []struct {
		sign string
		code asm.Opcode
	}{
		{"==", asm.JumpEQ}, {">", asm.JumpGT}, {">=", asm.JumpGE}, {"&", asm.JumpSET}, {"!=", asm.JumpNE},
		{"s>", asm.JumpSGT}, {"s>=", asm.JumpSGE}, {"<", asm.JumpLT}, {"<=", asm.JumpLE},
		{"s<", asm.JumpSLT}, {"s<=", asm.JumpSLE},
	}
	sizes = []struct {
		bits string
		code asm.Opcode
	}{{"8", asm.SizeB}, {"16", asm.SizeH}, {"32", asm.SizeW}, {"64", asm.SizeDW}}
	atomics = []struct {
		sign, name string
		imm        int32
	}{
		{"+=", "add", asm.AtomicAdd}, {"|=", "or", asm.AtomicOr}, {"&=", "and", asm.AtomicAnd}, {"^=", "xor", asm.AtomicXor},
	}
)

// Opcodes that are put together from parts.
const (
	opX = 0x08 // the second operand is a register

	ld    = asm.Opcode(asm.ClassLD)
	ldx   = asm.Opcode(asm.ClassLDX)
	st    = asm.Opcode(asm.ClassST)
	stx   = asm.Opcode(asm.ClassSTX)
	alu   = asm.Opcode(asm.ClassALU)
	alu64 = asm.Opcode(asm.ClassALU64)
	jmp   = asm.Opcode(asm.ClassJMP)
	jmp32 = asm.Opcode(asm.ClassJMP32)
)

// syntax is all rows, and how they are found. It is made when the first text is read,
// which most runs of the command do not.
var syntax = sync.OnceValue(newTable)

type table struct {
	rows     []*row
	byKey    map[string][]*row // see appendKey
	byOp     [256][]*row
	keywords map[string]bool // the words of the rows that are no operands
}

func newTable() *table {
	t := &table{byKey: make(map[string][]*row), keywords: make(map[string]bool)}
	write := func(text string, op asm.Opcode, src asm.Register, off int16, imm int32) {
		t.add(row{text: text, ins: asm.New(op, 0, src, off, imm)})
	}
	read := func(text string, op asm.Opcode, src asm.Register, off int16, imm int32) {
		t.add(row{text: text, ins: asm.New(op, 0, src, off, imm), readOnly: true})
	}

	write("Rd = wide ll", asm.LoadImm64, 0, 0, 0)
	write("ld_pseudo Rd, pseudo, imm", asm.LoadImm64, 0, 0, 0)
	read("Rd = address ll", asm.LoadImm64, 0, 0, 0)
	for _, size := range sizes[:3] {
		write("r0 = *(u"+size.bits+" *)skb[imm]", ld|asm.ModeABS|size.code, 0, 0, 0)
		write("r0 = *(u"+size.bits+" *)skb[Rs]", ld|asm.ModeIND|size.code, 0, 0, 0)
		read("r0 = *(u"+size.bits+" *)skb[Rs disp]", ld|asm.ModeIND|size.code, 0, 0, 0) // the log
	}

	for _, size := range sizes {
		place, kind := "(u"+size.bits+" *)(Rd off)", stx|asm.ModeAtomic|size.code
		write("Xd = *(u"+size.bits+" *)(Rs off)", ldx|asm.ModeMEM|size.code, 0, 0, 0)
		if size.code != asm.SizeDW {
			write("Rd = *(s"+size.bits+" *)(Rs off)", ldx|asm.ModeMEMSX|size.code, 0, 0, 0)
		}
		write("*"+place+" = imm", st|asm.ModeMEM|size.code, 0, 0, 0)
		write("*"+place+" = Xs", stx|asm.ModeMEM|size.code, 0, 0, 0)
		read("Xd = load_acquire((u"+size.bits+" *)(Rs off))", kind, 0, 0, asm.AtomicLoadAcquire) // LLVM 20
		read("store_release("+place+", Xs)", kind, 0, 0, asm.AtomicStoreRelease)                 // LLVM 20
		if size.code != asm.SizeW && size.code != asm.SizeDW {
			continue
		}
		suffix, infix := "_64", "64" // of LLVM and of the log
		if size.code == asm.SizeW {
			suffix, infix = "32_32", ""
		}
		for _, a := range atomics {
			write("lock *"+place+" "+a.sign+" Xs", kind, 0, 0, a.imm)
			write("Xs = atomic_fetch_"+a.name+"("+place+", Xs)", kind, 0, 0, a.imm|asm.AtomicFetch)
			if infix != "" {
				read("Xs = atomic64_fetch_"+a.name+"("+place+", Xs)", kind, 0, 0, a.imm|asm.AtomicFetch)
			}
		}
		write("Xs = xchg"+suffix+"(Rd off, Xs)", kind, 0, 0, asm.AtomicXchg)
		read("Xs = atomic"+infix+"_xchg("+place+", Xs)", kind, 0, 0, asm.AtomicXchg)
		write("X0 = cmpxchg"+suffix+"(Rd off, X0, Xs)", kind, 0, 0, asm.AtomicCmpxchg)
		read("X0 = atomic"+infix+"_cmpxchg("+place+", X0, Xs)", kind, 0, 0, asm.AtomicCmpxchg)
	}

	for _, a := range aluSigns {
		write("Wd "+a.sign+" imm", alu|a.code, 0, a.off, 0)
		write("Wd "+a.sign+" Ws", alu|a.code|opX, 0, a.off, 0)
		write("Rd "+a.sign+" imm", alu64|a.code, 0, a.off, 0)
		write("Rd "+a.sign+" Rs", alu64|a.code|opX, 0, a.off, 0)
	}
	read("Rd = Ws", alu|asm.ALUMov|opX, 0, 0, 0) // clang -S, for a move whose upper half is used: clang assembles no such text
	write("Wd = -Wd", alu|asm.ALUNeg, 0, 0, 0)
	write("Rd = -Rd", alu64|asm.ALUNeg, 0, 0, 0)
	for _, bits := range []int16{8, 16, 32} {
		if bits < 32 {
			write(fmt.Sprintf("Wd = (s%d)Ws", bits), alu|asm.ALUMov|opX, 0, bits, 0)
		}
		write(fmt.Sprintf("Rd = (s%d)Rs", bits), alu64|asm.ALUMov|opX, 0, bits, 0)
	}
	for _, bits := range []int32{16, 32, 64} {
		write(fmt.Sprintf("Rd = le%d Rd", bits), alu|asm.ALUEnd, 0, 0, bits)
		write(fmt.Sprintf("Rd = be%d Rd", bits), alu|asm.ALUEnd|opX, 0, 0, bits)
		write(fmt.Sprintf("Rd = bswap%d Rd", bits), alu64|asm.ALUEnd, 0, 0, bits)
	}
	write("Rd = addr_space_cast(Rs, 0, 1)", asm.MovX, 0, asm.OffAddrSpaceCast, 1)
	write("Rd = addr_space_cast(Rs, 1, 0)", asm.MovX, 0, asm.OffAddrSpaceCast, 1<<16)
	read("Rd = &(void __percpu *)(Rs)", asm.MovX, 0, asm.OffAddrPercpu, 0) // the log

	for _, j := range jumpSigns {
		write("if Rd "+j.sign+" imm goto jump", jmp|j.code, 0, 0, 0)
		write("if Rd "+j.sign+" Rs goto jump", jmp|j.code|opX, 0, 0, 0)
		write("if Wd "+j.sign+" imm goto jump", jmp32|j.code, 0, 0, 0)
		write("if Wd "+j.sign+" Ws goto jump", jmp32|j.code|opX, 0, 0, 0)
	}
	write("goto jump", asm.Goto, 0, 0, 0)
	write("gotol long", asm.GotoL, 0, 0, 0)
	write("may_goto jump", asm.MayGoto, 0, 0, 0)
	write("call imm", asm.Call, 0, 0, 0)
	write("call func", asm.Call, asm.PseudoCall, 0, 0)
	read("callx Rd", asm.CallX, 0, 0, 0)
	write("exit", asm.Exit, 0, 0, 0)
	return t
}

// add enters a row. One with X registers is entered as LLVM prints it, w but for
// 64 bits, and to be read as LLVM does without ALU32 and the kernel always.
func (t *table) add(r row) {
	wide := r
	wide.text = strings.NewReplacer("Xd", "Rd", "Xs", "Rs", "X0", "r0").Replace(r.text)
	if wide.text != r.text && r.ins.Opcode().Size() != asm.SizeDW {
		r.text = strings.NewReplacer("Xd", "Wd", "Xs", "Ws", "X0", "w0").Replace(r.text)
		t.enter(&r)
		wide.readOnly = true
	}
	t.enter(&wide)
}

// enter compiles a row.
func (t *table) enter(r *row) {
	words, err := split(nil, r.text, t.keywords)
	if err != nil {
		panic(err) // a row of ours
	}
	r.words = words
	keys := []string{""}
	for i := range r.words {
		w := &r.words[i]
		kinds := []tokenKind{w.kind}
		if o, ok := operands[w.text]; ok {
			r.operands |= o.fields
			kinds = o.kinds
		} else if w.kind == tokenSymbol {
			w.kind, kinds = tokenMark, []tokenKind{tokenMark}
			t.keywords[w.text] = true
		}
		var longer []string
		for _, key := range keys {
			for _, kind := range kinds {
				longer = append(longer, string(appendKey([]byte(key), token{kind: kind, text: w.text})))
			}
		}
		keys = longer
	}
	for _, key := range keys {
		t.byKey[key] = append(t.byKey[key], r)
	}
	t.rows = append(t.rows, r)
	t.byOp[r.ins.Opcode()] = append(t.byOp[r.ins.Opcode()], r)
}

// appendKey appends the part of a token in the key of a statement: operands of a
// kind have the same, so that a statement leads to its row by one look. It begins
// with the kind, so that no word reads like an operand.
func appendKey(key []byte, t token) []byte {
	key = append(key, byte(t.kind))
	if t.kind == tokenMark {
		key = append(key, t.text...)
	}
	return append(key, ' ')
}

// statement is an instruction as it was read.
type statement struct {
	ins    asm.Instruction
	second asm.Instruction // of LD_IMM64
	row    *row
	symbol string // what it refers to by name
	addend int64  // and how far behind that, in bytes
}

// errNoInstruction is that no row fits.
var errNoInstruction = errors.New("expected an instruction in LLVM's syntax (r0 = 1, if r1 > r2 goto L3, *(u32 *)(r10 - 4) = r0)")

// parse reads an instruction.
func parse(tokens []token) (statement, error) {
	// A symbol and a distance behind it are one operand.
	var addend int64
	if n := len(tokens); n > 1 {
		for i, t := range tokens[1:] {
			if tokens[i].kind == tokenSymbol && t.kind == tokenNumber && t.signed {
				addend = int64(t.number)
				tokens = append(append([]token(nil), tokens[:i+1]...), tokens[i+2:]...)
				break
			}
		}
	}
	key := make([]byte, 0, 128)
	for _, t := range tokens {
		key = appendKey(key, t)
	}
	err := errNoInstruction
	for _, r := range syntax().byKey[string(key)] {
		s := statement{ins: r.ins, row: r, addend: addend}
		if err = s.fill(tokens); err == nil {
			return s, nil
		}
	}
	return statement{}, err
}

// fill sets the operands of the row.
func (s *statement) fill(tokens []token) error {
	var set asm.Instruction
	for i, w := range s.row.words {
		t := tokens[i]
		o, ok := operands[w.text]
		if !ok {
			if t.kind != w.kind || t.number != w.number || t.kind == tokenMark && t.text != w.text {
				return fmt.Errorf("%s where %s was expected", t.text, w.text)
			}
			continue
		}
		if !slices.Contains(o.kinds, t.kind) {
			return fmt.Errorf("%s, expected an operand of another kind", quote(t.text))
		}
		value, err := s.value(w.text, t)
		if err != nil {
			return err
		}
		if set&o.fields != 0 && s.ins&o.fields != value {
			return fmt.Errorf("%s, expected the register that stands before it", t.text)
		}
		set |= o.fields
		s.ins = s.ins&^o.fields | value
	}
	return nil
}

// value returns the bits of one operand, in place.
func (s *statement) value(name string, t token) (asm.Instruction, error) {
	number := int64(t.number)
	if (name == "off" || name == "disp") && !t.signed {
		return 0, fmt.Errorf("offset %s, expected + or - before it", t.text)
	}
	if t.kind == tokenSymbol {
		s.symbol = t.text
		return 0, nil
	}
	switch name {
	case "Rd", "Wd":
		return asm.Instruction(t.number) << 8, nil
	case "Rs", "Ws":
		return asm.Instruction(t.number) << 12, nil
	case "off", "jump":
		if t.isBeyond(math.MinInt16, math.MaxInt16) {
			return 0, fmt.Errorf("%s, expected %d to %d", t.show(), math.MinInt16, math.MaxInt16)
		}
		return asm.Instruction(uint16(number)) << 16, nil
	case "pseudo":
		if t.isBeyond(1, 15) {
			return 0, fmt.Errorf("pseudo source %s, expected 1 to 15", t.show())
		}
		return asm.Instruction(number) << 12, nil
	case "wide":
		s.second = asm.Instruction(t.number>>32) << 32
	default: // imm, long
		if t.isBeyond(math.MinInt32, math.MaxUint32) {
			return 0, fmt.Errorf("%s, expected %d to %d", t.show(), math.MinInt32, uint32(math.MaxUint32))
		}
	}
	return asm.Instruction(uint32(number)) << 32, nil
}

// isBeyond reports whether the number is less than least or more than most.
func (t token) isBeyond(least, most int64) bool {
	if t.minus {
		return int64(t.number) < least
	}
	return t.number > uint64(most)
}

// show is the number with its sign.
func (t token) show() string {
	if t.minus {
		return "-" + t.text
	}
	return t.text
}

// find returns the row that an instruction is written by, nil where there is none:
// every bit that is no operand must be as the row has it.
func find(ins asm.Instruction, readOnly bool) *row {
	for _, r := range syntax().byOp[ins.Opcode()] {
		if r.readOnly == readOnly && ins&^r.operands == r.ins {
			return r
		}
	}
	return nil
}

// format writes an instruction as the row says, with target in the place of a
// label, if there is one.
func (r *row) format(ins, second asm.Instruction, target string) string {
	var b strings.Builder
	for rest := r.text; rest != ""; {
		n := 0
		for n < len(rest) && (isWord(rest[n]) || isDigit(rest[n])) {
			n++
		}
		if n == 0 {
			b.WriteByte(rest[0])
			rest = rest[1:]
			continue
		}
		name := rest[:n]
		rest = rest[n:]
		o, ok := operands[name]
		switch {
		case !ok:
			b.WriteString(name)
		case target != "" && (name == "jump" || name == "long" || name == "func"):
			b.WriteString(target)
		default:
			b.WriteString(o.format(name, ins, second))
		}
	}
	return b.String()
}

func (o operand) format(name string, ins, second asm.Instruction) string {
	switch name {
	case "Rd", "Rs", "Wd", "Ws":
		r := ins.Dst()
		if o.fields == fieldSrc {
			r = ins.Src()
		}
		if o.half {
			return "w" + strconv.Itoa(int(r))
		}
		return r.String()
	case "off":
		return signed(int64(ins.Off()))
	case "disp":
		return signed(int64(ins.Imm()))
	case "jump":
		return fmt.Sprintf("%+d", ins.Off())
	case "long":
		return fmt.Sprintf("%+d", ins.Imm())
	case "pseudo":
		return strconv.Itoa(int(ins.Src()))
	case "wide":
		return fmt.Sprintf("%#x", uint64(second>>32)<<32|uint64(uint32(ins.Imm())))
	}
	return strconv.Itoa(int(ins.Imm()))
}

// signed writes an offset with its sign as a word of its own.
func signed(n int64) string {
	if n < 0 {
		return fmt.Sprintf("- %d", -n)
	}
	return fmt.Sprintf("+ %d", n)
}
