//go:build linux

package guest

import (
	"encoding/gob"
	"io"
	"os/exec"
	"slices"

	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/sys"
)

// Serve answers questions until there are no more. It runs in the guest.
func Serve(port io.ReadWriter) error {
	o, err := oracle.New()
	if err != nil {
		return err
	}
	defer o.Close()
	kernelLog, err := oracle.OpenKernelLog()
	if err != nil {
		return err
	}
	defer kernelLog.Close()
	in, out := gob.NewDecoder(port), gob.NewEncoder(port)
	for {
		var q Question
		if err := in.Decode(&q); err != nil {
			return err
		}
		var a Answer
		if q.Command != nil {
			a = run(&q)
		} else {
			a = Answer{Plain: load(o, &q, 0, q.LogLevel), Enforced: load(o, &q, sys.EnforceStateless, oracle.LogMessages)}
		}
		if a.Alarm, _, err = kernelLog.Alarm(); err != nil {
			return err
		}
		if err := out.Encode(&a); err != nil {
			return err
		}
	}
}

func run(q *Question) (a Answer) {
	cmd := exec.Command(q.Command[0], q.Command[1:]...)
	cmd.Env = q.Env
	var err error
	if a.Output, err = cmd.CombinedOutput(); err != nil {
		a.Err = err.Error()
	}
	return a
}

func load(o *oracle.Oracle, q *Question, flags, logLevel uint32) Result {
	var a oracle.Answer
	if q.Program != nil {
		a = o.Load(q.Program, flags, logLevel)
	} else {
		a = oracle.LoadObject(q.Object, q.Name, flags, logLevel)
	}
	r := Result{Opinion: a.Opinion, Log: slices.Clone(a.Log)} // the oracle uses its buffer again
	if a.Err != nil {
		r.Err = a.Err.Error()
	}
	return r
}
