package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// progress is a line on a terminal that says how far a run is. It is shown where the
// run takes longer than a second and nothing else on the terminal shows it.
type progress struct {
	w     io.Writer // nil: nobody looks
	total int       // inputs
	next  time.Time // when it is to be renewed
	shown bool
}

const (
	progressAfter = time.Second
	progressEvery = 100 * time.Millisecond
)

func newProgress(stderr io.Writer, sinks sinks, total int) *progress {
	p := &progress{total: total, next: time.Now().Add(progressAfter)}
	reported := slices.ContainsFunc(sinks, func(s sink) bool { return isTerminal(s.Writer) })
	if isTerminal(stderr) && !reported {
		p.w = stderr
	}
	return p
}

// show renews the line, but not too often.
func (p *progress) show(done int) {
	if p.w == nil || time.Now().Before(p.next) {
		return
	}
	p.next = time.Now().Add(progressEvery)
	p.shown = true
	fmt.Fprintf(p.w, "\r\x1b[K%d of %d inputs", done, p.total)
}

// clear takes the line away.
func (p *progress) clear() {
	if p.shown {
		p.shown = false
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
