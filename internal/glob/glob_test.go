package glob

import "testing"

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		name, reason  string
		pattern, with string
		want          bool
	}{
		{"same", "a pattern without * is a name", "xdp", "xdp", true},
		{"prefix", "the whole name counts", "xdp", "xdp/pass", false},
		{"star", "a star is any text", "xdp*", "xdp", true},
		{"slash", "and a slash too", "*.o", "bpf/sub/prog.o", true},
		{"slash in both", "a slash matches itself", "bpf/*/prog.o", "bpf/a/b/prog.o", true},
		{"no folder", "the slashes of the pattern must be there", "bpf/*/prog.o", "bpf/prog.o", false},
		{"question mark", "is one character", "tc/?", "tc/1", true},
		{"class", "as path.Match has it", "cpu[0-3]", "cpu2", true},
		{"case", "counts", "XDP", "xdp", false},
		{"empty", "matches what has no name", "", "", true},
		{"broken", "matches nothing", "[", "[", false},
	} {
		if got := Match(tt.pattern, tt.with); got != tt.want {
			t.Errorf("%s (%s): Match(%q, %q) = %v, want %v", tt.name, tt.reason, tt.pattern, tt.with, got, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	for pattern, want := range map[string]bool{"": true, "*": true, "a/b[c-d]?": true, "[": false, `a\`: false, "[b-a]": true} {
		if err := Check(pattern); (err == nil) != want {
			t.Errorf("Check(%q) = %v, want a pattern: %v", pattern, err, want)
		}
	}
}
