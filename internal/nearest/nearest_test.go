package nearest

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

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

// What is known of the distance is what it is, as far as anybody asked.
func TestDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[ab_]{0,9}`)
		a, b, most := word.Draw(t, "a"), word.Draw(t, "b"), rapid.IntRange(0, 9).Draw(t, "most")
		want := plainDistance(a, b)
		if got := distance(a, b, most); got != want && (got <= most || want <= most) {
			t.Errorf("distance(%q, %q, %d) = %d, want %d", a, b, most, got, want)
		}
	})
}

// plainDistance is the definition.
func plainDistance(a, b string) int {
	switch {
	case a == "" || b == "":
		return len(a) + len(b)
	case a[0] == b[0]:
		return plainDistance(a[1:], b[1:])
	}
	return 1 + min(plainDistance(a[1:], b), plainDistance(a, b[1:]), plainDistance(a[1:], b[1:]))
}
