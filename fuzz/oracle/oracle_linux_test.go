package oracle

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
)

func open(t *testing.T) *Oracle {
	t.Helper()
	kerneltest.Need(t)
	o, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

var (
	exit = asm.New(asm.Exit, 0, 0, 0, 0)
	zero = mov(0, 0)
)

func mov(dst asm.Register, imm int32) asm.Instruction { return asm.New(0xb7, dst, 0, 0, imm) }
func movX(dst, src asm.Register) asm.Instruction      { return asm.New(asm.MovX, dst, src, 0, 0) }
func call(helper int32) asm.Instruction               { return asm.New(asm.Call, 0, 0, 0, helper) }
func callTo(distance int32) asm.Instruction           { return asm.New(asm.Call, 0, asm.PseudoCall, 0, distance) }
func kfunc() asm.Instruction                          { return asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, 0) }
func ifEq(dst asm.Register, imm int32, off int16) asm.Instruction {
	return asm.New(0x15, dst, 0, off, imm)
}
func wide(dst, src asm.Register, low int32) [2]asm.Instruction {
	return [2]asm.Instruction{asm.New(asm.LoadImm64, dst, src, 0, low), 0}
}
func load64(dst, src asm.Register, off int16) asm.Instruction {
	return asm.New(0x79, dst, src, off, 0)
}

// code joins instructions; LD_IMM64 comes as two.
func code(parts ...any) (insns []asm.Instruction) {
	for _, p := range parts {
		switch p := p.(type) {
		case asm.Instruction:
			insns = append(insns, p)
		case [2]asm.Instruction:
			insns = append(insns, p[0], p[1])
		}
	}
	return insns
}

// TestAsk puts questions whose answers follow from the kernel's documentation.
func TestAsk(t *testing.T) {
	o := open(t)
	for _, tt := range []struct {
		name   string
		reason string
		p      Program
		want   Opinion
		uses   []Use
		unseen []int // slots that the walk must not visit; it must visit all others if it loads
	}{
		{
			name: "smallest", reason: "r0 is set and returned",
			p:    Program{Program: verifier.Program{Type: "socket_filter", Instructions: code(zero, exit)}},
			want: Loads,
		},
		{
			name: "no result", reason: "r0 is not set",
			p:    Program{Program: verifier.Program{Type: "socket_filter", Instructions: code(exit)}},
			want: Refuses,
		},
		{
			name: "redirect", reason: "the walk visits the call",
			p:    Program{Program: verifier.Program{Type: "xdp", Instructions: code(mov(1, 1), mov(2, 0), call(23), exit)}},
			want: Loads, uses: []Use{{2, "bpf_redirect"}},
		},
		{
			name: "dead redirect", reason: "a branch on a constant hides the call from the walk",
			p: Program{Program: verifier.Program{Type: "xdp", Instructions: code(
				zero, ifEq(0, 0, 3), mov(1, 1), mov(2, 0), call(23), exit)}},
			want: Loads, unseen: []int{2, 3, 4},
		},
		{
			name: "dead map", reason: "maps are resolved before the walk",
			p: Program{Program: verifier.Program{Type: "xdp",
				Instructions: code(zero, ifEq(0, 0, 2), wide(1, asm.PseudoMapFD, 0), exit),
				References:   []verifier.Reference{{Slot: 2, Kind: verifier.RefMap, Name: "array", Map: verifier.MapPlain}}}},
			want: Loads, uses: []Use{{2, "map"}}, unseen: []int{2},
		},
		{
			name: "map by index", reason: "PSEUDO_MAP_IDX counts in fd_array",
			p: Program{Program: verifier.Program{Type: "xdp",
				Instructions: code(wide(1, asm.PseudoMapIdx, 0), zero, exit),
				References:   []verifier.Reference{{Slot: 0, Kind: verifier.RefMap, Name: "ringbuf", Map: verifier.MapPlain}}}},
			want: Loads, uses: []Use{{0, "map"}},
		},
		{
			name: "refused after a use", reason: "what was visited before the refusal counts",
			p:    Program{Program: verifier.Program{Type: "xdp", Instructions: code(mov(1, 1), mov(2, 0), call(23), movX(0, 5), exit)}},
			want: Refuses, uses: []Use{{2, "bpf_redirect"}},
		},
		{
			name: "callback", reason: "bpf_loop's callback is visited, and needs func_info",
			p: Program{Program: verifier.Program{Type: "xdp", Instructions: code(
				mov(1, 2), wide(2, asm.PseudoFunc, 6), mov(3, 0), mov(4, 0), call(181), zero, exit,
				call(5), zero, exit),
				Functions: []verifier.Function{{Start: 0}, {Start: 8}}},
				Signatures: []Signature{Main, Static}},
			want: Loads,
		},
		{
			name: "global function", reason: "it is verified with unknown arguments, so both branches are visited",
			p: Program{Program: verifier.Program{Type: "xdp", Instructions: code(
				mov(1, 0), callTo(2), zero, exit,
				zero, ifEq(1, 0, 3), mov(1, 1), mov(2, 0), call(23), exit),
				Functions: []verifier.Function{{Start: 0}, {Start: 4}}},
				Signatures: []Signature{Main, Global1}},
			want: Loads, uses: []Use{{8, "bpf_redirect"}},
		},
		{
			name: "static function", reason: "it is verified with the constant of its caller",
			p: Program{Program: verifier.Program{Type: "xdp", Instructions: code(
				mov(1, 0), callTo(2), zero, exit,
				zero, ifEq(1, 0, 3), mov(1, 1), mov(2, 0), call(23), exit),
				Functions: []verifier.Function{{Start: 0}, {Start: 4}}},
				Signatures: []Signature{Main, Static}},
			want: Loads, unseen: []int{6, 7, 8},
		},
		{
			name: "context of a global function", reason: "BTF names it, so it can be read",
			p: Program{Program: verifier.Program{Type: "cgroup_skb", Instructions: code(
				mov(2, 0), callTo(2), zero, exit,
				asm.New(0x61, 0, 1, 0, 0), exit),
				Functions: []verifier.Function{{Start: 0}, {Start: 4}}},
				Signatures: []Signature{Main, GlobalContext}},
			want: Loads,
		},
		{
			name: "memory of a global function", reason: "BTF says that it is not null",
			p: Program{Program: verifier.Program{Type: "cgroup_skb", Instructions: code(
				asm.New(0x7a, 10, 0, -8, 0), movX(1, 10), asm.New(0x07, 1, 0, 0, -8), mov(2, 0), callTo(2), zero, exit,
				load64(0, 1, 0), zero, exit),
				Functions: []verifier.Function{{Start: 0}, {Start: 7}}},
				Signatures: []Signature{Main, GlobalMemory}},
			want: Loads,
		},
		{
			name: "kfunc", reason: "it is found by name in the kernel's BTF",
			p: Program{Program: verifier.Program{Type: "xdp", Instructions: code(
				kfunc(), kfunc(), zero, exit),
				References: []verifier.Reference{{Slot: 0, Kind: verifier.RefKfunc, Name: "bpf_rcu_read_lock"}, {Slot: 1, Kind: verifier.RefKfunc, Name: "bpf_rcu_read_unlock"}}}},
			want: Loads,
		},
		{
			name: "raw tracepoint by BTF", reason: "it attaches to a type of the kernel's BTF",
			p: Program{Program: verifier.Program{Type: "tracing", AttachType: "trace_raw_tp", AttachTo: "sched_switch",
				Instructions: code(zero, exit)}},
			want: Loads,
		},
		{
			name: "store to a map's value in an iterator", reason: "the pointer is a buffer: settled case 12",
			p: Program{Program: verifier.Program{Type: "tracing", AttachType: "trace_iter", AttachTo: "bpf_map_elem",
				Instructions: code(load64(2, 1, 24), ifEq(2, 0, 1), asm.New(0x72, 2, 0, 0, 7), zero, exit)}},
			want: Loads, uses: []Use{{2, "store"}},
		},
		{
			name: "store to a member of a kernel object", reason: "the pointer is a typed one: settled case 12",
			p: Program{Program: verifier.Program{Type: "struct_ops", AttachTo: "tcp_congestion_ops/cwnd_event",
				Instructions: code(load64(1, 1, 0), asm.New(0x62, 1, 0, 0, 7), zero, exit),
				References:   []verifier.Reference{{Slot: 1, Kind: verifier.RefCORE, Name: "tcp_sock.snd_cwnd"}}}},
			want: Loads, uses: []Use{{1, "store"}},
		},
		{
			name: "store that ends a path", reason: "the line of a slot behind which the walk was before tells no registers",
			p: Program{Program: verifier.Program{Type: "struct_ops", AttachTo: "tcp_congestion_ops/cwnd_event",
				Instructions: code(load64(6, 1, 0), call(7), movX(7, 0), mov(0, 0), ifEq(7, 0, 0),
					asm.New(0x62, 6, 0, 0, 7), exit),
				References: []verifier.Reference{{Slot: 5, Kind: verifier.RefCORE, Name: "tcp_sock.snd_cwnd"}}}},
			want: Loads, uses: []Use{{5, "store"}},
		},
		{
			name: "store in a global function", reason: "its BTF says that the argument is a kernel object, whatever the caller passes",
			p: Program{Program: verifier.Program{Type: "struct_ops", AttachTo: "tcp_congestion_ops/cwnd_event", TypedArguments: true,
				Instructions: code(mov(1, 0), mov(2, 0), callTo(2), zero, exit,
					zero, ifEq(1, 0, 1), asm.New(0x62, 1, 0, 0, 7), exit),
				Functions:  []verifier.Function{{Start: 0}, {Start: 5}},
				References: []verifier.Reference{{Slot: 7, Kind: verifier.RefCORE, Name: "tcp_sock.snd_cwnd"}}},
				Signatures: []Signature{Main, GlobalSocket}},
			want: Loads, uses: []Use{{7, "store"}},
		},
		{
			name: "address of a kernel function", reason: "it is found by name in the kernel's BTF; the flag lets it pass",
			p: Program{Program: verifier.Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoBTFID, 0), zero, exit),
				References: []verifier.Reference{{Slot: 0, Kind: verifier.RefKfunc, Name: "bpf_rcu_read_lock"}}}},
			want: Loads,
		},
		{
			name: "exception callback", reason: "a tag in BTF makes it part of the program, and the walk visits it",
			p: Program{Program: verifier.Program{Type: "xdp", Instructions: code(
				zero, asm.New(0x61, 2, 1, 12, 0), ifEq(2, 0, 2), mov(1, 1), kfunc(), exit,
				mov(1, 1), mov(2, 0), call(23), exit),
				Functions:  []verifier.Function{{Start: 0}, {Start: 6, ExceptionCallback: true}},
				References: []verifier.Reference{{Slot: 4, Kind: verifier.RefKfunc, Name: "bpf_throw"}}},
				Signatures: []Signature{Throwing, Exception}},
			want: Loads, uses: []Use{{8, "bpf_redirect"}},
		},
		{
			name: "no such member", reason: "the kernel could not be asked",
			p: Program{Program: verifier.Program{Type: "xdp", Instructions: code(load64(0, 1, 0), exit),
				References: []verifier.Reference{{Slot: 0, Kind: verifier.RefCORE, Name: "tcp_sock.future"}}}},
			want: Unasked, unseen: []int{0, 1},
		},
		{
			name: "struct_ops that returns a value", reason: "Linux 6.18 oopses on some, so none is asked",
			p:    Program{Program: verifier.Program{Type: "struct_ops", AttachTo: "tcp_congestion_ops/ssthresh", Instructions: code(zero, exit)}},
			want: Unasked, unseen: []int{0, 1},
		},
		{
			name: "no such structure", reason: "the kernel could not be asked",
			p: Program{Program: verifier.Program{Type: "xdp", Instructions: code(load64(0, 1, 0), exit),
				References: []verifier.Reference{{Slot: 0, Kind: verifier.RefCORE, Name: "future.x"}}}},
			want: Unasked, unseen: []int{0, 1},
		},
		{
			name: "long log", reason: "its log does not fit, which is no verdict",
			p: Program{Program: verifier.Program{Type: "xdp", Instructions: code(
				call(7), mov(1, 0), asm.New(0x07, 1, 0, 0, 1), asm.New(0xa5, 1, 0, -2, 100_000), zero, exit)}},
			want: None,
		},
		{
			name: "no such type", reason: "the kernel could not be asked",
			p:    Program{Program: verifier.Program{Type: "future", Instructions: code(zero, exit)}},
			want: Unasked, unseen: []int{0, 1},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := o.Ask(&tt.p)
			if a.Opinion != tt.want {
				t.Fatalf("%s (%v), expected that it %s: %s\n%s", a.Opinion, a.Err, tt.want, tt.reason, a.Log)
			}
			if diff := cmp.Diff(tt.uses, a.Uses); diff != "" {
				t.Errorf("uses (-want +got), expected since %s:\n%s\n%s", tt.reason, diff, a.Log)
			}
			for slot, seen := range a.Visited {
				second := slot > 0 && tt.p.Instructions[slot-1].IsWide()
				if want := !slices.Contains(tt.unseen, slot) && !second; a.Opinion == Loads && seen != want {
					t.Errorf("slot %d visited: %v, expected %v since %s\n%s", slot, seen, want, tt.reason, a.Log)
				}
			}
		})
	}
}

// TestVariable loads the address of a variable. A kernel knows the addresses of all its
// variables only if it was built to (CONFIG_KALLSYMS_ALL).
func TestVariable(t *testing.T) {
	o := open(t)
	a := o.Ask(&Program{Program: verifier.Program{Type: "xdp", Instructions: code(wide(1, asm.PseudoBTFID, 0), call(154), zero, exit),
		References: []verifier.Reference{{Slot: 0, Kind: verifier.RefVariable, Name: "bpf_prog_active"}}}})
	if bytes.Contains(a.Log, []byte("failed to find the address for kernel symbol 'bpf_prog_active'")) {
		t.Skip("the kernel has no address for it, though BTF names it")
	}
	if a.Opinion != Loads || len(a.Uses) > 0 {
		t.Errorf("%s (%v), uses %v, expected that it loads without any\n%s", a.Opinion, a.Err, a.Uses, a.Log)
	}
}

// TestLimits tells limits from verdicts.
func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		err  error
		log  string
		want Opinion
	}{
		{nil, "processed 2 insns", Loads},
		{unix.EINVAL, "", Refuses},
		{unix.EACCES, "R0 !read_ok", Refuses},
		{unix.EPERM, "R0 leaks addr", Refuses},
		{unix.EPERM, "", Unasked},
		{unix.ENOSPC, "processed", None},
		{unix.E2BIG, "BPF program is too large", None},
		{unix.ENOMEM, "", None},
		{unix.EAGAIN, "", None},
	} {
		if got := opinion(tt.err, []byte(tt.log)); got != tt.want {
			t.Errorf("%v after %q: %s, expected %s", tt.err, tt.log, got, tt.want)
		}
	}
}
