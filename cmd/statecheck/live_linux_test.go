package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/cilium/ebpf"
	casm "github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/internal/report"
	"github.com/statecheck/statecheck/verifier"
)

// statecheck runs the command in this process.
func statecheck(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = Command{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &err}.Main(args)
	return status, out.String(), err.String()
}

// loadCorpus loads a program of the corpus, which goes with the test.
func loadCorpus(t *testing.T, object, name string) *ebpf.Program {
	t.Helper()
	coll, err := ebpf.LoadCollection(filepath.Join("..", "..", "corpus", "objects", object))
	if err != nil {
		t.Fatalf("%s: %+v", object, err)
	}
	t.Cleanup(coll.Close)
	return coll.Programs[name]
}

func number(t *testing.T, p *ebpf.Program) string {
	t.Helper()
	info, err := p.Info()
	if err != nil {
		t.Fatal(err)
	}
	id, _ := info.ID()
	return strconv.Itoa(int(id))
}

// TestLive asks for programs that are loaded, by their ids, and compares what is said of
// each with what is known of it.
func TestLive(t *testing.T) {
	kerneltest.InNamespaces(t, func(t *testing.T, n kerneltest.Namespaces) {
		pass, counter, dead := loadCorpus(t, "pass_v4.o", "pass"), loadCorpus(t, "counter.o", "counter"), loadCorpus(t, "map_in_dead_code.o", "map_in_dead_code")
		pin := filepath.Join(n.BPFFS, "pass")
		if err := pass.Pin(pin); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name, reason string
			args         []string
			status       int
			verdict, by  string
			finding      string // its name
		}{
			{"rewritten and stateless", "nothing but the kernel's instructions is known", []string{"--id", number(t, pass)}, 0, "stateless", report.ByRewritten, ""},
			{"rewritten and stateful", "an instruction refers to the map", []string{"--id", number(t, counter)}, 1, "stateful", report.ByRewritten, "packets"},
			{"map in dead code", "the program holds it, and no instruction that is left refers to it", []string{"--id", number(t, dead)}, 0, "stateless", report.ByRewritten, ""},
			{"map in dead code, by the object", "the original refers to it", []string{"--id", number(t, dead), "../../corpus/objects/map_in_dead_code.o"}, 1, "stateful", report.ByObject, "unused"},
			{"object", "the folder has an object with the same tag", []string{"--id", number(t, counter), "../../corpus/objects"}, 1, "stateful", report.ByObject, "packets"},
			{"other object", "no program there has the tag", []string{"--id", number(t, counter), "../../corpus/objects/pass_v4.o"}, 1, "stateful", report.ByRewritten, "packets"},
			{"pin", "found by its path", []string{"--pinned", pin}, 0, "stateless", report.ByRewritten, ""},
			{"pure", "reads of context and kernel look the same", []string{"--id", number(t, pass), "--profile", "pure"}, 3, "undecided", report.ByRewritten, ""},
		} {
			t.Run(tt.name, func(t *testing.T) {
				status, stdout, stderr := statecheck(append([]string{"live", "--format", "json"}, tt.args...)...)
				if status != tt.status {
					t.Errorf("exit status %d, expected %d: %s", status, tt.status, stderr)
				}
				if err := meets(strictSchema(t, filepath.Join("..", "..", "docs", "schema", "live.v1.json")), stdout); err != nil {
					t.Error(err)
				}
				var l report.Live
				if err := json.Unmarshal([]byte(stdout), &l); err != nil || len(l.Programs) != 1 {
					t.Fatalf("%v: %s", err, stdout)
				}
				p := l.Programs[0]
				if p.Verdict != verifier.Verdict(tt.verdict) || p.By != tt.by {
					t.Errorf("%s by %s, expected %s by %s: %s", p.Verdict, p.By, tt.verdict, tt.by, tt.reason)
				}
				if (len(p.Findings) > 0) != (tt.finding != "") || len(p.Findings) > 0 && p.Findings[0].Name != tt.finding {
					t.Errorf("findings %v, expected %q: %s", p.Findings, tt.finding, tt.reason)
				}
			})
		}

		// One file that is cut off does not keep the rest from being seen.
		folder := filepath.Join(n.Temp, "objects")
		raw, err := os.ReadFile("../../corpus/objects/pass_v4.o")
		if err != nil {
			t.Fatal(err)
		}
		for name, contents := range map[string][]byte{"whole.o": raw, "cut.o": raw[:300]} {
			if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, name), contents, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		if status, stdout, stderr := statecheck("live", "--pinned", pin, folder); status != ExitUndecided ||
			!strings.Contains(stdout, "stateless  object") || !strings.Contains(stderr, "not seen: "+filepath.Join(folder, "cut.o")) {
			t.Errorf("exit status %d, expected %d, the verdict by the object that is whole, and the name of the other: %s%s", status, ExitUndecided, stdout, stderr)
		}

		status, stdout, stderr := statecheck("live", "--exit-zero")
		if status != 0 || stderr != "" {
			t.Errorf("exit status %d, expected 0 and no part unseen: %s", status, stderr)
		}
		for _, part := range []string{"pass  ", "    pinned    " + pin, "    state     slot "} {
			if !strings.Contains(stdout, part) {
				t.Errorf("the table lacks %q:\n%s", part, stdout)
			}
		}
	})
}

// TestLiveAttached finds a program by the cgroup that it is attached to.
func TestLiveAttached(t *testing.T) {
	kerneltest.InNamespaces(t, func(t *testing.T, n kerneltest.Namespaces) {
		prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
			Name: "sock", Type: ebpf.CGroupSock, AttachType: ebpf.AttachCGroupInetSockCreate, License: "GPL",
			Instructions: casm.Instructions{casm.Mov.Imm(casm.R0, 1), casm.Return()},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer prog.Close()
		l, err := link.AttachCgroup(link.CgroupOptions{Path: n.Cgroup, Attach: ebpf.AttachCGroupInetSockCreate, Program: prog})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if status, stdout, stderr := statecheck("live", "--cgroup", n.Cgroup); status != 0 || !strings.Contains(stdout, "attached  cgroup_inet_sock_create of "+n.Cgroup) {
			t.Errorf("exit status %d: %s%s", status, stdout, stderr)
		}
		if status, _, stderr := statecheck("live", "--cgroup", n.Cgroup, "--attach-type", "cgroup_device"); status != ExitUndecided || !strings.Contains(stderr, "no program there") {
			t.Errorf("exit status %d, expected %d, for nothing is attached so: %s", status, ExitUndecided, stderr)
		}
	})
}

// TestUnprivileged runs the verbs as nobody: each says which capability it lacks.
func TestUnprivileged(t *testing.T) {
	kerneltest.InNamespaces(t, func(t *testing.T, n kerneltest.Namespaces) {
		prog := loadCorpus(t, "pass_v4.o", "pass")
		pin := filepath.Join(n.BPFFS, "pass")
		if err := prog.Pin(pin); err != nil {
			t.Fatal(err)
		}
		open := filepath.Join(n.BPFFS, "open")
		if err := loadCorpus(t, "pass_v4.o", "pass").Pin(open); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(n.BPFFS, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(open, 0o644); err != nil {
			t.Fatal(err)
		}
		text, object := filepath.Join(n.Temp, "pass.s"), filepath.Join(n.Temp, "counter.o")
		for path, contents := range map[string][]byte{text: []byte("r0 = 2\nexit\n"), object: readFile(t, "../../corpus/objects/counter.o")} {
			if err := os.WriteFile(path, contents, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := exec.Command("ip", "link", "set", "dev", "lo", "xdpgeneric", "pinned", pin).CombinedOutput(); err != nil {
			t.Fatalf("ip link set: %v: %s", err, out)
		}
		for _, tt := range []struct {
			name, reason string
			args         []string
			stderr       []string
		}{
			{"everything", "each part names what it needs", []string{"live"}, []string{
				"not seen: listing programs: operation not permitted, expected CAP_SYS_ADMIN",
				"not seen: listing links: operation not permitted, expected CAP_SYS_ADMIN",
				"not seen: programs of /mnt/cgroup: operation not permitted, expected CAP_NET_ADMIN",
				"not seen: programs of lo: operation not permitted, expected CAP_NET_ADMIN",
				"not seen: " + pin + ": permission denied",
			}},
			{"id", "BPF_PROG_GET_FD_BY_ID", []string{"live", "--id", number(t, prog)}, []string{"program " + number(t, prog) + ": operation not permitted, expected CAP_SYS_ADMIN"}},
			{"tag", "BPF_PROG_GET_NEXT_ID", []string{"live", "--tag", "0123456789abcdef"}, []string{"expected CAP_SYS_ADMIN"}},
			{"cgroup", "BPF_PROG_QUERY", []string{"live", "--cgroup", n.Cgroup}, []string{"expected CAP_NET_ADMIN"}},
			{"tc", "BPF_PROG_QUERY", []string{"live", "--tc", "lo"}, []string{"expected CAP_NET_ADMIN"}},
			{"dump by id", "BPF_PROG_GET_FD_BY_ID", []string{"dump", "--id", number(t, prog)}, []string{"expected CAP_SYS_ADMIN"}},
			{"dump of a cgroup", "BPF_PROG_QUERY", []string{"dump", "--cgroup", n.Cgroup}, []string{"expected CAP_NET_ADMIN"}},
			{"dump of a socket", "pidfd_getfd", []string{"dump", "--socket", strconv.Itoa(os.Getpid()) + ":0"}, []string{"expected CAP_SYS_PTRACE"}},
			{"dump of a tag", "BPF_PROG_GET_NEXT_ID", []string{"dump", "--tag", "0123456789abcdef"}, []string{"expected CAP_SYS_ADMIN"}},
			{"dump of tc", "BPF_PROG_QUERY", []string{"dump", "--tc", "lo"}, []string{"expected CAP_NET_ADMIN"}},
			{"dump of a pin", "the file's mode decides", []string{"dump", "--pinned", pin}, []string{"permission denied"}},
			{"xdp", "netlink tells the id to anyone, BPF_PROG_GET_FD_BY_ID not the program", []string{"live", "--xdp", "lo"}, []string{"program " + number(t, prog) + ": operation not permitted, expected CAP_SYS_ADMIN"}},
			{"dump of xdp", "as for live", []string{"dump", "--xdp", "lo"}, []string{"expected CAP_SYS_ADMIN"}},
			{"load", "what the type takes", []string{"load", "--type", "xdp", text}, []string{"operation not permitted, expected CAP_BPF and CAP_NET_ADMIN"}},
			{"load of a tracer", "another type takes another", []string{"load", "--type", "kprobe", text}, []string{"expected CAP_BPF and CAP_PERFMON"}},
			{"load of a map", "the map comes first", []string{"load", "--relaxed", object}, []string{"operation not permitted, expected CAP_BPF and CAP_NET_ADMIN"}},
			{"pin that may not be read", "the file's mode decides", []string{"live", "--pinned", pin}, []string{"permission denied"}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				status, _, stderr := asNobody(t, tt.args...)
				if status != ExitUndecided {
					t.Errorf("exit status %d, expected %d: %s", status, ExitUndecided, tt.reason)
				}
				for _, part := range tt.stderr {
					if !strings.Contains(stderr, part) {
						t.Errorf("no %q in what it says, and %s:\n%s", part, tt.reason, stderr)
					}
				}
			})
		}
		status, stdout, _ := asNobody(t, "live", "--pinned", open)
		if status != ExitUndecided || !strings.Contains(stdout, "the kernel hides the instructions, expected CAP_BPF") {
			t.Errorf("a pin that anyone may read: exit status %d, expected the program without its instructions:\n%s", status, stdout)
		}
	})
}

// asNobody runs the command in a process without capabilities.
func asNobody(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: append([]string{"statecheck"}, args...), Dir: "/", Env: []string{"PATH=/usr/bin"},
		Stdout: &out, Stderr: &err,
		SysProcAttr: &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}},
	}
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}
