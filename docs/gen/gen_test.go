package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/verifier/effect"
)

// TestPages compares the pages with what the table says.
func TestPages(t *testing.T) {
	pages, err := render("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range pages {
		raw, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(raw)); diff != "" {
			t.Errorf("docs/%s (-table +page); run go generate ./docs/gen:\n%s", name, diff)
		}
	}
}

// Every row is on the page once, under an anchor of its own.
func TestAnchors(t *testing.T) {
	page := effectsPage()
	seen := make(map[string]bool)
	for _, m := range regexp.MustCompile(`<a id="([^"]+)">`).FindAllStringSubmatch(page, -1) {
		if seen[m[1]] || strings.Contains(page, "\n## "+m[1]+"\n") {
			t.Errorf("two anchors %q", m[1])
		}
		seen[m[1]] = true
	}
	for _, row := range effect.Rows() {
		if !seen[effect.Slug(row.Name)] {
			t.Errorf("%s is not on the page", row.Name)
		}
	}
	if len(seen) != len(effect.Rows()) {
		t.Errorf("%d anchors for %d rows", len(seen), len(effect.Rows()))
	}
}

func TestReplace(t *testing.T) {
	const page = "a\n<!-- x: made by docs/gen -->\nold\n<!-- end of x -->\nb\n"
	got, err := replace(page, "x", "new\n")
	if want := strings.Replace(page, "old", "new", 1); err != nil || got != want {
		t.Errorf("replace = %q, %v, want %q", got, err, want)
	}
	if _, err := replace(page, "y", ""); err == nil {
		t.Error("no error for marks that are not there")
	}
	if _, err := replace(page[:len(page)/2], "x", ""); err == nil {
		t.Error("no error for a mark that is not closed")
	}
}
