//go:build linux

package fuzz

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

// Save writes a disagreement to files in a folder, named after the program's index:
// .insns, the slots in the byte order of the machine; .btf, what func_info refers to;
// .log, the kernel's; and .txt, all of it to read, the functions and references too.
func (d *Disagreement) Save(folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	name := filepath.Join(folder, fmt.Sprintf("%07d", d.Index))
	for _, file := range []struct {
		suffix string
		data   []byte
	}{
		{".insns", asm.Encode(d.Least.Instructions, binary.NativeEndian)},
		{".btf", d.BTF},
		{".log", d.Log},
		{".txt", []byte(d.String())},
	} {
		if err := os.WriteFile(name+file.suffix, file.data, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// String describes the minimised program, and what each side says of it.
func (d *Disagreement) String() string {
	var b strings.Builder
	p := &d.Least
	fmt.Fprintf(&b, "program %d: %s\n", d.Index, d.Outcome)
	fmt.Fprintf(&b, "type %q, attach type %q, attaches to %q\n", p.Type, p.AttachType, p.AttachTo)
	fmt.Fprintf(&b, "kernel: %v\n", d.Err)
	fmt.Fprintf(&b, "statecheck: %s (%v)\n", d.Report.Verdict, d.Report.Err)
	for _, f := range d.Report.Findings {
		fmt.Fprintf(&b, "  slot %d: %s %s\n", f.Slot, f.Effects, f.Name)
	}
	if len(d.Missed) > 0 {
		fmt.Fprintf(&b, "slots that the kernel alone visits: %v\n", d.Missed)
	}
	list(&b, p)
	return b.String()
}

// list writes the slots with what belongs to them.
func list(b *strings.Builder, p *oracle.Program) {
	notes := make(map[int]string)
	for i, f := range p.Functions {
		notes[f.Start] += fmt.Sprintf("  function, exception callback %v", f.ExceptionCallback)
		if len(p.Signatures) > 0 {
			notes[f.Start] += fmt.Sprintf(", signature %d", p.Signatures[i])
		}
	}
	for _, r := range p.References {
		notes[r.Slot] += fmt.Sprintf("  reference of kind %d to %q", r.Kind, r.Name)
	}
	for slot := 0; slot < len(p.Instructions); slot++ {
		ins := p.Instructions[slot]
		fmt.Fprintf(b, "%4d  %#016x  %-16s dst %v src %v off %d imm %d%s\n",
			slot, uint64(ins), asm.Name(ins), ins.Dst(), ins.Src(), ins.Off(), ins.Imm(), notes[slot])
		if ins.IsWide() && slot+1 < len(p.Instructions) {
			slot++
			fmt.Fprintf(b, "%4d  %#016x  second slot\n", slot, uint64(p.Instructions[slot]))
		}
	}
}
