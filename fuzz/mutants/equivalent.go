package main

// equivalent is a mutant that no test can kill, and why.
type equivalent struct {
	file, function, line, change string
	reason                       string
}

// Reasons that many share.
const (
	timeOnly    = "only saves time"
	lastRound   = "the slot has been reached by now, so that the next round leaves the loop"
	alwaysFound = "it is called only where some slot breaks the rule, and returns there"
	withError   = "nobody looks at it where there is an error"
	bigHost     = "on a little-endian host, where the tests run, both are false"
)

// equivalents are the mutants that behave as the original does, or only take longer.
var equivalents = []equivalent{
	{"verifier/form.go", "shape.scan", "if ins&noteworthy[ins.Opcode()] == 0 && (asm.Plain(ins) || asm.Regular(ins)) {", "never", timeOnly},
	{"verifier/form.go", "shape.scan", "if ins&noteworthy[ins.Opcode()] == 0 && (asm.Plain(ins) || asm.Regular(ins)) {", "& → |", timeOnly},
	{"verifier/form.go", "shape.scan", "if ins&noteworthy[ins.Opcode()] == 0 && (asm.Plain(ins) || asm.Regular(ins)) {", "0 → 0+1", timeOnly},
	{"verifier/form.go", "shape.scan", "if ins&noteworthy[ins.Opcode()] == 0 && (asm.Plain(ins) || asm.Regular(ins)) {", "only left of ||", timeOnly},
	{"verifier/form.go", "shape.scan", "if ins&noteworthy[ins.Opcode()] == 0 && (asm.Plain(ins) || asm.Regular(ins)) {", "only right of ||", timeOnly},
	{"verifier/form.go", "shape.scan", "if ins&noteworthy[ins.Opcode()] == 0 && (asm.Plain(ins) || asm.Regular(ins)) {", "|| → &&", timeOnly},
	{"verifier/form.go", "shape.reachable", "break", "break → continue (2)", lastRound},
	{"verifier/form.go", "shape.unreached", "for slot := 0; slot < len(reached); slot++ {", "< → <=", alwaysFound},
	{"verifier/check.go", "checker.instructions", "if i < maxListed { // beyond, nobody reads it", "always", timeOnly},
	{"verifier/check.go", "checker.instructions", "if i < maxListed { // beyond, nobody reads it", "< → <=", timeOnly},
	{"verifier/check.go", "checker.instructions", "if c.decided() {", "never", timeOnly},
	{"verifier/check.go", "Program.reference", "i, _ := slices.BinarySearchFunc(p.References, slot, func(r Reference, slot int) int { return r.Slot - slot })", "return zero values",
		"nextReference drops what the search does not: " + timeOnly},
	{"verifier/paths.go", "newPathFinder", "segments:  make([]segment, 1),", "1 → 1+1", "the second one belongs to no slot"},
	{"verifier/pointers.go", "checker.memory", "if !c.listed(worst.form(store)) && !c.listed(worst.form(throughUnchecked)) {", "never", timeOnly},
	{"verifier/pointers.go", "checker.memory", "if reg == asm.R10 || !c.listed(form) && !c.listed(passed) {", "only right of ||", "origins says that r10 is the stack: " + timeOnly},
	{"verifier/pointers.go", "checker.memory", "if reg == asm.R10 || !c.listed(form) && !c.listed(passed) {", "only left of ||", "add lists none of these: " + timeOnly},
	{"verifier/pointers.go", "checker.memory", "if from == nil {", "always", timeOnly},
	{"verifier/pointers.go", "checker.memory", "return", "drop", "add lists none of these: " + timeOnly},
	{"verifier/pointers.go", "checker.memory", "if op != asm.Call || ins.Src() == asm.PseudoCall {", "|| → &&", "what is no call of a helper or kfunc has no name, and \"\" writes nothing"},
	{"verifier/pointers.go", "checker.memory", "if op != asm.Call || ins.Src() == asm.PseudoCall {", "never", "what is no call of a helper or kfunc has no name, and \"\" writes nothing"},
	{"verifier/pointers.go", "checker.memory", "continue", "continue → break", "nothing follows the switch in the loop"},
	{"verifier/pointers.go", "origins", "if !queued[slot] {", "always", "a slot that is queued twice is looked at twice: " + timeOnly},
	{"asm/decode.go", "isBigEndian", "return binary.NativeEndian.Uint16([]byte{0, 1}) == 1", "0 → 0+1", bigHost},
	{"asm/decode.go", "AppendDecode", "for i, at := 0, 0; i < len(slots) && at+SlotSize <= len(raw); i, at = i+1, at+SlotSize {", "&& → ||", "both end in the same round"},
	{"asm/object/btf.go", "file.findCORE", "slots := slices.Grow(sites[name], len(records)/size)", "/ → *", "only takes memory"},
	{"asm/object/btf.go", "readInfo", "if err != nil || f.order.Uint16(header) != btfMagic {", "only right of ||", "what was not read is zeros, and no magic"},
	{"asm/object/link.go", "linker.collect", "callback = -1", "1 → 1+1", "no function starts at any number below 0"},
	{"asm/object/link.go", "linker.collect", "ranks = ranks[:0]", "drop", "functions that are placed are not placed again: " + timeOnly},
	{"asm/object/link.go", "linker.collect", "return nil, 0, err", "0 → 0+1", withError},
	{"asm/object/link.go", "linker.collect", `return nil, 0, fmt.Errorf("more than %d slots with all functions that it calls, expected at most that (kernel/bpf/syscall.c:bpf_prog_load)", maxSlots)`, "0 → 0+1", withError},
	{"asm/object/link.go", "linker.collect", `return nil, 0, fmt.Errorf("the object's programs have more than %d slots together, expected at most that", maxLinked)`, "0 → 0+1", withError},
	{"asm/object/link.go", "linker.collect", `return nil, 0, fmt.Errorf("more than one exception callback, %q is one, expected one", tag.name)`, "0 → 0+1", withError},
	{"asm/object/link.go", "linker.collect", `return nil, 0, fmt.Errorf("exception callback %q, expected a function of that name", tag.name)`, "0 → 0+1", withError},
	{"asm/object/elf.go", "file.sectionOf", "if s.Shndx == 0 || s.Shndx >= uint16(elf.SHN_LORESERVE) || int(s.Shndx) >= len(f.sections) {", "only left of || (2)",
		"only in an object of more than 65,280 sections, of which each is a program or data by itself"},
}
