package loader

import (
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/internal/kerneltest"
)

// What was loaded and is not what was judged is closed, and the error says so.
func TestConfirm(t *testing.T) {
	kerneltest.Need(t)
	spec := &ebpf.ProgramSpec{Name: "pass", Type: ebpf.XDP, Instructions: casm.Instructions{casm.Mov.Imm(casm.R0, 2), casm.Return()}}
	c, err := admit(spec, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var l Loader
	p, err := l.load(c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	c.slots[0] = asm.New(0xb7, 0, 0, 0, 1) // judged: another return value
	if p, err := l.load(c, Options{}); p != nil || err == nil || !strings.Contains(err.Error(), "not what was judged") {
		t.Errorf("program %v, error %v, expected it to be closed", p, err)
	}
}
