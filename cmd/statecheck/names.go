package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// programTypes are libbpf's names (tools/lib/bpf/libbpf.c, prog_type_name in Linux 6.12).
var programTypes = []string{
	"cgroup_device", "cgroup_skb", "cgroup_sock", "cgroup_sock_addr",
	"cgroup_sockopt", "cgroup_sysctl", "ext", "flow_dissector", "kprobe",
	"lirc_mode2", "lsm", "lwt_in", "lwt_out", "lwt_seg6local", "lwt_xmit",
	"netfilter", "perf_event", "raw_tracepoint", "raw_tracepoint_writable",
	"sched_act", "sched_cls", "sk_lookup", "sk_msg", "sk_reuseport", "sk_skb",
	"sock_ops", "socket_filter", "struct_ops", "syscall", "tracepoint",
	"tracing", "xdp",
}

// attachTypes are libbpf's names (tools/lib/bpf/libbpf.c, attach_type_name in Linux 6.12).
var attachTypes = []string{
	"cgroup_device", "cgroup_getsockopt", "cgroup_inet4_bind",
	"cgroup_inet4_connect", "cgroup_inet4_getpeername",
	"cgroup_inet4_getsockname", "cgroup_inet4_post_bind",
	"cgroup_inet6_bind", "cgroup_inet6_connect", "cgroup_inet6_getpeername",
	"cgroup_inet6_getsockname", "cgroup_inet6_post_bind",
	"cgroup_inet_egress", "cgroup_inet_ingress", "cgroup_inet_sock_create",
	"cgroup_inet_sock_release", "cgroup_setsockopt", "cgroup_sock_ops",
	"cgroup_sysctl", "cgroup_udp4_recvmsg", "cgroup_udp4_sendmsg",
	"cgroup_udp6_recvmsg", "cgroup_udp6_sendmsg", "cgroup_unix_connect",
	"cgroup_unix_getpeername", "cgroup_unix_getsockname",
	"cgroup_unix_recvmsg", "cgroup_unix_sendmsg", "flow_dissector",
	"lirc_mode2", "lsm_cgroup", "lsm_mac", "modify_return", "netfilter",
	"netkit_peer", "netkit_primary", "perf_event", "sk_lookup",
	"sk_msg_verdict", "sk_reuseport_select",
	"sk_reuseport_select_or_migrate", "sk_skb_stream_parser",
	"sk_skb_stream_verdict", "sk_skb_verdict", "struct_ops", "tcx_egress",
	"tcx_ingress", "trace_fentry", "trace_fexit", "trace_iter",
	"trace_kprobe_multi", "trace_kprobe_session", "trace_raw_tp",
	"trace_uprobe_multi", "xdp", "xdp_cpumap", "xdp_devmap",
}

// choice is a flag that takes one of a list of names.
type choice struct {
	value string
	names []string
	kind  string // what the help calls the value
}

func (c *choice) String() string { return c.value }

func (c *choice) Type() string { return c.kind }

func (c *choice) Set(value string) error {
	if !slices.Contains(c.names, value) {
		return fmt.Errorf("expected %s", expected(value, c.names))
	}
	c.value = value
	return nil
}

// completeChoices tells the shell the names that the flags of cmd take.
func completeChoices(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if c, ok := f.Value.(*choice); ok {
			// The error is that there is no such flag.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(c.names, cobra.ShellCompDirectiveNoFileComp))
		}
	})
}

// expected names the closest of many names, or all where none is close.
func expected(name string, names []string) string {
	if near := nearest(name, names); near != "" && len(names) > 5 {
		return fmt.Sprintf("one of %d names; did you mean %s?", len(names), near)
	}
	return strings.Join(names, ", ")
}

// nearest returns the name that was probably meant, or "". Ties go to the first.
func nearest(name string, names []string) string {
	if full := "bpf_" + name; slices.Contains(names, full) {
		return full
	}
	best, least := "", max(2, len(name)/3)+1
	for _, candidate := range names {
		if d := distance(name, candidate); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is how many bytes must be inserted, deleted or replaced to get from a
// to b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1) // from the part of a seen so far to each prefix of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
