//go:build linux

package main

import (
	"bytes"
	"fmt"

	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/fuzz"
	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// subject is a program that is compared.
type subject struct {
	name     string
	program  *verifier.Program // what is judged
	question guest.Question
	// fallback is asked where the question has no opinion; empty for none.
	fallback *oracle.Program
}

func fromProgram(i int, p oracle.Program) subject {
	return subject{
		name: fmt.Sprintf("program %d", i), program: &p.Program,
		question: guest.Question{Program: &p, LogLevel: oracle.LogMessages},
	}
}

// fromCorpus returns every program of the corpus. cilium/ebpf loads what it opens; what it does
// not is loaded as asm/object read it, with the oracle's maps.
func fromCorpus() ([]subject, error) {
	var all []subject
	for _, name := range corpus.Objects() {
		contents, err := corpus.Open(name)
		if err != nil {
			return nil, err
		}
		o, err := object.Read(bytes.NewReader(contents), int64(len(contents)))
		if err != nil {
			return nil, fmt.Errorf("corpus/objects/%s: %w", name, err)
		}
		for p := range o.Programs() {
			s := subject{
				name: name + "/" + p.Name, program: p,
				question: guest.Question{Object: contents, Name: p.Name, LogLevel: oracle.LogMessages},
			}
			if p.Err == nil && p.Type != "" {
				loadable := fuzz.Loadable(p)
				s.fallback = &loadable
			}
			all = append(all, s)
		}
	}
	return all, nil
}

// askRunning asks the running kernel.
func (s *subject) askRunning(o *oracle.Oracle) oracle.Answer {
	var a oracle.Answer
	if s.question.Program != nil {
		return o.Ask(s.question.Program)
	}
	a = oracle.LoadObject(s.question.Object, s.question.Name, 0, oracle.LogAll)
	if a.Opinion == oracle.None && s.fallback != nil {
		return o.Ask(s.fallback)
	}
	a.Uses, a.Visited = oracle.Judge(s.program, a.Log)
	return a
}
