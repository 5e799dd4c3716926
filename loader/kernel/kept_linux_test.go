package kernel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/dump"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/kernel/guest/guesttest"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/features"
	"github.com/statecheck/statecheck/internal/kerneltest"
	"github.com/statecheck/statecheck/internal/sys"
	"github.com/statecheck/statecheck/verifier"
)

// capabilities are those that bpf() asks for.
var capabilities = []int{unix.CAP_SYS_ADMIN, unix.CAP_BPF, unix.CAP_PERFMON, unix.CAP_NET_ADMIN}

// without are those that are to go where one is to stay.
func without(kept int) []int {
	return slices.DeleteFunc(slices.Clone(capabilities), func(c int) bool { return c == kept })
}

const bothFlags = sys.EnforceStateless | sys.AllowDump

// TestKeeps asks the guest's kernel, which has all of the patches.
func TestKeeps(t *testing.T) {
	guesttest.Run(t, nil, func(t *testing.T) {
		t.Run("probe", testProbe)
		t.Run("errors", testErrors)
		t.Run("drawn", testKeptDrawn)
		t.Run("corpus", testKeptCorpus)
		t.Run("memory", testKeptMemory)
		t.Run("relocated", testKeptRelocated)
		t.Run("extension", testEnforcedExtension)
	})
}

func testProbe(t *testing.T) {
	if f := features.Probe(); f != (features.Features{Enforces: true, Keeps: true}) {
		t.Errorf("%+v, expected both", f)
	}
	kerneltest.Without(t, without(unix.CAP_BPF), func() {
		if f := features.Probe(); f != (features.Features{Enforces: true, Keeps: true}) {
			t.Errorf("with CAP_BPF alone: %+v, expected both", f)
		}
	})
	kerneltest.Without(t, capabilities, func() {
		if f := features.Probe(); f != (features.Features{}) {
			t.Errorf("without CAP_BPF: %+v, expected nothing", f)
		}
	})
}

// rawDump is BPF_PROG_DUMP without anything between: a buffer of that many slots at that
// address, and that many bytes of the attribute.
func rawDump(fd int, slots uint32, address uintptr, size uintptr) (count uint32, errno unix.Errno) {
	attr := struct {
		fd, count uint32
		insns     uint64
		rest      [4]uint64
	}{fd: uint32(fd), count: slots, insns: uint64(address)}
	_, _, errno = unix.Syscall(unix.SYS_BPF, 37, uintptr(unsafe.Pointer(&attr)), size)
	return attr.count, errno
}

// bindTo are the instructions of "ip vrf" with a call: the kernel rewrites two of six.
var bindTo = []asm.Instruction{
	asm.New(asm.MovX, 6, 1, 0, 0),
	asm.New(asm.Call, 0, 0, 0, 5), // bpf_ktime_get_ns
	asm.New(0xb7, 3, 0, 0, 1),
	asm.New(0x63, 6, 3, 0, 0), // bound_dev_if
	asm.New(0xb7, 0, 0, 0, 1),
	asm.New(asm.Exit, 0, 0, 0, 0),
}

func encoded(insns ...asm.Instruction) []byte { return asm.Encode(insns, binary.NativeEndian) }

// loadFilter loads a socket filter, which the caller closes.
func loadFilter(insns []byte, flags uint32) (fd int, err error) {
	p := sys.ProgLoad{Type: unix.BPF_PROG_TYPE_SOCKET_FILTER, Insns: insns, Flags: flags}
	fd, _, err = p.Load()
	return fd, err
}

// loadSock loads a program of type cgroup_sock, which goes with the test.
func loadSock(t *testing.T, insns []byte, flags uint32) int {
	t.Helper()
	p := sys.ProgLoad{Type: unix.BPF_PROG_TYPE_CGROUP_SOCK, ExpectedAttachType: unix.BPF_CGROUP_INET_SOCK_CREATE, Insns: insns, Flags: flags}
	fd, _, err := p.Load()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// testErrors goes through what the flag and the command are refused for.
func testErrors(t *testing.T) {
	array, err := sys.MapCreate(unix.BPF_MAP_TYPE_ARRAY, 4, 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(array)
	withMap := encoded(asm.New(asm.LoadImm64, 1, asm.PseudoMapFD, 0, int32(array)), 0, asm.New(0xb7, 0, 0, 0, 0), asm.New(asm.Exit, 0, 0, 0, 0))
	small := encoded(asm.New(0xb7, 0, 0, 0, 0), asm.New(asm.Exit, 0, 0, 0, 0))
	for _, tt := range []struct {
		name, reason string
		insns        []byte
		flags        uint32
		want         error
	}{
		{"both", "as it is meant", small, bothFlags, nil},
		{"the second alone", "it goes with the first", small, sys.AllowDump, unix.EINVAL},
		{"an unknown one beside", "no bit is overlooked", small, bothFlags | 1<<10, unix.EINVAL},
		{"stateful", "the first flag still does what it did", withMap, bothFlags, unix.EACCES},
		{"stateful without", "else the case above shows nothing", withMap, 0, nil},
	} {
		fd, err := loadFilter(tt.insns, tt.flags)
		if err == nil {
			unix.Close(fd)
		}
		if err != tt.want {
			t.Errorf("loading %s: error %v, expected %v: %s", tt.name, err, tt.want, tt.reason)
		}
	}

	want := encoded(bindTo...)
	kept, other := loadSock(t, want, bothFlags), loadSock(t, want, sys.EnforceStateless)
	const slots, size = 6, 16 // of the program, of what the attribute has
	for _, tt := range []struct {
		name, reason string
		fd           int
		slots, size  int
		at           uintptr // 0: a buffer
		want         unix.Errno
		count        int // what stands there then
	}{
		{"fits", "what was loaded", kept, slots, size, 0, 0, slots},
		{"roomy", "the rest of the buffer is left alone", kept, slots + 2, size, 0, 0, slots},
		{"empty buffer", "it says how many there are", kept, 0, size, 0, unix.ENOSPC, slots},
		{"small buffer", "there is no half of a dump", kept, slots - 1, size, 0, unix.ENOSPC, slots},
		{"bad buffer", "nobody may write there", kept, slots, size, 1, unix.EFAULT, slots},
		{"not kept", "nobody asked for it", other, slots, size, 0, unix.ENOENT, slots},
		{"map", "no program", array, slots, size, 0, unix.EINVAL, slots},
		{"no descriptor", "nothing is open there", -1, slots, size, 0, unix.EBADF, slots},
		{"short attribute", "the count could not be written back", kept, slots, size - 1, 0, unix.EINVAL, slots},
		{"long attribute", "with zeros it is one of a newer program", kept, slots, size + 32, 0, 0, slots},
	} {
		buffer := bytes.Repeat([]byte{0xa5}, 8*(slots+2))
		untouched := bytes.Clone(buffer)
		at := tt.at
		if at == 0 {
			at = uintptr(unsafe.Pointer(&buffer[0]))
		}
		count, errno := rawDump(tt.fd, uint32(tt.slots), at, uintptr(tt.size))
		expected := untouched
		if tt.want == 0 {
			expected = slices.Concat(want, untouched[len(want):])
		}
		if errno != tt.want || int(count) != tt.count || !bytes.Equal(buffer, expected) {
			t.Errorf("%s: %v, %d slots, expected %v, %d: %s\nbuffer   %x\nexpected %x", tt.name, errno, count, tt.want, tt.count, tt.reason, buffer, expected)
		}
	}
	for _, tt := range []struct {
		name, reason string
		without      []int
		fd           int
		want         error
	}{
		{"nobody", "the descriptor alone is no right to it", capabilities, kept, unix.EPERM},
		{"nobody, not kept", "nor to know that there is none", capabilities, other, unix.EPERM},
		{"CAP_BPF", "it is what is asked for", without(unix.CAP_BPF), kept, nil},
		{"CAP_SYS_ADMIN", "which stands for it", without(unix.CAP_SYS_ADMIN), kept, nil},
		{"CAP_NET_ADMIN", "which does not", without(unix.CAP_NET_ADMIN), kept, unix.EPERM},
	} {
		kerneltest.Without(t, tt.without, func() {
			if _, err := sys.ProgDump(tt.fd); err != tt.want {
				t.Errorf("%s: error %v, expected %v: %s", tt.name, err, tt.want, tt.reason)
			}
		})
	}
}

// testKeptDrawn loads drawn programs with both flags: what the kernel gives back is what it
// was given, to the byte where no number is its own, and has its tag.
func testKeptDrawn(t *testing.T) {
	var k Kernel
	o, err := oracle.New()
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	total, rewritten, named := 0, 0, 0
	for seed := range 400 {
		p := generate.Program().Example(seed)
		want, err := dump.FromProgram(&p.Program)
		if err != nil {
			continue // with offsets of this kernel in it
		}
		fd, _ := o.Open(&p, bothFlags, oracle.LogMessages)
		if fd < 0 {
			continue
		}
		total++
		got, err := k.describe(fd)
		if err == nil && len(p.References) == 0 {
			raw, dumpErr := sys.ProgDump(fd)
			if dumpErr != nil || !bytes.Equal(raw, encoded(p.Instructions...)) {
				t.Errorf("seed %d: %v, %x, expected %x", seed, dumpErr, raw, encoded(p.Instructions...))
			}
		}
		unix.Close(fd)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if tag := asm.TagSHA1(got.Kept); tag != got.Tag {
			t.Errorf("seed %d: the tag of what was kept is %x, and of what was loaded %x", seed, tag, got.Tag)
		}
		originals, err := NewOriginals(nil, "", "").Find(got)
		if len(originals) != 1 || err != nil {
			t.Fatalf("seed %d: %v, %v, expected the original", seed, originals, err)
		}
		found := originals[0]
		if diff := cmp.Diff(want.Instructions, found.Dump.Instructions); diff != "" {
			t.Errorf("seed %d (-loaded +kept):\n%s", seed, diff)
		}
		if diff := cmp.Diff(want.References, found.Dump.References); diff != "" {
			t.Errorf("seed %d, what it refers to (-loaded +kept):\n%s", seed, diff)
		}
		named += len(want.References)
		// What BTF says of functions is not kept.
		if v := verifier.Check(found.Program, verifier.Options{}).Verdict; v != verifier.Stateless && len(p.Signatures) == 0 {
			t.Errorf("seed %d: %s as it was kept, and the kernel has loaded it as stateless", seed, v)
		}
		if !slices.Equal(got.Instructions, got.Kept) {
			rewritten++
		}
	}
	t.Logf("%d drawn programs with %d names, of which the kernel has rewritten %d", total, named, rewritten)
	if total < 150 || rewritten < 100 || named < 100 {
		t.Error("expected 150 programs, 100 of them rewritten, and 100 names")
	}
}

// testKeptCorpus does the same with the corpus, as cilium/ebpf loads it: what was kept has the
// tag that the kernel has made of what it was given.
func testKeptCorpus(t *testing.T) {
	var k Kernel
	kept := 0
	for _, c := range corpus.Programs() {
		if c.Flag != verifier.Stateless {
			continue
		}
		p := loaded(t, &k, c, bothFlags)
		if p == nil {
			continue
		}
		kept++
		if tag := asm.TagSHA1(p.Kept); tag != p.Tag {
			t.Errorf("%s: the tag of what was kept is %x, and of what was loaded %x", c.Name(), tag, p.Tag)
		}
		found, err := NewOriginals(nil, "", "").Find(p)
		switch {
		case c.Name() == "own_memory.o/larger": // the kernel keeps no BTF, and so no type of the program's own
			if err == nil || !strings.Contains(err.Error(), "own BTF") {
				t.Errorf("%s: error %v, expected one about the program's own BTF", c.Name(), err)
			}
			continue
		case len(found) != 1 || err != nil:
			t.Errorf("%s: %v, %v, expected the original", c.Name(), found, err)
			continue
		}
		if v := verifier.Check(found[0].Program, verifier.Options{}).Verdict; v != verifier.Stateless {
			t.Errorf("%s is %s as it was kept, and was loaded as stateless", c.Name(), v)
		}
	}
	t.Logf("%d programs of the corpus", kept)
	if kept < 30 {
		t.Error("expected 30 of the corpus at least")
	}
}

// testKeptMemory: what is kept is charged to the control group of whoever loads it, shows in
// fdinfo, and goes with the program, also where loading fails.
func testKeptMemory(t *testing.T) {
	const group = "/sys/fs/cgroup/kept"
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0); err != nil {
			t.Fatal(err)
		}
	}
	write("/sys/fs/cgroup/cgroup.subtree_control", "+memory")
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(group, "cgroup.procs"), "0")
	charged := func() int {
		raw, err := os.ReadFile(filepath.Join(group, "memory.stat"))
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`(?m)^kernel (\d+)`).FindSubmatch(raw)
		n, _ := strconv.Atoi(string(m[1]))
		return n
	}
	const slots = 32768
	long := slices.Repeat([]asm.Instruction{asm.New(0xb7, 0, 0, 0, 0)}, slots-1)
	good, bad := encoded(append(long, asm.New(asm.Exit, 0, 0, 0, 0))...), encoded(append(long, asm.New(asm.Exit, 1, 0, 0, 0))...)
	memory := func(flags uint32) (fd, cost, locked int) {
		before := charged()
		fd, err := loadFilter(good, flags)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(info), "memlock:\t")
		after, _, _ = strings.Cut(after, "\n")
		locked, err = strconv.Atoi(after)
		if err != nil {
			t.Fatal(err)
		}
		return fd, charged() - before, locked
	}
	start := charged()
	first, cost, locked := memory(sys.EnforceStateless)
	second, costKept, lockedKept := memory(bothFlags)
	const noise = 1 << 16 // page tables of this process, say
	if more := costKept - cost; more < 8*slots-noise || more > 8*slots+noise {
		t.Errorf("to keep %d bytes costs %d of the group's memory (%d, and %d without)", 8*slots, more, costKept, cost)
	}
	if lockedKept-locked != 8*slots {
		t.Errorf("fdinfo says %d bytes, and %d without, expected %d more", lockedKept, locked, 8*slots)
	}
	unix.Close(first)
	unix.Close(second)
	for range 20 {
		if fd, err := loadFilter(bad, bothFlags); err == nil {
			unix.Close(fd)
			t.Fatal("the verifier takes an exit with a register, expected a load that fails")
		}
	}
	for deadline := time.Now().Add(20 * time.Second); charged() > start+noise; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes more than before remain charged", charged()-start)
		}
	}
}

// testKeptRelocated: what the kernel relocates (CO-RE) is not what it has kept, and it has not
// kept how. The program is enforced all the same, and has no dump.
func testKeptRelocated(t *testing.T) {
	const names = "\x00int\x00none\x00f\x000\x00"
	types := []uint32{
		1, 1 << 24, 4, 1<<24 | 32, // 1: int
		5, 4 << 24, 4, // 2: struct none, which no kernel has
		0, 13 << 24, 1, // 3: int (void)
		10, 12 << 24, 3, // 4: f
	}
	var raw []byte
	for _, part := range []any{
		struct { // struct btf_header
			magic, version                           uint16
			header, typeOff, typeLen, strOff, strLen uint32
		}{0xeb9f, 1, 24, 0, uint32(4 * len(types)), uint32(4 * len(types)), uint32(len(names))},
		types, []byte(names),
	} {
		var err error
		if raw, err = binary.Append(raw, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	btf, err := sys.BTFLoad(raw)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(btf)
	kept := []asm.Instruction{asm.New(0xb7, 0, 0, 0, 1), asm.New(asm.Exit, 0, 0, 0, 0)}
	p := sys.ProgLoad{
		Type: unix.BPF_PROG_TYPE_SOCKET_FILTER, Insns: encoded(kept...), Flags: bothFlags, BTF: btf,
		FuncInfo:  []sys.FuncInfo{{InsnOff: 0, TypeID: 4}},
		CORERelos: []sys.CORERelo{{InsnOff: 0, TypeID: 2, AccessStrOff: 12, Kind: 8}}, // BPF_CORE_TYPE_EXISTS
	}
	fd, _, err := p.Load()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	got, err := new(Kernel).describe(fd)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Kept, kept) || got.Instructions[0].Imm() != 0 {
		t.Errorf("it keeps %v and runs %v, expected %v and another number", got.Kept, got.Instructions, kept)
	}
	if found, err := NewOriginals(nil, "", "").Find(got); len(found) != 0 || err == nil || !strings.Contains(err.Error(), "CO-RE") {
		t.Errorf("%v, %v, expected nothing, and an error about CO-RE", found, err)
	}
}

// TestRestore loads what the kernel rewrites, and asks for what was loaded. What comes back
// must be that; that it does for the program of "ip vrf", the kernel's own tag confirms.
func TestRestore(t *testing.T) {
	kerneltest.Need(t)
	var k Kernel
	symbols, err := k.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	o, err := oracle.New()
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	p, err := k.describe(loadSock(t, encoded(bindTo...), 0))
	if err != nil {
		t.Fatal(err)
	}
	found, ok := p.Restore(symbols)
	if !ok {
		t.Fatal("the program of ip vrf is not restored")
	}
	if diff := cmp.Diff(bindTo, found.Dump.Instructions); diff != "" {
		t.Errorf("-loaded +restored:\n%s", diff)
	}
	if slices.Equal(bindTo, p.Instructions) || ebpf.ProgramType(found.Dump.Type) != ebpf.CGroupSock || found.Dump.License != "GPL" {
		t.Errorf("%+v, expected a program of type cgroup_sock under the GPL that the kernel has rewritten", found.Dump)
	}

	restored := 0
	for seed := range 300 {
		drawn := generate.Program().Example(seed)
		fd, _ := o.Open(&drawn, 0, oracle.LogMessages)
		if fd < 0 {
			continue
		}
		p, err := k.describe(fd)
		unix.Close(fd)
		if err != nil {
			t.Fatal(err)
		}
		found, ok := p.Restore(symbols)
		if !ok {
			continue
		}
		restored++
		if want, err := dump.FromProgram(&drawn.Program); err != nil || !slices.Equal(want.Instructions, found.Dump.Instructions) {
			t.Errorf("seed %d: %v, restored %v, expected %v", seed, err, found.Dump.Instructions, want.Instructions)
		}
	}
	t.Logf("%d of 300 drawn programs are restored", restored)
}
