package policy

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/statecheck/statecheck/internal/glob"
	"github.com/statecheck/statecheck/internal/nearest"
	"github.com/statecheck/statecheck/verifier"
)

// maxReason bounds a reason in characters: reports repeat it for each finding.
const maxReason = 500

// parseError is an error at a place of the file. It begins with "LINE:COLUMN: ",
// without the column where the YAML library tells none.
type parseError struct {
	place
	message string
}

func (e *parseError) Error() string {
	switch {
	case e.line == 0:
		return " " + e.message
	case e.column == 0:
		return fmt.Sprintf("%d: %s", e.line, e.message)
	}
	return fmt.Sprintf("%d:%d: %s", e.line, e.column, e.message)
}

func errorAt(n *yaml.Node, format string, args ...any) error {
	return &parseError{at(n), fmt.Sprintf(format, args...)}
}

func at(n *yaml.Node) place { return place{n.Line, n.Column} }

// parse reads the rules of a policy file.
func parse(raw []byte) ([]*rule, error) {
	var document yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	switch err := dec.Decode(&document); {
	case err == io.EOF:
		return nil, &parseError{place{1, 1}, `nothing in it, expected the key "programs"`}
	case err != nil:
		return nil, syntaxError(err)
	}
	var rules []*rule
	found := false
	err := fields(document.Content[0], []field{{"programs", func(n *yaml.Node) error {
		found = true
		return items(n, "a list of rules", func(n *yaml.Node) error {
			r, err := parseRule(n)
			rules = append(rules, r)
			return err
		})
	}}})
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errorAt(document.Content[0], `nothing in it, expected the key "programs"`)
	}
	var second yaml.Node
	switch err := dec.Decode(&second); {
	case err == io.EOF:
		return rules, nil
	case err != nil:
		return nil, syntaxError(err)
	}
	return nil, errorAt(&second, "a second document, expected one")
}

// syntaxError takes apart what the library says: "yaml: line 3: mapping values ...".
func syntaxError(err error) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	e := &parseError{message: "not YAML: " + message}
	if at, rest, found := strings.Cut(message, ": "); found {
		if n, err := strconv.Atoi(strings.TrimPrefix(at, "line ")); err == nil && n > 0 {
			e.line, e.message = n, "not YAML: "+rest
		}
	}
	return e
}

// parseRule reads an item of "programs".
func parseRule(n *yaml.Node) (*rule, error) {
	r := &rule{place: at(n)}
	var accept, expect, until *yaml.Node
	pattern := func(into **string) func(*yaml.Node) error {
		return func(n *yaml.Node) error {
			text, err := text(n)
			if err == nil {
				if e := glob.Check(text); e != nil {
					err = errorAt(n, "%v", e)
				} else if into == &r.path && (strings.HasPrefix(text, "./") || strings.HasPrefix(text, "/")) {
					err = errorAt(n, "%q matches no path, expected one from the folder of this file, such as build/*.o", text)
				}
			}
			*into = &text
			return err
		}
	}
	err := fields(n, []field{
		{"path", pattern(&r.path)},
		{"section", pattern(&r.section)},
		{"name", pattern(&r.name)},
		{"profile", func(n *yaml.Node) error {
			profile, err := oneOf(n, verifier.Profiles())
			r.profile = profile
			return err
		}},
		{"accept", func(n *yaml.Node) error {
			accept = n
			if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
				return errorAt(n, "an empty list, expected what to accept")
			}
			return items(n, "a list of effects, helpers and kfuncs", func(n *yaml.Node) error {
				name, err := text(n)
				if err != nil {
					return err
				}
				if err := CheckName(name); err != nil {
					return errorAt(n, "%v", err)
				}
				if slices.ContainsFunc(r.accept, func(w *waiver) bool { return w.name == name }) {
					return errorAt(n, "%s stands twice", name)
				}
				r.accept = append(r.accept, &waiver{at(n), name, r})
				return nil
			})
		}},
		{"expect", func(n *yaml.Node) error {
			verdict, err := oneOf(n, []verifier.Verdict{verifier.Stateless, verifier.Stateful})
			expect, r.expect = n, verdict
			return err
		}},
		{"reason", func(n *yaml.Node) error {
			reason, err := text(n)
			switch {
			case err != nil:
				return err
			case utf8.RuneCountInString(reason) > maxReason:
				return errorAt(n, "%d characters, expected a reason of at most %d", utf8.RuneCountInString(reason), maxReason)
			}
			r.reason = strings.Join(strings.Fields(reason), " ") // one line, however it was written
			if r.reason == "" {
				return errorAt(n, "a reason without words, expected some")
			}
			return nil
		}},
		{"until", func(n *yaml.Node) error {
			until = n
			day, err := time.Parse(time.DateOnly, n.Value)
			isDay := n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!timestamp" || n.ShortTag() == "!!str") && err == nil
			if !isDay {
				return errorAt(n, "found %s, expected a day as 2006-01-02", describe(n))
			}
			r.until = &day
			return nil
		}},
	})
	if err != nil {
		return nil, err
	}
	if r.expect == verifier.Stateful {
		r.stateful = &waiver{at(expect), "", r}
	}
	waives := accept != nil || r.stateful != nil
	switch {
	case r.path == nil && r.section == nil && r.name == nil:
		return nil, errorAt(n, "a rule for no program, expected path, section or name (\"*\" is any)")
	case r.profile == "" && accept == nil && expect == nil:
		return nil, errorAt(n, "a rule that says nothing, expected profile, accept or expect")
	case accept != nil && expect != nil:
		return nil, errorAt(expect, "expect beside accept, expected one of them (stateful accepts everything, stateless nothing)")
	case waives && r.reason == "":
		return nil, errorAt(n, "a waiver without a reason, expected the key \"reason\"")
	case !waives && until != nil:
		return nil, errorAt(until, "until without a waiver, expected it beside accept or expect: stateful")
	}
	return r, nil
}

// field is a key of a mapping and what reads its value.
type field struct {
	key  string
	read func(*yaml.Node) error
}

// fields reads a mapping that has these keys and no others.
func fields(n *yaml.Node, known []field) error {
	if n.Kind != yaml.MappingNode {
		return errorAt(n, "found %s, expected a mapping of keys to values", describe(n))
	}
	seen := make(map[string]bool)
	for pair := range slices.Chunk(n.Content, 2) {
		key, value := pair[0], pair[1]
		i := slices.IndexFunc(known, func(f field) bool { return key.Kind == yaml.ScalarNode && f.key == key.Value })
		switch {
		case i < 0:
			var names []string
			for _, f := range known {
				names = append(names, f.key)
			}
			hint := "expected " + strings.Join(names, ", ")
			if near := nearest.Name(key.Value, names); near != "" {
				hint = fmt.Sprintf("did you mean %s?", near)
			}
			return errorAt(key, "unknown key %q, %s", key.Value, hint)
		case seen[key.Value]:
			return errorAt(key, "the key %q stands twice", key.Value)
		}
		seen[key.Value] = true
		if err := known[i].read(value); err != nil {
			return err
		}
	}
	return nil
}

// items reads a list.
func items(n *yaml.Node, what string, read func(*yaml.Node) error) error {
	if n.Kind != yaml.SequenceNode {
		return errorAt(n, "found %s, expected %s", describe(n), what)
	}
	for _, item := range n.Content {
		if err := read(item); err != nil {
			return err
		}
	}
	return nil
}

// text reads a string that is not empty.
func text(n *yaml.Node) (string, error) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" || n.Value == "" {
		return "", errorAt(n, "found %s, expected text", describe(n))
	}
	return n.Value, nil
}

// oneOf reads one of a few names.
func oneOf[T ~string](n *yaml.Node, names []T) (T, error) {
	if name, err := text(n); err == nil && slices.Contains(names, T(name)) {
		return T(name), nil
	}
	var all []string
	for _, name := range names {
		all = append(all, string(name))
	}
	return "", errorAt(n, "found %s, expected %s", describe(n), strings.Join(all, ", "))
}

// describe says what stands in the place of something else.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias (*" + n.Value + ")"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!str":
		return fmt.Sprintf("%q", n.Value)
	}
	return fmt.Sprintf("%q (%s)", n.Value, n.ShortTag())
}
