package kernel

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/statecheck/statecheck/asm"
)

// ByTag returns the programs that have the tag. It needs CAP_SYS_ADMIN.
func (k *Kernel) ByTag(tag [asm.TagSize]byte) ([]*Program, error) {
	ids, err := k.IDs()
	if err != nil {
		return nil, err
	}
	var found []*Program
	for _, id := range ids {
		switch p, err := k.ByID(id); {
		case errors.Is(err, os.ErrNotExist): // gone since
		case err != nil:
			return nil, err
		case p.Tag == tag:
			found = append(found, p)
		}
	}
	return found, nil
}

// InCgroup returns the programs that are attached to the cgroup itself, of one attach
// type or of all (""). It needs CAP_NET_ADMIN, and CAP_SYS_ADMIN to open what it finds.
func (k *Kernel) InCgroup(path, attachType string) ([]*Program, error) {
	types := cgroupTypes()
	if attachType != "" {
		if !slices.Contains(types, attachType) {
			return nil, fmt.Errorf("attach type %s, expected one of cgroups: %s", attachType, strings.Join(types, ", "))
		}
		types = []string{attachType}
	}
	return k.open(inCgroup(path, types))
}

// OnXDP returns the XDP programs of an interface of this network namespace.
func (k *Kernel) OnXDP(name string) ([]*Program, error) {
	if _, err := interfaceByName(name); err != nil {
		return nil, err
	}
	found, err := allXDP()
	return k.open(slices.DeleteFunc(found, func(a attachment) bool { return !strings.HasPrefix(a.where, "xdp of "+name+" ") }), err)
}

// OnTC returns the programs of tcx, netkit and of filters of tc of an interface.
func (k *Kernel) OnTC(name string) ([]*Program, error) {
	i, err := interfaceByName(name)
	if err != nil {
		return nil, err
	}
	parents, err := filterParents()
	if err != nil {
		return nil, err
	}
	found, err := filters(i.Index, name, parents[int32(i.Index)])
	if err != nil {
		return nil, err
	}
	queued, err := queues(i.Index, name)
	return k.open(append(queued, found...), err)
}

func interfaceByName(name string) (*net.Interface, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("no interface %q in this network namespace", name)
	}
	return i, nil
}

// open describes the programs that were found somewhere.
func (k *Kernel) open(found []attachment, err error) ([]*Program, error) {
	if err != nil {
		return nil, err
	}
	var programs []*Program
	for _, a := range found {
		i := slices.IndexFunc(programs, func(p *Program) bool { return p.ID == a.program })
		if i < 0 {
			p, err := k.ByID(a.program)
			switch {
			case errors.Is(err, os.ErrNotExist): // gone since
				continue
			case err != nil:
				return nil, err
			}
			i, programs = len(programs), append(programs, p)
		}
		programs[i].Attached = append(programs[i].Attached, a.where)
		programs[i].AttachType = cmp.Or(programs[i].AttachType, a.attachType)
	}
	return programs, nil
}
