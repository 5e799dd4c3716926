//go:build linux

package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/cilium/ebpf"
)

// LoadObject lets cilium/ebpf put a program of an object together and load it alone,
// with its maps. What cilium/ebpf itself refuses is no opinion of the kernel. Uses and
// Visited are empty.
func LoadObject(contents []byte, name string, flags, logLevel uint32) Answer {
	none := func(err error) Answer { return Answer{Err: err} }
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(contents))
	if err != nil {
		return none(err)
	}
	maps.DeleteFunc(spec.Programs, func(other string, _ *ebpf.ProgramSpec) bool { return other != name })
	if spec.Programs[name] == nil {
		return none(fmt.Errorf("cilium/ebpf finds no program %s", name))
	}
	spec.Programs[name].Flags |= flags
	for _, m := range spec.Maps {
		m.Pinning = ebpf.PinNone
	}
	// To fill in a map of struct_ops registers it, which would be to attach.
	maps.DeleteFunc(spec.Maps, func(_ string, m *ebpf.MapSpec) bool { return m.Type == ebpf.StructOpsMap })
	coll, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Programs: ebpf.ProgramOptions{
		LogLevel: ebpf.LogLevel(logLevel), LogSizeStart: LogSize,
	}})
	if err == nil {
		defer coll.Close()
		if coll.Programs[name] == nil {
			return none(errors.New("cilium/ebpf does not know its type"))
		}
		return Answer{Opinion: Loads, Log: []byte(coll.Programs[name].VerifierLog)}
	}
	var refused *ebpf.VerifierError
	if !errors.As(err, &refused) {
		return none(err)
	}
	log := []byte(strings.Join(refused.Log, "\n"))
	return Answer{Opinion: opinion(err, log), Err: err, Log: log}
}
