package kernel

import (
	"strings"
	"testing"

	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// TestFunctions compares the table with every struct bpf_func_proto of the kernel: a
// function that is missing leaves its callers undecided, and a wrong one could make a
// stateful program stateless.
func TestFunctions(t *testing.T) {
	served := make(map[string][]string) // function to helpers
	for helper, prototypes := range kerneltest.Prototypes(t, kerneltest.Source(t)) {
		for _, p := range prototypes {
			if p.Function != "" && p.Function != "BPF_PTR_POISON" { // of tail calls, which are none
				served[p.Function] = append(served[p.Function], helper)
			}
		}
	}
	for function, helpers := range served {
		row, known := rowOf(function)
		if !known {
			t.Errorf("%s, which is %v, is not in the table", function, helpers)
			continue
		}
		for _, helper := range helpers {
			other, known := helperByName(helper)
			if known && row.Name != helper && verifier.ProfileFlag.Rejects(other.Effects) != 0 && verifier.ProfileFlag.Rejects(row.Effects) == 0 {
				t.Errorf("%s is %s in the table, and %s to the kernel, which the flag refuses", function, row.Name, helper)
			}
		}
	}
	for function, helper := range functions {
		if served[function] == nil {
			t.Errorf("%s (%s) is in the table, and behind no helper of the kernel", function, helper)
		}
		if _, known := helperByName(helper); !known {
			t.Errorf("%s is not a helper", helper)
		}
	}
	for function, stand := range inserted {
		_, helper := helperByName(stand)
		_, kfunc := effect.Kfunc(stand)
		if !helper && !kfunc {
			t.Errorf("%s stands for %s, which is in no table", stand, function)
		}
	}
}

func TestReadSymbols(t *testing.T) {
	const hidden = "0000000000000000 T __bpf_call_base\n0000000000000000 T bpf_redirect\n"
	if _, err := ReadSymbols(strings.NewReader(hidden)); err == nil || !strings.Contains(err.Error(), "CAP_SYSLOG") {
		t.Errorf("addresses that are hidden: %v, expected what it takes to see them", err)
	}
	s := symbols(t)
	for _, tt := range []struct {
		name, reason string
		distance     int32
		want         string
	}{
		{"behind", "addresses rise", 0x100, "bpf_redirect"},
		{"before", "the distance is signed", -0x100, "bpf_sk_lookup_tcp"},
		{"module", "the module's name is no part of the function's", 0x200, "bpf_strange"},
		{"data", "what is not code cannot be called", 0x300, ""},
		{"nothing", "no symbol begins there", 0x101, ""},
	} {
		if got := strings.Join(s.called(tt.distance), " "); got != tt.want {
			t.Errorf("%s: %q, expected %q: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}

// symbols are a small kernel's.
func symbols(t *testing.T) *Symbols {
	t.Helper()
	s, err := ReadSymbols(strings.NewReader(`ffffffff81000f00 T bpf_sk_lookup_tcp
ffffffff81001000 T __bpf_call_base
ffffffff81001100 T bpf_redirect
ffffffff81001200 t bpf_strange	[module]
ffffffff81001300 D bpf_data
ffffffff81001400 T bpf_ktime_get_ns
ffffffff81001500 T bpf_rdonly_cast
`))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
