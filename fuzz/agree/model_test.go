//go:build linux

package main

import (
	"slices"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/kernel/guest/guesttest"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// TestModel: the guest says what it visits.
func TestModel(t *testing.T) {
	guesttest.Kernel(t)
	m := model{ctx: t.Context()}
	defer m.close()
	a, err := m.ask(&oracle.Program{Program: verifier.Program{Type: "xdp", Instructions: []asm.Instruction{
		asm.New(0xb7, asm.R0, 0, 0, 0), asm.New(0x15, asm.R0, 0, 1, 0), asm.New(0xb7, asm.R0, 0, 0, 1), asm.New(asm.Exit, 0, 0, 0, 0),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []bool{true, true, false, true}; a.Opinion != oracle.Loads || !slices.Equal(a.Visited, want) {
		t.Errorf("%s (%v), visited %v, expected that it loads and %v", a.Opinion, a.Err, a.Visited, want)
	}
}
