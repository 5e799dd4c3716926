package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// ciRepository is a git repository with three commits, checked out one after the other.
type ciRepository struct {
	t      *testing.T
	folder string
	temp   string   // of the runner; repositories share it, as the command is built there
	env    []string // of everything that runs in it
}

// commits of a ciRepository, which are the files of testdata/ci too.
var ciCommits = []string{"stateless", "map", "redirect"}

// newCIRepository makes the repository; with(commit) are more files to commit.
func newCIRepository(t *testing.T, temp string, with func(commit string) map[string]string) *ciRepository {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the command and many objects")
	}
	needTools(t, "git", "make", "bash", "clang-19")
	home := t.TempDir()
	r := &ciRepository{t: t, folder: filepath.Join(home, "work", "gate"), temp: temp}
	r.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "BPF_CC=clang-19 -I/usr/include/" + multiarch(t),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org",
	}
	for _, name := range []string{"GOPROXY", "GOMODCACHE", "GOCACHE", "GOFLAGS"} {
		r.env = append(r.env, name+"="+goEnv(t, name))
	}
	if err := os.MkdirAll(r.folder, 0o777); err != nil {
		t.Fatal(err)
	}
	r.must("git", "init", "-q", "-b", "main")
	for _, commit := range ciCommits {
		r.write("gate.c", string(readFile(t, filepath.Join("testdata", "ci", commit+".c"))))
		r.write("Makefile", snippet(t, "make"))
		r.write(".gitignore", "build/\n")
		if with != nil {
			for name, text := range with(commit) {
				r.write(name, text)
			}
		}
		r.must("git", "add", "-A")
		r.must("git", "commit", "-q", "-m", commit)
		r.must("git", "tag", commit)
	}
	return r
}

// checkout checks a commit out and builds its object.
func (r *ciRepository) checkout(commit string) {
	r.t.Helper()
	r.must("git", "checkout", "-q", commit)
	r.must("make", "-s", "-B", "all")
}

func (r *ciRepository) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.folder, name), []byte(text), 0o666); err != nil {
		r.t.Fatal(err)
	}
}

// run runs a command in the repository and returns its exit status and its output.
func (r *ciRepository) run(env []string, name string, args ...string) (status int, stdout, stderr string) {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), name, args...)
	cmd.Dir, cmd.Env = r.folder, slices.Concat(r.env, env)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			r.t.Fatal(err)
		}
		status = exit.ExitCode()
	}
	return status, out.String(), errs.String()
}

func (r *ciRepository) must(name string, args ...string) {
	r.t.Helper()
	if status, stdout, stderr := r.run(nil, name, args...); status != 0 {
		r.t.Fatalf("%s %v: exit status %d\n%s%s", name, args, status, stdout, stderr)
	}
}

// line is the place "gate.c:N" in the source of a commit that has the text.
func line(t *testing.T, commit, text string) string {
	t.Helper()
	before, _, found := strings.Cut(string(readFile(t, filepath.Join("testdata", "ci", commit+".c"))), text)
	if !found {
		t.Fatalf("no %q in %s.c", text, commit)
	}
	return fmt.Sprintf("gate.c:%d", 1+strings.Count(before, "\n"))
}

// ciCase is what is said of each commit.
type ciCase struct {
	name, reason string
	with         func(commit string) map[string]string // files that are committed
	baseline     map[string]string                     // the commit whose report is committed with a commit
	inputs       map[string]string                     // of the action
	targets      string                                // of make
	want         map[string][]string                   // the lines of C of each commit that fails
}

// ciCases are the ways of docs/ci.md.
func ciCases(t *testing.T) []ciCase {
	lookup, redirect := "bpf_map_lookup_elem(", "bpf_redirect("
	policy := func(commit string) map[string]string {
		if commit == "stateless" {
			return nil // the waiver comes with what it accepts: before, nothing needs it
		}
		return map[string]string{".statecheck.yaml": `programs:
  - name: gate
    accept: [map, bpf_map_lookup_elem]
    reason: packets are counted until the exporter is there
`}
	}
	return []ciCase{
		{
			name: "gate", reason: "what is stateful fails",
			targets: "statecheck",
			want: map[string][]string{
				"map":      {line(t, "map", lookup)},
				"redirect": {line(t, "redirect", lookup), line(t, "redirect", redirect)},
			},
		},
		{
			name: "waiver", reason: "what the policy file accepts passes",
			with:    policy,
			targets: "statecheck",
			want:    map[string][]string{"redirect": {line(t, "redirect", redirect)}},
		},
		{
			name: "first report", reason: "what was not there when the report was committed fails",
			baseline: map[string]string{"stateless": "stateless", "map": "stateless", "redirect": "stateless"},
			inputs:   map[string]string{"baseline": "statecheck.json"},
			targets:  "statecheck-diff",
			want: map[string][]string{
				"map":      {line(t, "map", lookup)},
				"redirect": {line(t, "redirect", lookup), line(t, "redirect", redirect)},
			},
		},
		{
			name: "renewed report", reason: "the report that is committed with a change accepts it",
			baseline: map[string]string{"stateless": "stateless", "map": "map", "redirect": "map"},
			inputs:   map[string]string{"baseline": "statecheck.json"},
			targets:  "statecheck-diff",
			want:     map[string][]string{"redirect": {line(t, "redirect", redirect)}},
		},
	}
}

// TestCI runs the shell steps of action.yml as GitHub does, and the snippets of docs/ci.md
// for make and GitLab, on every commit.
func TestCI(t *testing.T) {
	temp := t.TempDir()
	for _, tt := range ciCases(t) {
		t.Run(tt.name, func(t *testing.T) {
			r := newCIRepository(t, temp, tt.with)
			for _, commit := range ciCommits {
				if of, found := tt.baseline[commit]; found {
					r.checkout(of)
					r.must("make", "-s", "statecheck.json")
				}
				r.checkout(commit)

				action := r.action(tt.inputs)
				if diff := cmp.Diff(tt.want[commit], action.lines); diff != "" {
					t.Errorf("%s: annotations of %s (-want +got):\n%s", tt.reason, commit, diff)
				}
				want := 0
				if len(tt.want[commit]) > 0 {
					want = 1
				}
				if action.status != want || action.output != fmt.Sprintf("status=%d\n", want) {
					t.Errorf("%s: the action ends with %d (%q) on %s, want %d", tt.reason, action.status, action.output, commit, want)
				}
				if !strings.HasPrefix(action.summary, "### statecheck: ") {
					t.Errorf("%s: step summary of %s:\n%s", tt.reason, commit, action.summary)
				}

				status, stdout, stderr := r.run(nil, "make", "-s", tt.targets)
				if failed := status != 0; failed != (want != 0) {
					t.Errorf("%s: make ends with %d on %s:\n%s%s", tt.reason, status, commit, stdout, stderr)
				}
				for _, at := range tt.want[commit] {
					if !strings.Contains(stdout, at) {
						t.Errorf("%s: make does not say %s of %s:\n%s", tt.reason, at, commit, stdout)
					}
				}
				if tt.targets == "statecheck" {
					r.gitlab(commit, want, tt.want[commit])
				}
			}
		})
	}
}

// ran is what came of the action.
type ran struct {
	status          int
	lines           []string // places of annotations "FILE:LINE", each once, in their order
	summary, output string
	said            string // on both streams
}

// action runs the shell steps of action.yml with these inputs, and paths: build.
func (r *ciRepository) action(inputs map[string]string) ran {
	r.t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		r.t.Fatal(err)
	}
	temp := r.t.TempDir()
	env := []string{
		"CI=true", "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=" + r.folder, "GITHUB_ACTION_PATH=" + root, "RUNNER_TEMP=" + r.temp,
		"GITHUB_STEP_SUMMARY=" + filepath.Join(temp, "summary"), "GITHUB_OUTPUT=" + filepath.Join(temp, "output"),
	}
	var out ran
	for _, step := range actionSteps(r.t) {
		script := filepath.Join(temp, "script.sh")
		if err := os.WriteFile(script, []byte(step.Run), 0o666); err != nil {
			r.t.Fatal(err)
		}
		stepEnv := slices.Clone(env)
		for name, value := range step.Env {
			stepEnv = append(stepEnv, name+"="+evaluate(r.t, value, inputs))
		}
		var stdout, stderr string
		// As the runner has it for "shell: bash".
		out.status, stdout, stderr = r.run(stepEnv, "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
		out.said += stdout + stderr
		for _, m := range regexp.MustCompile(`(?m)^::error file=([^,]+),line=(\d+)`).FindAllStringSubmatch(stdout, -1) {
			if at := m[1] + ":" + m[2]; !slices.Contains(out.lines, at) {
				out.lines = append(out.lines, at)
			}
		}
		if out.status != 0 {
			break
		}
	}
	for name, into := range map[string]*string{"summary": &out.summary, "output": &out.output} {
		if raw, err := os.ReadFile(filepath.Join(temp, name)); err == nil {
			*into = string(raw)
		}
	}
	return out
}

// gitlab runs the script of the job but for the installation, which needs a release.
func (r *ciRepository) gitlab(commit string, want int, lines []string) {
	r.t.Helper()
	var jobs struct {
		Statecheck struct {
			Script    []string
			Artifacts struct{ Reports struct{ Codequality string } }
		}
	}
	if err := yaml.Unmarshal([]byte(snippet(r.t, "yaml", "# .gitlab-ci.yml")), &jobs); err != nil {
		r.t.Fatal(err)
	}
	job := jobs.Statecheck
	if len(job.Script) != 2 || job.Script[0] != "go install github.com/statecheck/statecheck/cmd/statecheck@latest" {
		r.t.Fatalf("script of the GitLab job: %q", job.Script)
	}
	status, stdout, stderr := r.run(nil, "bash", "-eo", "pipefail", "-c", job.Script[1])
	if status != want {
		r.t.Errorf("the GitLab job ends with %d on %s, want %d:\n%s%s", status, commit, want, stdout, stderr)
	}
	report := string(readFile(r.t, filepath.Join(r.folder, job.Artifacts.Reports.Codequality)))
	for _, at := range lines {
		file, line, _ := strings.Cut(at, ":")
		if part := fmt.Sprintf(`"location":{"path":"%s","lines":{"begin":%s}}`, file, line); !strings.Contains(report, part) {
			r.t.Errorf("no %s in the report of %s:\n%s", part, commit, report)
		}
	}
}

// actionStep is a shell step of action.yml.
type actionStep struct {
	ID, Run, Shell, Uses string
	Env                  map[string]string
}

func readAction(t *testing.T) (inputs map[string]struct{ Default string }, steps []actionStep) {
	t.Helper()
	var action struct {
		Inputs map[string]struct{ Default string }
		Runs   struct {
			Using string
			Steps []actionStep
		}
	}
	if err := yaml.Unmarshal(readFile(t, "../../action.yml"), &action); err != nil {
		t.Fatal(err)
	}
	if action.Runs.Using != "composite" {
		t.Fatalf("using %q", action.Runs.Using)
	}
	return action.Inputs, action.Runs.Steps
}

func actionSteps(t *testing.T) []actionStep {
	t.Helper()
	_, steps := readAction(t)
	for _, step := range steps {
		if step.Shell != "bash" || step.Uses != "" {
			t.Fatalf("step %+v, expected one for bash", step)
		}
		if strings.Contains(step.Run, "${{") {
			t.Fatalf("an expression within a script, where an input would be read as one:\n%s", step.Run)
		}
	}
	return steps
}

// evaluate does for a value what GitHub does with an expression that is an input.
func evaluate(t *testing.T, value string, given map[string]string) string {
	t.Helper()
	m := regexp.MustCompile(`^\$\{\{ inputs\.(\w+) \}\}$`).FindStringSubmatch(value)
	if m == nil {
		t.Fatalf("environment %q, expected ${{ inputs.NAME }}", value)
	}
	inputs, _ := readAction(t)
	input, found := inputs[m[1]]
	if !found {
		t.Fatalf("no input %s", m[1])
	}
	if value, found := given[m[1]]; found {
		return value
	}
	if m[1] == "paths" {
		return "build"
	}
	return input.Default
}

// What the inputs of the action do, and that none of them is read as a script or a flag.
func TestCIInputs(t *testing.T) {
	r := newCIRepository(t, t.TempDir(), func(string) map[string]string {
		return map[string]string{"policy.yaml": "programs:\n  - {name: gate, expect: stateful, reason: it is the gate}\n"}
	})
	r.checkout("redirect")
	for _, tt := range []struct {
		name, reason string
		inputs       map[string]string
		want         int
		said         string
	}{
		{"config", "another policy file", map[string]string{"config": "policy.yaml"}, 0, ""},
		{"profile", "the strict one rejects as well", map[string]string{"profile": "pure"}, 1, ""},
		{"wrong profile", "a wrong input is no verdict", map[string]string{"profile": "lax"}, 2, "expected flag, sections, pure"},
		{"several paths", "one a line, blank lines are nothing", map[string]string{"paths": "build/gate.o\n\nbuild/none.o\n"}, 3,
			"build/none.o: could not be read: no such file or directory"},
		{"no path", "nothing to judge is never fine", map[string]string{"paths": ""}, 2, "nothing to check"},
		{"script", "is a path", map[string]string{"paths": "$(touch pwned) `touch pwned`; touch pwned"}, 3, "touch pwned: could not be read: no such file"},
		{"quote", "is a path", map[string]string{"paths": `"; touch pwned; "`}, 3, "no such file"},
		{"flag", "is a path", map[string]string{"paths": "--exit-zero\nbuild"}, 3, "--exit-zero: could not be read: no such file"},
		{"script in profile", "is a profile", map[string]string{"profile": "flag; touch pwned"}, 2, "expected flag"},
		{"baseline of several paths", "a comparison has two sides", map[string]string{"baseline": "statecheck.json", "paths": "build\nlib"}, 2,
			"expected two arguments, OLD and NEW, found 3"},
		{"baseline and config", "a comparison reads no policy", map[string]string{"baseline": "statecheck.json", "config": "policy.yaml"}, 2,
			"unknown flag: --config"},
		{"no baseline", "a report that is not there is no comparison", map[string]string{"baseline": "gone.json"}, 3, "gone.json: no such file"},
	} {
		got := r.action(tt.inputs)
		if got.status != tt.want || !strings.Contains(got.said, tt.said) {
			t.Errorf("%s (%s): exit status %d, want %d and %q in\n%s", tt.name, tt.reason, got.status, tt.want, tt.said, got.said)
		}
	}
	if _, err := os.Stat(filepath.Join(r.folder, "pwned")); err == nil {
		t.Error("an input was run")
	}
}

// The hook of pre-commit: its entry with the files that it selects.
func TestCIHook(t *testing.T) {
	var hooks []struct {
		ID, Language, Entry, Files string
	}
	if err := yaml.Unmarshal(readFile(t, "../../.pre-commit-hooks.yaml"), &hooks); err != nil {
		t.Fatal(err)
	}
	var config struct {
		Repos []struct {
			Repo, Rev string
			Hooks     []struct{ ID, Files string }
		}
	}
	if err := yaml.Unmarshal([]byte(snippet(t, "yaml", "# .pre-commit-config.yaml")), &config); err != nil {
		t.Fatal(err)
	}
	hook, used := hooks[0], config.Repos[0].Hooks[0]
	if len(hooks) != 1 || hook.Language != "golang" || used.ID != hook.ID {
		t.Fatalf("hooks %+v, used as %+v", hooks, used)
	}
	for path, want := range map[string]bool{"gate_bpfel.o": true, "sub/gate_bpfeb.o": true, "main.o": false, "gate_bpfel.go": false} {
		if got := regexp.MustCompile(used.Files).MatchString(path); got != want {
			t.Errorf("%s selects %s: %v, want %v", used.Files, path, got, want)
		}
		if got := regexp.MustCompile(hook.Files).MatchString(path); got != strings.HasSuffix(path, ".o") {
			t.Errorf("%s selects %s: %v", hook.Files, path, got)
		}
	}
	entry := strings.Fields(hook.Entry)
	for object, want := range map[string]int{"testdata/pass.o": 0, "testdata/mixed.o": 1} {
		cmd := exec.CommandContext(t.Context(), entry[0], append(entry[1:], object)...)
		if err := cmd.Run(); cmd.ProcessState.ExitCode() != want {
			t.Errorf("%s %s: %v, want exit status %d", hook.Entry, object, err, want)
		}
	}

	// pre-commit itself reads both.
	needTools(t, "pre-commit")
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(snippet(t, "yaml", "# .pre-commit-config.yaml")), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"validate-manifest", "../../.pre-commit-hooks.yaml"}, {"validate-config", path}} {
		if out, err := exec.CommandContext(t.Context(), "pre-commit", args...).CombinedOutput(); err != nil {
			t.Errorf("pre-commit %v: %v\n%s", args, err, out)
		}
	}
}

// snippet returns the code block of docs/ci.md in that language which begins with these lines.
func snippet(t *testing.T, language string, lines ...string) string {
	t.Helper()
	begin := "```" + language + "\n" + strings.Join(append(lines, ""), "\n")
	_, block, found := strings.Cut(string(readFile(t, "../../docs/ci.md")), begin)
	if !found {
		t.Fatalf("docs/ci.md has no block that begins with %q", begin)
	}
	block, _, _ = strings.Cut(block, "```\n")
	return block
}

// needTools skips the test where a command is missing, but not on a machine that says CI=true.
func needTools(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
}

// multiarch is the folder of /usr/include that has the headers of this machine.
func multiarch(t *testing.T) string {
	t.Helper()
	machine, found := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	if !found || runtime.GOOS != "linux" {
		t.Skip("no headers of Linux for " + runtime.GOOS + "/" + runtime.GOARCH)
	}
	return machine + "-linux-gnu"
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
