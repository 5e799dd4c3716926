package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// packages are those whose tests can notice a change of the code, from the quickest
// to the slowest. Where a change does not reach one, the test cache answers.
var packages = []string{"verifier", "loader", "corpus", "asm/object", "cmd/statecheck", "internal/report", "asm"}

// repeatable are flags for the packages that draw programs: the same ones for every
// mutant, and nothing is left in the tree where one fails.
var repeatable = map[string][]string{
	"verifier": {"-rapid.seed=1", "-rapid.nofailfile"},
	"asm":      {"-rapid.seed=1", "-rapid.nofailfile"},
}

// skipped are tests that say nothing of a mutant: those that ask the running
// kernel, because what they kill our own tests must kill too, and one that only
// runs clang.
const skipped = "Kernel|^TestRebuild$"

// limit is what a test may use, so that a mutant that never ends, or takes ever more
// memory, dies of it. Time is that of the processor, so that a busy machine kills none.
var limit = []string{"prlimit", "--as=4294967296", "--cpu=30"}

const timeout = 5 * time.Minute // for those that wait for something

// outcome is what became of a mutant.
type outcome uint8

const (
	survived outcome = iota
	killed
	explained // it is one of the equivalents
	broken    // it does not compile
)

// run tests a mutant, and says what killed it.
func run(ctx context.Context, root, dir string, m mutant) (outcome, string, error) {
	source, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		return 0, "", err
	}
	changed := filepath.Join(dir, filepath.Base(m.file))
	text := string(source[:m.start]) + m.with + string(source[m.end:])
	if err := os.WriteFile(changed, []byte(text), 0o666); err != nil {
		return 0, "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, m.file): changed}})
	if err != nil {
		return 0, "", err
	}
	if err := os.WriteFile(overlay, replace, 0o666); err != nil {
		return 0, "", err
	}
	own := filepath.ToSlash(filepath.Dir(m.file))
	others := slices.DeleteFunc(slices.Clone(packages), func(pkg string) bool { return pkg == own })
	for _, pkg := range append([]string{own}, others...) {
		out, err := test(ctx, root, pkg, "-overlay", overlay)
		switch {
		case ctx.Err() != nil:
			return 0, "", ctx.Err()
		case err == nil:
		case bytes.Contains(out, []byte("[build failed]")):
			return broken, "", nil
		case !bytes.Contains(out, []byte("FAIL\t")):
			return 0, "", fmt.Errorf("%s: %w\n%s", m, err, out)
		default:
			return killed, killer(pkg, out), nil
		}
	}
	return survived, "", nil
}

// test runs the tests of one package.
func test(ctx context.Context, root, pkg string, flags ...string) ([]byte, error) {
	args := slices.Concat(limit, []string{
		"go", "test", "-short", "-failfast", "-vet=off", "-timeout", timeout.String(), "-skip", skipped,
	}, flags, []string{"./" + pkg}, repeatable[pkg])
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = root
	return cmd.CombinedOutput()
}

var failure = regexp.MustCompile(`--- FAIL: (\S+)|(panic: .*|fatal error: .*|signal: .*)`)

// killer names what a failing test says first.
func killer(pkg string, out []byte) string {
	m := failure.FindSubmatch(out)
	if m == nil {
		return pkg
	}
	return fmt.Sprintf("%s %s%s", pkg, m[1], m[2])
}
