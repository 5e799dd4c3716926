package proto

import "slices"

// FieldKind is the type of a register after a load from the context.
type FieldKind uint8

// Kinds of fields, and the kernel's names of them.
const (
	FieldPacket     FieldKind = iota + 1 // PTR_TO_PACKET
	FieldPacketMeta                      // PTR_TO_PACKET_META
	FieldPacketEnd                       // PTR_TO_PACKET_END
	FieldSocket                          // PTR_TO_SOCKET, not null once compared
	FieldSockCommon                      // PTR_TO_SOCK_COMMON, not null once compared
	FieldFlowKeys                        // PTR_TO_FLOW_KEYS, opaque
	FieldBuffer                          // PTR_TO_TP_BUFFER, opaque
	FieldObject                          // PTR_TO_BTF_ID | PTR_TRUSTED, not null
	FieldTyped                           // by the BTF of what the program attaches to: a scalar or any pointer, opaque
)

// Field is a load from the context whose result is no scalar.
type Field struct {
	Offset int16
	// Size is that of the load, in bytes. Loads of other sizes are refused; those of
	// FieldTyped are scalars.
	Size      uint8
	Kind      FieldKind
	MaybeNull bool // PTR_MAYBE_NULL, each load on its own
}

// Context lists the loads from the context that have other results than a scalar, by
// offset, of a type of program by libbpf's name. Of all others that the kernel allows
// nothing is known but the width of the load, or its sign extension. It returns false
// of what is no type of Linux 6.12, and of ext, which has the context of another
// program: nothing is known of any load then.
func Context(progType string) ([]Field, bool) {
	i := slices.IndexFunc(contexts[:], func(c context) bool { return c.progType == progType })
	if i < 0 {
		return nil, false
	}
	return slices.Clone(contexts[i].fields), true
}

// ContextStruct returns the structure a pointer to which is the context where a global
// function of that type of program takes one (include/linux/bpf_types.h, the types that
// user space sees); "" where there is none, or one that is not a structure.
func ContextStruct(progType string) string {
	for i := range contexts {
		if contexts[i].progType == progType {
			return contexts[i].structure
		}
	}
	return ""
}

// IsContextStruct reports whether a structure is that of some type of program.
func IsContextStruct(name string) bool {
	return name != "" && slices.ContainsFunc(contexts[:], func(c context) bool { return c.structure == name })
}

// context is a row: what is_valid_access of a type of program says (struct
// bpf_verifier_ops).
type context struct {
	progType  string
	structure string // see ContextStruct
	fields    []Field
}

// skbFields and those below are parts of rows: fields of struct __sk_buff
// (net/core/filter.c:bpf_skb_is_valid_access).
var (
	skbFields = []Field{
		{76, 4, FieldPacket, false},
		{80, 4, FieldPacketEnd, false},
		{168, 8, FieldSockCommon, true},
	}
	clsFields = []Field{ // tc_cls_act_is_valid_access
		{76, 4, FieldPacket, false},
		{80, 4, FieldPacketEnd, false},
		{140, 4, FieldPacketMeta, false},
		{168, 8, FieldSockCommon, true},
	}
)

// typedFields are the arguments of a function of the kernel and what it returned
// (kernel/bpf/btf.c:btf_ctx_access, MAX_BPF_FUNC_ARGS). What an argument is the BTF says;
// pointers among them are loaded with 8 bytes.
var typedFields = []Field{
	{0, 8, FieldTyped, false},
	{8, 8, FieldTyped, false},
	{16, 8, FieldTyped, false},
	{24, 8, FieldTyped, false},
	{32, 8, FieldTyped, false},
	{40, 8, FieldTyped, false},
	{48, 8, FieldTyped, false},
	{56, 8, FieldTyped, false},
	{64, 8, FieldTyped, false},
	{72, 8, FieldTyped, false},
	{80, 8, FieldTyped, false},
	{88, 8, FieldTyped, false},
}

// contexts are the types of programs of Linux 6.12, by number, without ext. Offsets are
// those of include/uapi/linux/bpf.h.
var contexts = [...]context{
	{"socket_filter", "__sk_buff", []Field{{168, 8, FieldSockCommon, true}}},
	{"kprobe", "", nil},
	{"sched_cls", "__sk_buff", clsFields},
	{"sched_act", "__sk_buff", clsFields},
	{"tracepoint", "", nil},
	{"xdp", "xdp_md", []Field{
		{0, 4, FieldPacket, false},
		{4, 4, FieldPacketEnd, false},
		{8, 4, FieldPacketMeta, false},
	}},
	{"perf_event", "bpf_perf_event_data", nil},
	{"cgroup_skb", "__sk_buff", skbFields},
	{"cgroup_sock", "bpf_sock", nil},
	{"lwt_in", "__sk_buff", skbFields},
	{"lwt_out", "__sk_buff", skbFields},
	{"lwt_xmit", "__sk_buff", skbFields},
	{"sock_ops", "bpf_sock_ops", []Field{
		{184, 8, FieldSocket, true},
		{192, 8, FieldPacket, false},
		{200, 8, FieldPacketEnd, false},
	}},
	{"sk_skb", "__sk_buff", skbFields},
	{"cgroup_device", "bpf_cgroup_dev_ctx", nil},
	{"sk_msg", "sk_msg_md", []Field{
		{0, 8, FieldPacket, false},
		{8, 8, FieldPacketEnd, false},
		{72, 8, FieldSocket, false},
	}},
	{"raw_tracepoint", "bpf_raw_tracepoint_args", nil},
	{"cgroup_sock_addr", "bpf_sock_addr", []Field{{64, 8, FieldSocket, false}}},
	{"lwt_seg6local", "__sk_buff", skbFields},
	{"lirc_mode2", "", nil},
	{"sk_reuseport", "sk_reuseport_md", []Field{
		{0, 8, FieldPacket, false},
		{8, 8, FieldPacketEnd, false},
		{40, 8, FieldSocket, false},
		{48, 8, FieldSockCommon, true},
	}},
	{"flow_dissector", "__sk_buff", []Field{
		{76, 4, FieldPacket, false},
		{80, 4, FieldPacketEnd, false},
		{144, 8, FieldFlowKeys, false},
	}},
	{"cgroup_sysctl", "bpf_sysctl", nil},
	{"raw_tracepoint_writable", "bpf_raw_tracepoint_args", []Field{{0, 8, FieldBuffer, false}}},
	{"cgroup_sockopt", "bpf_sockopt", []Field{ // the option is the packet
		{0, 8, FieldSocket, false},
		{8, 8, FieldPacket, false},
		{16, 8, FieldPacketEnd, false},
	}},
	{"tracing", "", typedFields},
	{"struct_ops", "", typedFields},
	{"lsm", "", typedFields},
	{"sk_lookup", "bpf_sk_lookup", []Field{{0, 8, FieldSocket, true}}},
	{"syscall", "", nil},
	{"netfilter", "bpf_nf_ctx", []Field{
		{0, 8, FieldObject, false},
		{8, 8, FieldObject, false},
	}},
}
