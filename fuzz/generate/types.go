package generate

// typeSet is a set of rows of programTypes.
type typeSet uint32

// The rows of programTypes.
const (
	socketFilter typeSet = 1 << iota
	schedCls
	xdp
	cgroupIngress
	cgroupEgress
	cgroupSock
	cgroupConnect
	sockOps
	tracepoint
	rawTracepoint
	perfEvent
	kprobe
	skLookup
	lwtXmit
	flowDissector
	getsockopt
	setsockopt
	syscall
	fentry
	rawTP
	iterator
	mapIterator
	lsm
	netfilter
	structOps

	allTypes   = structOps<<1 - 1
	cgroupSkb  = cgroupIngress | cgroupEgress
	skb        = socketFilter | schedCls | cgroupSkb
	trampoline = fentry | rawTP | iterator | mapIterator | lsm
	tracers    = tracepoint | rawTracepoint | perfEvent | kprobe | syscall | trampoline
)

// field is a part of the context that holds a number.
type field struct {
	off  int16
	size int // bytes
}

// programType is what a program of a type may do with its context and return.
type programType struct {
	set             typeSet
	name            string
	attach, to      string
	lowest, highest int32   // what the program may return
	loads           []field // of the context; any number
	stores          []field // of the context
	data, end       int16   // where the context says where the packet is; both 0: nowhere
	writesPacket    bool
	legacy          bool // LD_ABS and LD_IND (kernel/bpf/verifier.c:may_access_skb)
}

// lowestAny to highestAny is what the kernel lets most types return
// (kernel/bpf/verifier.c:check_return_code).
const lowestAny, highestAny = -1 << 31, 1<<31 - 1

// Numbers in contexts, by their offset in include/uapi/linux/bpf.h. Which ones a
// type sees is what its is_valid_access says.
var (
	// struct __sk_buff
	skbLoads = []field{{0, 4}, {4, 4}, {8, 4}, {12, 4}, {16, 4}, {20, 4}, {24, 4}, {32, 4}, {40, 4}, {48, 4}, {52, 4}, {64, 4}, {0, 2}, {8, 1}}
	// struct xdp_md
	xdpLoads = []field{{12, 4}, {16, 4}}
	// struct bpf_sock
	sockLoads = []field{{0, 4}, {4, 4}, {8, 4}, {12, 4}, {16, 4}, {20, 4}}
	// struct bpf_sock_addr
	sockAddrLoads = []field{{0, 4}, {4, 4}, {24, 4}, {28, 4}, {32, 4}, {36, 4}}
	// struct bpf_sock_ops
	sockOpsLoads = []field{{0, 4}, {4, 4}, {8, 4}, {12, 4}, {20, 4}, {24, 4}, {28, 4}, {64, 4}, {68, 4}}
	// struct bpf_sk_lookup
	skLookupLoads = []field{{8, 4}, {12, 4}, {16, 4}, {36, 4}, {40, 4}, {60, 4}}
	// arguments or registers: every 8 bytes
	argumentLoads = []field{{0, 8}, {8, 8}, {16, 8}, {24, 8}, {32, 8}}
	// struct bpf_sockopt
	sockoptLoads = []field{{24, 4}, {28, 4}, {32, 4}, {36, 4}}
)

// programTypes are the types that programs are drawn of. The first ones are drawn more
// often; the last ones some kernels let nobody load.
var programTypes = []programType{
	{set: socketFilter, name: "socket_filter", lowest: lowestAny, highest: highestAny, loads: skbLoads, stores: []field{{48, 4}, {52, 4}, {64, 4}}, legacy: true},
	// A member that returns nothing: Linux 6.18 trips over r0 where it is the address of
	// a function (kernel/bpf/verifier.c:check_return_code takes reg->btf for a pointer
	// whatever the register holds), as in programs that are being minimised.
	{set: structOps, name: "struct_ops", attach: "struct_ops", to: "tcp_congestion_ops/cwnd_event", lowest: lowestAny, highest: highestAny},
	{set: mapIterator, name: "tracing", attach: "trace_iter", to: "bpf_map_elem", highest: 1},
	{set: schedCls, name: "sched_cls", lowest: lowestAny, highest: highestAny, loads: skbLoads, stores: []field{{8, 4}, {32, 4}, {44, 4}, {48, 4}, {60, 4}}, data: 76, end: 80, writesPacket: true, legacy: true},
	{set: xdp, name: "xdp", attach: "xdp", lowest: lowestAny, highest: highestAny, loads: xdpLoads, data: 0, end: 4, writesPacket: true},
	{set: cgroupIngress, name: "cgroup_skb", attach: "cgroup_inet_ingress", highest: 1, loads: skbLoads, stores: []field{{8, 4}, {48, 4}, {64, 4}}, data: 76, end: 80},
	{set: cgroupEgress, name: "cgroup_skb", attach: "cgroup_inet_egress", highest: 3, loads: skbLoads, stores: []field{{8, 4}, {32, 4}, {52, 4}}, data: 76, end: 80},
	{set: cgroupSock, name: "cgroup_sock", attach: "cgroup_inet_sock_create", highest: 1, loads: sockLoads, stores: []field{{0, 4}, {16, 4}, {20, 4}}},
	{set: cgroupConnect, name: "cgroup_sock_addr", attach: "cgroup_inet4_connect", highest: 1, loads: sockAddrLoads, stores: []field{{4, 4}, {24, 4}}},
	{set: sockOps, name: "sock_ops", attach: "cgroup_sock_ops", highest: 1, loads: sockOpsLoads, stores: []field{{4, 4}}},
	{set: tracepoint, name: "tracepoint", lowest: lowestAny, highest: highestAny, loads: argumentLoads[1:]},
	{set: rawTracepoint, name: "raw_tracepoint", lowest: lowestAny, highest: highestAny, loads: argumentLoads},
	{set: perfEvent, name: "perf_event", lowest: lowestAny, highest: highestAny, loads: argumentLoads},
	{set: kprobe, name: "kprobe", lowest: lowestAny, highest: highestAny, loads: argumentLoads},
	{set: skLookup, name: "sk_lookup", attach: "sk_lookup", highest: 1, loads: skLookupLoads},
	{set: lwtXmit, name: "lwt_xmit", lowest: lowestAny, highest: highestAny, loads: skbLoads[:6], stores: []field{{8, 4}, {48, 4}}, data: 76, end: 80, writesPacket: true},
	{set: flowDissector, name: "flow_dissector", attach: "flow_dissector", lowest: lowestAny, highest: highestAny, data: 76, end: 80},
	{set: getsockopt, name: "cgroup_sockopt", attach: "cgroup_getsockopt", highest: 1, loads: sockoptLoads, stores: []field{{36, 4}}},
	{set: setsockopt, name: "cgroup_sockopt", attach: "cgroup_setsockopt", highest: 1, loads: sockoptLoads[:3], stores: []field{{24, 4}, {28, 4}, {32, 4}}},
	{set: syscall, name: "syscall", lowest: lowestAny, highest: highestAny, loads: argumentLoads, stores: argumentLoads},
	{set: rawTP, name: "tracing", attach: "trace_raw_tp", to: "sched_switch", lowest: lowestAny, highest: highestAny, loads: argumentLoads[:1]},
	{set: iterator, name: "tracing", attach: "trace_iter", to: "task", highest: 1},
	{set: netfilter, name: "netfilter", attach: "netfilter", highest: 1},
	{set: fentry, name: "tracing", attach: "trace_fentry", to: "bpf_fentry_test1", loads: argumentLoads[:1]},
	{set: lsm, name: "lsm", attach: "lsm_mac", to: "file_open", lowest: -4095},
}
