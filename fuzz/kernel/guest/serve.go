//go:build linux

package guest

import (
	"encoding/gob"
	"io"
	"slices"

	"github.com/statecheck/statecheck/fuzz/oracle"
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
		a := Answer{Plain: load(o, &q, 0, q.LogLevel), Enforced: load(o, &q, oracle.EnforceStateless, oracle.LogMessages)}
		if a.Alarm, _, err = kernelLog.Alarm(); err != nil {
			return err
		}
		if err := out.Encode(&a); err != nil {
			return err
		}
	}
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
