package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"os/signal"
	"syscall"

	"github.com/statecheck/statecheck/internal/report"
)

// outcome is what came of an input: a *report.Object or *report.InventoryObject.
type outcome interface {
	Errors() iter.Seq[string]
	AddTo(*report.Summary)
}

// task is what a verb does with every input, and where that goes.
type task[O outcome] struct {
	*selection
	outputs outputs
	format  string // of outputs that name none
	quiet   bool   // nothing to standard output
	// handler writes a report to an output.
	handler func(sink) report.Handler[O]
	// begin is told the inputs before any is read, and end what came of them before
	// the reports end; nil: nothing to tell.
	begin func([]input) error
	end   func(*report.Summary)
	// read reads an input. Without details only the verdicts and errors are asked for.
	read func(in input, details bool) O
}

// interrupts are the signals that end a run in order.
var interrupts = []os.Signal{os.Interrupt, syscall.SIGTERM}

// run does the task for all that the arguments stand for and writes the reports.
func run[O outcome](c Command, t task[O], args []string) (*report.Summary, error) {
	// Here and not in Main: listening starts threads, a sixth of what it takes to
	// start the command (BenchmarkStartup).
	ctx, stop := signal.NotifyContext(context.Background(), interrupts...)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends what does not listen

	inputs, err := expand(ctx, args)
	if err != nil {
		return nil, err
	}
	if t.begin != nil {
		if err := t.begin(inputs); err != nil {
			return nil, err
		}
	}
	sinks, err := t.outputs.open(c, t.format, t.quiet)
	if err != nil {
		return nil, err
	}
	defer sinks.discard()
	if err := sinks.spare(c.Stdin, args, inputs); err != nil {
		return nil, err
	}
	var handlers report.Handlers[O]
	for _, s := range sinks {
		handlers = append(handlers, t.handler(s))
	}

	bar := newProgress(c.Stderr, sinks, len(inputs))
	var sum report.Summary
	err = walk(ctx, c, int(t.jobs), inputs, sinks.errors(c.Stderr), bar, &sum, func(in input) O { return t.read(in, len(handlers) > 0) }, handlers.Object)
	if err != nil {
		return nil, unwritten(err)
	}
	if sum.Programs() == 0 && sum.Unread == 0 && !sum.Interrupted {
		c.complain(t.nothing(args, len(inputs)))
	}
	if t.end != nil {
		t.end(&sum)
	}
	if err := handlers.Close(&sum); err != nil {
		return nil, unwritten(err)
	}
	if err := sinks.finish(); err != nil {
		return nil, unwritten(err)
	}
	return &sum, nil
}

// walk reads the inputs, some jobs at a time, and takes what came of each in their
// order. It counts, and writes what could not be judged to errors. The error is one of take.
func walk[O outcome](
	ctx context.Context, c Command, jobs int, inputs []input, errors io.Writer, bar *progress,
	sum *report.Summary, read func(input) O, take func(O) error,
) error {
	defer bar.clear() // where take fails
	done := 0
	for o := range inOrder(ctx, jobs, inputs, read) {
		done++
		o.AddTo(sum)
		if err := take(o); err != nil {
			return err
		}
		for line := range o.Errors() {
			bar.clear()
			fmt.Fprintln(errors, line)
		}
		bar.show(done)
	}
	bar.clear()
	if done < len(inputs) {
		sum.Interrupted = true
		c.complain(fmt.Errorf("interrupted after %d of %d inputs", done, len(inputs)))
	}
	return nil
}
