package loader_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/loader"
	"github.com/statecheck/statecheck/loader/store"
)

// notFromDump are the programs of the corpus that load from their objects and not from
// dumps: what the error says.
var notFromDump = map[string]string{
	"undeclared_symbol.o/constant_of_the_loader": "no such symbol",    // cilium/ebpf takes 0 for what nobody declares
	"own_memory.o/larger":                        "program's own BTF", // the number of a type in it
}

// sameFromDump loads a loaded program from a dump too, by way of the file: kernel
// functions, variables and attach targets are found by their names, and functions get
// the BTF that callbacks and arguments need.
func sameFromDump(t *testing.T, l *loader.Loader, name string, spec *ebpf.CollectionSpec, loaded *ebpf.Program) {
	t.Helper()
	_, program, _ := strings.Cut(name, "/")
	again, err := fromDump(t, l, spec, program)
	if why := notFromDump[name]; why != "" {
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("error %v from the dump, expected one with %q", err, why)
		}
		return
	}
	if err != nil {
		t.Fatalf("from the dump: %+v", err)
	}
	defer again.Close()
	was, err := loaded.Info()
	if err != nil {
		t.Fatal(err)
	}
	is, err := again.Info()
	if err != nil {
		t.Fatal(err)
	}
	if was.Type != is.Type || was.Tag != is.Tag || was.Name != is.Name {
		t.Errorf("from the dump it is %s %s, tag %s, expected %s %s, tag %s", is.Type, is.Name, is.Tag, was.Type, was.Name, was.Tag)
	}
}

func fromDump(t *testing.T, l *loader.Loader, spec *ebpf.CollectionSpec, program string) (*ebpf.Program, error) {
	t.Helper()
	d, err := loader.Dump(spec.Programs[program], nil)
	if err != nil && strings.Contains(err.Error(), "CO-RE") { // its values are known once it is loaded
		d, err = keptDump(t, l, spec, program)
	}
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if err := dump.Write(&file, d); err != nil {
		return nil, err
	}
	if d, err = dump.Read(&file); err != nil {
		return nil, err
	}
	return l.NewProgramFromDump(d, loader.Options{})
}

// keptDump loads the program again, and returns what the store keeps of it.
func keptDump(t *testing.T, l *loader.Loader, spec *ebpf.CollectionSpec, program string) (dump.Dump, error) {
	t.Helper()
	kept, err := store.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		return dump.Dump{}, err
	}
	defer kept.Close()
	coll, err := l.NewCollection(spec, loader.Options{AllowDump: kept})
	if err != nil {
		return dump.Dump{}, err
	}
	defer coll.Close()
	d := lookup(t, 0, kept, coll.Programs[program])
	if d.Release == "" {
		t.Error("kept without the release of the kernel whose types it is for")
	}
	return d, nil
}
