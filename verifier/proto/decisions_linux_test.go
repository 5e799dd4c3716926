package proto_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
)

// TestDecisions tests on both kernels what the package says of comparisons: each case
// ends with one, of r6, behind which a marker stands on the side where r6 is 0. A kernel that knows
// better does not visit the marker.
func TestDecisions(t *testing.T) {
	const kfunc = -1 // in place of a number
	var (
		marker  = mov(9, 99)
		ifZero  = func(off int16) asm.Instruction { return asm.New(0x15, 6, 0, off, 0) }
		ifNot   = func(off int16) asm.Instruction { return asm.New(0x55, 6, 0, off, 0) }
		ifNot32 = func(off int16) asm.Instruction { return asm.New(0x56, 6, 0, off, 0) }
		// r6 is not 0 behind it; the walk goes on there first, since it ends where a
		// reference is left over.
		checked = []asm.Instruction{ifZero(1), asm.New(0x05, 0, 0, 2, 0), mov(0, 0), exit}
		field   = []asm.Instruction{load(6, 1, 168, 8)} // __sk_buff.sk: without a reference
		lookup  = []asm.Instruction{                    // with a reference
			movX(2, 10), add(2, -64), mov(3, 12), mov(4, -1), mov(5, 0), helper(84), movX(6, 0)}
		call = func(id int32) []asm.Instruction { // of r6
			return []asm.Instruction{movX(1, 6), helper(id)}
		}
		iterator = []asm.Instruction{
			movX(1, 10), add(1, -8), mov(2, 0), mov(3, 9), helper(kfunc), movX(1, 10), add(1, -8), helper(kfunc), movX(6, 0)}
		// checked, with the iterator destroyed where it has ended
		ended   = []asm.Instruction{ifZero(1), asm.New(0x05, 0, 0, 5, 0), movX(1, 10), add(1, -8), helper(kfunc), mov(0, 0), exit}
		compare = []asm.Instruction{ifNot(1), marker, mov(0, 0), exit}
	)
	result := []asm.Instruction{movX(6, 0)}
	tests := []struct {
		name, reason string
		progType     string
		code         [][]asm.Instruction
		kfuncs       []string
		visited      bool
	}{
		{"unchecked", "MaybeNull", "sched_cls", [][]asm.Instruction{field, compare}, nil, true},
		{"checked", "NotNull", "sched_cls", [][]asm.Instruction{field, checked, compare}, nil, false},
		{"lower half", "NotNull is said of 64 bits", "sched_cls",
			[][]asm.Instruction{field, checked, {ifNot32(1), marker, mov(0, 0), exit}}, nil, true},
		{"acquired", "NotNull", "sched_cls", [][]asm.Instruction{lookup, checked, compare}, nil, false},
		{"cast", "an object that is not trusted is opaque", "sched_cls",
			[][]asm.Instruction{field, checked, call(137), result, checked, compare}, nil, true},
		{"cast of a reference", "Shares: the object is trusted", "sched_cls",
			[][]asm.Instruction{lookup, checked, call(137), result, checked, compare}, nil, false},
		{"released", "ArgReleased: unknown", "sched_cls", [][]asm.Instruction{lookup, checked, call(86), compare}, nil, true},
		{"released and compared", "ArgReleased: a scalar, of which the kernel learns", "sched_cls",
			[][]asm.Instruction{lookup, checked, call(86), {ifZero(2), mov(0, 0), exit, ifZero(1), marker, mov(0, 0), exit}}, nil, false},
		{"cast and released", "Shares: released with it", "sched_cls",
			[][]asm.Instruction{lookup, checked, {movX(7, 6)}, call(95), result, checked, {movX(1, 7), helper(86)}, compare}, nil, true},
		{"trusted", "NotNull at once", "kprobe", [][]asm.Instruction{{helper(158), movX(6, 0)}, compare}, nil, false},
		{"untrusted", "opaque however often it is compared", "kprobe",
			[][]asm.Instruction{{helper(158), movX(6, 0)}, call(175), result, checked, compare}, nil, true},
		{"iterator", "NotNull once checked", "sched_cls",
			[][]asm.Instruction{iterator, ended, compare}, []string{"bpf_iter_num_new", "bpf_iter_num_next", "bpf_iter_num_destroy"}, false},
		{"iterator at its end", "Shares: the value is released with it", "sched_cls",
			[][]asm.Instruction{iterator, ended, {movX(1, 10), add(1, -8), helper(kfunc)}, compare},
			[]string{"bpf_iter_num_new", "bpf_iter_num_next", "bpf_iter_num_destroy", "bpf_iter_num_destroy"}, true},
	}
	var programs []verifier.Program
	for _, tt := range tests {
		p := verifier.Program{Type: tt.progType, Instructions: slices.Concat(tt.code...)}
		kfuncs := tt.kfuncs
		for i, ins := range p.Instructions {
			if ins == helper(kfunc) {
				p.Instructions[i] = asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, 0)
				p.References = append(p.References, verifier.Reference{Slot: i, Kind: verifier.RefKfunc, Name: kfuncs[0]})
				kfuncs = kfuncs[1:]
			}
		}
		programs = append(programs, p)
	}
	compareAll := func(t *testing.T, ask asker, skip string) {
		logs := ask(programs)
		for i, tt := range tests {
			if tt.name == skip {
				continue
			}
			t.Run(tt.name, func(t *testing.T) {
				at := slices.Index(programs[i].Instructions, marker)
				visits := func(slot int) bool { return strings.Contains(logs[i], "\n"+strconv.Itoa(slot)+": (") }
				if !visits(at - 1) {
					t.Fatalf("the kernel does not come to the comparison\n%s", logs[i])
				}
				if visits(at) != tt.visited {
					t.Errorf("the marker is visited: %v, expected %v: %s\n%s", visits(at), tt.visited, tt.reason, logs[i])
				}
			})
		}
	}
	// Linux 6.12.117 has a fix of comparisons of lower halves that some newer kernels lack.
	t.Run("running", func(t *testing.T) { compareAll(t, running(t), "lower half") })
	t.Run("guest", func(t *testing.T) { compareAll(t, booted(t), "") })
}
