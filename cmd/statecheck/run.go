package main

import (
	"context"
	"fmt"
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
	defer bar.clear()
	var sum report.Summary
	read := func(in input) O { return t.read(in, len(handlers) > 0) }
	done := 0
	for o := range inOrder(ctx, int(t.jobs), inputs, read) {
		done++
		o.AddTo(&sum)
		if err := handlers.Object(o); err != nil {
			return nil, unwritten(err)
		}
		for line := range o.Errors() {
			bar.clear()
			fmt.Fprintln(c.Stderr, line)
		}
		bar.show(done)
	}
	bar.clear()
	switch {
	case done < len(inputs):
		sum.Interrupted = true
		c.complain(fmt.Errorf("interrupted after %d of %d inputs", done, len(inputs)))
	case sum.Programs() == 0 && sum.Unread == 0:
		c.complain(t.nothing(args, len(inputs)))
	}
	if err := handlers.Close(&sum); err != nil {
		return nil, unwritten(err)
	}
	if err := sinks.finish(); err != nil {
		return nil, unwritten(err)
	}
	return &sum, nil
}
