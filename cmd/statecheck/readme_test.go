package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPages runs the commands of the pages' console sessions and compares what they
// print with what the pages say; with -update it writes that there.
func TestPages(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ page, folder, reason string }{
		{"README.md", ".", "whoever has a clone tries it there"},
		{"docs/formats.md", "corpus/src", "the compiler ran there, so that the source is found"},
		{"docs/policy.md", "corpus", "the page has the policy file of that folder"},
		{"docs/diff.md", "corpus/src", "as for the formats"},
	} {
		t.Run(tt.page, func(t *testing.T) {
			page := filepath.Join(root, tt.page)
			want := string(readFile(t, page))
			t.Chdir(repositoryWithCorpus(t, root))
			t.Chdir(tt.folder)
			if _, policy, found := strings.Cut(want, "```yaml\n# .statecheck.yaml\n"); found {
				policy, _, _ = strings.Cut(policy, "```")
				wrong := strings.Replace(policy, "reason:", "raeson:", 1)
				if err := errors.Join(
					os.WriteFile(".statecheck.yaml", []byte(policy), 0o666),
					os.WriteFile("wrong.yaml", []byte(wrong), 0o666),
				); err != nil {
					t.Fatal(err)
				}
			}
			if got := runSessions(want, "$ statecheck ", runSession); got == want {
				return
			} else if *update {
				if err := os.WriteFile(page, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			} else {
				t.Errorf("%s differs from what the commands print in %s (-page +now), and %s:\n%s",
					tt.page, tt.folder, tt.reason, cmp.Diff(want, got))
			}
		})
	}
}

// repositoryWithCorpus makes a repository that has the corpus, for where ours was
// unpacked there may be none.
func repositoryWithCorpus(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, ".git"), 0o777),
		os.CopyFS(filepath.Join(dir, "corpus"), os.DirFS(filepath.Join(root, "corpus"))),
	); err != nil {
		t.Fatal(err)
	}
	return dir
}

// runSessions returns the page with what the commands of its console sessions print now:
// those that begin with a prompt. A line that ends with a backslash goes on in the next.
func runSessions(page, prompt string, run func(command string) string) string {
	const begin, end = "```console\n", "```"
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(page, begin)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		session, after, _ := strings.Cut(rest, end)
		out.WriteString(begin)
		command := ""
		for line := range strings.Lines(session) {
			if command == "" && !strings.HasPrefix(line, prompt) {
				continue // what was printed
			}
			out.WriteString(line)
			if command += line; !strings.HasSuffix(line, "\\\n") {
				out.WriteString(run(strings.TrimPrefix(command, prompt)))
				command = ""
			}
		}
		out.WriteString(end)
		page = after
	}
}

// runSession runs a command, with what little of a shell the pages need: "| jq ." and
// "&& echo WORD".
func runSession(command string) string {
	command, laidOut := strings.CutSuffix(strings.TrimSpace(command), " | jq .")
	command, word, _ := strings.Cut(command, " && echo ")
	var stdout, stderr bytes.Buffer
	status := Command{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr}.Main(strings.Fields(command))
	text := stdout.String()
	if laidOut {
		var indented bytes.Buffer
		if err := json.Indent(&indented, stdout.Bytes(), "", "  "); err != nil {
			return err.Error()
		}
		text = indented.String()
	}
	if text += stderr.String(); status == ExitStateless && word != "" {
		text += word + "\n"
	}
	return text
}
