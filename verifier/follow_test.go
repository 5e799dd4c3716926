package verifier_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/text"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/verifier"
)

func parse(t *testing.T, program string) *verifier.Program {
	t.Helper()
	programs, err := text.Parse(strings.NewReader("#! program p\n"+program), "case")
	if err != nil || len(programs) != 1 {
		t.Fatalf("%d programs, %v, expected one\n%s", len(programs), err, program)
	}
	return programs[0]
}

// TestFollow: which findings of cfg precision paths drops, and what it says of the way to the others.
func TestFollow(t *testing.T) {
	for _, tt := range []struct {
		name, reason string
		program      string
		cfg, paths   string // findings: slot, name, path
	}{
		{"dead call", "the kernel never looks at it", `#! type xdp
			r0 = 1
			if r0 == 1 goto out
			call bpf_redirect
		out:
			exit`,
			"2 bpf_redirect [1-]", ""},
		{"dead kfunc", "the same", `#! type xdp
			r0 = 1
			if r0 == 1 goto out
			call bpf_xdp_ct_alloc
		out:
			exit`,
			"2 bpf_xdp_ct_alloc [1-]", ""},
		{"dead irregular instruction", "it is judged where it is visited", `#! type xdp
			r0 = 1
			if r0 == 1 goto out
			.quad 0x1000002b7
		out:
			exit`,
			"", ""},
		{"dead map", "it is resolved before the walk, so that there is nothing to follow", `#! type xdp
			r0 = 1
			if r0 == 1 goto out
			r1 = m ll #! map m map
			call bpf_redirect
		out:
			exit`,
			"2 m [1-]; 4 bpf_redirect [1-]", "2 m [1-]; 4 bpf_redirect [1-]"},
		{"one of two", "the one that is visited is left", `#! type xdp
			call bpf_get_prandom_u32
			r6 = 3
			if r0 == 7 goto out
			if r6 != 3 goto never
			call bpf_redirect
			exit
		never:
			call bpf_redirect
		out:
			exit`,
			"4 bpf_redirect [2- 3-]; 6 bpf_redirect [2- 3+]", "4 bpf_redirect [2- 3-: r6 is 3]"},
		{"range", "the values that decide are said", `#! type xdp
			call bpf_get_prandom_u32
			r0 &= 7
			r1 = 9
			if r0 > r1 goto out
			call bpf_redirect
		out:
			exit`,
			"4 bpf_redirect [3-]", "4 bpf_redirect [3-: r0 is 0 to 7, r1 is 9]"},
		{"pointer", "it is none of the numbers that it could be", `#! type kprobe
			call bpf_get_current_task_btf
			if r0 == 0 goto out
			r1 = 9
			call bpf_send_signal
		out:
			exit`,
			"3 bpf_send_signal [1-]", "3 bpf_send_signal [1-: r0 is a pointer]"},
		{"longer way", "the shortest way is not one that can be gone", `#! type xdp
			r6 = 0
			call bpf_get_prandom_u32
			if r0 == 0 goto there
			r6 = 1
		there:
			if r6 == 0 goto out
			call bpf_redirect
		out:
			exit`,
			"5 bpf_redirect [2- 4-]", "5 bpf_redirect [2- 4-: r6 is 1]"},
		{"third round", "the branches of each round are listed", `#! type xdp
			r6 = 0
		again:
			r6 += 1
			if r6 < 3 goto again
			call bpf_redirect
			exit`,
			"3 bpf_redirect [2-]", "3 bpf_redirect [2+: r6 is 1 2+: r6 is 2 2-: r6 is 3]"},
		{"in a global function", "the way to its call, and then in it", `#! type xdp
			.type p,@function
		p:
			call bpf_get_prandom_u32
			r1 = 5
			if r0 == 1 goto there
			r0 = 0
			exit
		there:
			call f
			exit
			.type f,@function
		f:
		#! global (number)
			if r1 == 5 goto out
			call bpf_redirect
		out:
			r0 = 0
			exit`,
			"8 bpf_redirect [2+ 7-]", "8 bpf_redirect [2+ 7-]"},
		{"store to the packet", "the walk knows the pointer", `#! type sched_cls
			r6 = *(u32 *)(r1 + 76)
			r7 = *(u32 *)(r1 + 80)
			r8 = r6
			r8 += 8
			if r8 > r7 goto out
			*(u64 *)(r10 - 8) = r6
			r2 = *(u64 *)(r10 - 8)
			*(u8 *)(r2 + 0) = 1
			r6 = 0
			call bpf_skb_ct_lookup
		out:
			r0 = 0
			exit`,
			"7 store kernel [4-]", ""},
		{"store to a connection", "it does not know that one", `#! type sched_cls
			call bpf_skb_ct_lookup
			if r0 == 0 goto out
			r6 = r0
			*(u32 *)(r6 + 168) = 1
			r1 = r6
			call bpf_ct_release
		out:
			r0 = 0
			exit`,
			"3 store kernel [1-]", "3 store kernel [1-]"},
		{"store through a sum", "nor one that may be either", `#! type sched_cls
			r6 = r10
			r7 = r1
			call bpf_skb_ct_lookup
			if r0 == 0 goto out
			r6 = r0
		out:
			*(u32 *)(r6 + 0) = 1
			r0 = 0
			exit`,
			"5 store kernel [3-]", "5 store kernel [3-]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := parse(t, tt.program)
			for precision, want := range map[verifier.Precision]string{verifier.PrecisionCFG: tt.cfg, verifier.PrecisionPaths: tt.paths} {
				r := verifier.Check(p, verifier.Options{Precision: precision})
				var got []string
				for _, f := range r.Findings {
					var path []string
					for _, b := range f.Path {
						s := fmt.Sprint(b.Slot) + map[bool]string{true: "+", false: "-"}[b.Taken]
						if b.Because != "" {
							s += ": " + b.Because
						}
						path = append(path, s)
					}
					got = append(got, fmt.Sprintf("%d %s [%s]", f.Slot, f.Name, strings.Join(path, " ")))
				}
				if list := strings.Join(got, "; "); list != want || r.Precision != precision || r.Unfinished != "" {
					t.Errorf("at %s %q (%s, %s, %v), expected %q: %s", precision, list, r.Precision, r.Unfinished, r.Err, want, tt.reason)
				}
			}
		})
	}
}

// propPaths: what precision paths says of a program goes with what cfg says, and every path can be
// gone from the start.
func propPaths(t *rapid.T) {
	p := generate.Program().Draw(t, "program")
	for _, profile := range verifier.Profiles() {
		cfg := verifier.Check(&p.Program, verifier.Options{Profile: profile, Precision: verifier.PrecisionCFG})
		full := verifier.Check(&p.Program, verifier.Options{Profile: profile})
		quick := verifier.Check(&p.Program, verifier.Options{Profile: profile, VerdictOnly: true})
		switch {
		case full.Verdict != quick.Verdict:
			t.Fatalf("%s: verdict alone %s, in full %s\n%#v", profile, quick.Verdict, full.Verdict, p.Instructions)
		case (cfg.Verdict == verifier.Invalid) != (full.Verdict == verifier.Invalid), cfg.Verdict == verifier.Stateless && full.Verdict != verifier.Stateless:
			t.Fatalf("%s at cfg, %s at paths\n%#v", cfg.Verdict, full.Verdict, p.Instructions)
		case (full.Precision == verifier.PrecisionCFG) != (full.Unfinished != ""):
			t.Fatalf("precision %s, unfinished for %q\n%#v", full.Precision, full.Unfinished, p.Instructions)
		}
		for _, f := range full.Findings {
			if !slices.ContainsFunc(cfg.Findings, func(c verifier.Finding) bool { return c.Slot == f.Slot && c.Kind == f.Kind }) {
				t.Fatalf("%s at slot %d is found at paths alone\n%#v", f.Name, f.Slot, p.Instructions)
			}
			if !f.PathOmitted && !walkable(&p.Program, f.Path, f.Slot) {
				t.Fatalf("the path %v does not lead to slot %d\n%#v", f.Path, f.Slot, p.Instructions)
			}
		}
	}
}

// walkable follows the branches of a path and reports whether that can end at the slot: at a call both into
// the function and past it, and at the end of a function behind any of its calls.
func walkable(p *verifier.Program, path []verifier.Branch, slot int) bool {
	type at struct{ slot, done int }
	seen := make(map[at]bool)
	var work []at
	enter := func(slot, done int) {
		if slot >= 0 && slot < len(p.Instructions) && !seen[at{slot, done}] {
			seen[at{slot, done}] = true
			work = append(work, at{slot, done})
		}
	}
	enter(0, 0)
	for _, f := range p.Functions {
		if f.ExceptionCallback {
			enter(f.Start, 0)
		}
	}
	for len(work) > 0 {
		a := work[len(work)-1]
		work = work[:len(work)-1]
		if a.slot == slot && a.done == len(path) {
			return true
		}
		ins := p.Instructions[a.slot]
		op := ins.Opcode()
		class := op.Class()
		switch {
		case ins.IsSubprogramCall():
			enter(a.slot+1+int(ins.Imm()), a.done)
			enter(a.slot+1, a.done)
		case ins.IsFunctionAddress():
			enter(a.slot+1+int(ins.Imm()), a.done)
			enter(a.slot+2, a.done)
		case ins.IsWide():
			enter(a.slot+2, a.done)
		case op == asm.Exit: // of a function that is called, or of a callback, which may be called again
			for from, call := range p.Instructions {
				switch {
				case call.IsSubprogramCall():
					enter(from+1, a.done)
				case call.IsHelperCall():
					enter(from, a.done)
				}
			}
		case op == asm.GotoL:
			enter(a.slot+1+int(ins.Imm()), a.done)
		case op == asm.Goto:
			enter(a.slot+1+int(ins.Off()), a.done)
		case op != asm.Call && (class == asm.ClassJMP || class == asm.ClassJMP32):
			if a.done < len(path) && path[a.done].Slot == a.slot {
				next := a.slot + 1
				if path[a.done].Taken {
					next += int(ins.Off())
				}
				enter(next, a.done+1)
			}
		default:
			enter(a.slot+1, a.done)
		}
	}
	return false
}

func TestFollowDrawn(t *testing.T) { rapid.Check(t, propPaths) }
