package fuzz

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
)

// packetTypes are the types that BPF_PROG_TEST_RUN runs on a packet. In a network
// namespace of their own their programs can reach nothing that is not the test's, so that
// stateful ones may run too.
var packetTypes = []string{"socket_filter", "sched_cls", "sched_act", "xdp", "cgroup_skb", "lwt_in", "lwt_out", "lwt_xmit", "flow_dissector", "netfilter"}

// alike are types whose programs are drawn as programs of another, by turns.
var alike = map[string][]string{
	"sched_cls": {"sched_cls", "sched_act"},
	"lwt_xmit":  {"lwt_xmit", "lwt_in", "lwt_out"},
}

// contextTypes are those that run on a context alone, with its size in bytes. Of tracing
// and struct_ops the kernel's test runs do not run the program that is named, but functions
// of its own that it is attached to (net/bpf/test_run.c:bpf_prog_test_run_tracing,
// net/bpf/bpf_dummy_struct_ops.c).
var contextTypes = map[string]int{"raw_tracepoint": 96, "syscall": 256, "sk_lookup": 72}

// input is what a program is run on.
type input struct{ data, context []byte }

// newInput draws an input for a type; false where no test run is known of that type.
func newInput(progType string, r *rand.Rand) (in input, ok bool) {
	if slices.Contains(packetTypes, progType) {
		in.data = make([]byte, 64+r.IntN(128))
		for i := range in.data {
			in.data[i] = byte(r.Uint32())
		}
		copy(in.data[12:], []byte{8, 0, 0x45}) // IPv4, no options
		return in, true
	}
	size, ok := contextTypes[progType]
	in.context = make([]byte, size)
	for i := range in.context {
		in.context[i] = byte(r.Uint32())
	}
	if progType == "sk_lookup" { // struct bpf_sk_lookup
		clear(in.context)
		binary.NativeEndian.PutUint32(in.context[8:], unix.AF_INET)
		binary.NativeEndian.PutUint32(in.context[12:], unix.IPPROTO_TCP)
		binary.NativeEndian.PutUint32(in.context[60:], uint32(r.IntN(1<<16))) // local port
	}
	return in, ok
}

// output is all that comes of a run: the result, the packet and the context.
type output struct {
	result        uint32
	data, context string
}

// runOnce runs a program on the input.
func runOnce(prog *ebpf.Program, in input) (output, error) {
	opts := ebpf.RunOptions{Data: in.data}
	if in.data != nil {
		opts.DataOut = make([]byte, 1<<15) // the kernel lets no program make a packet longer
	}
	var context []byte
	if in.context != nil {
		context = bytes.Clone(in.context)
		opts.Context = context
		if prog.Type() == ebpf.Syscall {
			opts.ContextOut = context
		}
	}
	result, err := prog.Run(&opts)
	return output{result, string(opts.DataOut), string(context)}, err
}

// A stateless program that reads nothing of its surroundings gives the same output on the
// same input, whatever others have done between. Those that run between are the programs
// drawn before it, stateful ones among them.
func TestRunsLeaveNothing(t *testing.T) {
	kerneltest.InNamespaces(t, func(t *testing.T, _ kerneltest.Namespaces) {
		o, err := oracle.New()
		if err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		programs, least := 24000, 5
		if testing.Short() {
			programs, least = 6000, 1
		}
		r := rand.New(rand.NewPCG(8, 8))
		var others []other
		defer func() {
			for _, o := range others {
				o.prog.Close()
			}
		}()
		witnessed, stateful, unspecified := make(map[string]int), 0, 0
		for i := range programs {
			drawn := draw(i)
			if types := alike[drawn.Type]; types != nil {
				drawn.Type = types[i%len(types)]
			}
			in, known := newInput(drawn.Type, r)
			// Programs with loops of which nobody knows the end say no more than others, and run
			// for a quarter of a second.
			if !known || slices.ContainsFunc(drawn.Instructions, func(ins asm.Instruction) bool { return ins.Opcode() == asm.MayGoto }) {
				continue
			}
			flag := verifier.Check(&drawn.Program, verifier.Options{VerdictOnly: true}).Verdict
			if flag != verifier.Stateless && !slices.Contains(packetTypes, drawn.Type) {
				continue
			}
			fd, _ := o.Open(&drawn, 0, 1)
			if fd < 0 {
				continue
			}
			prog, err := ebpf.NewProgramFromFD(fd)
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			before, err := runOnce(prog, in)
			if err != nil {
				t.Fatalf("program %d, %s: %v", i, drawn.Type, err)
			}
			slow := time.Since(begin) > 200*time.Microsecond
			for _, o := range others {
				if _, err := runOnce(o.prog, o.in); err != nil {
					t.Fatal(err)
				}
			}
			var after output
			if flag == verifier.Stateless {
				if after, err = runOnce(prog, in); err != nil {
					t.Fatal(err)
				}
			}
			if !slow {
				others = append(others, other{prog, in})
			} else {
				prog.Close()
			}
			if len(others) > 8 {
				others[0].prog.Close()
				others = others[1:]
			}
			pure := verifier.Options{Profile: verifier.ProfilePure, VerdictOnly: true}
			switch {
			case flag != verifier.Stateless:
				stateful++
			case verifier.Check(&drawn.Program, pure).Verdict != verifier.Stateless: // it may read the time
			case before != after && readsUnspecifiedBytes(t, o, &drawn):
				unspecified++
			case before != after:
				t.Errorf("program %d, %s: %s", i, drawn.Type, difference(before, after))
			default:
				witnessed[drawn.Type]++
			}
		}
		t.Logf("%v, with %d stateful ones between; %d that differ read what nothing has written", witnessed, stateful, unspecified)
		for _, progType := range []string{
			"socket_filter", "sched_cls", "sched_act", "xdp", "cgroup_skb", "lwt_in", "lwt_out", "lwt_xmit", "flow_dissector", "netfilter",
			"raw_tracepoint", "syscall", "sk_lookup",
		} {
			if witnessed[progType] < least {
				t.Errorf("%d programs of type %s, expected %d", witnessed[progType], progType, least)
			}
		}
	})
}

// other is a program that runs between.
type other struct {
	prog *ebpf.Program
	in   input
}

// readsUnspecifiedBytes reports whether the program reads a part of its stack that it has
// not written, which holds what others left there. That is ambient (settled case 5), and
// the kernel says of which programs it is true to a loader without CAP_PERFMON.
func readsUnspecifiedBytes(t *testing.T, o *oracle.Oracle, p *oracle.Program) bool {
	t.Helper()
	asked := *p
	if p.Type == "raw_tracepoint" { // nobody without CAP_PERFMON loads that; this context is alike
		asked.Type = "syscall"
	}
	fd, answer := -1, oracle.Answer{}
	kerneltest.Without(t, []int{unix.CAP_SYS_ADMIN, unix.CAP_PERFMON}, func() { fd, answer = o.Open(&asked, 0, 1) })
	if fd >= 0 {
		unix.Close(fd)
	}
	return bytes.Contains(answer.Log, []byte("invalid read from stack"))
}

func difference(a, b output) string {
	return fmt.Sprintf("%d and then %d; packet the same: %t; context the same: %t", a.result, b.result, a.data == b.data, a.context == b.context)
}

// TestRunsLeaveState runs the programs of the corpus twice on one input: what is stateful leaves
// something in a map, or comes to another output, where a test run can see it, and what
// is stateless and reads nothing of its surroundings does not.
func TestRunsLeaveState(t *testing.T) {
	kerneltest.InNamespaces(t, func(t *testing.T, _ kerneltest.Namespaces) {
		var left []string
		for _, c := range corpus.Programs() {
			residue, err := residueOf(t, c)
			if err != nil {
				t.Logf("%s: %v", c.Name(), err)
				continue
			}
			if residue != "" {
				left = append(left, c.Name())
				t.Logf("%s (%s): %s", c.Name(), c.Flag, residue)
			}
			if residue != "" && c.Pure == verifier.Stateless {
				t.Errorf("%s is stateless and leaves %s", c.Name(), residue)
			}
		}
		if diff := cmp.Diff(leave, left); diff != "" {
			t.Errorf("what leaves something (-want +got):\n%s", diff)
		}
	})
}

// leave are the programs of the corpus of which a test run shows that they leave
// something. Others of them need more than a packet to come to where they do, or leave it
// where no test run looks: in slots of the CPU, in sockets, in buffers of the kernel.
var leave = []string{
	"global_variable.o/counts_itself", "variables.o/in_function", "variables.o/atomic_sum",
	"counter.o/counter", "arrays.o/count_bytes", "spin_lock_timer.o/lock_and_timer",
}

var errNotRun = errors.New("no test run is known of the type")

// residueOf says what two runs of a program leave behind, "" where nothing is seen.
func residueOf(t *testing.T, c corpus.Case) (string, error) {
	t.Helper()
	raw, err := corpus.Open(c.Object)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	maps.DeleteFunc(spec.Programs, func(name string, _ *ebpf.ProgramSpec) bool { return name != c.Program })
	if spec.Programs[c.Program] == nil {
		return "", errors.New("cilium/ebpf finds no such program")
	}
	progType := verifier.ProgramTypes()[min(int(spec.Programs[c.Program].Type), len(verifier.ProgramTypes())-1)]
	in, known := newInput(progType, rand.New(rand.NewPCG(1, 1)))
	if !known || !slices.Contains(packetTypes, progType) && c.Flag != verifier.Stateless {
		return "", errNotRun
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		return "", err
	}
	defer coll.Close()
	at := contentsOf(coll)
	first, err := runOnce(coll.Programs[c.Program], in)
	if err != nil {
		return "", err
	}
	second, err := runOnce(coll.Programs[c.Program], in)
	if err != nil {
		return "", err
	}
	now := contentsOf(coll)
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if at[name] != now[name] {
			return "something in map " + name, nil
		}
	}
	if first != second {
		return "another output: " + difference(first, second), nil
	}
	return "", nil
}

// contentsOf returns what the maps hold that can be walked.
func contentsOf(coll *ebpf.Collection) map[string]string {
	out := make(map[string]string)
	for name, m := range coll.Maps {
		var all []string
		var key any // nil: the first
		for {
			next, err := m.NextKeyBytes(key)
			if err != nil || next == nil || len(all) > 1<<12 {
				break
			}
			key = next
			value, err := m.LookupBytes(next)
			if err != nil { // one a CPU
				var each [][]byte
				err = m.Lookup(next, &each)
				value = bytes.Join(each, nil)
			}
			if err == nil {
				all = append(all, fmt.Sprintf("%x: %x", next, value))
			}
		}
		slices.Sort(all)
		out[name] = fmt.Sprint(all)
	}
	return out
}
