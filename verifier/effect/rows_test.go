package effect

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestRows(t *testing.T) {
	const passes = None | Context | Ambient
	reference := regexp.MustCompile(`^[\w/.-]+\.[ch]:\w+$`)
	names := make(map[string]bool)
	for _, row := range Rows() {
		if names[string(row.Kind)+row.Name] {
			t.Errorf("%s %s stands twice", row.Kind, row.Name)
		}
		names[string(row.Kind)+row.Name] = true
		switch {
		case row.Effects == 0:
			t.Errorf("%s: no effect", row.Name)
		case row.Effects&None != 0 && row.Effects != None:
			t.Errorf("%s: none beside %s", row.Name, row.Effects)
		case row.Reason == "" || strings.HasSuffix(row.Reason, ".") || strings.ToLower(row.Reason[:1]) != row.Reason[:1]:
			t.Errorf("%s: reason %q, expected one clause in lower case", row.Name, row.Reason)
		case !reference.MatchString(row.Kernel):
			t.Errorf("%s: kernel %q, expected file:function", row.Name, row.Kernel)
		case row.Effects&^passes == 0 && row.Instead != "":
			t.Errorf("%s: passes the flag, and says what to do instead", row.Name)
		}
	}
}

// TestNames compares with the closed list: every helper and kfunc of Linux 6.12 once,
// and none of them unknown.
func TestNames(t *testing.T) {
	raw, err := os.ReadFile("testdata/names.tsv")
	if err != nil {
		t.Fatal(err)
	}
	want := make(map[string]bool)
	for line := range strings.Lines(string(raw)) {
		want[strings.TrimSpace(line)] = true
	}
	delete(want, "kind\tid\tname")
	for _, row := range Rows() {
		id := "-"
		switch row.Kind {
		case KindHelper:
			id = strconv.Itoa(row.ID)
		case KindKfunc:
		default:
			continue
		}
		line := fmt.Sprintf("%s\t%s\t%s", row.Kind, id, row.Name)
		if !want[line] {
			t.Errorf("testdata/names.tsv has no line %q", line)
		}
		delete(want, line)
		if row.Effects&Unknown != 0 {
			t.Errorf("%s is unknown", row.Name)
		}
	}
	for line := range want {
		t.Errorf("the table has no %q", line)
	}
}

func TestHelperNumbers(t *testing.T) {
	for i, row := range helpers {
		if row.ID != i+1 || row.Kind != KindHelper {
			t.Errorf("helpers[%d] has ID %d", i, row.ID)
		}
		got, ok := Helper(int32(i + 1))
		if !ok || got != row {
			t.Errorf("Helper(%d) = %v, %v", i+1, got, ok)
		}
	}
	for _, id := range []int32{-1 << 31, -1, 0, int32(len(helpers) + 1), 1<<31 - 1} {
		if row, ok := Helper(id); ok {
			t.Errorf("Helper(%d) = %v, expected none", id, row)
		}
	}
}

// Numbers were given in the order in which helpers came, but for a handful that
// were merged side by side, so that releases never go back.
func TestSinceAscends(t *testing.T) {
	last := 0
	for _, row := range helpers {
		v := version(t, row.Since)
		if v < last {
			t.Errorf("%s: since %s, after a helper that came later", row.Name, row.Since)
		}
		last = max(last, v)
	}
}

// version makes "5.10" comparable.
func version(t *testing.T, s string) int {
	t.Helper()
	major, minor, ok := strings.Cut(s, ".")
	x, err1 := strconv.Atoi(major)
	y, err2 := strconv.Atoi(minor)
	if !ok || err1 != nil || err2 != nil {
		t.Fatalf("release %q, expected major.minor", s)
	}
	return x*1000 + y
}

func TestKfuncsSorted(t *testing.T) {
	for _, k := range kfuncs {
		if row, ok := Kfunc(k.Name); !ok || row != k || k.Kind != KindKfunc {
			t.Errorf("Kfunc(%q) = %v, %v", k.Name, row, ok)
		}
	}
	if row, ok := Kfunc("bpf_no_such_kfunc"); ok {
		t.Errorf("Kfunc of a name that is none = %v", row)
	}
}

func TestSet(t *testing.T) {
	for i, want := range All() {
		name := want.Meaning().Name
		e, err := Parse(name)
		if err != nil || e != 1<<i || e != want || e.String() != name || e.Worst() != e {
			t.Errorf("Parse(%q) = %v, %v", name, e, err)
		}
	}
	if e, err := Parse("state"); err == nil {
		t.Errorf("Parse(state) = %v, expected an error", e)
	}
	if got := (Ambient | Kernel | Context).String(); got != "context,ambient,kernel" {
		t.Errorf("String() = %s, expected the mildest first", got)
	}
	if got := (Ambient | Kernel | Context).Worst(); got != Kernel {
		t.Errorf("Worst() = %s, expected kernel", got)
	}
}
