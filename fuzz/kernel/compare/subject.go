//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
	// fallback is asked where the question has no opinion; nil for none.
	fallback *oracle.Program
}

func fromProgram(i int, p oracle.Program) subject {
	return subject{
		name: fmt.Sprintf("program %d", i), program: &p.Program,
		question: guest.Question{Program: &p, LogLevel: oracle.LogMessages},
	}
}

// fromCorpus returns every program of the corpus.
func fromCorpus() ([]subject, error) {
	var all []subject
	for _, name := range corpus.Objects() {
		contents, err := corpus.Open(name)
		if err != nil {
			return nil, err
		}
		subjects, err := fromObject(name, contents)
		if err != nil {
			return nil, fmt.Errorf("corpus/objects/%s: %w", name, err)
		}
		all = append(all, subjects...)
	}
	return all, nil
}

// fromFiles returns every program of object files, and of the files in folders whose names end as
// those of objects do. What is no BPF object is reported and left out.
func fromFiles(paths []string) ([]subject, error) {
	var all []subject
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || path != root && filepath.Ext(path) != ".o" && filepath.Ext(path) != ".elf" {
				return err
			}
			contents, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			subjects, err := fromObject(path, contents)
			if err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			}
			all = append(all, subjects...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// fromObject returns the programs of an object. cilium/ebpf loads what it opens; what it does
// not is loaded as asm/object read it.
func fromObject(name string, contents []byte) ([]subject, error) {
	o, err := object.Read(bytes.NewReader(contents), int64(len(contents)))
	if err != nil {
		return nil, err
	}
	var all []subject
	for p := range o.Programs() {
		s := subject{
			name: name + "/" + p.Name, program: p,
			question: guest.Question{Object: contents, Name: p.Name, LogLevel: oracle.LogMessages},
		}
		if asRead, err := fuzz.AsRead(contents, p); err == nil {
			s.fallback = &asRead
		}
		all = append(all, s)
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
	if noAnswer(a.Opinion) && s.fallback != nil {
		return o.Ask(s.fallback)
	}
	a.Uses, a.Visited = oracle.Judge(s.program, a.Log)
	return a
}

// noAnswer reports whether the kernel's verifier came to no end, or was not asked.
func noAnswer(o oracle.Opinion) bool { return o == oracle.None || o == oracle.Unasked }
