package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadme runs the commands of the README's session and compares what they
// print with what it says.
func TestReadme(t *testing.T) {
	t.Chdir("../..")
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, session, ok := strings.Cut(string(raw), "```console\n")
	if !ok {
		t.Fatal("README.md has no console session")
	}
	session, _, _ = strings.Cut(session, "```")
	var got strings.Builder
	for line := range strings.Lines(session) {
		command, ok := strings.CutPrefix(line, "$ statecheck ")
		if !ok {
			continue
		}
		got.WriteString(line)
		args := strings.Fields(command)
		text := ""
		if i := len(args) - 3; i > 0 && args[i] == "&&" { // && echo WORD
			args, text = args[:i], args[i+2]+"\n"
		}
		var stdout, stderr bytes.Buffer
		status := Command{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr}.Main(args)
		got.Write(stdout.Bytes())
		got.Write(stderr.Bytes())
		if status == ExitStateless {
			got.WriteString(text)
		}
	}
	if diff := cmp.Diff(session, got.String()); diff != "" {
		t.Errorf("README.md differs from what the commands print (-README +now):\n%s", diff)
	}
}
