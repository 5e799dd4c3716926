package object

import (
	"strings"

	"github.com/statecheck/statecheck/verifier"
)

// sectionKind is what a section's name says about the programs in it.
type sectionKind struct {
	pattern    string
	progType   string // libbpf_bpf_prog_type_str
	attachType string // libbpf_bpf_attach_type_str; empty: none
	target     bool   // what follows the slash names something in the kernel
}

// no and names are the values of sectionKind.target, short enough for a table.
const (
	no    = false
	names = true
)

// sectionKinds is section_defs[] of libbpf (src/libbpf.c, BSD-2-Clause), in its
// order and its notation:
//
//	"type+"  "type" or "type/anything"
//	"type"   exactly that; in libbpf before 1.0, anything that begins like that
//	"type/"  only the latter
//
// The order matters to the last rule, which takes the first row that fits.
// TestSectionKinds compares the rows with libbpf, TestSectionNames what comes of
// them with cilium/ebpf.
var sectionKinds = [...]sectionKind{
	{"socket", "socket_filter", "", no},
	{"sk_reuseport/migrate", "sk_reuseport", "sk_reuseport_select_or_migrate", no},
	{"sk_reuseport", "sk_reuseport", "sk_reuseport_select", no},
	{"kprobe+", "kprobe", "", names},
	{"uprobe+", "kprobe", "", no},
	{"uprobe.s+", "kprobe", "", no},
	{"kretprobe+", "kprobe", "", names},
	{"uretprobe+", "kprobe", "", no},
	{"uretprobe.s+", "kprobe", "", no},
	{"kprobe.multi+", "kprobe", "trace_kprobe_multi", names},
	{"kretprobe.multi+", "kprobe", "trace_kprobe_multi", names},
	{"kprobe.session+", "kprobe", "trace_kprobe_session", names},
	{"uprobe.multi+", "kprobe", "trace_uprobe_multi", no},
	{"uretprobe.multi+", "kprobe", "trace_uprobe_multi", no},
	{"uprobe.session+", "kprobe", "trace_uprobe_session", no},
	{"uprobe.multi.s+", "kprobe", "trace_uprobe_multi", no},
	{"uretprobe.multi.s+", "kprobe", "trace_uprobe_multi", no},
	{"uprobe.session.s+", "kprobe", "trace_uprobe_session", no},
	{"ksyscall+", "kprobe", "", names},
	{"kretsyscall+", "kprobe", "", names},
	{"usdt+", "kprobe", "", no},
	{"usdt.s+", "kprobe", "", no},
	{"tc/ingress", "sched_cls", "tcx_ingress", no},
	{"tc/egress", "sched_cls", "tcx_egress", no},
	{"tcx/ingress", "sched_cls", "tcx_ingress", no},
	{"tcx/egress", "sched_cls", "tcx_egress", no},
	{"tc", "sched_cls", "", no},
	{"classifier", "sched_cls", "", no},
	{"action", "sched_act", "", no},
	{"netkit/primary", "sched_cls", "netkit_primary", no},
	{"netkit/peer", "sched_cls", "netkit_peer", no},
	{"tracepoint+", "tracepoint", "", names},
	{"tp+", "tracepoint", "", names},
	{"tracepoint.s+", "tracepoint", "", names},
	{"tp.s+", "tracepoint", "", names},
	{"raw_tracepoint+", "raw_tracepoint", "", names},
	{"raw_tp+", "raw_tracepoint", "", names},
	{"raw_tracepoint.s+", "raw_tracepoint", "", names},
	{"raw_tp.s+", "raw_tracepoint", "", names},
	{"raw_tracepoint.w+", "raw_tracepoint_writable", "", names},
	{"raw_tp.w+", "raw_tracepoint_writable", "", names},
	{"tp_btf+", "tracing", "trace_raw_tp", names},
	{"tp_btf.s+", "tracing", "trace_raw_tp", names},
	{"fentry+", "tracing", "trace_fentry", names},
	{"fmod_ret+", "tracing", "modify_return", names},
	{"fexit+", "tracing", "trace_fexit", names},
	{"fentry.s+", "tracing", "trace_fentry", names},
	{"fmod_ret.s+", "tracing", "modify_return", names},
	{"fexit.s+", "tracing", "trace_fexit", names},
	{"fsession+", "tracing", "trace_fsession", names},
	{"fsession.s+", "tracing", "trace_fsession", names},
	{"fsession.multi+", "tracing", "trace_fsession_multi", names},
	{"fsession.multi.s+", "tracing", "trace_fsession_multi", names},
	{"fentry.multi+", "tracing", "trace_fentry_multi", names},
	{"fexit.multi+", "tracing", "trace_fexit_multi", names},
	{"fentry.multi.s+", "tracing", "trace_fentry_multi", names},
	{"fexit.multi.s+", "tracing", "trace_fexit_multi", names},
	{"freplace+", "ext", "", names},
	{"lsm+", "lsm", "lsm_mac", names},
	{"lsm.s+", "lsm", "lsm_mac", names},
	{"lsm_cgroup+", "lsm", "lsm_cgroup", names},
	{"iter+", "tracing", "trace_iter", names},
	{"iter.s+", "tracing", "trace_iter", names},
	{"syscall", "syscall", "", no},
	{"xdp.frags/devmap", "xdp", "xdp_devmap", no},
	{"xdp/devmap", "xdp", "xdp_devmap", no},
	{"xdp_devmap/", "xdp", "xdp_devmap", no}, // libbpf before 1.0
	{"xdp.frags/cpumap", "xdp", "xdp_cpumap", no},
	{"xdp/cpumap", "xdp", "xdp_cpumap", no},
	{"xdp_cpumap/", "xdp", "xdp_cpumap", no}, // libbpf before 1.0
	{"xdp.frags", "xdp", "xdp", no},
	{"xdp", "xdp", "xdp", no},
	{"perf_event", "perf_event", "", no},
	{"lwt_in", "lwt_in", "", no},
	{"lwt_out", "lwt_out", "", no},
	{"lwt_xmit", "lwt_xmit", "", no},
	{"lwt_seg6local", "lwt_seg6local", "", no},
	{"sockops", "sock_ops", "cgroup_sock_ops", no},
	{"sk_skb/stream_parser", "sk_skb", "sk_skb_stream_parser", no},
	{"sk_skb/stream_verdict", "sk_skb", "sk_skb_stream_verdict", no},
	{"sk_skb/verdict", "sk_skb", "sk_skb_verdict", no},
	{"sk_skb", "sk_skb", "", no},
	{"sk_msg", "sk_msg", "sk_msg_verdict", no},
	{"lirc_mode2", "lirc_mode2", "lirc_mode2", no},
	{"flow_dissector", "flow_dissector", "flow_dissector", no},
	{"cgroup_skb/ingress", "cgroup_skb", "cgroup_inet_ingress", no},
	{"cgroup_skb/egress", "cgroup_skb", "cgroup_inet_egress", no},
	{"cgroup/skb", "cgroup_skb", "", no},
	{"cgroup/sock_create", "cgroup_sock", "cgroup_inet_sock_create", no},
	{"cgroup/sock_release", "cgroup_sock", "cgroup_inet_sock_release", no},
	{"cgroup/sock", "cgroup_sock", "cgroup_inet_sock_create", no},
	{"cgroup/post_bind4", "cgroup_sock", "cgroup_inet4_post_bind", no},
	{"cgroup/post_bind6", "cgroup_sock", "cgroup_inet6_post_bind", no},
	{"cgroup/bind4", "cgroup_sock_addr", "cgroup_inet4_bind", no},
	{"cgroup/bind6", "cgroup_sock_addr", "cgroup_inet6_bind", no},
	{"cgroup/connect4", "cgroup_sock_addr", "cgroup_inet4_connect", no},
	{"cgroup/connect6", "cgroup_sock_addr", "cgroup_inet6_connect", no},
	{"cgroup/connect_unix", "cgroup_sock_addr", "cgroup_unix_connect", no},
	{"cgroup/sendmsg4", "cgroup_sock_addr", "cgroup_udp4_sendmsg", no},
	{"cgroup/sendmsg6", "cgroup_sock_addr", "cgroup_udp6_sendmsg", no},
	{"cgroup/sendmsg_unix", "cgroup_sock_addr", "cgroup_unix_sendmsg", no},
	{"cgroup/recvmsg4", "cgroup_sock_addr", "cgroup_udp4_recvmsg", no},
	{"cgroup/recvmsg6", "cgroup_sock_addr", "cgroup_udp6_recvmsg", no},
	{"cgroup/recvmsg_unix", "cgroup_sock_addr", "cgroup_unix_recvmsg", no},
	{"cgroup/getpeername4", "cgroup_sock_addr", "cgroup_inet4_getpeername", no},
	{"cgroup/getpeername6", "cgroup_sock_addr", "cgroup_inet6_getpeername", no},
	{"cgroup/getpeername_unix", "cgroup_sock_addr", "cgroup_unix_getpeername", no},
	{"cgroup/getsockname4", "cgroup_sock_addr", "cgroup_inet4_getsockname", no},
	{"cgroup/getsockname6", "cgroup_sock_addr", "cgroup_inet6_getsockname", no},
	{"cgroup/getsockname_unix", "cgroup_sock_addr", "cgroup_unix_getsockname", no},
	{"cgroup/sysctl", "cgroup_sysctl", "cgroup_sysctl", no},
	{"cgroup/getsockopt", "cgroup_sockopt", "cgroup_getsockopt", no},
	{"cgroup/setsockopt", "cgroup_sockopt", "cgroup_setsockopt", no},
	{"cgroup/dev", "cgroup_device", "cgroup_device", no},
	{"struct_ops+", "struct_ops", "", no},
	{"struct_ops.s+", "struct_ops", "", no},
	{"sk_lookup", "sk_lookup", "sk_lookup", no},
	{"netfilter", "netfilter", "netfilter", no},
}

// DescribeSection returns the program type and attach type that libbpf derives
// from a section's name, and the kernel object that the name says the program
// attaches to. All are empty where libbpf has no opinion.
//
// Names are matched strictly first, as libbpf does since 1.0, and then by
// prefix, as libbpf did before ("xdp_prog", "socket1", "cgroup/sock2") and
// cilium/ebpf still does.
func DescribeSection(name string) (progType, attachType, attachTo string) {
	// SEC("?xdp") is SEC("xdp") that is not loaded unless asked for.
	name = strings.TrimPrefix(name, "?")
	for _, match := range []func(pattern, name string) bool{matchStrict, matchPrefix} {
		for i := range sectionKinds {
			kind := &sectionKinds[i]
			// The first letter spares most of the rows, and 8% of the time that
			// a small object takes.
			if name == "" || kind.pattern[0] != name[0] || !match(kind.pattern, name) {
				continue
			}
			if kind.target {
				_, attachTo, _ = strings.Cut(name, "/")
			}
			return kind.progType, kind.attachType, attachTo
		}
	}
	return "", "", ""
}

// matchStrict is sec_def_matches of libbpf 1.0 and later.
func matchStrict(pattern, name string) bool {
	if base, ok := strings.CutSuffix(pattern, "+"); ok {
		rest, ok := strings.CutPrefix(name, base)
		return ok && (rest == "" || rest[0] == '/')
	}
	return name == pattern
}

// matchPrefix is how libbpf before 1.0 matched the patterns without suffix.
func matchPrefix(pattern, name string) bool {
	return !strings.HasSuffix(pattern, "+") && strings.HasPrefix(name, pattern)
}

// dataSection is a section whose contents become a map.
type dataSection struct {
	prefix    string
	kind      verifier.MapKind
	perSymbol bool // each symbol is a map of its own, and its name is the map's
}

// dataSections are the sections that loaders turn into maps: bpf_object__elf_collect
// in libbpf's src/libbpf.c, and maps and maps/NAME of loaders before BTF. The first
// prefix that fits decides.
var dataSections = [...]dataSection{
	{".maps", verifier.MapPlain, true},
	{"maps", verifier.MapPlain, true},
	{".data", verifier.MapData, false},
	{".rodata", verifier.MapROData, false},
	{".bss", verifier.MapBSS, false},
	{".kconfig", verifier.MapKconfig, false},
	{".addr_space.1", verifier.MapArena, false}, // variables in the arena (libbpf's ARENA_SEC)
	{".jumptables", verifier.MapPlain, false},   // a map of instruction offsets (libbpf's JUMPTABLES_SEC)
}

func findDataSection(name string) *dataSection {
	for i := range dataSections {
		if strings.HasPrefix(name, dataSections[i].prefix) {
			return &dataSections[i]
		}
	}
	return nil
}

// DataSection returns the kind of map that loaders make of a section of that name,
// and whether each symbol in it is a map of its own. It is false for sections that
// they make no map of.
func DataSection(name string) (kind verifier.MapKind, perSymbol, ok bool) {
	if d := findDataSection(name); d != nil {
		return d.kind, d.perSymbol, true
	}
	return "", false, false
}
