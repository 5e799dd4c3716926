package statechecktest

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"

	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/verifier"
)

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	failed  bool
	message string
}

func (r *recorder) Helper()      {}
func (r *recorder) Name() string { return "TestGate" }

func (r *recorder) Fatal(args ...any) { r.fail(fmt.Sprint(args...)) }

func (r *recorder) Fatalf(format string, args ...any) { r.fail(fmt.Sprintf(format, args...)) }

func (r *recorder) fail(message string) {
	r.failed, r.message = true, message
	runtime.Goexit()
}

// record runs a test that may fail and returns its message, "" where it passes.
func record(t *testing.T, test func(testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		test(r)
	}()
	<-done
	if r.failed && r.message == "" {
		t.Error("a failure without a message")
	}
	return r.message
}

func collection(t *testing.T, object string) *ebpf.CollectionSpec {
	t.Helper()
	raw, err := corpus.Open(object)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestRequire(t *testing.T) {
	demo, rodata := collection(t, "demo.o"), collection(t, "rodata.o").Programs["by_table"]
	for _, tt := range []struct {
		name    string
		reason  string
		test    func(testing.TB)
		message []string // parts of it; none: the test passes
	}{
		{
			"stateless program", "what the gate is for passes",
			func(t testing.TB) { RequireStateless(t, demo.Programs["drop_ipv6"]) }, nil,
		},
		{
			"stateful program", "the message is the report: reason, place, path, what to do",
			func(t testing.TB) { RequireStateless(t, demo.Programs["forward_ipv4"]) },
			[]string{
				"TestGate: forward_ipv4 (xdp): stateful", "bpf_redirect: handoff:", "demo.c:29", "path: slot 5 (./demo.c:26) not taken",
				"instead: ", "statecheck explain handoff",
			},
		},
		{
			"collection", "one stateful program among others is enough, and the others are counted",
			func(t testing.TB) { RequireStateless(t, demo) }, []string{"forward_ipv4", "2 programs: 1 stateless, 1 stateful"},
		},
		{
			"accepted", "options are those of the verifier",
			func(t testing.TB) { Require(t, demo, verifier.Options{Allow: []string{"bpf_redirect"}}) }, nil,
		},
		{
			"constants", "read-only data is a map to the flag",
			func(t testing.TB) { RequireStateless(t, rodata) }, []string{": constant: "},
		},
		{
			"other profile", "the profile sections lets it pass",
			func(t testing.TB) { Require(t, rodata, verifier.Options{Profile: verifier.ProfileSections}) }, nil,
		},
		{
			"empty collection", "nothing judged is nothing proven",
			func(t testing.TB) { RequireStateless(t, &ebpf.CollectionSpec{}) }, []string{"nothing to judge"},
		},
		{
			"nil collection", "an error that was not looked at leaves nil",
			func(t testing.TB) { RequireStateless(t, (*ebpf.CollectionSpec)(nil)) }, []string{"nothing to judge"},
		},
		{
			"nil program", "a name that is not in the collection gives nil",
			func(t testing.TB) { RequireStateless(t, demo.Programs["gone"]) }, []string{"nothing to judge"},
		},
		{
			"nil program in a collection", "it cannot be judged, and must not pass",
			func(t testing.TB) {
				RequireStateless(t, &ebpf.CollectionSpec{Programs: map[string]*ebpf.ProgramSpec{"gone": nil}})
			},
			[]string{"nothing to judge"},
		},
		{
			"invalid program", "what no kernel loads is not stateless",
			func(t testing.TB) {
				RequireStateless(t, &ebpf.ProgramSpec{Name: "endless", Type: ebpf.XDP, Instructions: casm.Instructions{casm.Mov.Imm(casm.R0, 0)}})
			},
			[]string{"TestGate: endless: invalid: "},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := record(t, tt.test)
			if (got == "") != (len(tt.message) == 0) {
				t.Fatalf("%s: the test says %q, want %q", tt.reason, got, tt.message)
			}
			for _, part := range tt.message {
				if !strings.Contains(got, part) {
					t.Errorf("%s: %q is not in\n%s", tt.reason, part, got)
				}
			}
		})
	}
}
