package oracle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestVisits reads lines as 6.12 and 6.18 write them.
func TestVisits(t *testing.T) {
	const log = `Live regs before insn:
      0: .1........ (bf) r6 = r1
  1: .......... (95) exit
Global function f() doesn't return scalar. Only those are supported.
func#0 @0
0: R1=ctx() R10=fp0
0: (bf) r6 = r1                       ; R1=ctx() R6_w=ctx()
1: (85) call bpf_redirect#23
mark_precise: frame0: regs=r0 stack= before 5: (b7) r0 = 0
from 1 to 7: R0=0 R10=fp0
7: (18) r1 = 0x0                      ; R1=0
; int x = 7: (95) is a line of source @ f.c:3
1234567: (95) exit
12345678: (95) exit
8: (9
9: (zz) exit
10: (95)exit`
	var got []int
	for v := range Visits([]byte(log)) {
		got = append(got, v.Slot)
	}
	if diff := cmp.Diff([]int{0, 1, 7, 1234567, 10}, got); diff != "" {
		t.Errorf("visits (-want +got):\n%s", diff)
	}
}

func TestPointer(t *testing.T) {
	for _, tt := range []struct{ line, register, want string }{
		{"3: (7b) *(u64 *)(r2 +0) = r1          ; R1=ctx() R2=rcu_ptr_nf_conn(off=8)", "R2", "rcu_ptr_nf_conn"},
		{"3: (7b) *(u64 *)(r2 +0) = r1          ; R1_w=ctx() R2_w=ptr_nf_conn()", "R2", "ptr_nf_conn"},
		{"3: (7b) *(u64 *)(r2 +0) = r1          ; R10=fp0 fp-8=mmmm", "R2", ""},
		{"3: (72) *(u8 *)(r1 +0) = 1            ; R10=fp0 R1=7", "R1", "7"},
		{"3: (72) *(u8 *)(r1 +0) = 1", "R1", ""},
		{"3: (72) *(u8 *)(r1 +0) = 1            ; frame1: R1=ctx() cb", "R1", "ctx"},
	} {
		if got := string(Visit{Line: []byte(tt.line)}.pointer(tt.register)); got != tt.want {
			t.Errorf("%s: %s=%q, expected %q", tt.line, tt.register, got, tt.want)
		}
	}
}

func TestIsAlarm(t *testing.T) {
	for text, want := range map[string]bool{
		"WARNING: CPU: 0 PID: 1 at kernel/bpf/verifier.c:1": true,
		"verifier bug: REG INVARIANTS VIOLATION (alu)":      true,
		"BUG: kernel NULL pointer dereference":              true,
		"TCP: statecheck does not implement required ops":   false,
		"processed 2 insns (limit 1000000)":                 false,
		"kvm: host DEBUGCTL refresh":                        false,
		"INFO: task x:1 blocked for more than 120 seconds.": true,
	} {
		if IsAlarm(text) != want {
			t.Errorf("%q: alarm %v, expected %v", text, !want, want)
		}
	}
}

func TestComplaint(t *testing.T) {
	for _, tt := range []struct {
		log, want string
		known     bool
	}{
		{"24: (db) BUG_db\nprocessed 2 insns", "", false}, // how it disassembles an unknown opcode
		{"0: (95) exit\nverifier bug: REG INVARIANTS VIOLATION (x)\n1: (95) exit", "verifier bug: REG INVARIANTS VIOLATION (x)", true},
		{"REG INVARIANTS VIOLATION (x)", "REG INVARIANTS VIOLATION (x)", true},
		{"verifier bug: something new", "verifier bug: something new", false},
	} {
		got, found := Complaint([]byte(tt.log))
		if got != tt.want || found != (tt.want != "") || IsKnownBug(got) != tt.known {
			t.Errorf("%q: %q, known %v; expected %q, %v", tt.log, got, IsKnownBug(got), tt.want, tt.known)
		}
	}
}

// TestPruned: where the walk ends behind a slot, its line tells no registers, and
// what was said of them before counts.
func TestPruned(t *testing.T) {
	for _, tt := range []struct {
		name, log, want string
	}{
		{"all registers", "from 2 to 14: R1=ctx() R6=trusted_ptr_tcp_sock() R10=fp0\n", "trusted_ptr_tcp_sock"},
		{"said before", "3: (bf) r6 = r1 ; R1=ctx() R6=ctx()\n4: (b7) r1 = 0 ; R1=0\n", "ctx"},
		{"not among all", "3: (bf) r6 = r1 ; R6=ctx()\nfrom 2 to 14: R1=ctx() R10=fp0\n", ""},
		{"of this frame", "3: (bf) r6 = r1 ; R6=ctx()\ncallee:\n frame1: R6=ptr_a() R10=fp0\n4: frame1: R1=0\n", "ptr_a"},
		{"of another frame", "3: (bf) r6 = r1 ; R6=ctx()\n4: (b7) r6 = 0 ; frame1: R6=0\nto caller at 5:\n R0=1 R6=ptr_b()\n", "ptr_b"},
		{"precision", "3: (bf) r6 = r1 ; R6=ctx()\nmark_precise: frame0: parent state regs=r6 stack=:  R6=P5\n", "ctx"},
	} {
		log := tt.log + "14: (62) *(u32 *)(r6 +1444) = 7\n15: safe\n"
		var last Visit
		for v := range Visits([]byte(log)) {
			last = v
		}
		if got := string(last.pointer("R6")); got != tt.want || !last.pruned() {
			t.Errorf("%s: %q, pruned %v, expected %q", tt.name, got, last.pruned(), tt.want)
		}
	}
	refused := Visit{Line: []byte("14: (62) *(u32 *)(r6 +1444) = 7"), Before: []byte("3: (bf) r6 = r1 ; R6=ptr_a()\n")}
	if got := refused.pointer("R6"); got != nil {
		t.Errorf("%q at a store that was refused, expected nothing", got)
	}
}

func TestVerificationTime(t *testing.T) {
	for _, tt := range []struct {
		name, log string
		want      time.Duration
		ok        bool
	}{
		{"loads", "verification time 120 usec\nstack depth 0\nprocessed 3 insns (limit 1000000)\n", 120 * time.Microsecond, true},
		{"after a message", "R0 !read_ok\nverification time 7 usec\n", 7 * time.Microsecond, true},
		{"another level", "0: (95) exit\nprocessed 1 insns\n", 0, false},
		{"cut short", "verification time ", 0, false},
	} {
		if got, ok := VerificationTime([]byte(tt.log)); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %v, %v, expected %v, %v", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}
