// Package statechecktest makes a Go test the gate: it fails where a program that
// cilium/ebpf holds is not stateless.
//
//	func TestStateless(t *testing.T) {
//		spec, err := loadFilter() // by bpf2go
//		if err != nil {
//			t.Fatal(err)
//		}
//		statechecktest.RequireStateless(t, spec)
//	}
//
// It needs neither root nor a kernel. examples/bpf2go is such a test to copy.
package statechecktest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/loader"
	"github.com/statecheck/statecheck/verifier"
)

// RequireStateless ends the test unless every program of the spec is stateless. The
// message is what the command statecheck prints of the programs that are not.
//
// A spec that is nil or holds no program is a failure: nothing was judged. Maps that
// no program refers to are not.
func RequireStateless[Spec *ebpf.CollectionSpec | *ebpf.ProgramSpec](t testing.TB, spec Spec) {
	t.Helper()
	Require(t, spec, verifier.Options{})
}

// Require is RequireStateless with another profile, or with effects, helpers or kfuncs
// that are accepted.
func Require[Spec *ebpf.CollectionSpec | *ebpf.ProgramSpec](t testing.TB, spec Spec, opts verifier.Options) {
	t.Helper()
	specs := programs(spec)
	if len(specs) == 0 || slices.Contains(specs, nil) {
		t.Fatal("nothing to judge: the spec is nil, or holds no program or one that is nil")
	}
	o := report.Object{Path: t.Name()}
	var sum report.Summary
	for _, spec := range specs {
		p := loader.Program(spec)
		if r := verifier.Check(p, opts); r.Verdict == verifier.Stateless {
			o.Count(r.Verdict)
		} else {
			o.Add(p, r, func(name string) (by, because string) { return "Options.Allow " + name, "" })
		}
	}
	o.AddTo(&sum)
	if sum.Verdict() == verifier.Stateless {
		return
	}
	profile := opts.Profile
	if profile == "" {
		profile = verifier.ProfileFlag
	}
	var message strings.Builder // returns no error
	h := report.Text(&message, report.TextOptions{Profile: profile, Errors: true})
	_ = h.Object(&o)
	_ = h.Close(&sum)
	t.Fatalf("not stateless\n%s", message.String())
}

// programs lists the programs of a spec by name.
func programs(spec any) []*ebpf.ProgramSpec {
	var all []*ebpf.ProgramSpec
	switch spec := spec.(type) {
	case *ebpf.ProgramSpec:
		all = append(all, spec)
	case *ebpf.CollectionSpec:
		if spec == nil {
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
			all = append(all, spec.Programs[name])
		}
	}
	return all
}
