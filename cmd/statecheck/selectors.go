package main

import (
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/loader/kernel"
	"github.com/statecheck/statecheck/loader/store"
)

// selectors are the flags that name programs of the running kernel.
type selectors struct {
	ids        []uint
	tag        tag
	pinned     nonEmpty
	cgroup     nonEmpty
	attachType choice // of the cgroup's programs
	xdp, tc    nonEmpty
	store      nonEmpty
}

func (s *selectors) addTo(flags *pflag.FlagSet) {
	flags.UintSliceVar(&s.ids, "id", nil, "programs with the ids `ID,...`")
	flags.Lookup("id").DefValue = ""
	flags.Var(&s.tag, "tag", "programs with this tag, 16 hexadecimal digits")
	flags.Var(&s.pinned, "pinned", "the program or link pinned at this `PATH` in bpffs")
	flags.Var(&s.cgroup, "cgroup", "programs attached to the cgroup at `PATH`")
	flags.Var(&s.xdp, "xdp", "XDP programs of this `INTERFACE`")
	flags.Var(&s.tc, "tc", "tc programs of this `INTERFACE`: tcx, netkit, filters")
	s.store = store.DefaultPath
	flags.Var(&s.store, "store", "`FOLDER` of originals")
}

// any reports whether a flag names programs.
func (s *selectors) any() bool {
	return len(s.ids) > 0 || s.tag != "" || s.pinned != "" || s.cgroup != "" || s.xdp != "" || s.tc != ""
}

// find returns the programs that the flags name, each once, in the order of the flags.
func (s *selectors) find(k *kernel.Kernel) (programs []*kernel.Program, err error) {
	add := func(found []*kernel.Program, err error) error {
		for _, p := range found {
			if !slices.ContainsFunc(programs, func(other *kernel.Program) bool { return other.ID == p.ID }) {
				programs = append(programs, p)
			}
		}
		return err
	}
	one := func(p *kernel.Program, err error) error {
		if err != nil {
			return err
		}
		return add([]*kernel.Program{p}, nil)
	}
	for _, id := range s.ids {
		if id > math.MaxUint32 {
			return nil, fmt.Errorf("program %d: expected an id of 32 bits", id)
		}
		if err := one(k.ByID(uint32(id))); err != nil {
			return nil, err
		}
	}
	for _, by := range []struct {
		asked bool
		find  func() error
	}{
		{s.tag != "", func() error { return add(k.ByTag(s.tag.bytes())) }},
		{s.pinned != "", func() error { return one(k.ByPin(string(s.pinned))) }},
		{s.cgroup != "", func() error { return add(k.InCgroup(string(s.cgroup), s.attachType.value)) }},
		{s.xdp != "", func() error { return add(k.OnXDP(string(s.xdp))) }},
		{s.tc != "", func() error { return add(k.OnTC(string(s.tc))) }},
	} {
		if !by.asked {
			continue
		}
		if err := by.find(); err != nil {
			return nil, err
		}
	}
	return programs, nil
}

// tag is a flag that takes a program's tag.
type tag string

func (t *tag) String() string { return string(*t) }

func (t *tag) Type() string { return "TAG" }

func (t *tag) Set(value string) error {
	if raw, err := hex.DecodeString(value); err != nil || len(raw) != asm.TagSize {
		return fmt.Errorf("expected %d hexadecimal digits", 2*asm.TagSize)
	}
	*t = tag(value)
	return nil
}

func (t tag) bytes() (out [asm.TagSize]byte) {
	hex.Decode(out[:], []byte(t)) // Set has seen to it
	return out
}

// named is how a line names a program of the kernel.
func named(p *kernel.Program) string {
	name := "program " + strconv.Itoa(int(p.ID))
	if p.Name != "" {
		name += " (" + p.Name + ")"
	}
	return name
}
