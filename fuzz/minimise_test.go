package fuzz

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/edit"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

const redirect = 23 // include/uapi/linux/bpf.h: BPF_FUNC_redirect

// redirects reports whether the program is valid, and so all of it reachable, and
// calls bpf_redirect.
func redirects(p oracle.Program) bool {
	return verifier.Check(&p.Program, verifier.Options{}).Verdict != verifier.Invalid &&
		slices.Contains(p.Instructions, asm.New(asm.Call, 0, 0, 0, redirect))
}

// unreachable reports whether the program is invalid for an instruction that
// cannot be reached: what dropping unreachable code would take away.
func unreachable(p oracle.Program) bool {
	var form *verifier.FormError
	err := verifier.Check(&p.Program, verifier.Options{}).Err
	return errors.As(err, &form) && form.Found == "unreachable instruction"
}

func TestMinimise(t *testing.T) {
	tests := []struct {
		name       string
		reason     string
		keeps      func(oracle.Program) bool
		from, want []asm.Instruction
	}{{
		name:   "straight",
		reason: "what is not needed goes, and so do constants",
		keeps:  redirects,
		from: []asm.Instruction{
			asm.New(0xb7, 1, 0, 0, 5), asm.New(0xb7, 2, 0, 0, 0), asm.New(asm.Call, 0, 0, 0, redirect),
			asm.New(asm.LoadImm64, 1, 0, 0, 7), asm.New(0, 0, 0, 0, 7), asm.New(asm.Exit, 0, 0, 0, 0),
		},
		want: []asm.Instruction{asm.New(asm.Call, 0, 0, 0, redirect), asm.New(asm.Exit, 0, 0, 0, 0)},
	}, {
		name:   "behind a branch",
		reason: "the branch becomes a goto, what it went around unreachable",
		keeps:  redirects,
		from: []asm.Instruction{
			asm.New(0x15, 1, 0, 3, 5), asm.New(0xb7, 0, 0, 0, 0), asm.New(0xb7, 0, 0, 0, 0), asm.New(asm.Exit, 0, 0, 0, 0),
			asm.New(asm.Call, 0, 0, 0, redirect), asm.New(asm.Exit, 0, 0, 0, 0),
		},
		want: []asm.Instruction{asm.New(asm.Call, 0, 0, 0, redirect), asm.New(asm.Exit, 0, 0, 0, 0)},
	}, {
		name:   "in a function",
		reason: "the function becomes the program",
		keeps:  redirects,
		from: []asm.Instruction{
			asm.New(0xb7, 1, 0, 0, 5), asm.New(asm.Call, 0, asm.PseudoCall, 0, 2), asm.New(0xb7, 0, 0, 0, 0), asm.New(asm.Exit, 0, 0, 0, 0),
			asm.New(asm.Call, 0, asm.PseudoCall, 0, 1), asm.New(asm.Exit, 0, 0, 0, 0),
			asm.New(asm.Call, 0, 0, 0, redirect), asm.New(asm.Exit, 0, 0, 0, 0),
		},
		want: []asm.Instruction{asm.New(asm.Call, 0, 0, 0, redirect), asm.New(asm.Exit, 0, 0, 0, 0)},
	}, {
		name:   "constants",
		reason: "0 is simpler than 1, and 1 than the rest; a helper's number is no constant",
		keeps: func(p oracle.Program) bool {
			return len(p.Instructions) == 5 && p.Instructions[1].Imm() != 0 && asm.Irregular(p.Instructions, 1) == nil
		},
		from: []asm.Instruction{
			asm.New(0xb7, 1, 0, 0, 5), asm.New(0x37, 1, 0, 0, 5), asm.New(asm.LoadImm64, 1, 0, 0, 0), asm.New(0, 0, 0, 0, 7),
			asm.New(asm.Call, 0, 0, 0, 5),
		},
		want: []asm.Instruction{
			asm.New(0xb7, 1, 0, 0, 0), asm.New(0x37, 1, 0, 0, 1), asm.New(asm.LoadImm64, 1, 0, 0, 0), asm.New(0, 0, 0, 0, 0),
			asm.New(asm.Call, 0, 0, 0, 5),
		},
	}, {
		name:   "unreachable",
		reason: "what cannot be reached is not dropped where it is what counts",
		keeps:  unreachable,
		from: []asm.Instruction{
			asm.New(0xb7, 0, 0, 0, 5), asm.New(asm.Exit, 0, 0, 0, 0), asm.New(0xb7, 0, 0, 0, 5), asm.New(asm.Exit, 0, 0, 0, 0),
		},
		want: []asm.Instruction{asm.New(asm.Exit, 0, 0, 0, 0), asm.New(asm.Exit, 0, 0, 0, 0)},
	}}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var p oracle.Program
			p.Instructions = tc.from
			got := Minimise(context.Background(), p, tc.keeps)
			if !slices.Equal(got.Instructions, tc.want) {
				t.Errorf("%#v\nexpected %#v\n%s", got.Instructions, tc.want, tc.reason)
			}
		})
	}
}

// TestMinimiseNames: references and functions go where nothing needs them.
func TestMinimiseNames(t *testing.T) {
	var p oracle.Program
	p.Instructions = []asm.Instruction{
		asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, 3), asm.New(asm.Call, 0, 0, 0, redirect), asm.New(asm.Exit, 0, 0, 0, 0),
	}
	p.Functions = []verifier.Function{{Name: "p"}, {Name: "nobody calls it", Start: 1}}
	p.Signatures = []oracle.Signature{oracle.Main, oracle.Static}
	p.References = []verifier.Reference{{Slot: 0, Kind: verifier.RefCORE}, {Slot: 0, Kind: verifier.RefKfunc, Name: "bpf_ct_insert_entry"}}
	before := p
	got := Minimise(context.Background(), p, func(p oracle.Program) bool {
		return redirects(p) && len(p.Functions) > 0 &&
			slices.ContainsFunc(p.References, func(r verifier.Reference) bool { return r.Name == "bpf_ct_insert_entry" })
	})
	want := p
	want.Functions, want.Signatures, want.References = p.Functions[:1], p.Signatures[:1], p.References[1:]
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nexpected %+v", got, want)
	}
	if !reflect.DeepEqual(p, before) {
		t.Error("the program was changed")
	}
}

// propMinimal: the result is kept, no smaller for taking out any one instruction,
// alone or with what that makes unreachable, and the same each time.
func propMinimal(keeps func(oracle.Program) bool) func(*rapid.T) {
	return func(t *rapid.T) {
		p := shapes.Draw(t, "program")
		for range 30 { // one in ten or so is kept
			if keeps(p) {
				break
			}
			p = shapes.Draw(t, "program")
		}
		if !keeps(p) {
			t.Skip()
		}
		asked := 0
		ask := func(p oracle.Program) bool { asked++; return keeps(p) }
		least := Minimise(context.Background(), p, ask)
		if !keeps(least) {
			t.Fatalf("not kept: %#v", least.Instructions)
		}
		if asked > maxQuestions {
			t.Fatalf("%d questions", asked)
		}
		for i := range least.Instructions {
			q, ok := edit.Remove(least, i, i+1)
			if !ok {
				continue
			}
			reachable, ok := edit.DropUnreachable(q)
			if keeps(q) || ok && keeps(reachable) {
				t.Fatalf("instruction %d is not needed: %#v", i, least.Instructions)
			}
		}
		if again := Minimise(context.Background(), p, keeps); !reflect.DeepEqual(least, again) {
			t.Fatalf("%#v\nthe second time %#v", least.Instructions, again.Instructions)
		}
	}
}

func TestMinimal(t *testing.T) {
	t.Run("stateful", func(t *testing.T) {
		rapid.Check(t, propMinimal(func(p oracle.Program) bool { return judge(p, verifier.PrecisionCFG).verdict == verifier.Stateful }))
	})
	t.Run("unreachable", func(t *testing.T) {
		rapid.Check(t, propMinimal(unreachable))
	})
}

// TestMinimiseBounds: it stops asking, and keeps what it has.
func TestMinimiseBounds(t *testing.T) {
	const questions = 50
	var p oracle.Program
	for range 2 * questions {
		p.Instructions = append(p.Instructions, asm.New(0xb7, 0, 0, 0, 0))
	}
	p.Instructions = append(p.Instructions, asm.New(asm.Exit, 0, 0, 0, 0))
	asked := 0
	least := minimise(context.Background(), p, func(oracle.Program) bool { asked++; return false }, questions)
	if asked != questions || !reflect.DeepEqual(least, p) {
		t.Errorf("%d questions, expected %d", asked, questions)
	}

	ctx, cancel := context.WithCancel(context.Background())
	asked = 0
	least = Minimise(ctx, p, func(oracle.Program) bool { asked++; cancel(); return true })
	if asked != 1 || len(least.Instructions) >= len(p.Instructions) {
		t.Errorf("%d questions after the end, %d instructions", asked-1, len(least.Instructions))
	}
}
