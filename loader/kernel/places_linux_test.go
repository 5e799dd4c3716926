package kernel

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/internal/kerneltest"
)

// load loads "return result" as a program, which goes with the test.
func load(t *testing.T, name string, progType ebpf.ProgramType, attachType ebpf.AttachType, result int32) *ebpf.Program {
	t.Helper()
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: name, Type: progType, AttachType: attachType, License: "GPL",
		Instructions: casm.Instructions{casm.Mov.Imm(casm.R0, result), casm.Return()},
	})
	if err != nil {
		t.Fatalf("%s: %+v", name, err)
	}
	t.Cleanup(func() { prog.Close() })
	return prog
}

func idOf(t *testing.T, prog *ebpf.Program) uint32 {
	t.Helper()
	info, err := prog.Info()
	if err != nil {
		t.Fatal(err)
	}
	id, _ := info.ID()
	return uint32(id)
}

func run(t *testing.T, command ...string) {
	t.Helper()
	if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(command, " "), err, out)
	}
}

// hold keeps a link for the time of the test.
func hold(t *testing.T) func(l link.Link, err error) link.Link {
	return func(l link.Link, err error) link.Link {
		t.Helper()
		if err != nil {
			t.Fatalf("%+v", err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
}

// TestPlaces attaches programs in every way that can be looked for, to a cgroup, a pair
// of interfaces and a network namespace of its own, and finds each where it is and
// nowhere else.
func TestPlaces(t *testing.T) {
	kerneltest.InNamespaces(t, func(t *testing.T, n kerneltest.Namespaces) {
		run(t, "ip", "link", "add", "sc0", "type", "veth", "peer", "name", "sc1")
		sc0, err := net.InterfaceByName("sc0")
		if err != nil {
			t.Fatal(err)
		}
		sock := load(t, "sock", ebpf.CGroupSock, ebpf.AttachCGroupInetSockCreate, 1)
		egress := load(t, "egress", ebpf.CGroupSKB, ebpf.AttachCGroupInetEgress, 1)
		xdp := load(t, "xdp", ebpf.XDP, ebpf.AttachNone, 2)
		tcx := load(t, "tcx", ebpf.SchedCLS, ebpf.AttachTCXIngress, -1)
		filter := load(t, "filter", ebpf.SchedCLS, ebpf.AttachNone, 0)
		queue := load(t, "queue", ebpf.SchedCLS, ebpf.AttachNone, 0)
		lookup := load(t, "lookup", ebpf.SkLookup, ebpf.AttachSkLookup, 1)
		loose := load(t, "loose", ebpf.SocketFilter, ebpf.AttachNone, 0)

		inner := filepath.Join(n.Cgroup, "inner")
		if err := os.Mkdir(inner, 0o777); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Remove(inner) })
		hold(t)(link.AttachCgroup(link.CgroupOptions{Path: n.Cgroup, Attach: ebpf.AttachCGroupInetSockCreate, Program: sock}))
		hold(t)(link.AttachCgroup(link.CgroupOptions{Path: inner, Attach: ebpf.AttachCGroupInetEgress, Program: egress}))
		xdpLink := hold(t)(link.AttachXDP(link.XDPOptions{Program: xdp, Interface: sc0.Index, Flags: link.XDPGenericMode}))
		hold(t)(link.AttachTCX(link.TCXOptions{Interface: sc0.Index, Program: tcx, Attach: ebpf.AttachTCXIngress}))
		namespace, err := os.Open("/proc/self/ns/net")
		if err != nil {
			t.Fatal(err)
		}
		defer namespace.Close()
		netLink, err := link.AttachNetNs(int(namespace.Fd()), lookup)
		if err != nil {
			t.Fatal(err)
		}
		defer netLink.Close()
		pinnedFilter, pinnedLink := filepath.Join(n.BPFFS, "filter"), filepath.Join(n.BPFFS, "xdp_link")
		if err := filter.Pin(pinnedFilter); err != nil {
			t.Fatal(err)
		}
		if err := xdpLink.Pin(pinnedLink); err != nil {
			t.Fatal(err)
		}
		m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if err := m.Pin(filepath.Join(n.BPFFS, "map")); err != nil {
			t.Fatal(err)
		}
		run(t, "tc", "qdisc", "add", "dev", "sc0", "clsact")
		run(t, "tc", "filter", "add", "dev", "sc0", "egress", "bpf", "da", "pinned", pinnedFilter)
		run(t, "ip", "link", "add", "sc2", "type", "veth", "peer", "name", "sc3")
		pinnedQueue := filepath.Join(n.BPFFS, "queue")
		if err := queue.Pin(pinnedQueue); err != nil {
			t.Fatal(err)
		}
		run(t, "tc", "qdisc", "add", "dev", "sc2", "ingress")
		run(t, "tc", "filter", "add", "dev", "sc2", "ingress", "bpf", "da", "pinned", pinnedQueue)
		run(t, "tc", "qdisc", "add", "dev", "sc2", "root", "handle", "1:", "htb")
		run(t, "tc", "class", "add", "dev", "sc2", "parent", "1:", "classid", "1:2", "htb", "rate", "1mbit")
		run(t, "tc", "filter", "add", "dev", "sc2", "parent", "1:", "bpf", "da", "pinned", pinnedQueue)
		run(t, "tc", "qdisc", "add", "dev", "sc2", "parent", "1:2", "handle", "20:", "htb")
		run(t, "tc", "filter", "add", "dev", "sc2", "parent", "20:", "bpf", "da", "pinned", pinnedQueue)

		var k Kernel
		programs, unseen, err := k.List()
		if err != nil || len(unseen) > 0 {
			t.Errorf("not seen: %v, %v", err, unseen)
		}
		for _, tt := range []struct {
			reason   string
			program  *ebpf.Program
			attached []string // beginnings, for links have numbers
			pins     []string
		}{
			{"a link of a cgroup", sock, []string{"cgroup_inet_sock_create of " + n.Cgroup, "link "}, nil},
			{"of a cgroup below another", egress, []string{"cgroup_inet_egress of " + inner, "link "}, nil},
			{"a pinned link is a pin of its program", xdp, []string{"xdp of sc0 (generic)", "link "}, []string{pinnedLink}},
			{"a query of the interface", tcx, []string{"tcx_ingress of sc0", "link "}, nil},
			{"netlink, and a pin", filter, []string{"tc egress of sc0"}, []string{pinnedFilter}},
			{"an ingress qdisc has no way out, and others have handles", queue, []string{"tc root of sc2", "tc qdisc 20: of sc2", "tc ingress of sc2"}, []string{pinnedQueue}},
			{"a query of the network namespace", lookup, []string{"sk_lookup of this network namespace", "link "}, nil},
			{"attached to nothing", loose, nil, nil},
		} {
			id := idOf(t, tt.program)
			i := slices.IndexFunc(programs, func(p *Program) bool { return p.ID == id })
			if i < 0 {
				t.Errorf("%v (%s) is not listed", tt.program, tt.reason)
				continue
			}
			p := programs[i]
			if !slices.EqualFunc(p.Attached, tt.attached, strings.HasPrefix) {
				t.Errorf("%s (%s) is attached to %q, expected %q", p.Name, tt.reason, p.Attached, tt.attached)
			}
			if !slices.Equal(p.Pins, tt.pins) {
				t.Errorf("%s (%s) is pinned at %q, expected %q", p.Name, tt.reason, p.Pins, tt.pins)
			}
		}

		only := func(reason string, want *ebpf.Program, found []*Program, err error) {
			t.Helper()
			if err != nil || len(found) != 1 || found[0].ID != idOf(t, want) {
				t.Errorf("%s: found %v, %v, expected %v alone", reason, found, err, want)
			}
		}
		found, err := k.InCgroup(n.Cgroup, "")
		only("every attach type of a cgroup", sock, found, err)
		found, err = k.InCgroup(inner, "cgroup_inet_egress")
		only("one attach type", egress, found, err)
		if found, err = k.InCgroup(inner, "cgroup_inet_ingress"); err != nil || len(found) > 0 {
			t.Errorf("of another attach type there is none: found %v, %v", found, err)
		}
		found, err = k.OnXDP("sc0")
		only("xdp", xdp, found, err)
		if found, err = k.OnTC("sc0"); err != nil || len(found) != 2 {
			t.Errorf("tcx and a filter: found %v, %v", found, err)
		}
		if found, err = k.OnTC("sc1"); err != nil || len(found) != 0 {
			t.Errorf("the other end of the pair has none: found %v, %v", found, err)
		}
		for _, path := range []string{pinnedFilter, pinnedLink} {
			if p, err := k.ByPin(path); err != nil || p.ID != idOf(t, map[string]*ebpf.Program{pinnedFilter: filter, pinnedLink: xdp}[path]) {
				t.Errorf("%s: found %v, %v", path, p, err)
			}
		}
		for path, find := range map[string]func(string) error{
			n.Temp:   func(path string) error { _, err := k.ByPin(path); return err },
			n.Cgroup: func(path string) error { _, err := k.ByPin(path); return err },
			n.BPFFS:  func(path string) error { _, err := k.InCgroup(path, ""); return err },
		} {
			if err := find(path); err == nil || !strings.Contains(err.Error(), path+": not a ") {
				t.Errorf("%s: %v, expected that it is not what was asked for", path, err)
			}
		}
		if _, err := k.ByPin(filepath.Join(n.BPFFS, "map")); err == nil || !strings.Contains(err.Error(), "no program") {
			t.Errorf("a pinned map: %v, expected that it is no program", err)
		}
	})
}

// TestGone: a program that is gone when it is looked at is not there, and the others are.
func TestGone(t *testing.T) {
	kerneltest.Need(t)
	here := load(t, "here", ebpf.XDP, ebpf.AttachNone, 2)
	gone, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, License: "GPL", Instructions: casm.Instructions{casm.Mov.Imm(casm.R0, 2), casm.Return()}})
	if err != nil {
		t.Fatal(err)
	}
	id := idOf(t, gone)
	gone.Close()
	var k Kernel
	found, err := k.open([]attachment{{program: id, where: "somewhere"}, {program: idOf(t, here), where: "here"}}, nil)
	if err != nil || len(found) != 1 || found[0].Name != "here" {
		t.Errorf("found %v, %v, expected the one that is there", found, err)
	}
}

// TestSocketFilter asks for filters of sockets of this process by its id.
func TestSocketFilter(t *testing.T) {
	kerneltest.Need(t)
	socket := func() int {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	classic, extended, bare := socket(), socket(), socket()
	// ldh [2]; jeq #0x35, 0, 1; ret #-1; ret #0
	filter := []unix.SockFilter{{Code: 0x28, K: 2}, {Code: 0x15, Jf: 1, K: 0x35}, {Code: 6, K: 0xffffffff}, {Code: 6}}
	if err := unix.SetsockoptSockFprog(classic, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 4, Filter: &filter[0]}); err != nil {
		t.Fatal(err)
	}
	prog := load(t, "filter", ebpf.SocketFilter, ebpf.AttachNone, -1)
	if err := unix.SetsockoptInt(extended, unix.SOL_SOCKET, unix.SO_ATTACH_BPF, prog.FD()); err != nil {
		t.Fatal(err)
	}
	var k Kernel
	got, err := k.SocketFilter(os.Getpid(), classic)
	if err != nil || len(got) != len(filter) {
		t.Fatalf("found %v, %v, expected %v", got, err, filter)
	}
	for i, ins := range got {
		if ins.Op != filter[i].Code || ins.Jt != filter[i].Jt || ins.Jf != filter[i].Jf || ins.K != filter[i].K {
			t.Errorf("instruction %d is %v, expected %v", i, ins, filter[i])
		}
	}
	for _, tt := range []struct {
		reason string
		fd     int
		want   string
	}{
		{"the kernel does not give eBPF back", extended, "its filter is eBPF"},
		{"no filter", bare, "the socket has no filter"},
		{"not a socket", prog.FD(), "no socket"},
		{"no such descriptor", 1 << 20, "bad file descriptor"},
	} {
		if _, err := k.SocketFilter(os.Getpid(), tt.fd); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, expected %q", tt.reason, err, tt.want)
		}
	}
}
