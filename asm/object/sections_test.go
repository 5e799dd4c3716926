package object

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestDescribeSection(t *testing.T) {
	tests := []struct{ section, want string }{
		{"xdp", "xdp xdp "},
		{"xdp/devmap", "xdp xdp_devmap "},
		{"xdp.frags", "xdp xdp "},
		{"iter/bpf_map_elem", "tracing trace_iter bpf_map_elem"},
		{"iter.s/task", "tracing trace_iter task"},
		{"tracepoint/xdp/xdp_exception", "tracepoint  xdp/xdp_exception"},
		{"kprobe/sys_open", "kprobe  sys_open"},
		{"kprobe", "kprobe  "},
		{"uprobe//bin/bash:readline", "kprobe  "}, // not in the kernel
		{"usdt/libc.so.6:libc:setjmp", "kprobe  "},
		{"uprobe.multi.s//bin/bash:*", "kprobe trace_uprobe_multi "},
		{"lsm_cgroup/socket_bind", "lsm lsm_cgroup socket_bind"},
		{"freplace/main", "ext  main"},
		{"struct_ops/tcp_init", "struct_ops  "}, // libbpf ignores what follows
		{"struct_ops.s/init", "struct_ops  "},
		{"tc/ingress", "sched_cls tcx_ingress "},
		{"tcx/egress", "sched_cls tcx_egress "},
		{"netkit/peer", "sched_cls netkit_peer "},
		{"netfilter", "netfilter netfilter "},
		{"syscall", "syscall  "},
		{"sk_lookup", "sk_lookup sk_lookup "},
		{"cgroup/connect_unix", "cgroup_sock_addr cgroup_unix_connect "},
		{"?xdp", "xdp xdp "}, // not loaded unless asked for

		// libbpf before 1.0
		{"socket1", "socket_filter  "},
		{"cgroup/sock2", "cgroup_sock cgroup_inet_sock_create "},
		{"xdp_devmap/map", "xdp xdp_devmap "},
		{"xdp_prog/0", "xdp xdp "},
		{"tc_mark", "sched_cls  "},

		{"kprobes", "  "}, // a name that needs a slash has none by prefix
		{"test", "  "},
		{".text", "  "},
		{"", "  "},
		{"?", "  "},
	}
	for _, test := range tests {
		progType, attachType, attachTo := DescribeSection(test.section)
		if got := fmt.Sprint(progType, " ", attachType, " ", attachTo); got != test.want {
			t.Errorf("%q: %q, expected %q", test.section, got, test.want)
		}
	}
}

// LLVM's private labels (BPFMCAsmInfo, MCContext and AsmPrinter); a function of C may
// begin like one.
func TestIsLabel(t *testing.T) {
	for name, want := range map[string]bool{
		".Ltmp0": true, ".LBB0_1": true, "LBB0_1": true, "Ltmp12": true, "Lfunc_begin0": true, "Lfunc_end0": true,
		"main": false, "LB": false, "Lock": false, "Lfunction": false, "lookup": false, "x.L": false, "xLBB": false, "": false,
	} {
		if got := IsLabel(name); got != want {
			t.Errorf("%q: %v, expected %v", name, got, want)
		}
	}
}

// TestSectionKinds compares the table with libbpf's source, where it is at hand:
//
//	LIBBPF=.../libbpf/src/libbpf.c go test ./asm/object
func TestSectionKinds(t *testing.T) {
	path := os.Getenv("LIBBPF")
	if path == "" {
		t.Skip("LIBBPF is not set; TestSectionNames compares with cilium/ebpf's copy")
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(source), "section_defs[] = {")
	table, _, _ = strings.Cut(table, "};")
	names := make(map[string]string) // constant -> libbpf's name
	for _, m := range regexp.MustCompile(`\[BPF_(\w+)\]\s*=\s*"(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		names[m[1]] = m[2]
	}
	rows := regexp.MustCompile(`SEC_DEF\("([^"]+)",\s*(\w+),\s*(?:BPF_)?(\w+),`).FindAllStringSubmatch(table, -1)
	i := 0
	for _, row := range rows {
		for strings.HasSuffix(sectionKinds[i].pattern, "/") { // of libbpf before 1.0
			i++
		}
		got, want := sectionKinds[i], sectionKind{row[1], names["PROG_TYPE_"+row[2]], names[row[3]], sectionKinds[i].target}
		if got != want {
			t.Errorf("row %d: %v, libbpf has %v", i, got, want)
		}
		i++
	}
	if len(rows) == 0 || i != len(sectionKinds) {
		t.Errorf("%d rows, libbpf has %d", i, len(rows))
	}
}
