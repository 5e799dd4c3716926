package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/statecheck/statecheck/verifier"
)

var update = flag.Bool("update", false, "renew the expected output in testdata/script")

func TestMain(m *testing.M) {
	// The command as it is, on a day that stays.
	testscript.Main(m, map[string]func(){"statecheck": func() {
		today := func() time.Time { return time.Date(2026, time.March, 31, 23, 59, 59, 0, time.UTC) }
		os.Exit(Command{os.Stdin, os.Stdout, os.Stderr, today}.Main(os.Args[1:]))
	}})
}

// TestScripts runs testdata/script/*.txtar, each in a folder of its own that has
// the objects of testdata.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("NO_COLOR", "")
			env.Setenv("TERM", "xterm")
			objects, err := filepath.Glob(filepath.Join("testdata", "*.o"))
			if err != nil {
				return err
			}
			for _, path := range objects {
				object, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				if err := os.WriteFile(filepath.Join(env.WorkDir, filepath.Base(path)), object, 0o666); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status,
			"slots":  slots,
			"patch":  patch,
			"indent": indent,
		},
	})
}

// status N COMMAND... runs the command, which must end with status N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// slots FILE HEX... writes instructions.
func slots(ts *testscript.TestScript, neg bool, args []string) {
	raw, err := hex.DecodeString(strings.Join(args[1:], ""))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), raw, 0o666))
}

// indent FILE lays the JSON of the last command out for people to read.
func indent(ts *testscript.TestScript, neg bool, args []string) {
	var out bytes.Buffer
	ts.Check(json.Indent(&out, []byte(ts.ReadFile("stdout")), "", "  "))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o666))
}

// patch FILE OLD NEW writes over bytes of an object. OLD and NEW are Go strings
// without their quotes, of the same length.
func patch(ts *testscript.TestScript, neg bool, args []string) {
	old, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	renewed, err := strconv.Unquote(`"` + args[2] + `"`)
	ts.Check(err)
	object, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(renewed) != len(old) || !bytes.Contains(object, []byte(old)) {
		ts.Fatalf("%s: no %q to write %q over", args[0], old, renewed)
	}
	object = bytes.ReplaceAll(object, []byte(old), []byte(renewed))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), object, 0o666))
}

// An interrupt ends the run at once, even while standard input is waited for.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot send itself an interrupt")
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	// Once something was written, the signal is listened to; standard input is waited for.
	var stdout, stderr bytes.Buffer
	interrupt := sync.OnceFunc(func() {
		if err := self.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
	})
	got := Command{
		Stdin: readerFunc(func([]byte) (int, error) {
			<-t.Context().Done()
			return 0, io.EOF
		}),
		Stdout: writerFunc(func(p []byte) (int, error) {
			interrupt()
			return stdout.Write(p)
		}),
		Stderr: &stderr,
	}.Main([]string{"testdata/pass.o", "-", "testdata/mixed.o"})
	if got != ExitUndecided {
		t.Errorf("exit status %d, want %d", got, ExitUndecided)
	}
	want := "testdata/pass.o: pass (xdp): stateless\n1 program: 1 stateless; interrupted\n"
	if diff := cmp.Diff(want, stdout.String()); diff != "" {
		t.Errorf("standard output (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("statecheck: interrupted after 1 of 3 inputs\n", stderr.String()); diff != "" {
		t.Errorf("standard error (-want +got):\n%s", diff)
	}
}

// A second interrupt ends even what listens to none, here a write to a full pipe.
func TestInterruptTwice(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 1<<22)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v, want a pipe that is full", err)
	}
	cmd := exec.CommandContext(t.Context(), "statecheck", "testdata/missing.o", "testdata/pass.o")
	cmd.Stdout = w
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// It has begun, and the next that it writes is the report.
	if _, err := stderr.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for range 100 {
		// An error is that the process has ended meanwhile.
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case err := <-ended:
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != -1 {
				t.Errorf("got %v, want it to be ended by the signal", err)
			}
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	_ = cmd.Process.Kill()
	t.Error("still there after 100 interrupts")
}

// An interrupt ends the search for inputs, too.
func TestExpandInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"testdata"}, {"testdata/pass.o"}} {
		inputs, err := expand(ctx, args)
		exit, ok := errors.AsType[*exitError](err)
		if !ok || exit.status != ExitUndecided || len(inputs) > 0 {
			t.Errorf("%v: got %d inputs, %v; want none and status %d", args, len(inputs), err, ExitUndecided)
		}
	}
	w := walker{ctx: ctx, seen: make(map[string]bool)}
	if w.folder("testdata", nil); len(w.inputs) > 0 {
		t.Errorf("%d inputs of a folder after the interrupt, want none", len(w.inputs))
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// What cannot be written is never taken for a verdict.
func TestWriteError(t *testing.T) {
	var stderr bytes.Buffer
	broken := writerFunc(func([]byte) (int, error) { return 0, errors.New("disk full") })
	formats := map[string][]string{"inventory": plainFormats}
	for _, format := range checkFormats {
		formats["check"] = append(formats["check"], format.name)
	}
	for verb, names := range formats {
		for _, format := range names {
			stderr.Reset()
			got := Command{Stdout: broken, Stderr: &stderr}.Main([]string{verb, "--format", format, "testdata/pass.o"})
			if want := "statecheck: the report could not be written: disk full\n"; got != ExitUndecided || stderr.String() != want {
				t.Errorf("%s --format %s: exit status %d, %q; want %d, %q", verb, format, got, stderr.String(), ExitUndecided, want)
			}
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// A bug of ours is an error of the one input that shows it, and says where it is.
func TestPanic(t *testing.T) {
	var s selection
	s.form.value = "raw"
	err := s.each(input{path: stdinPath, stdin: true}, bytes.NewReader(make([]byte, 8)), func(p *verifier.Program) {
		_ = p.Instructions[len(p.Instructions)]
	})
	want := "internal error: runtime error: index out of range [1] with length 1 in statecheck.TestPanic.func1, line "
	if err == nil || !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), "; please report it with this file") {
		t.Errorf("got %v, want %q and so on", err, want)
	}
}

func TestInOrder(t *testing.T) {
	const jobs, n = 3, 100
	var running, most, started atomic.Int64
	inputs := make([]int, n)
	for i := range inputs {
		inputs[i] = i
	}
	release := make(chan struct{})
	work := func(i int) int {
		started.Add(1)
		if now := running.Add(1); now > most.Load() {
			most.Store(now)
		}
		defer running.Add(-1)
		if i == 0 {
			<-release // everything else has to wait for the first one
		}
		return i * i
	}
	time.AfterFunc(50*time.Millisecond, func() {
		// The queue, and one more that waits to enter it.
		if got := started.Load(); got > 4*jobs+2 {
			t.Errorf("%d results wait for the first one", got)
		}
		close(release)
	})
	var got, want []int
	for out := range inOrder(t.Context(), jobs, inputs, work) {
		want = append(want, len(got)*len(got))
		got = append(got, out)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) != n {
		t.Errorf("%d results (-want +got):\n%s", len(got), diff)
	}
	if most.Load() < 2 || most.Load() > jobs {
		t.Errorf("%d at once, want from 2 to %d", most.Load(), jobs)
	}

	for out := range inOrder(t.Context(), math.MaxInt, []int{7}, func(i int) int { return i }) {
		if out != 7 {
			t.Errorf("with very many jobs: got %d, want 7", out)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	count := 0
	for range inOrder(ctx, 1, inputs, func(i int) int {
		if i == 5 {
			cancel()
			<-t.Context().Done()
		}
		return i
	}) {
		count++
	}
	if count > 5 {
		t.Errorf("%d results after it was cancelled at the sixth", count)
	}
}

// The help of every verb fits a terminal of 40 lines and 80 columns.
func TestHelpFitsAScreen(t *testing.T) {
	for _, cmd := range (Command{}).root(io.Discard).Commands() {
		var stdout bytes.Buffer
		if got := (Command{Stdout: &stdout}).Main([]string{cmd.Name(), "--help"}); got != 0 {
			t.Fatalf("%s: exit status %d", cmd.Name(), got)
		}
		lines := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
		if len(lines) > 40 {
			t.Errorf("%s: %d lines, want at most 40", cmd.Name(), len(lines))
		}
		for _, line := range lines {
			if len(line) > 80 {
				t.Errorf("%s: %d columns: %s", cmd.Name(), len(line), line)
			}
		}
	}
}
