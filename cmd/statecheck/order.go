package main

import (
	"context"
	"iter"
)

// inOrder does the work for every input, some jobs at a time, and yields the
// results in the order of the inputs. Only so many results wait for an earlier
// one that memory stays bounded. It ends early, without waiting for what is under
// way, when the context is cancelled.
func inOrder[In, Out any](ctx context.Context, jobs int, inputs []In, work func(In) Out) iter.Seq[Out] {
	return func(yield func(Out) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		jobs := min(jobs, len(inputs))       // someone may ask for very many
		queue := make(chan chan Out, 4*jobs) // results in order, each of which may not be there yet
		working := make(chan struct{}, jobs)
		go func() {
			defer close(queue)
			for _, in := range inputs {
				select {
				case working <- struct{}{}:
				case <-ctx.Done():
					return
				}
				result := make(chan Out, 1)
				go func() {
					result <- work(in)
					<-working
				}()
				select {
				case queue <- result:
				case <-ctx.Done():
					return
				}
			}
		}()
		for result := range queue {
			select {
			case out := <-result:
				if !yield(out) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}
