package nearest

import (
	"slices"
	"testing"

	"github.com/statecheck/statecheck/verifier"
)

// A name that is close is suggested, and one that is not is left alone.
func TestNearest(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"sched_csl", "sched_cls"},
		{"xpd", "xdp"},
		{"sockops", "sock_ops"},
		{"cgroup_socket", "cgroup_sock"},
		{"quicksilver", ""},
		{"", ""},
	} {
		if got := Name(tt.name, verifier.ProgramTypes()); got != tt.want {
			t.Errorf("Name(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := Name("redirect", []string{"bpf_redirect_map", "bpf_redirect"}); got != "bpf_redirect" {
		t.Errorf("without bpf_: %q", got)
	}
	names := []string{"bpf_map_peek_elem", "bpf_map_pop_elem", "bpf_map_pup_elem", "handoff"}
	want := []string{"bpf_map_pop_elem", "bpf_map_pup_elem"}
	if got := Names("map_pp_elem", names); !slices.Equal(got, want) {
		t.Errorf("Names(map_pp_elem) = %q, want %q", got, want)
	}
}
