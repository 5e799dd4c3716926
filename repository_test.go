// Package statecheck holds the rules about the repository as a whole.
package statecheck

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// missing skips a test that needs what is not there. On CI it must be.
func missing(t *testing.T, why any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// command runs a command in a folder and returns what it writes.
func command(t *testing.T, dir string, env []string, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// must runs a command that must not fail.
func must(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	out, err := command(t, dir, env, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// Every package has its line in a table of folders.
func TestFoldersAreDescribed(t *testing.T) {
	var tables string
	for _, page := range []string{"architecture.md", "kernel.md"} {
		text, err := os.ReadFile(filepath.Join("docs", page))
		if err != nil {
			t.Fatal(err)
		}
		tables += string(text)
	}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || path == "." {
			return err
		}
		sources, err := filepath.Glob(filepath.Join(path, "*.go"))
		if name := "`" + filepath.ToSlash(path); len(sources) > 0 && !strings.Contains(tables, name+"/`") && !strings.Contains(tables, name+"`") {
			t.Errorf("docs/architecture.md and docs/kernel.md do not say what %s is for", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every fuzz target is built for ClusterFuzzLite, or is not with a reason.
func TestFuzzTargetsAreBuilt(t *testing.T) {
	var want, got []string
	target := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(\w+ \*testing\.F\)`)
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range target.FindAllSubmatch(source, -1) {
			want = append(want, filepath.ToSlash(filepath.Dir(path))+" "+string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(".clusterfuzzlite/build.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^(?:target|# not) (\S+ Fuzz\w+)(?:: .+)?$`).FindAllSubmatch(script, -1) {
		got = append(got, string(m[1]))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf(".clusterfuzzlite/build.sh (-targets of the repository +built):\n%s", diff)
	}
}

// release is what .goreleaser.yaml says of a build.
type release struct {
	Builds []struct {
		Main    string
		Env     []string
		Flags   []string
		LDFlags []string
		Targets []string
	}
}

func readRelease(t *testing.T) release {
	t.Helper()
	raw, err := os.ReadFile(".goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var r release
	if err := yaml.Unmarshal(raw, &r); err != nil || len(r.Builds) != 1 {
		t.Fatalf("%d builds, %v", len(r.Builds), err)
	}
	return r
}

// The configuration is one that goreleaser reads: it meets the schema of its release.
func TestReleaseConfiguration(t *testing.T) {
	out, err := command(t, ".", nil, "go", "mod", "download", "-json", "github.com/goreleaser/goreleaser/v2@v2.13.0")
	if err != nil {
		missing(t, out)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal([]byte(out), &module); err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(module.Dir, "www", "docs", "static", "schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(".goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var config any
	if err := yaml.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(config); err != nil {
		t.Error(err)
	}
	config.(map[string]any)["bilds"] = nil
	if err := schema.Validate(config); err == nil {
		t.Error("the schema takes a key that does not exist")
	}
}

// CI builds what is released, and nothing is released that CI does not build.
func TestReleaseTargets(t *testing.T) {
	raw, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(raw), "for target in ")
	list, _, _ = strings.Cut(list, ";")
	built := strings.Fields(strings.ReplaceAll(list, "/", "_"))
	released := readRelease(t).Builds[0].Targets
	slices.Sort(built)
	slices.Sort(released)
	if diff := cmp.Diff(built, released); diff != "" {
		t.Errorf("targets (-CI +release):\n%s", diff)
	}
}

// A release can be built again: two clones in folders of different names make the
// same bytes, which say of which commit they are.
func TestReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command twice")
	}
	git, err := exec.LookPath("git")
	if err != nil {
		missing(t, err)
	}
	build := readRelease(t).Builds[0]
	var sums [][sha256.Size]byte
	for _, name := range []string{"a", filepath.Join("another folder", "with a longer name")} {
		dir := filepath.Join(t.TempDir(), name)
		must(t, ".", nil, git, "clone", "--quiet", "--local", ".", dir)
		args := slices.Concat([]string{"build", "-o", "statecheck"}, build.Flags, []string{"-ldflags", strings.Join(build.LDFlags, " ")}, []string{build.Main})
		must(t, dir, build.Env, "go", args...)
		raw, err := os.ReadFile(filepath.Join(dir, "statecheck"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(dir)) {
			t.Errorf("the folder %s is in the binary", dir)
		}
		sums = append(sums, sha256.Sum256(raw))

		revision := strings.TrimSpace(must(t, dir, nil, git, "rev-parse", "HEAD"))
		if out := must(t, dir, nil, filepath.Join(dir, "statecheck"), "version"); !strings.Contains(out, "revision "+revision+"\n") {
			t.Errorf("the version is\n%swant revision %s", out, revision)
		}
	}
	if sums[0] != sums[1] {
		t.Error("two builds of one commit differ")
	}
}

// The example is a gate: its generated files are those of its source, its test passes,
// and fails with the line of C when the program begins to keep state.
func TestExample(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module of its own")
	}
	for _, tool := range []string{"clang-19", "llvm-strip-19"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, err)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("examples/bpf2go")); err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	must(t, dir, nil, "go", "mod", "edit", "-replace", "github.com/statecheck/statecheck="+here)
	must(t, dir, nil, "go", "generate")
	generated, err := os.ReadFile(filepath.Join(dir, "filter_bpfel.go"))
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("examples/bpf2go/filter_bpfel.go")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(committed), string(generated)); diff != "" {
		t.Errorf("go generate changes filter_bpfel.go (-committed +generated):\n%s", diff)
	}
	must(t, dir, nil, "go", "vet", ".")
	must(t, dir, nil, "go", "test", ".")

	path := filepath.Join(dir, "filter.c")
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const pass = "return XDP_PASS;"
	if bytes.Count(source, []byte(pass)) != 1 {
		t.Fatalf("no single %q in filter.c", pass)
	}
	source = bytes.ReplaceAll(source, []byte(pass), []byte("return ((long (*)(int, int))23)(1, 0); // bpf_redirect"))
	if err := os.WriteFile(path, source, 0o666); err != nil {
		t.Fatal(err)
	}
	must(t, dir, nil, "go", "generate")
	out, err := command(t, dir, nil, "go", "test", ".")
	line := 1 + bytes.Count(source[:bytes.Index(source, []byte("// bpf_redirect"))], []byte("\n"))
	if want := regexp.MustCompile(`ipv4_only \(xdp\): stateful\n(.*\n)?.*bpf_redirect: handoff(.*\n)+.*filter\.c:` + strconv.Itoa(line)); err == nil || !want.MatchString(out) {
		t.Errorf("the gate says %v, want a failure at line %d:\n%s", err, line, out)
	}
}
