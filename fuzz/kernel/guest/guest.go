//go:build linux

package guest

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Port is the virtio port as the guest sees it.
const Port = "/dev/vport0p1"

// limit is how long the guest may take to answer a question, and to boot before. A walk of
// a million instructions takes seconds, as every instruction of the guest is emulated.
func (q *Question) limit() time.Duration {
	if q.Command != nil {
		return 10 * time.Minute
	}
	return 2 * time.Minute
}

// Guest is a machine that is started when it is first asked and again when it dies. It is not
// safe for concurrent use; several can run at once.
type Guest struct {
	Deaths int // how often it died or took too long

	kernel, initramfs, dir string
	running                *machine // nil: none
}

// New prepares a guest of the kernel in that file, which has the other files too. The caller
// closes it.
func New(ctx context.Context, kernel string, files ...File) (*Guest, error) {
	dir, err := os.MkdirTemp("", "statecheck-guest-")
	if err != nil {
		return nil, err
	}
	g := &Guest{kernel: kernel, dir: dir}
	if g.initramfs, err = writeInitramfs(ctx, dir, files); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

// Close stops the machine.
func (g *Guest) Close() {
	g.stop()
	os.RemoveAll(g.dir)
}

// Ask returns an answer to each question. A question at which the guest dies or takes too
// long has an answer without opinions. The error is that of a guest that does not boot.
func (g *Guest) Ask(ctx context.Context, questions []Question) ([]Answer, error) {
	answers := make([]Answer, len(questions))
	for next := 0; next < len(questions); {
		if g.running == nil {
			if err := g.start(); err != nil {
				return nil, fmt.Errorf("starting the guest: %w", err)
			}
		}
		n, err := g.running.ask(ctx, questions[next:], answers[next:])
		next += n
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			g.stop()
			if n == 0 && g.Deaths > maxDeaths {
				return nil, fmt.Errorf("the guest died %d times, the last time of: %w", g.Deaths, err)
			}
			g.Deaths++
			answers[next] = Answer{Plain: Result{Err: err.Error()}, Enforced: Result{Err: err.Error()}}
			next++
		}
	}
	return answers, nil
}

// maxDeaths is after how many deaths something else must be wrong.
const maxDeaths = 20

func (g *Guest) stop() {
	if g.running != nil {
		g.running.stop()
		g.running = nil
	}
}

// machine is a qemu that runs.
type machine struct {
	cmd     *exec.Cmd
	cancel  context.CancelFunc
	in      io.WriteCloser
	out     *gob.Decoder
	encoder *gob.Encoder
	console string // file
}

// start starts qemu. Its standard input and output are the guest's port; what the kernel
// prints goes to a file.
func (g *Guest) start() error {
	ctx, cancel := context.WithCancel(context.Background()) // it outlives the question
	m := &machine{cancel: cancel, console: filepath.Join(g.dir, "console")}
	m.cmd = exec.CommandContext(ctx, "qemu-system-x86_64", "-accel", "tcg", "-m", "1G", "-nodefaults", "-display", "none",
		"-no-reboot", "-kernel", g.kernel, "-initrd", g.initramfs, "-append", "console=ttyS0 panic=-1 quiet nokaslr",
		"-serial", "file:"+m.console, "-device", "virtio-serial-pci", "-chardev", "stdio,id=host,signal=off",
		"-device", "virtserialport,chardev=host,name=statecheck")
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // where we are killed
	var err error
	if m.in, err = m.cmd.StdinPipe(); err != nil {
		cancel()
		return err
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		cancel()
		return err
	}
	m.encoder, m.out = gob.NewEncoder(m.in), gob.NewDecoder(out)
	if err := m.cmd.Start(); err != nil {
		cancel()
		return err
	}
	g.running = m
	return nil
}

func (m *machine) stop() {
	m.cancel()
	_ = m.cmd.Wait() // it was killed
}

// ask returns how many of the questions were answered, and why no more.
func (m *machine) ask(ctx context.Context, questions []Question, answers []Answer) (int, error) {
	sent := make(chan error, 1)
	go func() {
		for i := range questions {
			if err := m.encoder.Encode(&questions[i]); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	clock := time.AfterFunc(questions[0].limit(), m.cancel)
	defer clock.Stop()
	defer context.AfterFunc(ctx, m.cancel)()
	for i := range questions {
		if err := m.out.Decode(&answers[i]); err != nil {
			m.cancel() // so that sending ends too
			return i, m.death(errors.Join(err, <-sent))
		}
		if i+1 < len(questions) {
			clock.Reset(questions[i+1].limit())
		}
	}
	return len(questions), <-sent
}

// death says why the guest ended, as far as its console tells.
func (m *machine) death(err error) error {
	console, _ := os.ReadFile(m.console)
	return fmt.Errorf("guest: %w; its console ends with %q", err, bytes.TrimSpace(console[max(0, len(console)-300):]))
}
