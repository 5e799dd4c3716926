package text

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/verifier"
)

// straight are programs that the kernel visits all of, as text.
var straight = map[string]string{
	"arithmetic": `
		r0 = 1
		r1 = -7
		r0 += r1
		w0 -= 5
		w1 *= w0
		r1 /= 3
		r1 |= r0
		r1 &= 0xff
		r1 <<= 3
		w1 >>= 2
		r1 %= 10
		w1 ^= -1
		r1 s>>= 63
		r1 = -r1
		w1 = -w1
		r1 = be16 r1
		r1 = le64 r1
		r0 = 0
		exit`,
	"version 4": `
		r1 = 7
		r2 = 9
		r1 s/= 2
		w2 s%= 3
		r3 = (s8)r1
		w3 = (s16)w1
		r4 = (s32)r2
		r3 = bswap32 r3
		gotol .Lend
	.Lend:
		r0 = 0
		exit`,
	"memory": `
		*(u64 *)(r10 - 8) = -1
		*(u8 *)(r10 - 8) = 7
		r2 = 5
		*(u32 *)(r10 - 4) = w2
		w3 = *(u16 *)(r10 - 8)
		r3 = *(s8 *)(r10 - 8)
		r4 = *(u64 *)(r10 - 8)
		lock *(u64 *)(r10 - 8) += r2
		lock *(u32 *)(r10 - 8) |= w2
		r2 = atomic_fetch_add((u64 *)(r10 - 8), r2)
		w2 = atomic_fetch_xor((u32 *)(r10 - 8), w2)
		r2 = xchg_64(r10 - 8, r2)
		w2 = xchg32_32(r10 - 8, w2)
		r0 = 1
		r0 = cmpxchg_64(r10 - 8, r0, r2)
		r0 = 0
		w0 = cmpxchg32_32(r10 - 8, w0, w2)
		r0 = 0
		exit`,
	"branches": `
		r6 = *(u32 *)(r1 + 0)
		r0 = 0
		if r6 == 0 goto .L1
		if w6 s> -5 goto .L1
		if r6 & 0x80 goto .L1
		if r6 >= r0 goto .L1
	.L1:
		exit`,
	"packet": `
		r6 = r1
		r0 = *(u16 *)skb[12]
		r7 = 14
		r0 = *(u8 *)skb[r7]
		exit`,
	"calls": `
		.section socket,"ax",@progbits
		call bpf_ktime_get_ns
		call function
		r0 = 0
		exit
	function:
		call bpf_get_prandom_u32
		exit`,
	"numbers": `
		r1 = 0x7 ll
		r2 = 0xffff888000000000 ll
		r3 = -1 ll
		r4 = 0x123456789abcdef0 ll
		r0 = 0
		exit`,
}

// TestKernelLog: the log of the running kernel, of level 2, is read as the program
// that was loaded.
func TestKernelLog(t *testing.T) {
	kerneltest.Need(t)
	for name, text := range straight {
		t.Run(name, func(t *testing.T) {
			want := parseOne(t, text).Instructions
			fd, log, err := kerneltest.LoadLog(asm.Encode(want, binary.NativeEndian), 2)
			if err != nil {
				t.Fatalf("%v\n%s", err, log)
			}
			unix.Close(fd)
			got := parseOne(t, log).Instructions
			if !slices.Equal(got, want) {
				t.Errorf("got %#v\nwant %#v\n%s", got, want, log)
			}
		})
	}
}

// TestKernelLogMap: the state in the log says that a number is a map's address.
func TestKernelLogMap(t *testing.T) {
	kerneltest.Need(t)
	fd := kerneltest.NewMap(t)
	insns := parseOne(t, fmt.Sprintf("ld_pseudo r1, 1, %d\nr0 = 0\nexit", fd)).Instructions
	prog, log, err := kerneltest.LoadLog(asm.Encode(insns, binary.NativeEndian), 2)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	unix.Close(prog)
	p := parseOne(t, log)
	if len(p.References) != 1 || p.References[0].Slot != 0 || p.References[0].Map != "map" ||
		p.Instructions[0] != asm.New(asm.LoadImm64, 1, asm.PseudoMapFD, 0, 0) {
		t.Errorf("got %#v with %+v, want a map at slot 0, from\n%s", p.Instructions, p.References, log)
	}
}

// TestKernelCorpus loads what it can of the corpus and compares the log with the
// object: the kernel shows the maps, the functions and the kfuncs.
func TestKernelCorpus(t *testing.T) {
	kerneltest.Need(t)
	compared := 0
	for _, name := range corpus.Objects() {
		raw, err := corpus.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range programsOf(t, name, raw) {
			if p.Err != nil {
				continue
			}
			log, err := loadLog(raw, p.Name)
			if err != nil {
				t.Logf("%s: %s: %v", name, p.Name, err)
				continue
			}
			compared++
			err = compareLog(p, log)
			switch reason := logDiffers[name+"/"+p.Name]; {
			case err == nil:
			case errors.Is(err, errBetter), reason == "", reason == notVisited && !isNotVisited(err):
				t.Errorf("%s: %s: %v in\n%s", name, p.Name, err, log)
			}
		}
	}
	t.Logf("%d programs", compared)
}

// compareLog compares a program with what its log is read as.
func compareLog(p *verifier.Program, log string) error {
	programs, err := Parse(strings.NewReader(log), "log")
	if err != nil {
		return err
	}
	got := *programs[0]
	got.Name, got.Section, got.Type, got.AttachType, got.AttachTo = p.Name, p.Section, p.Type, p.AttachType, p.AttachTo
	for _, r := range p.References { // loading changes what CO-RE relocations are at
		if r.Kind == verifier.RefCORE && r.Slot < len(got.Instructions) {
			got.References = slices.DeleteFunc(got.References, func(g verifier.Reference) bool { return g.Slot == r.Slot })
			got.Instructions[r.Slot] = p.Instructions[r.Slot]
			got.References = append(got.References, r)
		}
	}
	slices.SortStableFunc(got.References, func(a, b verifier.Reference) int { return cmp.Compare(a.Slot, b.Slot) })
	if diff := gocmp.Diff(plainSlots(p), plainSlots(&got)); diff != "" {
		err = fmt.Errorf("(-object +log):\n%s", diff)
	}
	if worse := better(p, &got); worse != nil {
		return worse
	}
	return err
}

// logDiffers: programs of which the log says something else, with the reason.
var logDiffers = map[string]string{
	"arrays.o/map_in_map":                             notVisited,
	"call_in_dead_code.o/call_in_dead_code":           notVisited,
	"dead_code.o/never_jumps":                         notVisited,
	"dead_code.o/never_that_large":                    notVisited,
	"dead_code.o/never_twice":                         notVisited,
	"irregular.o/exit_with_number":                    notVisited,
	"irregular.o/register_11":                         notVisited,
	"irregular.o/shift_too_far":                       notVisited,
	"irregular.o/writes_frame_pointer":                notVisited,
	"irregular_in_dead_code.o/irregular_in_dead_code": notVisited,
	"map_in_dead_code.o/map_in_dead_code":             notVisited,
	"rodata.o/forward_if_told":                        notVisited,
	"unknown_helper_in_dead_code.o/unknown_helpers":   notVisited,
	"weak.o/redirect_if_variable_exists":              notVisited,
	"weak_kfunc_guard.o/call_if_it_exists":            notVisited,
	"irregular.o/call_of_no_kind":                     "a call of no kind is printed as that of an unknown helper with a number that is known: refused",
	"throw.o/pass_or_throw":                           "it throws: refused, as the log may not show what is called then",
	"surroundings.o/by_init":                          "a mask that could be an address of the kernel: it counts as one",
}

// notVisited: the kernel proves code dead, and a log does not show reserved fields of
// what was not visited. Before Linux 6.18 it shows nothing of it.
const notVisited = "the kernel did not visit all of it: refused"

func isNotVisited(err error) bool {
	return strings.Contains(err.Error(), " is only listed, ") || strings.Contains(err.Error(), " is missing, ")
}

// loadLog loads a program of an object and returns the log.
func loadLog(raw []byte, name string) (string, error) {
	spec, err := ebpf.LoadCollectionSpecFromReader(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	maps.DeleteFunc(spec.Programs, func(other string, _ *ebpf.ProgramSpec) bool { return other != name })
	// To fill in a map of struct_ops registers it, which would be to attach.
	maps.DeleteFunc(spec.Maps, func(_ string, m *ebpf.MapSpec) bool { return m.Type == ebpf.StructOpsMap })
	coll, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{
		Programs: ebpf.ProgramOptions{LogLevel: ebpf.LogLevelInstruction, LogSizeStart: 1 << 20},
	})
	if err != nil {
		return "", err
	}
	defer coll.Close()
	if coll.Programs[name] == nil {
		return "", errors.New("cilium/ebpf does not know its type")
	}
	return coll.Programs[name].VerifierLog, nil
}
