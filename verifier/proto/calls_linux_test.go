package proto_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/kernel/guest"
	"github.com/statecheck/statecheck/fuzz/kernel/guest/guesttest"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
	"github.com/statecheck/statecheck/verifier/proto"
)

// These tests read in a kernel's log what its verifier knows after a call or a load.
// They ask the running kernel, which may be newer and know more, and the guest, which is
// Linux 6.12, and has to know what we say, exactly.

// asker loads programs and returns the log of each.
type asker func([]verifier.Program) []string

// running asks the running kernel.
func running(t *testing.T) asker {
	t.Helper()
	kerneltest.Need(t)
	o, err := oracle.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return func(programs []verifier.Program) (logs []string) {
		for _, p := range programs {
			logs = append(logs, string(o.Load(&oracle.Program{Program: p}, 0, oracle.LogAll).Log))
		}
		return logs
	}
}

// booted asks the guest.
func booted(t *testing.T) asker {
	t.Helper()
	g, err := guest.New(t.Context(), guesttest.Kernel(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return func(programs []verifier.Program) (logs []string) {
		var questions []guest.Question
		for _, p := range programs {
			questions = append(questions, guest.Question{Program: &oracle.Program{Program: p}, LogLevel: oracle.LogAll})
		}
		answers, err := g.Ask(t.Context(), questions)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range answers {
			logs = append(logs, string(a.Plain.Log))
		}
		return logs
	}
}

// programTypes are types of programs, with what they attach to where they have to.
var programTypes = []verifier.Program{
	{Type: "socket_filter"}, {Type: "sched_cls"}, {Type: "sched_act"}, {Type: "xdp"}, {Type: "kprobe"}, {Type: "tracepoint"},
	{Type: "perf_event"}, {Type: "raw_tracepoint"}, {Type: "raw_tracepoint_writable"}, {Type: "cgroup_skb"},
	{Type: "cgroup_sock", AttachType: "cgroup_inet_sock_create"}, {Type: "cgroup_device"}, {Type: "cgroup_sysctl"},
	{Type: "cgroup_sock_addr", AttachType: "cgroup_inet4_connect"}, {Type: "cgroup_sockopt", AttachType: "cgroup_getsockopt"},
	{Type: "lwt_in"}, {Type: "lwt_out"}, {Type: "lwt_xmit"}, {Type: "lwt_seg6local"}, {Type: "sock_ops"}, {Type: "sk_skb"},
	{Type: "sk_msg"}, {Type: "sk_reuseport", AttachType: "sk_reuseport_select"}, {Type: "sk_lookup", AttachType: "sk_lookup"},
	{Type: "flow_dissector"}, {Type: "netfilter", AttachType: "netfilter"}, {Type: "lirc_mode2"}, {Type: "syscall"},
	{Type: "tracing", AttachType: "trace_fentry", AttachTo: "bpf_fentry_test1"},
	{Type: "tracing", AttachType: "trace_fexit", AttachTo: "bpf_fentry_test1"},
	{Type: "lsm", AttachType: "lsm_mac", AttachTo: "file_open"},
}

// loadable lists the types that a kernel loads: some let nobody load what attaches by BTF.
func loadable(t *testing.T, ask asker) (types []verifier.Program) {
	t.Helper()
	programs := slices.Clone(programTypes)
	for i := range programs {
		programs[i].Instructions = []asm.Instruction{mov(0, 0), exit}
	}
	var refused []string
	for i, log := range ask(programs) {
		if register(states(log)[0], 0) == "0" {
			types = append(types, programTypes[i])
		} else {
			refused = append(refused, programTypes[i].Type)
		}
	}
	t.Logf("types that this kernel does not load: %v", refused)
	if len(types) < 20 {
		t.Fatalf("%d types of programs load, expected 20 at least", len(types))
	}
	return types
}

// visit is a line of the log such as "3: (85) call bpf_redirect#23   ; R0_w=scalar()".
var visit = regexp.MustCompile(`^(\d+): \([0-9a-f]{2}\) [^;]*(?:; (.*))?`)

// states returns, by slot, what the log says of the registers behind the instruction, on
// its last visit.
func states(log string) map[int]string {
	states := make(map[int]string)
	for line := range strings.Lines(log) {
		if m := visit.FindStringSubmatch(line); m != nil && m[2] != "" {
			if slot, err := strconv.Atoi(m[1]); err == nil {
				states[slot] = m[2]
			}
		}
	}
	return states
}

// stated is a register in a state: "R7_w=scalar(id=2)".
var stated = regexp.MustCompile(`\bR(\d)(?:_r|_w|_rw)?=(\S+)`)

// scalarID is what a move gives a scalar.
var scalarID = regexp.MustCompile(`^(scalar\()id=\d+,?`)

// register is what a state says of a register; empty where that is nothing.
func register(state string, n int) string {
	for _, m := range stated.FindAllStringSubmatch(state, -1) {
		if m[1] == strconv.Itoa(n) {
			return scalarID.ReplaceAllString(m[2], "$1")
		}
	}
	return ""
}

var exit = asm.New(asm.Exit, 0, 0, 0, 0)

func mov(dst asm.Register, imm int32) asm.Instruction { return asm.New(0xb7, dst, 0, 0, imm) }
func movX(dst, src asm.Register) asm.Instruction      { return asm.New(asm.MovX, dst, src, 0, 0) }
func add(dst asm.Register, imm int32) asm.Instruction { return asm.New(0x07, dst, 0, 0, imm) }
func helper(id int32) asm.Instruction                 { return asm.New(asm.Call, 0, 0, 0, id) }

// load loads size bytes, 4 or 8.
func load(dst, src asm.Register, off int16, size uint8) asm.Instruction {
	if size == 4 {
		return asm.New(0x61, dst, src, off, 0)
	}
	return asm.New(0x79, dst, src, off, 0)
}

// The stack of the programs: a pattern in each slot of 128 bytes, which memory arguments
// get, half of it each; and below them what was made before the call.
const (
	pattern   = 7
	stackSize = 128
	prepared  = -256
)

// way is what comes before a call: how it gets its first argument, and a dynptr at the
// offset prepared. A kfunc is called by its name.
type way struct {
	types []string // of programs; nil: all
	insns []asm.Instruction
	kfunc string // called behind them; then r1 is the address of what is prepared
}

var ways = []way{
	{insns: []asm.Instruction{movX(1, 9)}}, // the context
	{insns: []asm.Instruction{mov(1, 0)}},
	{types: []string{"sched_cls", "cgroup_skb"}, insns: []asm.Instruction{ // a socket
		load(1, 9, 168, 8), asm.New(0x55, 1, 0, 2, 0), mov(0, 0), exit}},
	{types: []string{"sched_cls"}, insns: []asm.Instruction{ // one with a reference
		movX(1, 9), movX(2, 10), add(2, -stackSize/2), mov(3, 12), mov(4, -1), mov(5, 0), helper(84),
		asm.New(0x55, 0, 0, 1, 0), exit, movX(1, 0)}},
	{types: []string{"kprobe", "tracing", "lsm"}, insns: []asm.Instruction{helper(158), movX(1, 0)}}, // a task
	{types: []string{"lsm"}, insns: []asm.Instruction{load(1, 9, 0, 8)}},                             // a file
	{types: []string{"sched_cls"}, kfunc: "bpf_dynptr_from_skb", insns: []asm.Instruction{
		movX(1, 9), mov(2, 0), movX(3, 10), add(3, prepared)}},
}

// waysTo are the ways to call a function.
func waysTo(name string, s proto.Signature) []way {
	if s.Iterator.Step == proto.IteratorNext || s.Iterator.Step == proto.IteratorDestroy {
		return []way{{types: []string{"sched_cls"}, kfunc: name[:strings.LastIndexByte(name, '_')] + "_new", insns: []asm.Instruction{
			movX(1, 10), add(1, prepared), mov(2, 0), mov(3, 0)}}}
	}
	return ways
}

// subject is a program with the call of a helper or kfunc.
type subject struct {
	name      string
	signature proto.Signature
	program   verifier.Program
	call      int            // slot
	packet    bool           // r6 is a packet pointer
	clobbered map[int16]bool // slots of the stack, by offset
}

// newSubject calls the function of that row in a program of the type p, in some way. Behind the call
// r7 is r0, r8 is r6, and then r7 each slot of the stack. The moves print the
// registers: other messages can part a call from its state.
func newSubject(row effect.Row, signature proto.Signature, p verifier.Program, w way) *subject {
	s := &subject{name: row.Name, signature: signature, program: p, clobbered: make(map[int16]bool)}
	emit := func(insns ...asm.Instruction) { s.program.Instructions = append(s.program.Instructions, insns...) }
	kfunc := func(name string) {
		s.program.References = append(s.program.References,
			verifier.Reference{Slot: len(s.program.Instructions), Kind: verifier.RefKfunc, Name: name})
		emit(asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, 0))
	}
	fill := func() {
		for off := int16(-stackSize); off < 0; off += 8 {
			emit(asm.New(0x7a, 10, 0, off, pattern))
		}
	}

	emit(movX(9, 1))
	fields, _ := proto.Context(p.Type)
	if i := slices.IndexFunc(fields, func(f proto.Field) bool { return f.Kind == proto.FieldPacket }); i >= 0 {
		s.packet = true
		emit(load(6, 9, fields[i].Offset, fields[i].Size))
	}
	fill()
	emit(w.insns...)
	if w.kfunc != "" {
		kfunc(w.kfunc)
		emit(movX(1, 10), add(1, prepared))
	}
	fill() // what the way has clobbered

	at := int32(-stackSize)
	for i, a := range signature.Args {
		reg := asm.Register(i + 1)
		size := int32(a.Size)
		switch {
		case i == 0 && signature.Iterator.Step == proto.IteratorNew:
			size = 8 * int32(signature.Iterator.Slots)
		case a.Kind == proto.ArgDynptr && i > 0:
			emit(movX(reg, 10), add(reg, prepared))
			continue
		case a.Kind == proto.ArgMemory || a.Kind == proto.ArgDynptrNew:
			size = 16
		case a.Kind == proto.ArgFixed && size == 0:
			size = -at
		case a.Kind == proto.ArgFixed:
		case i > 0 && signature.Args[i-1].Kind == proto.ArgMemory:
			emit(mov(reg, 16))
			continue
		case i > 0:
			emit(mov(reg, 0))
			continue
		default: // by the way
			continue
		}
		emit(movX(reg, 10), add(reg, at))
		for off := at; off < at+size; off++ {
			s.clobbered[int16(off&^7)] = true
		}
		if at += stackSize / 2; at == 0 {
			at = -stackSize / 2
		}
	}

	s.call = len(s.program.Instructions)
	if row.Kind == effect.KindKfunc {
		kfunc(row.Name)
	} else {
		emit(helper(int32(row.ID)))
	}
	if signature.Return.Kind == proto.ReturnVoid {
		emit(mov(7, 0))
	} else {
		emit(movX(7, 0))
	}
	emit(movX(8, 9))
	if s.packet {
		s.program.Instructions[s.call+2] = movX(8, 6)
	}
	for off := int16(-stackSize); off < 0; off += 8 {
		emit(load(7, 10, off, 8))
	}
	if signature.Iterator.Step == proto.IteratorNext { // the walk goes on only behind a path that ends well
		emit(movX(1, 10), add(1, prepared))
		kfunc(strings.TrimSuffix(row.Name, "next") + "destroy")
	}
	emit(mov(0, 0), exit)
	return s
}

// accepted reports whether the walk went beyond the call.
func (s *subject) accepted(log string) bool { return register(states(log)[s.call+1], 7) != "" }

// compare lists where a log differs from the signature. Exactly: the kernel is 6.12, so
// that what is clobbered to us must be to it.
func (s *subject) compare(log string, exactly bool) (differences []string) {
	states := states(log)
	differ := func(format string, args ...any) {
		differences = append(differences, fmt.Sprintf(s.name+" in "+s.program.Type+": "+format, args...))
	}
	if want := s.signature.Return; want.Kind != proto.ReturnVoid {
		if s.signature.Iterator.Step == proto.IteratorNext {
			want.MaybeNull = false // the walk that comes last in the log
		}
		r0 := register(states[s.call+1], 7)
		if difference := compareReturn(want, r0); difference != "" {
			differ("r0 is %q to the kernel: %s", r0, difference)
		}
	}
	if s.packet {
		got := register(states[s.call+2], 8)
		changes := s.signature.Packet != proto.PacketKept // dynptrs here are of a sk_buff
		if strings.HasPrefix(got, "scalar(") != changes || strings.HasPrefix(got, "pkt(") == changes {
			differ("the packet pointer is %q to the kernel", got)
		}
	}
	anySize := slices.Contains(s.signature.Args[:], proto.Arg{Kind: proto.ArgFixed})
	for i, off := 0, int16(-stackSize); off < 0; i, off = i+1, off+8 {
		got := register(states[s.call+3+i], 7)
		known := got == strconv.Itoa(pattern)
		switch {
		case !known && !s.clobbered[off]:
			differ("the stack at %d is %q to the kernel, and not clobbered to us", off, got)
		case exactly && known && s.clobbered[off] && !anySize:
			differ("the stack at %d is known to the kernel, and clobbered to us", off)
		}
		if got == "" {
			break // a slot of a dynptr or iterator cannot be read: the walk has ended
		}
	}
	return differences
}

// compareReturn says where a register in the log is not what a signature says.
func compareReturn(r proto.Return, value string) string {
	kind, facts, _ := strings.Cut(value, "(")
	null := strings.Contains(kind, "_or_null")
	kind = strings.Replace(kind, "_or_null", "", 1)
	names := map[proto.ReturnKind]string{
		proto.ReturnScalar: "scalar", proto.ReturnSocket: "sock", proto.ReturnSockCommon: "sock_common",
		proto.ReturnTCPSock: "tcp_sock", proto.ReturnMem: "mem", proto.ReturnSlice: "mem",
	}
	if r.ReadOnly {
		kind = strings.TrimPrefix(kind, "rdonly_")
	}
	switch {
	case r.Bounded && r.MaxArg == 0:
		if value == "0" { // one CPU
			return ""
		}
		m := regexp.MustCompile(`^scalar\(smin=smin32=0,smax=umax=smax32=umax32=(\d+)[,)]`).FindStringSubmatch(value)
		if m == nil {
			return "expected bounds"
		}
		if greatest, err := strconv.ParseInt(m[1], 10, 64); err != nil || greatest > r.Max {
			return "less is known than we say"
		}
	case r.MaxArg != 0 && value != "scalar(smin=smin32=-4095,smax=smax32=16)":
		return "expected -4095 to the size that was passed"
	case r.Kind == proto.ReturnScalar && !r.Bounded && value != "scalar()":
		return "expected an unknown scalar"
	case r.Kind == proto.ReturnObject:
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
	}
	return ""
}

// TestCalls calls the helpers and kfuncs, in up to three types of programs where the running
// kernel accepts some way of passing arguments.
func TestCalls(t *testing.T) {
	ask := running(t)
	types := loadable(t, ask)
	var subjects []*subject
	called := map[effect.Kind]int{}
	packets := 0
	var missing []string
	for _, row := range effect.Rows() {
		var signature proto.Signature
		switch row.Kind {
		case effect.KindHelper:
			signature, _ = proto.Helper(int32(row.ID))
		case effect.KindKfunc:
			signature, _ = proto.Kfunc(row.Name)
			if row.Name == "bpf_rdonly_cast" {
				continue // newer kernels take its type 0 for void, and return memory
			}
		default:
			continue
		}
		found := 0
		for _, p := range types {
			for _, w := range waysTo(row.Name, signature) {
				if found == 3 || w.types != nil && !slices.Contains(w.types, p.Type) {
					continue
				}
				s := newSubject(row, signature, p, w)
				log := ask([]verifier.Program{s.program})[0]
				if !s.accepted(log) {
					continue
				}
				found++
				if s.packet {
					packets++
				}
				subjects = append(subjects, s)
				for _, d := range s.compare(log, false) {
					t.Error(d)
				}
				break
			}
		}
		if found > 0 {
			called[row.Kind]++
		} else {
			missing = append(missing, row.Name)
		}
	}
	t.Logf("%d calls, of %v; %d with a packet pointer; not called: %v", len(subjects), called, packets, missing)
	if called[effect.KindHelper] < 120 || called[effect.KindKfunc] < 50 || packets < 100 {
		t.Error("fewer calls than expected: 120 helpers, 50 kfuncs, 100 with a packet pointer")
	}
	t.Run("void", func(t *testing.T) { compareVoid(t, ask, subjects) })
	t.Run("guest", func(t *testing.T) {
		ask := booted(t)
		var programs []verifier.Program
		for _, s := range subjects {
			programs = append(programs, s.program)
		}
		compared := make(map[string]bool)
		for i, log := range ask(programs) {
			if !subjects[i].accepted(log) {
				continue // not in 6.12, or in no guest
			}
			compared[subjects[i].name] = true
			for _, d := range subjects[i].compare(log, true) {
				t.Error(d)
			}
		}
		t.Logf("%d helpers and kfuncs", len(compared))
		if len(compared) < 160 {
			t.Errorf("%d helpers and kfuncs called, expected 160 at least", len(compared))
		}
		compareVoid(t, ask, subjects)
	})
}

// compareVoid reads r0 behind calls that return nothing.
func compareVoid(t *testing.T, ask asker, subjects []*subject) {
	var programs []verifier.Program
	var names []string
	for _, s := range subjects {
		if s.signature.Return.Kind == proto.ReturnVoid {
			p := s.program
			p.Instructions = slices.Clone(p.Instructions)
			p.Instructions[s.call+1] = movX(7, 0)
			programs, names = append(programs, p), append(names, s.name)
		}
	}
	unreadable := 0
	for i, log := range ask(programs) {
		if strings.Contains(log, "R0 !read_ok") {
			unreadable++
		} else if register(states(log)[len(programs[i].Instructions)-1], 0) != "" {
			t.Errorf("%s: r0 can be read", names[i])
		}
	}
	if unreadable < 10 {
		t.Errorf("r0 is unreadable behind %d calls, expected 10 at least", unreadable)
	}
}

// TestContextLoads loads every 4 and 8 bytes of every context; from the guest, what the
// running kernel has not refused.
func TestContextLoads(t *testing.T) {
	refused := compareContexts(t, running(t), nil)
	t.Run("guest", func(t *testing.T) { compareContexts(t, booted(t), refused) })
}

// place is a load from a context.
type place struct {
	progType string
	offset   int16
	size     uint8
}

// compareContexts returns the loads that the kernel refuses.
func compareContexts(t *testing.T, ask asker, without map[place]bool) (refused map[place]bool) {
	kinds := map[string]proto.FieldKind{
		"pkt": proto.FieldPacket, "pkt_meta": proto.FieldPacketMeta, "pkt_end": proto.FieldPacketEnd, "sock": proto.FieldSocket,
		"sock_common": proto.FieldSockCommon, "flow_keys": proto.FieldFlowKeys, "tp_buffer": proto.FieldBuffer,
	}
	refused = make(map[place]bool)
	var places []place
	var programs []verifier.Program
	for _, p := range loadable(t, ask) {
		for off := int16(0); off < 256; off += 4 {
			for _, size := range []uint8{4, 8} {
				if at := (place{p.Type, off, size}); !without[at] {
					p.Instructions = []asm.Instruction{load(2, 1, off, size), movX(3, 2), mov(0, 0), exit}
					programs, places = append(programs, p), append(places, at)
				}
			}
		}
	}
	loads := make(map[string]int)
	total := 0
	for i, log := range ask(programs) {
		at := places[i]
		value := register(states(log)[1], 3)
		if value == "" {
			refused[at] = true
			continue
		}
		loads[at.progType]++
		total++
		fields, ok := proto.Context(at.progType)
		if !ok {
			t.Errorf("%s: no context", at.progType)
		}
		var want proto.Field
		if i := slices.IndexFunc(fields, func(f proto.Field) bool { return f.Offset == at.offset && f.Size == at.size }); i >= 0 {
			want = fields[i]
		}
		if want.Kind == proto.FieldTyped {
			continue // anything
		}
		kind, _, _ := strings.Cut(value, "(")
		kind, null := strings.CutSuffix(kind, "_or_null")
		var got proto.Field
		switch {
		case kind == "scalar":
		case strings.HasPrefix(kind, "trusted_ptr_"):
			got = proto.Field{Offset: at.offset, Size: at.size, Kind: proto.FieldObject}
		default:
			got = proto.Field{Offset: at.offset, Size: at.size, Kind: kinds[kind], MaybeNull: null}
		}
		if got != want || want.Kind == 0 && at.size == 8 && value != "scalar()" {
			t.Errorf("%s, %d bytes at %d: %s to the kernel, %+v to us", at.progType, at.size, at.offset, value, want)
		}
	}
	t.Logf("%d loads: %v", total, loads)
	if total < 700 {
		t.Errorf("%d loads, expected 700 at least", total)
	}
	return refused
}
