package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
)

// placed is a program that was loaded by the command, with its original in the store.
type placed struct {
	pin, id, tag string
	original     []byte // its dump
}

// TestSelectors attaches programs to a cgroup and to interfaces of its own, and asks
// dump and live for them in every way that a program can be named.
func TestSelectors(t *testing.T) {
	kerneltest.InNamespaces(t, func(t *testing.T, n kerneltest.Namespaces) {
		folder := filepath.Join(n.Temp, "store")
		path := func(name string) string { return filepath.Join(n.Temp, name) }
		must := func(command string, args ...string) {
			t.Helper()
			if out, err := exec.Command(command, args...).CombinedOutput(); err != nil {
				t.Fatalf("%s %q: %v: %s", command, args, err, out)
			}
		}
		unique := rand.Int32() // no other program of this kernel shall have their tags
		loaded := func(name, progType, attachType string, result int) placed {
			t.Helper()
			if err := os.WriteFile(path(name+".s"), fmt.Appendf(nil, "\tr2 = %d\n\tr0 = %d\n\texit\n", unique, result), 0o666); err != nil {
				t.Fatal(err)
			}
			args := []string{"--type", progType, "--license", "GPL", path(name + ".s")}
			if attachType != "" {
				args = append([]string{"--attach-type", attachType}, args...)
			}
			succeeds(t, append([]string{"dump", "--output", path(name + ".dump")}, args...)...)
			p := placed{pin: filepath.Join(n.BPFFS, name), original: readFile(t, path(name+".dump"))}
			said := succeeds(t, append([]string{"load", "--store", folder, "--pin", p.pin}, args...)...)
			m := regexp.MustCompile(`loaded as program (\d+) \(.text\), tag ([0-9a-f]{16}), pinned at `).FindStringSubmatch(said)
			if m == nil {
				t.Fatalf("load says %q", said)
			}
			p.id, p.tag = m[1], m[2]
			return p
		}
		sock := loaded("sock", "cgroup_sock", "cgroup_inet_sock_create", 1)
		egress := loaded("egress", "cgroup_skb", "cgroup_inet_egress", 1) // the same instructions, and so the same tag
		xdp := loaded("xdp", "xdp", "xdp", 2)
		tcx := loaded("tcx", "sched_cls", "tcx_ingress", -1)
		filter := loaded("filter", "sched_cls", "", 0)
		if sock.tag != egress.tag {
			t.Fatalf("tags %s and %s of the same instructions", sock.tag, egress.tag)
		}

		must("ip", "link", "add", "sc0", "type", "veth", "peer", "name", "sc1")
		sc0, err := net.InterfaceByName("sc0")
		if err != nil {
			t.Fatal(err)
		}
		opened := func(p placed) *ebpf.Program {
			prog, err := ebpf.LoadPinnedProgram(p.pin, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { prog.Close() })
			return prog
		}
		attached := func(l link.Link, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%+v", err)
			}
			t.Cleanup(func() { l.Close() })
		}
		attached(link.AttachCgroup(link.CgroupOptions{Path: n.Cgroup, Attach: ebpf.AttachCGroupInetSockCreate, Program: opened(sock)}))
		attached(link.AttachCgroup(link.CgroupOptions{Path: n.Cgroup, Attach: ebpf.AttachCGroupInetEgress, Program: opened(egress)}))
		attached(link.AttachTCX(link.TCXOptions{Interface: sc0.Index, Program: opened(tcx), Attach: ebpf.AttachTCXIngress}))
		must("ip", "link", "set", "dev", "sc0", "xdpgeneric", "pinned", xdp.pin)
		must("tc", "qdisc", "add", "dev", "sc1", "clsact")
		must("tc", "filter", "add", "dev", "sc1", "egress", "bpf", "da", "pinned", filter.pin)

		for _, tt := range []struct {
			name, reason string
			flags        []string
			want         []placed
			where        []string // beginnings of what is attached
		}{
			{"id", "BPF_PROG_GET_FD_BY_ID", []string{"--id", xdp.id}, []placed{xdp}, nil},
			{"ids", "several at once", []string{"--id", tcx.id + "," + xdp.id}, []placed{tcx, xdp}, nil},
			{"tag", "one program has it", []string{"--tag", tcx.tag}, []placed{tcx}, nil},
			{"shared tag", "types differ, and each has its own original", []string{"--tag", sock.tag}, []placed{sock, egress}, nil},
			{"pin", "BPF_OBJ_GET", []string{"--pinned", filter.pin}, []placed{filter}, nil},
			{"cgroup", "every attach type", []string{"--cgroup", n.Cgroup}, []placed{egress, sock}, []string{
				"cgroup_inet_egress of " + n.Cgroup, "cgroup_inet_sock_create of " + n.Cgroup,
			}},
			{"attach type", "one of them", []string{"--cgroup", n.Cgroup, "--attach-type", "cgroup_inet_egress"}, []placed{egress}, []string{"cgroup_inet_egress of "}},
			{"xdp", "the id that netlink tells", []string{"--xdp", "sc0"}, []placed{xdp}, []string{"xdp of sc0 (generic)"}},
			{"tcx", "a query of the interface", []string{"--tc", "sc0"}, []placed{tcx}, []string{"tcx_ingress of sc0"}},
			{"filter of tc", "cls_bpf, as netlink tells it", []string{"--tc", "sc1"}, []placed{filter}, []string{"tc egress of sc1"}},
			{"one twice", "a program is named once", []string{"--id", xdp.id, "--xdp", "sc0"}, []placed{xdp}, nil},
		} {
			t.Run(tt.name, func(t *testing.T) {
				flags := append([]string{"--store", folder}, tt.flags...)
				status, stdout, stderr := statecheck(append([]string{"live", "--format", "json"}, flags...)...)
				var l report.Live
				if err := json.Unmarshal([]byte(stdout), &l); err != nil || status != 0 || stderr != "" {
					t.Fatalf("live: exit status %d, %v: %s", status, err, stderr)
				}
				var ids, want, where []string
				for _, p := range l.Programs {
					ids, where = append(ids, fmt.Sprint(p.ID)), append(where, p.Attached...)
					if p.Verdict != verifier.Stateless || p.By != report.ByStore || p.Source != folder {
						t.Errorf("live: program %d is %s by %s %s, expected stateless by the store", p.ID, p.Verdict, p.By, p.Source)
					}
				}
				for _, p := range tt.want {
					want = append(want, p.id)
				}
				if !slices.Equal(ids, want) {
					t.Errorf("live finds %v, expected %v, for %s", ids, want, tt.reason)
				}
				if !slices.EqualFunc(where, tt.where, strings.HasPrefix) {
					t.Errorf("live finds them at %q, expected %q", where, tt.where)
				}

				if len(tt.want) == 1 {
					if got := succeeds(t, append([]string{"dump"}, flags...)...); got != string(tt.want[0].original) {
						t.Errorf("dump writes other bytes than were loaded:\n%x, expected\n%x", got, tt.want[0].original)
					}
					if err := os.WriteFile(path("again.dump"), tt.want[0].original, 0o600); err != nil {
						t.Fatal(err)
					}
					if said := succeeds(t, "load", path("again.dump")); !strings.Contains(said, "tag "+tt.want[0].tag) {
						t.Errorf("the dump is loaded as %q, expected the tag %s", said, tt.want[0].tag)
					}
					return
				}
				if status, _, stderr := statecheck(append([]string{"dump"}, flags...)...); status != ExitUndecided || !strings.Contains(stderr, "choose with --program") {
					t.Errorf("a dump of several: exit status %d, expected %d and what to do: %s", status, ExitUndecided, stderr)
				}
				if text := succeeds(t, append([]string{"dump", "--format", "text"}, flags...)...); strings.Count(text, "#! program") != len(tt.want) {
					t.Errorf("as text:\n%s, expected %d programs", text, len(tt.want))
				}
			})
		}
		for _, tt := range []struct {
			name, reason string
			flags        []string
			status       int
			stderr       string
		}{
			{"no such program", "ids are counted up", []string{"--id", "4294967295"}, ExitUndecided, "program 4294967295: "},
			{"no such tag", "nothing has it", []string{"--tag", "0123456789abcdef"}, ExitUndecided, "no program there"},
			{"bad tag", "16 digits", []string{"--tag", "123"}, ExitUsage, "expected 16 hexadecimal digits"},
			{"no such pin", "nothing is pinned there", []string{"--pinned", filepath.Join(n.BPFFS, "none")}, ExitUndecided, "none: no such file"},
			{"no such interface", "it is not of this network namespace", []string{"--xdp", "sc9"}, ExitUndecided, `no interface "sc9"`},
			{"nothing attached", "the other end of the pair", []string{"--xdp", "sc1"}, ExitUndecided, "no program there"},
			{"no such cgroup", "no folder", []string{"--cgroup", filepath.Join(n.Cgroup, "none")}, ExitUndecided, "none: no such file"},
			{"no attach type of cgroups", "it is one of interfaces", []string{"--cgroup", n.Cgroup, "--attach-type", "xdp"}, ExitUndecided, "expected one of cgroups"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				for _, verb := range []string{"dump", "live"} {
					status, _, stderr := statecheck(append([]string{verb, "--store", folder}, tt.flags...)...)
					if status != tt.status || !strings.Contains(stderr, tt.stderr) {
						t.Errorf("%s: exit status %d, expected %d and %q, for %s: %s", verb, status, tt.status, tt.stderr, tt.reason, stderr)
					}
				}
			})
		}

		// What somebody has changed in the store is refused by name.
		counter := filepath.Join(n.BPFFS, "counter")
		said := succeeds(t, "load", "--relaxed", "--store", folder, "--pin", counter, "../../corpus/objects/counter.o")
		_, tag, _ := strings.Cut(said, "tag ")
		tag, _, _ = strings.Cut(tag, ",")
		entries, err := filepath.Glob(filepath.Join(folder, tag+"-*.dump"))
		if err != nil || len(entries) != 1 {
			t.Fatalf("%v, %v, expected the entry of tag %s", entries, err, tag)
		}
		succeeds(t, "dump", "--relaxed", "--store", folder, "--pinned", counter)
		if err := os.Truncate(entries[0], 100); err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"dump", "live"} {
			status, stdout, stderr := statecheck(verb, "--store", folder, "--pinned", counter)
			if want := "store entry " + filepath.Base(entries[0]) + ": its contents are not those that the name says"; !strings.Contains(stderr, want) {
				t.Errorf("%s: exit status %d, expected %q: %s", verb, status, want, stderr)
			}
			if verb == "dump" && (status != ExitUndecided || stdout != "") {
				t.Errorf("dump: exit status %d and %q, expected %d and nothing", status, stdout, ExitUndecided)
			}
		}
	})
}

// succeeds runs the command in this process and returns what it prints.
func succeeds(t *testing.T, args ...string) string {
	t.Helper()
	status, stdout, stderr := statecheck(args...)
	if status != 0 || stderr != "" {
		t.Fatalf("%q: exit status %d: %s", args, status, stderr)
	}
	return stdout
}
