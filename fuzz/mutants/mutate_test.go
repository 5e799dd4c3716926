package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMutantsOf shows the mutants of a small file.
func TestMutantsOf(t *testing.T) {
	const source = `package p

var table = []int{1, 2}

func (s *T) f(a int, b bool) (int, error) {
	if b && a < 8 {
		return a - 1, nil
	}
	for i := range a {
		s.g(T{n: i})
	}
	switch a {
	case 1, 2:
		s.n += a
	}
	return 0, nil
}
`
	const want = "" +
		"a.go:6:5: T.f: `if b && a < 8 {`: always: true || (b && a < 8)\n" +
		"a.go:6:5: T.f: `if b && a < 8 {`: never: false && (b && a < 8)\n" +
		"a.go:6:5: T.f: `if b && a < 8 {`: only left of &&: b\n" +
		"a.go:6:5: T.f: `if b && a < 8 {`: only right of &&: a < 8\n" +
		"a.go:6:7: T.f: `if b && a < 8 {`: && → ||: ||\n" +
		"a.go:6:12: T.f: `if b && a < 8 {`: < → <=: <=\n" +
		"a.go:6:12: T.f: `if b && a < 8 {`: < → >=: >=\n" +
		"a.go:6:14: T.f: `if b && a < 8 {`: 8 → 8+1: (8+1)\n" +
		"a.go:7:10: T.f: `return a - 1, nil`: return zero values: *new(int), *new(error)\n" +
		"a.go:7:12: T.f: `return a - 1, nil`: - → +: +\n" +
		"a.go:7:14: T.f: `return a - 1, nil`: 1 → 1+1: (1+1)\n" +
		"a.go:9:19: T.f: `for i := range a {`: no iteration: { break;\n" +
		"a.go:10:3: T.f: `s.g(T{n: i})`: drop: \n" +
		"a.go:10:9: T.f: `s.g(T{n: i})`: without n: \n" +
		"a.go:13:7: T.f: `case 1, 2:`: without 1: \n" +
		"a.go:13:7: T.f: `case 1, 2:`: 1 → 1+1: (1+1)\n" +
		"a.go:13:8: T.f: `case 1, 2:`: without 2: \n" +
		"a.go:13:10: T.f: `case 1, 2:`: 2 → 2+1: (2+1)\n" +
		"a.go:14:3: T.f: `s.n += a`: drop: \n" +
		"a.go:14:7: T.f: `s.n += a`: += → -=: -=\n" +
		"a.go:16:9: T.f: `return 0, nil`: 0 → 0+1: (0+1)\n"
	mutants, err := mutantsOf("a.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, m := range mutants {
		got.WriteString(m.String() + ": " + m.with + "\n")
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestEquivalents: each row is about a mutant that there is.
func TestEquivalents(t *testing.T) {
	t.Chdir("../..")
	all, err := collect(code)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkEquivalents(all); err != nil {
		t.Error(err)
	}
}

// TestDraw: a smaller sample is part of a larger one, and each file has its share.
func TestDraw(t *testing.T) {
	t.Chdir("../..")
	all, err := collect(code)
	if err != nil {
		t.Fatal(err)
	}
	large, files := make(map[mutant]bool), make(map[string]bool)
	for _, m := range draw(all, 200, 1) {
		large[m] = true
	}
	for _, m := range draw(all, 100, 1) {
		files[m.file] = true
		if !large[m] {
			t.Errorf("%s is among 100 and not among 200", m)
		}
	}
	for _, m := range all {
		if !files[m.file] {
			t.Fatalf("no mutant of %s", m.file)
		}
	}
}
