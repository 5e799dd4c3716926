// Gen writes what is made from the code in the pages of a folder:
//
//	go run ./docs/gen docs
//
// From the table these are the page effects.md, and in statelessness.md what stands
// between two comments, "NAME: made by docs/gen" and "end of NAME"; from the types of
// internal/report, and from the names that can be accepted, the JSON Schemas in schema/.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:generate go run . ..

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gen DOCS")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run writes what differs in the folder of the pages.
func run(docs string) error {
	pages, err := render(docs)
	if err != nil {
		return err
	}
	for name, page := range pages {
		if err := os.WriteFile(filepath.Join(docs, name), []byte(page), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// render returns the pages as they should be, by name.
func render(docs string) (map[string]string, error) {
	const rule = "statelessness.md"
	raw, err := os.ReadFile(filepath.Join(docs, rule))
	if err != nil {
		return nil, err
	}
	page := string(raw)
	for _, part := range []struct{ name, text string }{
		{"effects", effectsTable()},
		{"settled cases", casesList()},
	} {
		if page, err = replace(page, part.name, part.text); err != nil {
			return nil, fmt.Errorf("%s: %w", rule, err)
		}
	}
	pages, err := schemas(docs)
	if err != nil {
		return nil, err
	}
	pages[rule], pages["effects.md"], pages["schema/policy.json"] = page, effectsPage(), policySchema()
	return pages, nil
}

// replace puts the text between the marks of that name.
func replace(page, name, text string) (string, error) {
	begin, end := "<!-- "+name+": made by docs/gen -->\n", "<!-- end of "+name+" -->\n"
	before, rest, found := strings.Cut(page, begin)
	if !found {
		return "", fmt.Errorf("no line %q", strings.TrimSpace(begin))
	}
	_, after, found := strings.Cut(rest, end)
	if !found {
		return "", fmt.Errorf("no line %q", strings.TrimSpace(end))
	}
	return before + begin + text + end + after, nil
}
