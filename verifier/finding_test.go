package verifier

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/effect"
)

// TestFindingNames: what a finding says that it is about, by kind, number, name and
// function.
func TestFindingNames(t *testing.T) {
	p := &Program{
		Name: "prog", Type: "tracing", AttachType: "trace_fentry", TargetProgram: true,
		Instructions: code(
			asm.New(0xb7, 2, 1, 0, 0),            // 0: irregular
			call(23),                             // 1
			call(9999),                           // 2
			call(0xbad2310),                      // 3
			kfunc(77),                            // 4
			kfunc(0),                             // 5: bpf_ct_insert_entry
			kfunc(-1),                            // 6: a kfunc by name, before it is relocated
			wide(1, asm.PseudoMapFD, 3, 0),       // 7: m
			wide(1, asm.PseudoMapValue, 0, 0),    // 9: .rodata
			wide(1, asm.PseudoMapIdx, 5, 0),      // 11
			wide(1, asm.PseudoMapIdxValue, 6, 0), // 13
			wide(1, asm.PseudoBTFID, 8, 0),       // 15
			wide(1, asm.PseudoBTFID, 0, 0),       // 17: bpf_prog_active
			wide(1, 0, 0, 0),                     // 19: the address of bpf_iter_num_new
			wide(1, asm.PseudoMapIdxValue, 0, 0), // 21: .kconfig
			wide(1, asm.PseudoMapFD, 0, 0),       // 23: .rodata itself
			callTo(2), callTo(3), exit,           // 25
			call(23), exit, // 28
			call(23), exit, // 30
		),
		Functions: []Function{{Name: "prog"}, {Name: "sub", Start: 28}, {Start: 30}},
		References: []Reference{
			{Slot: 5, Kind: RefKfunc, Name: "bpf_ct_insert_entry"},
			{Slot: 6, Kind: RefKfunc, Name: "bpf_of_a_module"},
			{Slot: 7, Kind: RefMap, Name: "m", Map: MapPlain},
			{Slot: 9, Kind: RefMap, Name: ".rodata", Map: MapROData},
			{Slot: 17, Kind: RefVariable, Name: "bpf_prog_active"},
			{Slot: 19, Kind: RefKfunc, Name: "bpf_iter_num_new"},
			{Slot: 21, Kind: RefMap, Name: ".kconfig", Map: MapKconfig},
			{Slot: 23, Kind: RefMap, Name: ".rodata", Map: MapROData},
		},
	}
	const want = `
		0 program target program 0 in prog: program
		0 instruction irregular 0 in prog: unknown
		1 helper bpf_redirect 23 in prog: handoff
		2 helper helper#9999 9999 in prog: unknown
		3 helper 0xbad2310 195896080 in prog: unknown
		4 kfunc kfunc#77 77 in prog: unknown
		5 kfunc bpf_ct_insert_entry 0 in prog: kernel
		6 kfunc bpf_of_a_module -1 in prog: unknown
		7 map m 0 in prog: map
		9 map .rodata 0 in prog: constant
		11 map fd_array#5 5 in prog: map
		13 map fd_array#6 6 in prog: map
		15 variable btf_id#8 8 in prog: ambient
		17 variable bpf_prog_active 0 in prog: ambient
		19 variable bpf_iter_num_new 0 in prog: ambient
		21 map .kconfig 0 in prog: constant
		23 map .rodata 0 in prog: map
		28 helper bpf_redirect 23 in sub: handoff
		30 helper bpf_redirect 23 in func#2: handoff`
	r := Check(p, Options{Profile: "none"}) // lets nothing pass
	var got strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&got, "\n\t\t%d %s %s %d in %s: %s", f.Slot, f.Kind, f.Name, f.ID, f.Function, f.Effects)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s\n%v", diff, r.Err)
	}
	if want := asm.Irregular(p.Instructions, 0).Error(); !strings.HasSuffix(r.Findings[1].Reason, ": "+want) {
		t.Errorf("reason of the irregular slot: %q, expected it to end with %q", r.Findings[1].Reason, want)
	}
}

// TestMapKinds: a reader is told what kind of data the program needs.
func TestMapKinds(t *testing.T) {
	for kind, form := range map[MapKind]effect.Form{
		MapPlain: effect.FormMap, MapArena: effect.FormArena, MapData: effect.FormDataSection, MapBSS: effect.FormDataSection,
		MapROData: effect.FormReadOnlySection, MapKconfig: effect.FormReadOnlySection, "future": effect.FormMap,
	} {
		if got, want := mapRow(kind).Reason, form.Row().Reason; got != want {
			t.Errorf("%s: %q, expected %q", kind, got, want)
		}
	}
}

// TestDetails: every list has its details, whatever the others hold, and functions
// without a symbol go by the program's name and by the kernel's number.
func TestDetails(t *testing.T) {
	p := &Program{Name: "prog", Type: "xdp", Instructions: code(call(23), callTo(1), exit, call(6), call(5), exit)}
	for _, tt := range []struct {
		name    string
		options Options
		want    string
	}{
		{"finding and waived", Options{Allow: []string{"bpf_redirect"}}, `
			waived 0 in prog by bpf_redirect
			finding 3 in func#1 by 
			allowed 4 in func#1 by `},
		{"two waived", Options{Allow: []string{"handoff", "output"}}, `
			waived 0 in prog by handoff
			waived 3 in func#1 by output
			allowed 4 in func#1 by `},
		{"waived alone", Options{Profile: ProfilePure, Allow: []string{"handoff", "output", "ambient"}}, `
			waived 0 in prog by handoff
			waived 3 in func#1 by ambient,output
			waived 4 in func#1 by ambient`},
	} {
		r := Check(p, tt.options)
		var lines []string
		for what, list := range map[string][]Finding{"finding": r.Findings, "waived": r.Waived, "allowed": r.Allowed} {
			for _, f := range list {
				lines = append(lines, fmt.Sprintf("\n\t\t\t%s %d in %s by %s", what, f.Slot, f.Function, f.WaivedBy))
			}
		}
		slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[strings.Index(a, " "):], b[strings.Index(b, " "):]) })
		if diff := cmp.Diff(tt.want, strings.Join(lines, "")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestListed: lists are bounded, and what they lack is counted.
func TestListed(t *testing.T) {
	const more = 3
	for _, tt := range []struct {
		helper  int32
		options Options
		list    func(Report) []Finding
	}{
		{23, Options{}, func(r Report) []Finding { return r.Findings }},
		{23, Options{Allow: []string{"handoff"}}, func(r Report) []Finding { return r.Waived }},
		{5, Options{}, func(r Report) []Finding { return r.Allowed }},
	} {
		p := &Program{Type: "xdp", Instructions: append(slices.Repeat(code(call(tt.helper)), maxListed+more), exit)}
		r := Check(p, tt.options)
		if n := len(tt.list(r)); n != maxListed || r.Omitted != more {
			t.Errorf("helper %d, %+v: %d listed and %d omitted, expected %d and %d", tt.helper, tt.options, n, r.Omitted, maxListed, more)
		}
	}
}

// TestPaths: by which branches a slot is reached.
func TestPaths(t *testing.T) {
	for _, tt := range []struct {
		name, reason string
		program      Program
		want         string // of each finding its slot and path
	}{{
		name: "both ways", reason: "the decision tells which",
		program: Program{Instructions: code(ifEq(1, 0, 2), call(23), exit, call(23), exit)},
		want:    "[1 [{0 false}]] [3 [{0 true}]]",
	}, {
		name: "loop to the start", reason: "the start needs no decision, though one leads back to it",
		program: Program{Instructions: code(call(23), ifEq(0, 0, -2), exit)},
		want:    "[0 []]",
	}, {
		name: "short way by a long jump", reason: "unconditional jumps are free",
		program: Program{Instructions: code(ifEq(1, 0, 3), ifEq(1, 1, 0), ifEq(1, 2, 0), goTo(2), goToL(0), goTo(0), call(23), exit)},
		want:    "[6 [{0 true}]]",
	}, {
		name: "function after branches", reason: "a function is reached by the nearest call or address of it",
		program: Program{Instructions: code(ifEq(1, 0, 0), ifEq(1, 0, 0), callTo(3), wide(1, asm.PseudoFunc, 2, 0), exit, call(23), exit)},
		want:    "[6 [{0 false} {1 false}]]",
	}, {
		name: "callback", reason: "from where its address is taken",
		program: Program{Instructions: code(ifEq(1, 0, 0), wide(1, asm.PseudoFunc, 2, 0), exit, ifEq(1, 0, 0), call(23), exit)},
		want:    "[5 [{0 false} {4 false}]]",
	}, {
		name: "exception callback", reason: "from its own start: no branch leads there",
		program: Program{Instructions: code(ifEq(1, 0, 0), exit, ifEq(1, 0, 1), call(23), exit),
			Functions: []Function{{Start: 2, ExceptionCallback: true}}},
		want: "[3 [{2 false}]]",
	}} {
		r := Check(&tt.program, Options{Precision: PrecisionCFG})
		var got []string
		for _, f := range r.Findings {
			type branch struct {
				slot  int
				taken bool
			}
			var path []branch
			for _, b := range f.Path {
				path = append(path, branch{b.Slot, b.Taken})
			}
			got = append(got, fmt.Sprint([]any{f.Slot, path}))
		}
		if got := strings.Join(got, " "); got != tt.want {
			t.Errorf("%s: %s, expected %s (%s) %v", tt.name, got, tt.want, tt.reason, r.Err)
		}
	}
}

// TestPathBudget: all paths together are in proportion to the program, 1024 branches
// and two for each slot.
func TestPathBudget(t *testing.T) {
	for branches, want := range map[int]int{1040: 3, 1041: 2} { // budgets of 3*1040 and 3*1041-1
		p := &Program{Type: "xdp", Instructions: slices.Concat(
			slices.Repeat(code(ifEq(1, 0, 0)), branches), slices.Repeat(code(call(23)), 7), code(exit))}
		listed := 0
		for _, f := range Check(p, Options{Precision: PrecisionCFG}).Findings {
			switch {
			case !f.PathOmitted && len(f.Path) == branches:
				listed++
			case !f.PathOmitted || f.Path != nil:
				t.Errorf("%d branches, slot %d: path of %d, omitted %v", branches, f.Slot, len(f.Path), f.PathOmitted)
			}
		}
		if listed != want {
			t.Errorf("%d branches: %d paths, expected %d", branches, listed, want)
		}
	}
}
