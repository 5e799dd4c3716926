package loader_test

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/fuzz/edit"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/loader"
	"github.com/statecheck/statecheck/loader/store"
	"github.com/statecheck/statecheck/verifier"
)

// testRunTypes are the types of drawn programs that BPF_PROG_TEST_RUN runs on a packet.
var testRunTypes = []string{"socket_filter", "sched_cls", "xdp", "cgroup_skb"}

// Programs that keep no state and read nothing of their surroundings, loaded by other
// means than ours, dumped, and loaded from the dump, twice, are the same: tag, verdict, and
// what they make of packets.
func TestReload(t *testing.T) {
	kerneltest.Need(t)
	want := 1000
	if testing.Short() {
		want = 50
	}
	o, err := oracle.New()
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	kept, err := store.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	var l loader.Loader
	drawn := generate.Program()
	done, back := 0, 0
	for seed := 0; done < want; seed++ {
		if seed > 100*want {
			t.Fatalf("%d of %d programs in %d draws", done, want, seed)
		}
		p, ok := edit.PrependBlock(drawn.Example(seed), writtenStack())
		if !ok {
			continue
		}
		ofThisKernel := slices.ContainsFunc(p.References, func(r verifier.Reference) bool { return r.Kind == verifier.RefCORE })
		if ofThisKernel || loops(&p.Program) || !slices.Contains(testRunTypes, p.Type) || !isPure(&p.Program) {
			continue
		}
		if _, err := asm.ToCilium(p.Instructions); err != nil {
			continue // nor can cilium/ebpf load it
		}
		// Without CAP_PERFMON the kernel also walks what the processor may speculate on, and of
		// most loops only the limit of a million slots is the end: a second each.
		if jumpsBack(&p.Program) {
			if back++; back%8 != 0 {
				continue
			}
		}
		fd := -1
		withoutPerfmon(t, func() { fd, _ = o.Open(&p, 0, oracle.LogMessages) })
		if fd < 0 {
			continue
		}
		unix.Close(fd)
		fd, answer := o.Open(&p, 0, oracle.LogMessages)
		if fd < 0 {
			t.Fatalf("seed %d: loaded without CAP_PERFMON alone: %v", seed, answer.Err)
		}
		original, err := ebpf.NewProgramFromFD(fd)
		if err != nil {
			t.Fatal(err)
		}
		d := dumpDrawn(t, seed, &p)
		first := reload(t, seed, &l, d, kept)
		again := lookup(t, seed, kept, first)
		if diff := cmp.Diff(d, again); diff != "" {
			t.Errorf("seed %d: kept otherwise than it was loaded:\n%s", seed, diff)
		}
		second := reload(t, seed, &l, again, nil)

		for _, q := range []*ebpf.Program{first, second} {
			if a, b := tagOf(t, original), tagOf(t, q); a != b {
				t.Errorf("seed %d: tag %s, expected %s as the original has", seed, b, a)
			}
		}
		if !isPure(again.Program()) {
			t.Errorf("seed %d: the dump is not stateless, but the original is", seed)
		}
		sameRuns(t, seed, original, first, second)
		for _, q := range []*ebpf.Program{original, first, second} {
			q.Close()
		}
		done++
	}
}

// loops reports whether a program can go round by other means than jumps: nested, that
// takes minutes, which the kernel spends in one call of BPF_PROG_TEST_RUN.
func loops(p *verifier.Program) bool {
	uses := verifier.Inventory(p)
	return slices.ContainsFunc(uses.Helpers, func(h verifier.HelperUse) bool { return h.Name == "bpf_loop" }) ||
		slices.ContainsFunc(uses.Kfuncs, func(k verifier.KfuncUse) bool { return k.Name == "bpf_iter_num_next" }) ||
		slices.ContainsFunc(p.Instructions, func(ins asm.Instruction) bool { return ins.Opcode() == asm.MayGoto })
}

// jumpsBack reports whether a program has a loop.
func jumpsBack(p *verifier.Program) bool {
	for slot, ins := range p.Instructions {
		if to, ok := ins.Target(slot); ok && to <= slot {
			return true
		}
	}
	return false
}

// isPure reports whether a program is a function of its context alone: what it makes of
// a packet is the same each time.
func isPure(p *verifier.Program) bool {
	return verifier.Check(p, verifier.Options{Profile: verifier.ProfilePure}).Verdict == verifier.Stateless
}

// dumpDrawn makes a dump of a drawn program, by way of a file.
func dumpDrawn(t *testing.T, seed int, p *oracle.Program) dump.Dump {
	t.Helper()
	d, err := dump.FromProgram(&p.Program)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	d.License = "GPL"
	for i, signature := range p.Signatures { // the verifier does not say what pointers point to
		switch signature {
		case oracle.GlobalMemory:
			d.Functions[i].Arguments[0] = dump.Argument{Kind: dump.ArgumentMemory, Size: 8}
		case oracle.GlobalSocket:
			d.Functions[i].Arguments[0] = dump.Argument{Kind: dump.ArgumentObject, Type: "tcp_sock", Nullable: true}
		}
	}
	var file bytes.Buffer
	if err := dump.Write(&file, d); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	read, err := dump.Read(&file)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	return read
}

func reload(t *testing.T, seed int, l *loader.Loader, d dump.Dump, kept *store.Store) *ebpf.Program {
	t.Helper()
	p, err := l.NewProgramFromDump(d, loader.Options{AllowDump: kept})
	if err != nil {
		t.Fatalf("seed %d: %+v", seed, err)
	}
	return p
}

// lookup finds a loaded program in the store.
func lookup(t *testing.T, seed int, kept *store.Store, p *ebpf.Program) dump.Dump {
	t.Helper()
	info, err := p.Info()
	if err != nil {
		t.Fatal(err)
	}
	tag, err := hex.DecodeString(info.Tag)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := kept.Lookup(store.Tag(tag))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Fits(store.Query{Type: uint32(info.Type), Name: info.Name}) {
			return e.Dump
		}
	}
	t.Fatalf("seed %d: none of %d entries fits tag %s, type %s, name %s", seed, len(entries), info.Tag, info.Type, info.Name)
	return dump.Dump{}
}

func tagOf(t *testing.T, p *ebpf.Program) string {
	t.Helper()
	info, err := p.Info()
	if err != nil {
		t.Fatal(err)
	}
	return info.Tag
}

// sameRuns runs the programs on the same packets.
func sameRuns(t *testing.T, seed int, original *ebpf.Program, loadedAgain ...*ebpf.Program) {
	t.Helper()
	random := rand.New(rand.NewPCG(uint64(seed), 1))
	for range 4 {
		packet := make([]byte, 14+random.IntN(200)) // an Ethernet header at least
		for i := range packet {
			packet[i] = byte(random.Uint32())
		}
		want := runOn(t, original, packet)
		for _, p := range loadedAgain {
			if diff := cmp.Diff(want, runOn(t, p, packet)); diff != "" {
				t.Errorf("seed %d: on packet %x (-original +loaded again):\n%s", seed, packet, diff)
			}
		}
	}
}

// writtenStack writes the stack that drawn programs use, which many read before they
// write it.
func writtenStack() (block []asm.Instruction) {
	for off := int16(-152); off < 0; off += 8 {
		block = append(block, asm.New(0x7a, asm.R10, 0, off, 0)) // *(u64 *)(r10 + off) = 0
	}
	return block
}

// withoutPerfmon calls load as a thread that lacks CAP_PERFMON. For it the kernel loads
// only what reads no stack that it did not write, and makes no numbers of pointers: what
// such a program makes of a packet is the same each time.
func withoutPerfmon(t *testing.T, load func()) {
	t.Helper()
	kerneltest.Without(t, []int{unix.CAP_SYS_ADMIN, unix.CAP_PERFMON}, load)
}

// outcome is what a run leaves.
type outcome struct {
	Result uint32
	Packet []byte
	Err    string
}

func runOn(t *testing.T, p *ebpf.Program, packet []byte) outcome {
	t.Helper()
	opts := ebpf.RunOptions{Data: packet, DataOut: make([]byte, len(packet)+512)}
	result, err := p.Run(&opts)
	if err != nil {
		return outcome{Err: err.Error()}
	}
	return outcome{Result: result, Packet: opts.DataOut}
}
