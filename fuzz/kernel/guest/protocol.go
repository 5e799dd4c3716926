//go:build linux

// Package guest asks a kernel with BPF_F_ENFORCE_STATELESS and BPF_F_ALLOW_DUMP, which
// runs beside us in qemu, what it makes of programs, and runs commands there.
package guest

import (
	"errors"

	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/verifier"
)

// What goes through the guest's serial port: values of [Question] one way and of [Answer]
// the other, both as encoding/gob, an answer to each question and in their order.

// Question is a program, one that an oracle can load or one of an object, or a command.
type Question struct {
	Program  *oracle.Program // nil: the program of Object
	Object   []byte
	Name     string   // of the program in Object
	LogLevel uint32   // of the load without the flag: oracle.LogAll or LogMessages
	Command  []string // to be run instead, by its path
	Env      []string // of the command
}

// Answer is what the kernel makes of a program, without and with the flag, or what became
// of a command.
type Answer struct {
	Plain, Enforced Result
	Output          []byte // of the command: standard output and standard error
	Err             string // of the command; empty: exit status 0
	Alarm           string // what the kernel wrote of trouble of its own
}

// Result is what became of loading a program.
type Result struct {
	Opinion oracle.Opinion
	Err     string // empty if it loads
	Log     []byte
}

// Answer is the result with what a log of all visits tells of a program.
func (r Result) Answer(p *verifier.Program) oracle.Answer {
	a := oracle.Answer{Opinion: r.Opinion, Log: r.Log}
	if r.Err != "" {
		a.Err = errors.New(r.Err)
	}
	a.Uses, a.Visited = oracle.Judge(p, r.Log)
	return a
}
