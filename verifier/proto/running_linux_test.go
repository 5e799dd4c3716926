package proto

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/internal/sys"
)

// These tests read in the log of the running kernel what its verifier knows after a
// call or a load. Where newer kernels know more than 6.12, the test says so.

// programType is a type of program that the running kernel can be asked about.
type programType struct {
	name     string
	attach   uint32 // enum bpf_attach_type
	function string // of the kernel, that it attaches to
	flags    uint32
}

// sleepable is BPF_F_SLEEPABLE.
const sleepable = 1 << 4

var programTypes = []programType{
	{name: "socket_filter"}, {name: "sched_cls"}, {name: "sched_act"}, {name: "xdp"}, {name: "kprobe"}, {name: "tracepoint"},
	{name: "perf_event"}, {name: "raw_tracepoint"}, {name: "raw_tracepoint_writable"}, {name: "cgroup_skb"}, {name: "cgroup_sock", attach: 2},
	{name: "cgroup_device"}, {name: "cgroup_sysctl"}, {name: "cgroup_sock_addr", attach: 10},
	{name: "cgroup_sockopt", attach: 21}, {name: "lwt_in"}, {name: "lwt_out"}, {name: "lwt_xmit"}, {name: "lwt_seg6local"},
	{name: "sock_ops"}, {name: "sk_skb"}, {name: "sk_msg"}, {name: "sk_reuseport", attach: 39},
	{name: "sk_lookup", attach: 36}, {name: "flow_dissector"}, {name: "netfilter", attach: 45},
	{name: "lirc_mode2"}, {name: "syscall", flags: sleepable},
	{name: "tracing", attach: 24, function: "bpf_fentry_test1"},
	{name: "tracing", attach: 25, function: "bpf_fentry_test1"},
	{name: "lsm", attach: 27, function: "bpf_lsm_file_open", flags: sleepable},
}

// numbers are those of enum bpf_prog_type.
var numbers = map[string]uint32{
	"socket_filter": 1, "kprobe": 2, "sched_cls": 3, "sched_act": 4, "tracepoint": 5, "xdp": 6, "perf_event": 7, "cgroup_skb": 8,
	"cgroup_sock": 9, "lwt_in": 10, "lwt_out": 11, "lwt_xmit": 12, "sock_ops": 13, "sk_skb": 14, "cgroup_device": 15, "sk_msg": 16,
	"raw_tracepoint": 17, "cgroup_sock_addr": 18, "lwt_seg6local": 19, "lirc_mode2": 20, "sk_reuseport": 21,
	"flow_dissector": 22, "cgroup_sysctl": 23, "raw_tracepoint_writable": 24, "cgroup_sockopt": 25, "tracing": 26,
	"lsm": 29, "sk_lookup": 30, "syscall": 31, "netfilter": 32,
}

// kernel is the running kernel.
type kernel struct {
	t     *testing.T
	spec  *btf.Spec
	log   []byte
	types []programType // that it loads
}

func running(t *testing.T) *kernel {
	t.Helper()
	kerneltest.Need(t)
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	k := &kernel{t: t, spec: spec, log: make([]byte, 1<<20)}
	// Some kernels let nobody load programs that attach by BTF.
	var refused []string
	for _, p := range programTypes {
		if states, _ := k.states(p, []asm.Instruction{mov(0, 0), exit}); register(states[0], 0) == "0" {
			k.types = append(k.types, p)
		} else {
			refused = append(refused, p.name)
		}
	}
	t.Logf("types that this kernel does not load: %v", refused)
	if len(k.types) < 20 {
		t.Fatalf("%d types of programs load, expected 20 at least", len(k.types))
	}
	return k
}

// id is the BTF id of a function of the kernel; 0 where it has none.
func (k *kernel) id(name string) uint32 {
	var fn *btf.Func
	if name == "" || k.spec.TypeByName(name, &fn) != nil {
		return 0
	}
	id, err := k.spec.TypeID(fn)
	if err != nil {
		k.t.Fatal(err)
	}
	return uint32(id)
}

// states loads a program and returns the log, and by slot what it says of the registers
// behind the instruction, on its last visit.
func (k *kernel) states(p programType, insns []asm.Instruction) (states map[int]string, log string) {
	load := sys.ProgLoad{
		Type: numbers[p.name], Insns: asm.Encode(insns, binary.NativeEndian), ExpectedAttachType: p.attach,
		AttachBTFID: k.id(p.function), Flags: p.flags, LogLevel: 2, Log: k.log,
	}
	fd, said, err := load.Load()
	if err == nil {
		unix.Close(fd)
	}
	states = make(map[int]string)
	for line := range strings.Lines(string(said)) {
		m := visit.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if slot, err := strconv.Atoi(m[1]); err == nil && m[2] != "" {
			states[slot] = m[2]
		}
	}
	return states, string(said)
}

// visit is a line of the log such as "3: (85) call bpf_redirect#23   ; R0_w=scalar()".
var visit = regexp.MustCompile(`^(\d+): \([0-9a-f]{2}\) [^;]*(?:; (.*))?`)

// register is what a state says of a register.
func register(state string, n int) string {
	m := regexp.MustCompile(fmt.Sprintf(`(?:^| )R%d(?:_r|_w|_rw)?=(\S+)`, n)).FindStringSubmatch(state)
	if m == nil {
		return ""
	}
	return scalarID.ReplaceAllString(m[1], "$1")
}

// scalarID is what a move gives a scalar.
var scalarID = regexp.MustCompile(`^(scalar\()id=\d+,?`)

var exit = asm.New(asm.Exit, 0, 0, 0, 0)

func mov(dst asm.Register, imm int32) asm.Instruction { return asm.New(0xb7, dst, 0, 0, imm) }
func movX(dst, src asm.Register) asm.Instruction      { return asm.New(asm.MovX, dst, src, 0, 0) }
func add(dst asm.Register, imm int32) asm.Instruction { return asm.New(0x07, dst, 0, 0, imm) }
func call(helper int32) asm.Instruction               { return asm.New(asm.Call, 0, 0, 0, helper) }

// load loads size bytes, 4 or 8.
func load(dst, src asm.Register, off int16, size uint8) asm.Instruction {
	if size == 4 {
		return asm.New(0x61, dst, src, off, 0)
	}
	return asm.New(0x79, dst, src, off, 0)
}

// TestContextOnKernel loads every 4 and 8 bytes of every context.
func TestContextOnKernel(t *testing.T) {
	k := running(t)
	kinds := map[string]FieldKind{
		"pkt": FieldPacket, "pkt_meta": FieldPacketMeta, "pkt_end": FieldPacketEnd, "sock": FieldSocket,
		"sock_common": FieldSockCommon, "flow_keys": FieldFlowKeys, "tp_buffer": FieldBuffer,
	}
	checked := make(map[string]int)
	for _, p := range k.types {
		fields, ok := Context(p.name)
		if !ok {
			t.Errorf("%s: no context", p.name)
		}
		for off := int16(0); off < 256; off += 4 {
			for _, size := range []uint8{4, 8} {
				// The move prints the register: other messages can part a load from its state.
				states, _ := k.states(p, []asm.Instruction{load(2, 1, off, size), movX(3, 2), mov(0, 0), exit})
				value := register(states[1], 3)
				if value == "" {
					continue // refused
				}
				checked[p.name]++
				var want Field
				if i := slices.IndexFunc(fields, func(f Field) bool { return f.Offset == off && f.Size == size }); i >= 0 {
					want = fields[i]
				}
				if want.Kind == FieldTyped {
					continue
				}
				kind, _, _ := strings.Cut(value, "(")
				kind, null := strings.CutSuffix(kind, "_or_null")
				got := Field{Kind: kinds[kind], MaybeNull: null}
				if strings.HasPrefix(kind, "trusted_ptr_") {
					got.Kind = FieldObject
				}
				if kind != "scalar" {
					got.Offset, got.Size = off, size
				}
				if got != want {
					t.Errorf("%s, %d bytes at %d: %s to the kernel, %+v to the table", p.name, size, off, value, want)
				}
				if want == (Field{}) && size == 8 && value != "scalar()" {
					t.Errorf("%s, %d bytes at %d: %s to the kernel, an unknown scalar to us", p.name, size, off, value)
				}
			}
		}
	}
	for _, p := range k.types {
		if checked[p.name] == 0 {
			t.Errorf("%s: no load that the kernel allows", p.name)
		}
	}
	t.Log(checked)
}

// The test's stack: a pattern in each slot of 128 bytes, which memory arguments get,
// half of it each; and below them what the calls before it have made.
const (
	pattern   = 7
	stackSize = 128
	prepared  = -256
)

// ways are what comes before a call: how it gets its first argument, and a dynptr or
// iterator at the offset prepared.
var ways = []struct {
	name  string
	types []string // of programs; all
	insns func(k *kernel, iterator string) []asm.Instruction
}{
	{"context", nil, func(*kernel, string) []asm.Instruction { return []asm.Instruction{movX(1, 9)} }},
	{"number", nil, func(*kernel, string) []asm.Instruction { return []asm.Instruction{mov(1, 0)} }},
	{"socket", []string{"sched_cls", "cgroup_skb"}, func(*kernel, string) []asm.Instruction {
		return []asm.Instruction{load(1, 9, 168, 8), asm.New(0x55, 1, 0, 2, 0), mov(0, 0), exit}
	}},
	{"acquired socket", []string{"sched_cls"}, func(*kernel, string) []asm.Instruction {
		return []asm.Instruction{
			movX(1, 9), movX(2, 10), add(2, -stackSize/2), mov(3, 12), mov(4, -1), mov(5, 0), call(84),
			asm.New(0x55, 0, 0, 1, 0), exit, movX(1, 0),
		}
	}},
	{"task", []string{"kprobe", "tracing", "lsm"}, func(*kernel, string) []asm.Instruction {
		return []asm.Instruction{call(158), movX(1, 0)}
	}},
	{"dynptr", []string{"sched_cls"}, func(k *kernel, _ string) []asm.Instruction {
		return []asm.Instruction{
			movX(1, 9), mov(2, 0), movX(3, 10), add(3, prepared), k.call("bpf_dynptr_from_skb"), movX(1, 10), add(1, prepared),
		}
	}},
	{"iterator", []string{"sched_cls"}, func(k *kernel, iterator string) []asm.Instruction {
		return []asm.Instruction{
			movX(1, 10), add(1, prepared), mov(2, 0), mov(3, 0), k.call("bpf_iter_" + iterator + "_new"), movX(1, 10), add(1, prepared),
		}
	}},
}

// call calls a kfunc.
func (k *kernel) call(name string) asm.Instruction {
	return asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, int32(k.id(name)))
}

// compareCall calls a helper or kfunc in any way that the kernel accepts, and compares
// the result, the stack and a packet pointer behind the call. It returns false where
// the kernel accepts no way, and whether there was a packet pointer.
func (k *kernel) compareCall(name string, calling asm.Instruction, s Signature) (packets, ok bool) {
	_, iterator, _ := strings.Cut(name, "bpf_iter_")
	iterator = iterator[:max(0, strings.LastIndexByte(iterator, '_'))]
	for _, p := range k.types {
		for _, way := range ways {
			if way.types != nil && !slices.Contains(way.types, p.name) || (way.name == "iterator") != (s.Iterator.Step > IteratorNew) {
				continue
			}
			fields, _ := Context(p.name)
			packet := slices.IndexFunc(fields, func(f Field) bool { return f.Kind == FieldPacket })
			insns := []asm.Instruction{movX(9, 1)}
			if packet >= 0 {
				insns = append(insns, load(6, 9, fields[packet].Offset, fields[packet].Size))
			}
			for off := int16(-stackSize); off < 0; off += 8 {
				insns = append(insns, asm.New(0x7a, 10, 0, off, pattern))
			}
			insns = append(insns, way.insns(k, iterator)...)
			// What the way itself clobbered is written again.
			for off := int16(-stackSize); off < 0; off += 8 {
				insns = append(insns, asm.New(0x7a, 10, 0, off, pattern))
			}
			clobbered := make(map[int16]bool)
			at := int32(-stackSize)
			for i, a := range s.Args {
				reg := asm.Register(i + 1)
				size := int32(a.Size)
				switch {
				case a.Kind == ArgDynptr || i == 0 && s.Iterator.Step > IteratorNew:
					insns = append(insns, movX(reg, 10), add(reg, prepared))
				case a.Clobbers() || i == 0 && s.Iterator.Step == IteratorNew:
					switch {
					case a.Kind == ArgMemory || a.Kind == ArgDynptrNew:
						size = 16
					case i == 0 && s.Iterator.Step == IteratorNew:
						size = 8 * int32(s.Iterator.Slots)
					case size == 0:
						size = -at
					}
					insns = append(insns, movX(reg, 10), add(reg, at))
					for off := at; off < at+size; off++ {
						clobbered[int16(off&^7)] = true
					}
					at += stackSize / 2
				case i > 0 && s.Args[i-1].Kind == ArgMemory:
					insns = append(insns, mov(reg, 16))
				case i > 0:
					insns = append(insns, mov(reg, 0))
				}
				if at >= 0 {
					at = -stackSize / 2
				}
			}
			// The moves print the registers: other messages can part a call from its state.
			calls := len(insns)
			insns = append(insns, calling, movX(7, 0))
			if s.Return.Kind == ReturnVoid {
				insns[calls+1] = mov(7, 0)
			}
			if packet >= 0 {
				insns = append(insns, movX(8, 6))
			}
			reads := len(insns)
			for off := int16(-stackSize); off < 0; off += 8 {
				insns = append(insns, load(7, 10, off, 8))
			}
			if s.Iterator.Step == IteratorNext { // the walk goes on only behind a path that ends well
				insns = append(insns, movX(1, 10), add(1, prepared), k.call("bpf_iter_"+iterator+"_destroy"))
			}
			insns = append(insns, mov(0, 0), exit)
			states, log := k.states(p, insns)
			if register(states[calls+1], 7) == "" {
				continue
			}
			where := fmt.Sprintf("%s in %s", name, p.name)
			if s.Return.Kind == ReturnVoid {
				insns[calls+1] = movX(7, 0)
				if _, log := k.states(p, insns); !strings.Contains(log, "R0 !read_ok") {
					k.t.Errorf("%s: r0 can be read\n%s", where, log)
				}
			} else {
				want := s.Return
				if s.Iterator.Step == IteratorNext {
					want.MaybeNull = false // the walk that comes last in the log
				}
				r0 := register(states[calls+1], 7)
				if complaint := compareReturn(want, r0); complaint != "" {
					k.t.Errorf("%s: r0 is %q to the kernel: %s", where, r0, complaint)
				}
			}
			if packet >= 0 {
				got := register(states[calls+2], 8)
				changes := s.Packet == PacketChanged || s.Packet == PacketChangedDynptr // the dynptr is of a sk_buff
				if strings.HasPrefix(got, "scalar(") != changes || strings.HasPrefix(got, "pkt(") == changes {
					k.t.Errorf("%s: the packet pointer is %q to the kernel", where, got)
				}
			}
			for i, off := 0, int16(-stackSize); off < 0; i, off = i+1, off+8 {
				got := register(states[reads+i], 7)
				if got == "" {
					// Slots of a dynptr or iterator cannot be read: those behind them were not tried.
					if !clobbered[off] {
						k.t.Errorf("%s: the stack at %d cannot be read\n%s", where, off, log)
					}
					break
				}
				// Kernels since 6.13 leave alone what a call only reads.
				if got != strconv.Itoa(pattern) && !clobbered[off] {
					k.t.Errorf("%s: the stack at %d is %q to the kernel, and not clobbered to us\n%s", where, off, got, log)
				}
			}
			return packet >= 0, true
		}
	}
	return false, false
}

// TestHelpersOnKernel calls the helpers that take neither maps nor functions.
func TestHelpersOnKernel(t *testing.T) {
	k := running(t)
	called, packets := 0, 0
	var missing []string
	for _, h := range helpers {
		switch packet, ok := k.compareCall(h.name, call(h.id), h.signature); {
		case !ok:
			missing = append(missing, h.name)
		case packet:
			packets++
			fallthrough
		default:
			called++
		}
	}
	t.Logf("%d helpers called, %d with a packet pointer; not called: %v", called, packets, missing)
	if called < 120 || packets < 60 {
		t.Errorf("%d helpers called, %d with a packet pointer, expected 120 and 60 at least", called, packets)
	}
}

// TestKfuncsOnKernel calls the kfuncs that the running kernel has itself.
func TestKfuncsOnKernel(t *testing.T) {
	k := running(t)
	called := 0
	var missing []string
	for _, f := range kfuncs {
		// Newer kernels take its type 0 for void, and return memory.
		if k.id(f.name) != 0 && f.name != "bpf_rdonly_cast" {
			if _, ok := k.compareCall(f.name, k.call(f.name), f.signature); ok {
				called++
				continue
			}
		}
		missing = append(missing, f.name)
	}
	t.Logf("%d kfuncs called; not called: %v", called, missing)
	if called < 50 {
		t.Errorf("%d kfuncs called, expected 50 at least", called)
	}
}

// compareReturn says where a register in the log is not what a signature says.
func compareReturn(r Return, value string) string {
	kind, facts, _ := strings.Cut(value, "(")
	null := strings.Contains(kind, "_or_null")
	kind = strings.Replace(kind, "_or_null", "", 1)
	names := map[ReturnKind]string{
		ReturnScalar: "scalar", ReturnVoid: "", ReturnSocket: "sock", ReturnSockCommon: "sock_common",
		ReturnTCPSock: "tcp_sock", ReturnMem: "mem", ReturnSlice: "mem",
	}
	if r.ReadOnly {
		kind = strings.TrimPrefix(kind, "rdonly_")
	}
	switch {
	case r.Kind == ReturnObject:
		trusted := strings.HasPrefix(kind, "trusted_ptr_") || strings.Contains(facts, "ref_obj_id=")
		if !strings.Contains(kind, "ptr_") || r.NotNull && !trusted {
			return "expected an object, trusted where it is said not to be null"
		}
	case kind != names[r.Kind]:
		return fmt.Sprintf("expected %q", names[r.Kind])
	}
	switch {
	case null != r.MaybeNull:
		return "whether it may be null"
	case r.Shares == 0 && strings.Contains(facts, "ref_obj_id=") != r.Acquires:
		return "whether it has a reference"
	case r.Kind == ReturnScalar && !r.Bounded && value != "scalar()":
		return "expected an unknown scalar"
	case r.MaxArg != 0 && value != "scalar(smin=smin32=-4095,smax=smax32=16)":
		return "expected -4095 to the size that was passed"
	case r.Bounded && r.MaxArg == 0:
		m := regexp.MustCompile(`smin=smin32=0,smax=umax=smax32=umax32=(\d+),`).FindStringSubmatch(value)
		if m == nil && value != "0" {
			return "expected bounds"
		}
		if m != nil {
			if max, err := strconv.ParseInt(m[1], 10, 64); err != nil || max > r.Max {
				return "less than we say is known"
			}
		}
	}
	return ""
}

// TestKfuncMemory derives from the BTF of the running kernel what the pointer arguments
// of its kfuncs are where the program passes stack (get_kfunc_ptr_arg_type): memory of
// the size of the type, where that is made of scalars alone.
func TestKfuncMemory(t *testing.T) {
	k := running(t)
	compared := 0
	for _, f := range kfuncs {
		var fn *btf.Func
		if k.spec.TypeByName(f.name, &fn) != nil {
			continue // in a module, or not in this kernel
		}
		params := fn.Type.(*btf.FuncProto).Params
		for i, param := range params[:min(len(params), 5)] {
			pointer, ok := btf.UnderlyingType(param.Type).(*btf.Pointer)
			if !ok || strings.HasSuffix(param.Name, "__ign") || strings.HasSuffix(param.Name, "__str") || i > 0 && i == int(f.signature.Callback.Arg)-1 {
				continue
			}
			got := f.signature.Args[i]
			if got.Kind == ArgReleased || got.Kind == ArgLent || got.Kind == ArgMemory || got.Kind == ArgDynptr || got.Kind == ArgDynptrNew {
				continue // by flag or name: TestKfuncsAgainstSource
			}
			target := btf.UnderlyingType(pointer.Target)
			name := ""
			if s, ok := target.(*btf.Struct); ok {
				name = s.Name
			}
			want := Arg{}
			switch {
			case i == 0 && f.signature.Iterator.Step != IteratorNone:
				size, err := btf.Sizeof(target)
				if slots := int(f.signature.Iterator.Slots); err != nil || size != 8*slots {
					t.Errorf("%s: the iterator has %d slots, and %d bytes to the kernel", f.name, slots, size)
				}
				compared++
				continue
			case name == "xdp_md" || name == "__sk_buff" || strings.HasPrefix(name, "bpf_list_") || strings.HasPrefix(name, "bpf_rb_") || name == "bpf_wq":
				// The context and what the program owns, by name.
			case strings.HasPrefix(name, "bpf_iter_"):
			case onlyScalars(target, 0):
				size, err := btf.Sizeof(target)
				if err != nil {
					t.Fatal(err)
				}
				want = Arg{Kind: ArgFixed, Size: uint32(size)}
				if strings.HasSuffix(name, "cpumask") {
					want.Size = 0 // of the running kernel's number of CPUs
				}
			}
			compared++
			if got != want {
				t.Errorf("%s: argument %d (%s) is %+v here, %+v by the BTF", f.name, i+1, param.Name, got, want)
			}
		}
	}
	t.Logf("%d arguments", compared)
	if compared < 100 {
		t.Errorf("%d arguments compared, expected 100 at least", compared)
	}
}

// onlyScalars is __btf_type_is_scalar_struct, and true of scalars.
func onlyScalars(typ btf.Type, depth int) bool {
	switch typ := btf.UnderlyingType(typ).(type) {
	case *btf.Int, *btf.Enum:
		return true
	case *btf.Array:
		element := btf.UnderlyingType(typ.Type)
		_, isInt := element.(*btf.Int)
		_, isEnum := element.(*btf.Enum)
		return typ.Nelems > 0 && depth > 0 && (isInt || isEnum)
	case *btf.Struct:
		return depth < 4 && !slices.ContainsFunc(typ.Members, func(m btf.Member) bool { return !onlyScalars(m.Type, depth+1) })
	case *btf.Union:
		return depth < 4 && !slices.ContainsFunc(typ.Members, func(m btf.Member) bool { return !onlyScalars(m.Type, depth+1) })
	}
	return false
}
