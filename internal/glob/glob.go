// Package glob matches names by patterns: of sections and programs (--section,
// --program) and of paths (in a policy file).
package glob

import (
	"errors"
	"path"
	"strings"
)

// Check returns an error where the pattern is none.
func Check(pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return errors.New("expected a pattern like xdp* or [a-z]?")
	}
	return nil
}

// Match reports whether the pattern matches the whole name, as path.Match does except
// that * and ? match a / too: sections are no paths. What is no pattern matches nothing.
func Match(pattern, name string) bool {
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x00") }
	ok, _ := path.Match(flat(pattern), flat(name))
	return ok
}
