package verifier

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Instructions for test programs, in the order in which LLVM writes operands.
func mov(dst asm.Register, imm int32) asm.Instruction { return asm.New(0xb7, dst, 0, 0, imm) }
func movReg(dst, src asm.Register) asm.Instruction    { return asm.New(0xbf, dst, src, 0, 0) }
func add(dst asm.Register, imm int32) asm.Instruction { return asm.New(0x07, dst, 0, 0, imm) }
func addReg(dst, src asm.Register) asm.Instruction    { return asm.New(0x0f, dst, src, 0, 0) }
func call(helper int32) asm.Instruction               { return asm.New(asm.Call, 0, 0, 0, helper) }
func callTo(distance int32) asm.Instruction {
	return asm.New(asm.Call, 0, asm.PseudoCall, 0, distance)
}
func kfunc(id int32) asm.Instruction       { return asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, id) }
func goTo(distance int16) asm.Instruction  { return asm.New(asm.Goto, 0, 0, distance, 0) }
func goToL(distance int32) asm.Instruction { return asm.New(asm.GotoL, 0, 0, 0, distance) }
func ifEq(dst asm.Register, imm int32, distance int16) asm.Instruction {
	return asm.New(0x15, dst, 0, distance, imm)
}
func load64(dst, src asm.Register, off int16) asm.Instruction { return asm.New(0x79, dst, src, off, 0) }
func store64(dst asm.Register, off int16, src asm.Register) asm.Instruction {
	return asm.New(0x7b, dst, src, off, 0)
}

var exit = asm.New(asm.Exit, 0, 0, 0, 0)

// wide is a LD_IMM64 of that pseudo source.
func wide(dst, src asm.Register, lo, hi int32) []asm.Instruction {
	return []asm.Instruction{asm.New(asm.LoadImm64, dst, src, 0, lo), asm.New(0, 0, 0, 0, hi)}
}

// code joins instructions and groups of them.
func code(parts ...any) []asm.Instruction {
	var out []asm.Instruction
	for _, p := range parts {
		switch p := p.(type) {
		case asm.Instruction:
			out = append(out, p)
		case []asm.Instruction:
			out = append(out, p...)
		default:
			panic(fmt.Sprintf("code: %T", p))
		}
	}
	return out
}

// chain is a program of n functions, each of which calls the next.
func chain(n int) []asm.Instruction {
	var out []asm.Instruction
	for range n - 1 {
		out = append(out, callTo(1), exit)
	}
	return append(out, mov(0, 0), exit)
}

// addresses is a program of n functions, each of which takes the address of the
// next; the last one ends with ins.
func addresses(n int, ins asm.Instruction) []asm.Instruction {
	var out []asm.Instruction
	for range n - 1 {
		out = append(out, code(wide(1, asm.PseudoFunc, 2, 0), exit)...)
	}
	return append(out, ins, exit)
}

func TestCheck(t *testing.T) {
	ipVRF := code( // ip/ipvrf.c of iproute2: prog_load
		movReg(6, 1),
		mov(3, 7),
		mov(2, 20),
		asm.New(0x63, 1, 3, 0, 0), // *(u32 *)(r1 + 0) = r3: bound_dev_if
		mov(0, 1),
		exit,
	)
	tests := []struct {
		name    string
		reason  string // why the verdict is right
		program Program
		options Options
		verdict Verdict
		// findings as "slot name effects"; allowed and waived likewise.
		findings, allowed, waived []string
		err                       string
	}{{
		name:    "ip vrf",
		reason:  "bound_dev_if belongs to the context socket",
		program: Program{Type: "cgroup_sock", Instructions: ipVRF},
		verdict: Stateless,
		allowed: []string{"3 store context"},
	}, {
		name:    "redirect",
		reason:  "the target outlives the invocation in bpf_redirect_info",
		program: Program{Type: "xdp", Instructions: code(mov(1, 1), mov(2, 0), call(23), exit)},
		verdict: Stateful, findings: []string{"2 bpf_redirect handoff"},
	}, {
		name:    "redirect in a branch that is never taken",
		reason:  "cfg takes every branch both ways",
		program: Program{Type: "xdp", Instructions: code(mov(0, 0), ifEq(0, 0, 1), call(23), exit)},
		verdict: Stateful, findings: []string{"2 bpf_redirect handoff"},
	}, {
		name:    "time",
		reason:  "reading a clock leaves nothing behind",
		program: Program{Type: "xdp", Instructions: code(call(5), exit)},
		verdict: Stateless, allowed: []string{"0 bpf_ktime_get_ns ambient"},
	}, {
		name:    "time under pure",
		reason:  "the result depends on more than the context",
		program: Program{Type: "xdp", Instructions: code(call(5), exit)},
		options: Options{Profile: ProfilePure},
		verdict: Stateful, findings: []string{"0 bpf_ktime_get_ns ambient"},
	}, {
		name:   "every map form without a name",
		reason: "a bare file descriptor or index is a map, whatever it holds",
		program: Program{Type: "xdp", Instructions: code(
			wide(1, asm.PseudoMapFD, 4, 0), wide(1, asm.PseudoMapValue, 4, 8),
			wide(1, asm.PseudoMapIdx, 0, 0), wide(1, asm.PseudoMapIdxValue, 0, 8), mov(0, 0), exit)},
		verdict:  Stateful,
		findings: []string{"0 fd#4 map", "2 fd#4 map", "4 fd_array#0 map", "6 fd_array#0 map"},
	}, {
		name:   "read-only data under flag",
		reason: "a frozen section is a map to the kernel",
		program: Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoMapValue, 0, 0), mov(0, 0), exit),
			References: []Reference{{Slot: 0, Kind: RefMap, Name: ".rodata", Map: MapROData}}},
		verdict: Stateful, findings: []string{"0 .rodata constant"},
	}, {
		name:   "read-only data under sections",
		reason: "it can be dumped beside the instructions",
		program: Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoMapValue, 0, 0), mov(0, 0), exit),
			References: []Reference{{Slot: 0, Kind: RefMap, Name: ".rodata", Map: MapROData}}},
		options: Options{Profile: ProfileSections},
		verdict: Stateless, allowed: []string{"0 .rodata constant"},
	}, {
		name:   "global variable under sections",
		reason: "it keeps its value between runs",
		program: Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoMapValue, 0, 0), mov(0, 0), exit),
			References: []Reference{{Slot: 0, Kind: RefMap, Name: ".bss", Map: MapBSS}}},
		options: Options{Profile: ProfileSections},
		verdict: Stateful, findings: []string{"0 .bss map"},
	}, {
		name:   "map kind that is not known",
		reason: "fail closed",
		program: Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoMapFD, 0, 0), mov(0, 0), exit),
			References: []Reference{{Slot: 0, Kind: RefMap, Name: "m", Map: "future"}}},
		verdict: Stateful, findings: []string{"0 m map"},
	}, {
		name:   "map at a slot with a CO-RE relocation",
		reason: "that a value is unknown does not take the name away",
		program: Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoMapFD, 0, 0), mov(0, 0), exit),
			References: []Reference{{Slot: 0, Kind: RefCORE}, {Slot: 0, Kind: RefMap, Name: "m", Map: MapPlain}}},
		verdict: Stateful, findings: []string{"0 m map"},
	}, {
		name:   "kernel variable",
		reason: "reading it leaves nothing behind",
		program: Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoBTFID, 0, 0), mov(0, 0), exit),
			References: []Reference{{Slot: 0, Kind: RefVariable, Name: "bpf_prog_active"}}},
		verdict: Stateless, allowed: []string{"0 bpf_prog_active ambient"},
	}, {
		name:    "helper that Linux does not have",
		reason:  "fail closed",
		program: Program{Type: "xdp", Instructions: code(call(212), call(0), call(-1), exit)},
		verdict: Stateful, findings: []string{"0 helper#212 unknown", "1 helper#0 unknown", "2 helper#-1 unknown"},
	}, {
		name:    "libbpf's poison",
		reason:  "a CO-RE relocation that did not resolve",
		program: Program{Type: "xdp", Instructions: code(call(0xbad2310), exit)},
		verdict: Stateful, findings: []string{"0 0xbad2310 unknown"},
	}, {
		name:   "kfuncs with and without a name",
		reason: "a BTF id alone says nothing of the function, and a name that the table lacks as little",
		program: Program{Type: "xdp", Instructions: code(kfunc(0), kfunc(77), kfunc(0), kfunc(0), exit),
			References: []Reference{{Slot: 0, Kind: RefKfunc, Name: "bpf_rcu_read_lock"},
				{Slot: 2, Kind: RefKfunc, Name: "bpf_of_a_module"}, {Slot: 3, Kind: RefKfunc, Name: "bpf_ct_insert_entry"}}},
		verdict: Stateful, findings: []string{"1 kfunc#77 unknown", "2 bpf_of_a_module unknown", "3 bpf_ct_insert_entry kernel"},
	}, {
		name:    "irregular slot",
		reason:  "the kernel refuses it only where its walk comes by, so it is no reason for invalid",
		program: Program{Type: "xdp", Instructions: code(asm.New(0xb7, 0, 1, 0, 0), exit)},
		verdict: Stateful, findings: []string{"0 irregular unknown"},
	}, {
		name:    "irregular call of a stateful helper",
		reason:  "accepting unknown effects does not accept the helper",
		program: Program{Type: "xdp", Instructions: code(asm.New(asm.Call, 1, 0, 0, 23), exit)},
		options: Options{Allow: []string{"unknown"}},
		verdict: Stateful, findings: []string{"0 bpf_redirect handoff"}, waived: []string{"0 irregular unknown"},
	}, {
		name:    "ext",
		reason:  "it needs the program that it extends",
		program: Program{Type: "ext", Instructions: code(mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"0 ext program"},
	}, {
		name:    "target program",
		reason:  "it needs the program that it traces",
		program: Program{Type: "tracing", TargetProgram: true, Instructions: code(mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"0 target program program"},
	}, {
		name:    "accepted by name",
		reason:  "--allow with a helper",
		program: Program{Type: "xdp", Instructions: code(call(23), call(6), exit)},
		options: Options{Allow: []string{"bpf_redirect"}},
		verdict: Stateful, findings: []string{"1 bpf_trace_printk ambient,output"}, waived: []string{"0 bpf_redirect handoff"},
	}, {
		name:    "accepted by effect",
		reason:  "ambient passes anyway, output is accepted",
		program: Program{Type: "xdp", Instructions: code(call(6), exit)},
		options: Options{Allow: []string{"output"}},
		verdict: Stateless, waived: []string{"0 bpf_trace_printk ambient,output"},
	}, {
		name:    "accepted by half of the effects",
		reason:  "every effect that the profile rejects must be accepted",
		program: Program{Type: "xdp", Instructions: code(call(51), exit)},
		options: Options{Allow: []string{"handoff"}},
		verdict: Stateful, findings: []string{"0 bpf_redirect_map map,handoff"},
	}, {
		name:   "callback",
		reason: "the function whose address is loaded is part of the program",
		program: Program{Type: "xdp", Instructions: code(
			mov(1, 4), wide(2, asm.PseudoFunc, 5, 0), mov(3, 0), mov(4, 0), call(181), exit,
			call(6), exit)},
		verdict: Stateful, findings: []string{"7 bpf_trace_printk ambient,output"},
		allowed: nil,
	}, {
		name:   "exception callback",
		reason: "it is part of the program though nothing refers to it",
		program: Program{Type: "xdp", Instructions: code(mov(0, 0), exit, call(23), exit),
			Functions: []Function{{Name: "main", Start: 0}, {Name: "ex", Start: 2, ExceptionCallback: true}}},
		verdict: Stateful, findings: []string{"2 bpf_redirect handoff"},
	}, {
		name:   "struct_ops stores a constant",
		reason: "bpf_tcp_ca_btf_struct_access asks for the member, not for what is stored",
		program: Program{Type: "struct_ops",
			Instructions: code(load64(2, 1, 0), asm.New(0x62, 2, 0, 1444, 7), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"1 store kernel kernel"},
	}, {
		name:   "struct_ops adds atomically",
		reason: "check_atomic asks for a store as for any other",
		program: Program{Type: "struct_ops",
			Instructions: code(load64(2, 1, 0), mov(3, 1), asm.New(0xc3, 2, 3, 1444, asm.AtomicAdd), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"2 store kernel kernel"},
	}, {
		name:   "kernel pointer that an exchange fetches from the stack",
		reason: "check_stack_read_fixed_off gives the source register what was spilled",
		program: Program{Type: "struct_ops", Instructions: code(load64(2, 1, 0), store64(10, -8, 2), mov(3, 0),
			asm.New(0xdb, 10, 3, -8, asm.AtomicXchg), asm.New(0x62, 3, 0, 1444, 7), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"4 store kernel kernel"},
	}, {
		name:   "kernel pointer that a compare-and-exchange fetches from the stack",
		reason: "the same, into r0",
		program: Program{Type: "struct_ops", Instructions: code(load64(2, 1, 0), store64(10, -8, 2), mov(3, 0), mov(0, 0),
			asm.New(0xdb, 10, 3, -8, asm.AtomicCmpxchg), asm.New(0x62, 0, 0, 1444, 7), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"5 store kernel kernel"},
	}, {
		name:   "exception callback stores through its argument",
		reason: "nothing in the program says what it is given; all of its registers that are arguments count",
		program: Program{Type: "struct_ops", Instructions: code(mov(0, 0), exit, asm.New(0x62, 1, 0, 1444, 7), mov(0, 0), exit),
			Functions: []Function{{Start: 2, ExceptionCallback: true}}},
		verdict: Stateful, findings: []string{"2 store kernel kernel"},
	}, {
		name:   "callback stores a constant through its first argument",
		reason: "what calls it may hand it a kernel object",
		program: Program{Type: "struct_ops", Instructions: code(mov(1, 4), wide(2, asm.PseudoFunc, 5, 0), mov(3, 0), mov(4, 0), call(181), exit,
			asm.New(0x62, 1, 0, 1444, 7), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"7 store kernel kernel"},
	}, {
		name:   "action stores to a connection",
		reason: "sched_act has the operations of sched_cls: tc_cls_act_btf_struct_access",
		program: Program{Type: "sched_act",
			Instructions: code(kfunc(0), mov(3, 0), store64(0, 168, 3), mov(0, 0), exit),
			References:   []Reference{{Slot: 0, Kind: RefKfunc, Name: "bpf_skb_ct_lookup"}}},
		verdict: Stateful, findings: []string{"2 store kernel kernel"}, allowed: []string{"0 bpf_skb_ct_lookup ambient"},
	}, {
		name:   "tc stores to what it cast to a connection",
		reason: "bpf_rdonly_cast makes a struct nf_conn of any pointer; that it may be read alone is the kernel's word at load",
		program: Program{Type: "sched_cls",
			Instructions: code(mov(2, 77), kfunc(0), mov(3, 0), store64(0, 168, 3), mov(0, 0), exit),
			References:   []Reference{{Slot: 1, Kind: RefKfunc, Name: "bpf_rdonly_cast"}}},
		verdict: Stateful, findings: []string{"3 store kernel kernel"}, allowed: []string{"1 bpf_rdonly_cast ambient"},
	}, {
		name:   "tc stores to the connection that it inserted",
		reason: "bpf_ct_insert_entry returns a struct nf_conn",
		program: Program{Type: "sched_cls",
			Instructions: code(kfunc(0), mov(3, 0), store64(0, 168, 3), mov(0, 0), exit),
			References:   []Reference{{Slot: 0, Kind: RefKfunc, Name: "bpf_ct_insert_entry"}}},
		verdict: Stateful, findings: []string{"0 bpf_ct_insert_entry kernel", "2 store kernel kernel"},
	}, {
		name:    "kprobe reads the socket of a file",
		reason:  "bpf_sock_from_file, helper 162, returns PTR_TO_BTF_ID_OR_NULL of a struct socket",
		program: Program{Type: "kprobe", Instructions: code(call(162), ifEq(0, 0, 1), load64(0, 0, 16), exit)},
		options: Options{Profile: ProfilePure},
		verdict: Stateful, findings: []string{"0 bpf_sock_from_file ambient", "2 load kernel ambient"},
	}, {
		name:   "read-only data by index under sections",
		reason: "PSEUDO_MAP_IDX_VALUE is the address of a value as PSEUDO_MAP_VALUE is",
		program: Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoMapIdxValue, 0, 0), mov(0, 0), exit),
			References: []Reference{{Slot: 0, Kind: RefMap, Name: ".rodata", Map: MapROData}}},
		options: Options{Profile: ProfileSections},
		verdict: Stateless, allowed: []string{"0 .rodata constant"},
	}, {
		name:   "the map of read-only data by index under sections",
		reason: "PSEUDO_MAP_IDX is the map itself, which can be handed to a helper",
		program: Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoMapIdx, 0, 0), mov(0, 0), exit),
			References: []Reference{{Slot: 0, Kind: RefMap, Name: ".rodata", Map: MapROData}}},
		options: Options{Profile: ProfileSections},
		verdict: Stateful, findings: []string{"0 .rodata map"},
	}, {
		name:   "kfunc at a slot with a CO-RE relocation",
		reason: "that a value is unknown does not take the name away",
		program: Program{Type: "xdp", Instructions: code(kfunc(0), exit),
			References: []Reference{{Slot: 0, Kind: RefCORE}, {Slot: 0, Kind: RefKfunc, Name: "bpf_rcu_read_lock"}}},
		verdict: Stateless,
	}, {
		name:   "timer's callback that sets itself again",
		reason: "check_max_stack_depth_subprog begins a new stack at an asynchronous callback, so this is no recursion",
		program: Program{Type: "xdp", Instructions: code(wide(2, asm.PseudoFunc, 4, 0), call(170), mov(0, 0), exit,
			wide(2, asm.PseudoFunc, -1, 0), call(170), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"2 bpf_timer_set_callback map,handoff", "7 bpf_timer_set_callback map,handoff"},
	}, {
		name:   "callback that takes its own address",
		reason: "without anything that runs it later, check_max_stack_depth_subprog takes the address as a call",
		program: Program{Type: "xdp", Instructions: code(wide(2, asm.PseudoFunc, 4, 0), call(5), mov(0, 0), exit,
			wide(2, asm.PseudoFunc, -1, 0), mov(0, 0), exit)},
		verdict: Invalid, err: "slot 5: recursive call, expected at most 8 frames (kernel/bpf/verifier.c:check_max_stack_depth_subprog)",
	}, {
		name:    "store through the stack pointer's copy",
		reason:  "the stack is the invocation's own, whatever the type",
		program: Program{Instructions: code(movReg(2, 10), add(2, -8), mov(3, 0), store64(2, 0, 3), mov(0, 0), exit)},
		verdict: Stateless,
	}, {
		name:    "store through a pointer from memory, type not known",
		reason:  "it may be a kernel object or a map iterator's value",
		program: Program{Instructions: code(load64(2, 1, 0), mov(3, 0), store64(2, 0, 3), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"2 store untyped unknown"},
	}, {
		name:   "map iterator stores its value",
		reason: "settled case 12: no reference, no helper, but the value is the map's",
		program: Program{Type: "tracing", AttachType: "trace_iter", AttachTo: "bpf_map_elem",
			Instructions: code(load64(2, 1, 24), mov(3, 0), store64(2, 0, 3), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"2 store iterator value map"},
	}, {
		name:   "map iterator lets a helper write its value",
		reason: "no store instruction, but bpf_get_current_comm writes through its argument",
		program: Program{Type: "tracing", AttachType: "trace_iter", AttachTo: "bpf_sk_storage_map",
			Instructions: code(load64(1, 1, 24), mov(2, 16), call(16), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"2 store iterator value map"},
		allowed: []string{"2 bpf_get_current_comm ambient"},
	}, {
		name:   "map iterator lets a kfunc write its value",
		reason: "a cpumask is plain memory to the verifier, so that the value can be one",
		program: Program{Type: "tracing", AttachType: "trace_iter", AttachTo: "bpf_map_elem",
			Instructions: code(load64(2, 1, 24), mov(1, 3), kfunc(0), mov(0, 0), exit),
			References:   []Reference{{Slot: 2, Kind: RefKfunc, Name: "bpf_cpumask_set_cpu"}}},
		verdict: Stateful, findings: []string{"2 store iterator value map"},
	}, {
		name:   "another iterator",
		reason: "its buffers are read-only or its own",
		program: Program{Type: "tracing", AttachType: "trace_iter", AttachTo: "task",
			Instructions: code(load64(2, 1, 24), mov(3, 0), store64(2, 0, 3), mov(0, 0), exit)},
		verdict: Stateless, allowed: []string{"2 store context"},
	}, {
		name:   "struct_ops stores through a pointer",
		reason: "sched_ext may write task fields (bpf_scx_btf_struct_access)",
		program: Program{Type: "struct_ops",
			Instructions: code(load64(2, 1, 0), mov(3, 0), store64(2, 0, 3), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"2 store kernel kernel"},
	}, {
		name:   "bpf_get_stack of a tracing program into memory that it may only read",
		reason: "its prototype lets the verifier check the buffer for reading alone",
		program: Program{Type: "tracing", AttachType: "trace_fentry",
			Instructions: code(load64(2, 1, 0), mov(3, 8), mov(4, 0), call(67), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"3 store kernel kernel"},
		allowed: []string{"3 bpf_get_stack context,ambient"},
	}, {
		name:   "tracing reads a task",
		reason: "the argument is a typed pointer to a kernel object",
		program: Program{Type: "tracing", AttachType: "trace_fentry",
			Instructions: code(load64(2, 1, 0), load64(0, 2, 16), exit)},
		options: Options{Profile: ProfilePure},
		verdict: Stateful, findings: []string{"1 load kernel ambient"},
	}, {
		name:   "XDP reads its packet",
		reason: "no pointer of the context leads to a kernel object",
		program: Program{Type: "xdp",
			Instructions: code(asm.New(0x61, 2, 1, 0, 0), load64(0, 2, 16), exit)},
		options: Options{Profile: ProfilePure},
		verdict: Stateless,
	}, {
		name:   "tc reads its socket",
		reason: "the socket is reached through the context, but is not the context",
		program: Program{Type: "sched_cls",
			Instructions: code(load64(2, 1, 168), ifEq(2, 0, 1), load64(0, 2, 16), exit)},
		options: Options{Profile: ProfilePure},
		verdict: Stateful, findings: []string{"2 load kernel ambient"},
	}, {
		name:   "tc stores to a connection",
		reason: "tc_cls_act_btf_struct_access lets it write nf_conn's mark",
		program: Program{Type: "sched_cls",
			Instructions: code(kfunc(0), mov(3, 0), store64(0, 168, 3), mov(0, 0), exit),
			References:   []Reference{{Slot: 0, Kind: RefKfunc, Name: "bpf_skb_ct_lookup"}}},
		verdict: Stateful, findings: []string{"2 store kernel kernel"}, allowed: []string{"0 bpf_skb_ct_lookup ambient"},
	}, {
		name:   "tc with a connection stores to its packet's mark",
		reason: "what comes from the argument is the context, connections or not",
		program: Program{Type: "sched_cls", Instructions: code(movReg(6, 1), kfunc(0), asm.New(0x63, 6, 3, 8, 0), mov(0, 0), exit),
			References: []Reference{{Slot: 1, Kind: RefKfunc, Name: "bpf_skb_ct_lookup"}}},
		verdict: Stateless, allowed: []string{"1 bpf_skb_ct_lookup ambient", "2 store context"},
	}, {
		name:    "XDP stores to what an unknown kfunc returned",
		reason:  "it may be a connection",
		program: Program{Type: "xdp", Instructions: code(kfunc(7), store64(0, 0, 3), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"0 kfunc#7 unknown", "1 store kernel kernel"},
	}, {
		name:   "XDP stores to what another kfunc returned",
		reason: "without a connection nothing else than its packet may be stored to",
		program: Program{Type: "xdp", Instructions: code(kfunc(0), store64(0, 0, 3), mov(0, 0), exit),
			References: []Reference{{Slot: 0, Kind: RefKfunc, Name: "bpf_dynptr_slice_rdwr"}}},
		verdict: Stateless, allowed: []string{"0 bpf_dynptr_slice_rdwr context", "1 store context"},
	}, {
		name:    "XDP reads what a kfunc returned",
		reason:  "a kfunc may return a kernel object",
		program: Program{Type: "xdp", Instructions: code(kfunc(7), load64(0, 0, 16), exit)},
		options: Options{Profile: ProfilePure},
		verdict: Stateful, findings: []string{"0 kfunc#7 unknown", "1 load kernel ambient"},
	}, {
		name:    "XDP reads a kernel variable",
		reason:  "its address is a typed pointer",
		program: Program{Type: "xdp", Instructions: code(wide(2, asm.PseudoBTFID, 5, 0), load64(0, 2, 0), exit)},
		options: Options{Profile: ProfilePure},
		verdict: Stateful, findings: []string{"0 btf_id#5 ambient", "2 load kernel ambient"},
	}, {
		name:    "kernel pointer past a long jump",
		reason:  "it is the same behind it",
		program: Program{Type: "struct_ops", Instructions: code(load64(2, 1, 0), goToL(0), goTo(0), store64(2, 0, 3), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"3 store kernel kernel"},
	}, {
		name:   "tc reads its packet at the socket's offset",
		reason: "the socket is 8 bytes; what 4 bytes hold is no pointer",
		program: Program{Type: "sched_cls",
			Instructions: code(asm.New(0x61, 2, 1, 76, 0), asm.New(0x61, 0, 2, 168, 0), store64(10, -168, 2), exit)},
		options: Options{Profile: ProfilePure},
		verdict: Stateless,
	}, {
		name:   "tc with other CO-RE relocations",
		reason: "a constant, and a load from the stack, are no field of the context",
		program: Program{Type: "sched_cls",
			Instructions: code(mov(2, 0), load64(3, 10, -8), asm.New(0x61, 2, 1, 76, 0), asm.New(0x61, 0, 2, 16, 0), exit),
			References:   []Reference{{Slot: 0, Kind: RefCORE}, {Slot: 1, Kind: RefCORE}}},
		options: Options{Profile: ProfilePure},
		verdict: Stateless,
	}, {
		name:   "spilled kernel pointer",
		reason: "memory is not followed: what is filled may be anything",
		program: Program{Type: "struct_ops",
			Instructions: code(load64(2, 1, 0), store64(10, -8, 2), load64(3, 10, -8), store64(3, 0, 2), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"3 store kernel kernel"},
	}, {
		name:   "pointer moved by addition",
		reason: "a kernel pointer that is added to 0 is still one",
		program: Program{Type: "struct_ops",
			Instructions: code(load64(2, 1, 0), mov(3, 0), addReg(3, 2), store64(3, 0, 2), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"3 store kernel kernel"},
	}, {
		name:   "pointer added to the difference of two",
		reason: "r10 minus r10 is the number 0, and the sum the kernel pointer",
		program: Program{Type: "struct_ops", Instructions: code(load64(6, 1, 0), movReg(2, 10),
			asm.New(0x1f, 2, 10, 0, 0), ifEq(2, 0, 1), goTo(2), addReg(2, 6), store64(2, 0, 6), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"6 store kernel kernel"},
	}, {
		name:   "map iterator by another name",
		reason: "libbpf takes any beginning of vmlinux before the colon",
		program: Program{Type: "tracing", AttachType: "trace_iter", AttachTo: "vm:bpf_map_elem",
			Instructions: code(load64(2, 1, 24), mov(3, 0), store64(2, 0, 3), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"2 store iterator value map"},
	}, {
		name:   "map with the name of an effect",
		reason: "to accept output is not to accept a map that is called output",
		program: Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoMapFD, 0, 0), mov(0, 0), exit),
			References: []Reference{{Slot: 0, Kind: RefMap, Name: "output", Map: MapPlain}}},
		options: Options{Allow: []string{"output", "bpf_redirect"}},
		verdict: Stateful, findings: []string{"0 output map"},
	}, {
		name:   "kfunc with the name of a helper",
		reason: "to accept the helper is not to accept a kfunc that nobody knows",
		program: Program{Type: "xdp", Instructions: code(kfunc(0), exit),
			References: []Reference{{Slot: 0, Kind: RefKfunc, Name: "bpf_trace_printk"}}},
		options: Options{Allow: []string{"bpf_trace_printk"}},
		verdict: Stateful, findings: []string{"0 bpf_trace_printk unknown"},
	}, {
		name:   "bpf_get_stack of a raw tracepoint into the current task",
		reason: "the typed pointer comes from a helper",
		program: Program{Type: "raw_tracepoint", Instructions: code(movReg(6, 1), call(158), movReg(2, 0), movReg(1, 6),
			mov(3, 8), mov(4, 0), call(67), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"6 store kernel kernel"},
		allowed: []string{"1 bpf_get_current_task_btf ambient", "6 bpf_get_stack context,ambient"},
	}, {
		name:   "tc reads its socket at an offset that CO-RE fills in",
		reason: "the offset in the object is not the one that is loaded",
		program: Program{Type: "sched_cls",
			Instructions: code(load64(2, 1, 0), ifEq(2, 0, 1), load64(0, 2, 16), exit),
			References:   []Reference{{Slot: 0, Kind: RefCORE}}},
		options: Options{Profile: ProfilePure},
		verdict: Stateful, findings: []string{"2 load kernel ambient"},
	}, {
		name:   "tc beside a CO-RE relocation that is nowhere",
		reason: "what a reader got wrong is no reason to panic",
		program: Program{Type: "sched_cls", Instructions: code(load64(2, 1, 0), load64(0, 2, 16), exit),
			References: []Reference{{Slot: -1, Kind: RefCORE}, {Slot: 3, Kind: RefCORE}}},
		options: Options{Profile: ProfilePure},
		verdict: Stateless,
	}, {
		name:   "pointer that the loop changes",
		reason: "the first time round it is the stack, the second time a kernel object",
		program: Program{Type: "struct_ops", Instructions: code(load64(6, 1, 0), movReg(2, 10), mov(3, 0),
			store64(2, -8, 3), movReg(2, 6), ifEq(6, 0, -3), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"3 store kernel kernel"},
	}, {
		name:   "pointer that the loop changes a branch before",
		reason: "what is found late goes on to everything behind it",
		program: Program{Type: "struct_ops", Instructions: code(load64(6, 1, 0), movReg(2, 10), mov(3, 0),
			ifEq(3, 0, 1), store64(2, -8, 3), goTo(0), ifEq(6, 0, 2), movReg(2, 6), goTo(-6), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"4 store kernel kernel"},
	}, {
		name:   "stack pointer moved by a number from memory",
		reason: "a pointer plus what the kernel lets one add is the same pointer",
		program: Program{Type: "struct_ops", Instructions: code(load64(6, 1, 0), movReg(2, 10), add(2, -16),
			addReg(2, 6), store64(2, 0, 1), mov(0, 0), exit)},
		verdict: Stateless,
	}, {
		name:   "callee stores through a kernel pointer",
		reason: "arguments of a function are those of its calls",
		program: Program{Type: "struct_ops",
			Instructions: code(load64(5, 1, 0), callTo(2), mov(0, 0), exit, mov(3, 0), store64(5, 0, 3), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"5 store kernel kernel"},
	}, {
		name:   "caller's saved registers",
		reason: "a callee has r1 to r5 from its caller, and its own stack",
		program: Program{Type: "struct_ops", Instructions: code(load64(6, 1, 0), callTo(2), mov(0, 0), exit,
			movReg(6, 10), store64(6, -8, 1), mov(0, 0), exit)},
		verdict: Stateless,
	}, {
		name:   "callback stores through its argument",
		reason: "it is called by the kernel, which may hand it anything",
		program: Program{Type: "struct_ops", Instructions: code(mov(1, 4), wide(2, asm.PseudoFunc, 5, 0), mov(3, 0), mov(4, 0), call(181), exit,
			store64(5, 0, 1), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"7 store kernel kernel"},
	}, {
		name:   "exception callback stores through a pointer from memory",
		reason: "its code counts though nothing leads to it",
		program: Program{Type: "struct_ops", Instructions: code(mov(0, 0), exit, load64(2, 10, -8), store64(2, 0, 1), mov(0, 0), exit),
			Functions: []Function{{Start: 2, ExceptionCallback: true}}},
		verdict: Stateful, findings: []string{"3 store kernel kernel"},
	}, {
		name:    "helper fills a buffer",
		reason:  "memory that a program of this type may write is its own, and needs no word",
		program: Program{Type: "kprobe", Instructions: code(load64(1, 10, -8), mov(2, 16), call(16), mov(0, 0), exit)},
		verdict: Stateless, allowed: []string{"2 bpf_get_current_comm ambient"},
	}, {
		name:   "callee stores through its argument",
		reason: "arguments of a function are those of its calls: the stack here",
		program: Program{Type: "struct_ops",
			Instructions: code(movReg(1, 10), add(1, -8), callTo(2), mov(0, 0), exit, mov(3, 0), store64(1, 0, 3), mov(0, 0), exit)},
		verdict: Stateless,
	}, {
		name:   "argument that BTF types",
		reason: "a global function is verified with what its BTF says, though its caller passes 0",
		program: Program{Type: "struct_ops", TypedArguments: true,
			Instructions: code(mov(1, 0), callTo(2), mov(0, 0), exit, ifEq(1, 0, 1), store64(1, 0, 1), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"5 store kernel kernel"},
	}, {
		name:   "argument without a type",
		reason: "a number is no pointer, and the kernel refuses to store through it",
		program: Program{Type: "struct_ops",
			Instructions: code(mov(1, 0), callTo(2), mov(0, 0), exit, ifEq(1, 0, 1), store64(1, 0, 1), mov(0, 0), exit)},
		verdict: Stateless,
	}, {
		name:   "object passed as memory",
		reason: "a global function stores to what BTF calls memory, and the kernel lets a caller pass a kernel object",
		program: Program{Type: "tracing", TypedArguments: true, AttachType: "trace_raw_tp",
			Instructions: code(load64(1, 1, 8), mov(2, 0), callTo(2), mov(0, 0), exit, mov(3, 7), store64(1, 0, 3), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"6 store kernel kernel"},
	}, {
		name:   "object passed as memory and spilled",
		reason: "the callee may keep the pointer on its stack",
		program: Program{Type: "tracing", TypedArguments: true, AttachType: "trace_raw_tp",
			Instructions: code(load64(1, 1, 8), mov(2, 0), callTo(2), mov(0, 0), exit,
				store64(10, -8, 1), load64(4, 10, -8), mov(3, 7), store64(4, 0, 3), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"8 store kernel kernel"},
	}, {
		name:   "object passed as memory and exchanged",
		reason: "an atomic operation can fill a register as a load does",
		program: Program{Type: "tracing", TypedArguments: true, AttachType: "trace_raw_tp",
			Instructions: code(load64(1, 1, 8), mov(2, 0), callTo(2), mov(0, 0), exit,
				store64(10, -8, 1), mov(4, 0), asm.New(0xdb, 10, 4, -8, asm.AtomicXchg), mov(3, 7), store64(4, 0, 3), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"9 store kernel kernel"},
	}, {
		name:   "object passed as memory and returned",
		reason: "a static function of the callee may return its argument",
		program: Program{Type: "tracing", TypedArguments: true, AttachType: "trace_raw_tp",
			Instructions: code(load64(1, 1, 8), mov(2, 0), callTo(2), mov(0, 0), exit,
				callTo(3), store64(0, 0, 10), mov(0, 0), exit, movReg(0, 1), exit)},
		verdict: Stateful, findings: []string{"6 store kernel kernel"},
	}, {
		name:   "own memory passed",
		reason: "the stack of a caller belongs to the program",
		program: Program{Type: "tracing", TypedArguments: true, AttachType: "trace_raw_tp",
			Instructions: code(store64(10, -8, 10), movReg(1, 10), add(1, -8), mov(2, 0), callTo(2), mov(0, 0), exit, mov(3, 7), store64(1, 0, 3), mov(0, 0), exit)},
		verdict: Stateless, allowed: []string{"8 store context"},
	}, {
		name:   "arena cast",
		reason: "an arena is a map",
		program: Program{Type: "xdp", Instructions: code(mov(1, 0),
			asm.New(0xbf, 1, 1, asm.OffAddrSpaceCast, 1), mov(0, 0), exit)},
		verdict: Stateful, findings: []string{"1 addr_space_cast map"},
	}, {
		name:   "helper call with a kfunc's name",
		reason: "the kernel goes by the source, and calls the helper",
		program: Program{Type: "xdp", Instructions: code(mov(1, 1), mov(2, 0), call(23), exit),
			References: []Reference{{Slot: 2, Kind: RefKfunc, Name: "bpf_rcu_read_lock"}}},
		verdict: Stateful, findings: []string{"2 bpf_redirect handoff"},
	}, {
		name:   "map with a variable's name",
		reason: "the kernel goes by the source, and holds the map",
		program: Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoMapFD, 3, 0), mov(0, 0), exit),
			References: []Reference{{Slot: 0, Kind: RefVariable, Name: "bpf_prog_active"}}},
		verdict: Stateful, findings: []string{"0 fd#3 map"},
	}, {
		name:   "map with a kfunc's name",
		reason: "the kernel goes by the source, and holds the map",
		program: Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoMapValue, 3, 0), mov(0, 0), exit),
			References: []Reference{{Slot: 0, Kind: RefKfunc, Name: "bpf_rcu_read_lock"}}},
		verdict: Stateful, findings: []string{"0 fd#3 map"},
	}, {
		name:   "reader's error",
		reason: "what could not be put together is not judged",
		program: Program{Type: "xdp", Instructions: code(mov(0, 0), exit),
			Err: errors.New(`slot 3: unresolved external call to "f"`)},
		verdict: Invalid, err: `slot 3: unresolved external call to "f"`,
	}, {
		name:    "nothing",
		reason:  "bpf_prog_load wants at least one instruction",
		program: Program{},
		verdict: Invalid, err: "slot 0: 0 slots, expected 1 to 1000000 (kernel/bpf/syscall.c:bpf_prog_load)",
	}, {
		name:    "too long",
		reason:  "BPF_COMPLEXITY_LIMIT_INSNS",
		program: Program{Instructions: largeProgram(1_000_001)},
		verdict: Invalid, err: "slot 0: 1000003 slots, expected 1 to 1000000 (kernel/bpf/syscall.c:bpf_prog_load)",
	}, {
		name:    "as long as can be",
		reason:  "BPF_COMPLEXITY_LIMIT_INSNS itself is allowed",
		program: Program{Type: "xdp", Instructions: append(slices.Repeat(code(mov(0, 0)), 999_999), exit)},
		verdict: Stateless,
	}, {
		name:    "falls off the end",
		reason:  "check_subprogs",
		program: Program{Instructions: code(mov(0, 0))},
		verdict: Invalid, err: "slot 0: opcode b7 at the end of a function, expected exit or an unconditional jump (kernel/bpf/verifier.c:check_subprogs)",
	}, {
		name:    "jumps out",
		reason:  "check_subprogs",
		program: Program{Instructions: code(mov(0, 0), ifEq(0, 0, 1), exit)},
		verdict: Invalid, err: "slot 1: jump to slot 3, expected a slot of the same function, 0 to 2 (kernel/bpf/verifier.c:check_subprogs)",
	}, {
		name:    "jumps into another function",
		reason:  "check_subprogs",
		program: Program{Instructions: code(callTo(2), ifEq(0, 0, 1), exit, mov(0, 0), exit)},
		verdict: Invalid, err: "slot 1: jump to slot 3, expected a slot of the same function, 0 to 2 (kernel/bpf/verifier.c:check_subprogs)",
	}, {
		name:    "jumps back into another function",
		reason:  "check_subprogs",
		program: Program{Instructions: code(callTo(1), exit, mov(0, 0), ifEq(0, 0, -3), exit)},
		verdict: Invalid, err: "slot 3: jump to slot 1, expected a slot of the same function, 2 to 4 (kernel/bpf/verifier.c:check_subprogs)",
	}, {
		name:    "another function falls off its end",
		reason:  "check_subprogs asks of every function, also before the last",
		program: Program{Instructions: code(callTo(2), mov(0, 0), exit, callTo(1), mov(0, 0), exit)},
		verdict: Invalid, err: "slot 4: opcode b7 at the end of a function, expected exit or an unconditional jump (kernel/bpf/verifier.c:check_subprogs)",
	}, {
		name:    "jumps out, and has an unknown opcode",
		reason:  "check_subprogs comes before resolve_pseudo_ldimm64",
		program: Program{Instructions: code(asm.New(0xff, 0, 0, 0, 0), ifEq(0, 0, 1), exit)},
		verdict: Invalid, err: "slot 1: jump to slot 3, expected a slot of the same function, 0 to 2 (kernel/bpf/verifier.c:check_subprogs)",
	}, {
		name:    "two unknown opcodes",
		reason:  "resolve_pseudo_ldimm64 stops at the first",
		program: Program{Instructions: code(asm.New(0xff, 0, 0, 0, 0), asm.New(0x8d, 0, 0, 0, 0), exit)},
		verdict: Invalid, err: "slot 0: opcode is 0xff, expected one that the kernel knows (kernel: unknown opcode ff)",
	}, {
		name:    "calls outside",
		reason:  "add_subprog",
		program: Program{Instructions: code(callTo(1), exit)},
		verdict: Invalid, err: "slot 0: call to slot 2, expected a slot from 0 to 1 (kernel/bpf/verifier.c:add_subprog)",
	}, {
		name:    "unknown opcode",
		reason:  "resolve_pseudo_ldimm64",
		program: Program{Instructions: code(asm.New(0xff, 0, 0, 0, 0), exit)},
		verdict: Invalid, err: "slot 0: opcode is 0xff, expected one that the kernel knows (kernel: unknown opcode ff)",
	}, {
		name:    "unreachable",
		reason:  "check_cfg",
		program: Program{Instructions: code(mov(0, 0), goTo(1), mov(0, 1), exit)},
		verdict: Invalid, err: "slot 2: unreachable instruction, expected every instruction to be reachable (kernel/bpf/verifier.c:check_cfg)",
	}, {
		name:    "function that only itself calls",
		reason:  "check_cfg begins at the first slot; that a number points there is no call",
		program: Program{Instructions: code(wide(1, 0, 2, 0), exit, callTo(-1), exit)},
		verdict: Invalid, err: "slot 3: unreachable instruction, expected every instruction to be reachable (kernel/bpf/verifier.c:check_cfg)",
	}, {
		name:    "jumps into a constant",
		reason:  "check_cfg",
		program: Program{Instructions: code(mov(0, 0), ifEq(0, 0, 1), wide(1, 0, 1, 0), exit)},
		verdict: Invalid, err: "slot 2: jump into the middle of LD_IMM64, expected jumps to whole instructions (kernel/bpf/verifier.c:check_cfg)",
	}, {
		name:    "jumps into a constant, and has an unreachable slot",
		reason:  "check_cfg names what comes first",
		program: Program{Instructions: code(ifEq(1, 0, 1), wide(1, 0, 1, 0), goTo(1), mov(0, 1), exit)},
		verdict: Invalid, err: "slot 1: jump into the middle of LD_IMM64, expected jumps to whole instructions (kernel/bpf/verifier.c:check_cfg)",
	}, {
		name:    "long jump",
		reason:  "gotol takes its distance from imm",
		program: Program{Instructions: code(mov(0, 0), goToL(0), exit)},
		verdict: Stateless,
	}, {
		name:    "unknown opcode in a function that ends with a long jump",
		reason:  "check_subprogs takes it as the end of a function",
		program: Program{Instructions: code(mov(0, 0), asm.New(0xff, 0, 0, 0, 0), ifEq(0, 0, -3), goToL(-4))},
		verdict: Invalid, err: "slot 1: opcode is 0xff, expected one that the kernel knows (kernel: unknown opcode ff)",
	}, {
		name:    "loop to the first slot",
		reason:  "it belongs to the function as every other does",
		program: Program{Instructions: code(mov(0, 0), ifEq(0, 0, -2), exit)},
		verdict: Stateless,
	}, {
		name:    "endless loop",
		reason:  "a back edge is no error of form for a privileged loader",
		program: Program{Instructions: code(mov(0, 0), goTo(-2))},
		verdict: Stateless,
	}, {
		name:    "eight frames",
		reason:  "MAX_CALL_FRAMES",
		program: Program{Instructions: chain(8)},
		verdict: Stateless,
	}, {
		name:    "nine frames",
		reason:  "check_max_stack_depth",
		program: Program{Instructions: chain(9)},
		verdict: Invalid, err: "slot 0: a call stack of 9 frames, expected at most 8 (kernel/bpf/verifier.c:check_max_stack_depth_subprog)",
	}, {
		name:    "nine frames by addresses of functions",
		reason:  "check_max_stack_depth_subprog follows bpf_pseudo_func as it does calls",
		program: Program{Instructions: addresses(9, call(5))},
		verdict: Invalid, err: "slot 0: a call stack of 9 frames, expected at most 8 (kernel/bpf/verifier.c:check_max_stack_depth_subprog)",
	}, {
		name:    "nine frames by addresses, and bpf_timer_set_callback",
		reason:  "any of them may be a timer's callback (is_async_cb), which begins a stack of its own",
		program: Program{Type: "xdp", Instructions: addresses(9, call(170))},
		verdict: Stateful, findings: []string{"24 bpf_timer_set_callback map,handoff"},
	}, {
		name:    "nine frames by addresses, and a kfunc",
		reason:  "bpf_wq_set_callback_impl makes a function an asynchronous one too",
		program: Program{Type: "xdp", Instructions: addresses(9, kfunc(7))},
		verdict: Stateful, findings: []string{"24 kfunc#7 unknown"},
	}, {
		name:   "nine frames by addresses, and an exception callback",
		reason: "it is asynchronous to check_max_stack_depth_subprog",
		program: Program{Type: "xdp", Instructions: append(addresses(9, call(5)), mov(0, 0), exit),
			Functions: []Function{{Start: 26, ExceptionCallback: true}}},
		verdict: Stateless, allowed: []string{"24 bpf_ktime_get_ns ambient"},
	}, {
		name:    "nine frames from the exception callback",
		reason:  "check_max_stack_depth starts at every function; this one nothing else calls",
		program: Program{Instructions: append(code(mov(0, 0), exit), chain(9)...), Functions: []Function{{Start: 2, ExceptionCallback: true}}},
		verdict: Invalid, err: "slot 2: a call stack of 9 frames, expected at most 8 (kernel/bpf/verifier.c:check_max_stack_depth_subprog)",
	}, {
		name:    "ten frames",
		reason:  "the first function alone would need as many as the stack has; the second does too",
		program: Program{Instructions: chain(10)},
		verdict: Invalid, err: "slot 2: a call stack of 9 frames, expected at most 8 (kernel/bpf/verifier.c:check_max_stack_depth_subprog)",
	}, {
		name:    "nine frames by calls, and a kfunc",
		reason:  "what is called is on the caller's stack, asynchronous or not",
		program: Program{Instructions: append(code(callTo(2), kfunc(7), exit), chain(8)...)},
		verdict: Invalid, err: "slot 0: a call stack of 9 frames, expected at most 8 (kernel/bpf/verifier.c:check_max_stack_depth_subprog)",
	}, {
		name:    "recursion",
		reason:  "check_max_stack_depth",
		program: Program{Instructions: code(callTo(1), exit, callTo(-1), exit)},
		verdict: Invalid, err: "slot 2: recursive call, expected at most 8 frames (kernel/bpf/verifier.c:check_max_stack_depth_subprog)",
	}, {
		name:    "main calls itself",
		reason:  "check_max_stack_depth; found by TestAgrees",
		program: Program{Instructions: code(callTo(-1), exit)},
		verdict: Invalid, err: "slot 0: recursive call, expected at most 8 frames (kernel/bpf/verifier.c:check_max_stack_depth_subprog)",
	}, {
		name:    "256 functions",
		reason:  "BPF_MAX_SUBPROGS",
		program: Program{Instructions: fan(255)},
		verdict: Stateless,
	}, {
		name:    "257 functions",
		reason:  "BPF_MAX_SUBPROGS",
		program: Program{Instructions: fan(256)},
		verdict: Invalid, err: "slot 255: function 257, expected at most 256 functions (kernel/bpf/verifier.c:add_subprog)",
	}}
	seen := make(map[string]bool)
	for _, tt := range tests {
		if tt.reason == "" || seen[tt.name] {
			panic("a case without a reason, or twice: " + tt.name)
		}
		seen[tt.name] = true
		t.Run(tt.name, func(t *testing.T) {
			followed := Check(&tt.program, tt.options)
			tt.options.Precision = PrecisionCFG
			r := Check(&tt.program, tt.options)
			if r.Verdict != tt.verdict {
				t.Errorf("verdict %s, expected %s: %s (%v)", r.Verdict, tt.verdict, tt.reason, r.Err)
			}
			for _, f := range list(followed.Findings) {
				if !slices.Contains(tt.findings, f) {
					t.Errorf("at precision paths there is %s, which is not at cfg", f)
				}
			}
			if diff := cmp.Diff(tt.findings, list(r.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.waived, list(r.Waived)); diff != "" {
				t.Errorf("waived (-want +got):\n%s", diff)
			}
			if tt.verdict != Stateful || tt.allowed != nil {
				if diff := cmp.Diff(tt.allowed, list(r.Allowed)); diff != "" {
					t.Errorf("allowed (-want +got):\n%s", diff)
				}
			}
			if (r.Err != nil) != (tt.err != "") || r.Err != nil && r.Err.Error() != tt.err {
				t.Errorf("error %v, expected %q", r.Err, tt.err)
			}
			tt.options.VerdictOnly = true
			quick := Check(&tt.program, tt.options)
			if quick.Verdict != r.Verdict {
				t.Errorf("verdict alone is %s, in full %s", quick.Verdict, r.Verdict)
			}
			if len(quick.Findings) > 1 || len(quick.Allowed) > 0 || len(quick.Findings) == 1 && quick.Findings[0].Function != "" {
				t.Errorf("verdict alone lists %+v, %+v", quick.Findings, quick.Allowed)
			}
		})
	}
}

// fan is a program that calls n functions.
func fan(n int) []asm.Instruction {
	var out []asm.Instruction
	for i := range n {
		// The call to function i stands at slot i, the function at n+2+2*i.
		out = append(out, callTo(int32(n+2+2*i-i-1)))
	}
	out = append(out, mov(0, 0), exit)
	for range n {
		out = append(out, mov(0, 0), exit)
	}
	return out
}

func list(findings []Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%d %s %s", f.Slot, f.Name, f.Effects))
	}
	return out
}

func TestFindingDetails(t *testing.T) {
	p := &Program{
		Name: "prog", Type: "xdp",
		Instructions: code(
			ifEq(1, 0, 2), // 0
			ifEq(1, 1, 1), // 1
			callTo(2),     // 2: calls 5
			mov(0, 0),     // 3
			exit,          // 4
			ifEq(1, 7, 1), // 5
			call(23),      // 6
			exit,          // 7
		),
		Functions: []Function{{Name: "prog", Start: 0}, {Name: "fwd", Start: 5}},
		Source: func(slot int) (Line, bool) {
			return Line{File: "prog.c", Line: 40 + slot, Column: 9, Text: "return bpf_redirect(1, 0);"}, true
		},
	}
	r := Check(p, Options{})
	row, _ := effect.Helper(23)
	want := []Finding{{
		Effects: effect.Handoff, Kind: effect.KindHelper, Name: "bpf_redirect", Row: "bpf_redirect", ID: 23, Slot: 6, Function: "fwd",
		Line:   Line{File: "prog.c", Line: 46, Column: 9, Text: "return bpf_redirect(1, 0);"},
		Reason: row.Reason, Kernel: row.Kernel, Instead: row.Instead,
		Path: []Branch{{Slot: 0}, {Slot: 1}, {Slot: 5}},
	}}
	if diff := cmp.Diff(want, r.Findings); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
