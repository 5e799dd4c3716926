package proto

import (
	"slices"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/verifier/effect"
)

// TestRows compares with the effect table: every helper and kfunc has a signature, and
// nothing else has one.
func TestRows(t *testing.T) {
	inHelpers, inKfuncs := 0, 0
	for _, row := range effect.Rows() {
		switch row.Kind {
		case effect.KindHelper:
			inHelpers++
			if _, ok := Helper(int32(row.ID)); !ok || helpers[row.ID-1].name != row.Name || helpers[row.ID-1].id != int32(row.ID) {
				t.Errorf("helper %d is not %s here", row.ID, row.Name)
			}
		case effect.KindKfunc:
			inKfuncs++
			if _, ok := Kfunc(row.Name); !ok {
				t.Errorf("%s has no row", row.Name)
			}
		}
	}
	if inHelpers != len(helpers) || inKfuncs != len(kfuncs) {
		t.Errorf("%d helpers and %d kfuncs here, %d and %d in the effect table", len(helpers), len(kfuncs), inHelpers, inKfuncs)
	}
	if !slices.IsSortedFunc(kfuncs[:], func(a, b kfunc) int { return strings.Compare(a.name, b.name) }) {
		t.Error("kfuncs are not sorted by name")
	}
	for _, id := range []int32{-1, 0, int32(len(helpers)) + 1} {
		if s, ok := Helper(id); ok || s != (Signature{}) {
			t.Errorf("helper %d has a signature", id)
		}
	}
	for _, name := range []string{"", "bpf_", "zzz"} {
		if s, ok := Kfunc(name); ok || s != (Signature{}) {
			t.Errorf("kfunc %q has a signature", name)
		}
	}
}

// TestConsistent tests what holds of every signature, whatever the kernel.
func TestConsistent(t *testing.T) {
	check := func(name string, s Signature) {
		r := s.Return
		pointer := r.Kind != ReturnScalar && r.Kind != ReturnVoid
		if !pointer && (r.MaybeNull || r.NotNull || r.Acquires || r.Shares != 0 || r.ReadOnly || r.Own) {
			t.Errorf("%s: facts of a pointer, and returns none", name)
		}
		if r.Bounded != (r.Min != 0 || r.Max != 0 || r.MaxArg != 0) || r.Bounded && r.Kind != ReturnScalar {
			t.Errorf("%s: bounds that bind nothing", name)
		}
		if r.Own && r.Kind != ReturnObject || r.Kind == ReturnPointer && (r.MaybeNull || r.NotNull) {
			t.Errorf("%s: more is known of the pointer than its kind allows", name)
		}
		if r.Acquires && r.Shares != 0 {
			t.Errorf("%s: a reference of its own, and one that it shares", name)
		}
		for i, a := range s.Args {
			if a.Size != 0 && a.Kind != ArgFixed {
				t.Errorf("%s: argument %d has a size", name, i+1)
			}
			if a.Kind == ArgMemory && (i == 4 || s.Args[i+1] != Arg{}) {
				t.Errorf("%s: no size follows argument %d", name, i+1)
			}
		}
		if s.Iterator.Step != IteratorNone && (s.Iterator.Slots == 0 || s.Args[0] != Arg{}) {
			t.Errorf("%s: iterator of no slots, or no iterator", name)
		}
		c := s.Callback
		if c.Arg == 0 && c != (Callback{}) {
			t.Errorf("%s: parameters of no callback", name)
		}
		for _, p := range c.Params {
			if p >= ParamArg1 && p <= ParamArg5 && uint8(p) == c.Arg {
				t.Errorf("%s: the callback gets itself", name)
			}
		}
	}
	for _, h := range helpers {
		check(h.name, h.signature)
	}
	for _, k := range kfuncs {
		check(k.name, k.signature)
	}
}
