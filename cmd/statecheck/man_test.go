package main

import (
	"cmp"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// The manual pages say what the help says.
func TestManualPages(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command")
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "run", "-tags", "man", ".", "man", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// page is the text of a page, without the marks of roff.
	page := func(name string) string {
		raw := string(readFile(t, filepath.Join(dir, name+".1")))
		return strings.Join(strings.Fields(strings.NewReplacer("\\fB", "", "\\fR", "", "\\fP", "", "\\", "", "\n.RS", "", "\n.RE", "", "\n.EX", "", "\n.EE", "").Replace(raw)), " ")
	}
	root := (Command{}).root(io.Discard)
	all := page("statecheck")
	for _, cmd := range root.Commands() {
		if cmd.Name() == "help" {
			continue // man is that verb
		}
		text := page("statecheck-" + cmd.Name())
		want := []string{cmd.Short, cmp.Or(cmd.Annotations["exit"], exitStatuses), cmd.Example}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			_, usage := pflag.UnquoteUsage(f)
			want = append(want, "--"+f.Name, usage)
		})
		for _, part := range want {
			if part = strings.Join(strings.Fields(part), " "); !strings.Contains(text, part) {
				t.Errorf("statecheck-%s.1 lacks %q", cmd.Name(), part)
			}
		}
		if !strings.Contains(all, "statecheck-"+cmd.Name()+"(1)") {
			t.Errorf("statecheck.1 does not name %s", cmd.Name())
		}
	}
}
