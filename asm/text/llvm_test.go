package text

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/asm/object"
	"github.com/statecheck/statecheck/corpus"
	"github.com/statecheck/statecheck/verifier"
)

// needTool returns the tool's path and skips the test where it is missing.
func needTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

// assembled is what clang-19 makes of a program that was printed: the slots of its
// section, which must need no relocation.
func assembled(clang, dir string, p *verifier.Program) ([]asm.Instruction, error) {
	text, err := printed(p)
	if err != nil {
		return nil, err
	}
	out := filepath.Join(dir, "out.o")
	cmd := exec.Command(clang, "--target=bpfel", "-mcpu=v4", "-c", "-x", "assembler", "-", "-o", out)
	cmd.Stdin = strings.NewReader(text)
	if message, err := cmd.CombinedOutput(); err != nil || len(message) > 0 {
		return nil, fmt.Errorf("clang-19: %v %s\n%s", err, message, text)
	}
	file, err := elf.Open(out)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for _, sec := range file.Sections {
		switch {
		case sec.Type == elf.SHT_REL:
			return nil, fmt.Errorf("relocations %s in what was printed:\n%s", sec.Name, text)
		case sec.Type == elf.SHT_PROGBITS && sec.Flags&elf.SHF_EXECINSTR != 0 && sec.Size > 0:
			raw, err := sec.Data()
			if err != nil {
				return nil, err
			}
			return asm.Decode(raw, binary.LittleEndian)
		}
	}
	return nil, fmt.Errorf("no code in what was printed:\n%s", text)
}

func checkAssembled(clang, dir string, p *verifier.Program) error {
	got, err := assembled(clang, dir, p)
	if err != nil {
		return err
	}
	if slices.Equal(got, p.Instructions) {
		return nil
	}
	text, _ := printed(p)
	for i := range min(len(got), len(p.Instructions)) {
		if got[i] != p.Instructions[i] {
			return fmt.Errorf("slot %d is %#v, to clang-19 %#v, in\n%s", i, p.Instructions[i], got[i], text)
		}
	}
	return fmt.Errorf("%d slots, to clang-19 %d, in\n%s", len(p.Instructions), len(got), text)
}

// everyForm is each form with the extremes of each operand that keep it regular.
func everyForm() []asm.Instruction {
	var slots []asm.Instruction
	for ins := range asm.Forms() {
		seen := map[asm.Instruction]bool{}
		add := func(i asm.Instruction) {
			if seen[i] || !asm.Regular(i) {
				return
			}
			seen[i] = true
			slots = append(slots, i)
			if i.IsWide() {
				slots = append(slots, asm.New(0, 0, 0, 0, 0))
			}
		}
		for _, imm := range []int32{ins.Imm(), 1, 2, 31, 63, -1, -7, math.MaxInt32, math.MinInt32} {
			for _, off := range []int16{ins.Off(), 1, -1, 7, -8, math.MaxInt16, math.MinInt16} {
				for _, dst := range []asm.Register{0, 9, 10} {
					for _, src := range []asm.Register{ins.Src(), 10} {
						i := asm.New(ins.Opcode(), dst, src, off, imm)
						if asm.Name(i) == asm.Name(ins) {
							add(i)
						}
					}
				}
			}
		}
		if ins.IsWide() && ins.Src() == 0 {
			slots = append(slots, ins|7<<8|0xabcdef01<<32, asm.New(0, 0, 0, 0, math.MinInt32))
		}
	}
	return slots
}

// TestClangForms: clang-19 assembles every form to the same bytes, and hardly any
// of them is printed as data.
func TestClangForms(t *testing.T) {
	clang := needTool(t, "clang-19")
	slots := everyForm()
	if err := checkAssembled(clang, t.TempDir(), &verifier.Program{Instructions: slots}); err != nil {
		t.Error(err)
	}
	t.Logf("%d slots", len(slots))
}

// TestClangRandom: the same for random programs, irregular slots among them.
func TestClangRandom(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a hundred compilers")
	}
	clang := needTool(t, "clang-19")
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		if n++; n > 60 { // each starts a compiler
			return
		}
		p := drawProgram(t)
		for range 20 {
			p.Instructions = append(p.Instructions, drawSlots(t)...)
		}
		p.Section = "xdp" // others mean something to clang-19
		if err := checkAssembled(clang, dir, p); err != nil {
			t.Fatal(err)
		}
	})
}

// objects are the programs of the corpus, and of the public samples where there are
// any.
func objects(t *testing.T) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	for _, name := range corpus.Objects() {
		raw, err := corpus.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		all["corpus/"+name] = raw
	}
	samples := os.Getenv("BPF_SAMPLES")
	if samples == "" {
		return all
	}
	err := filepath.WalkDir(samples, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".o") && d.Type().IsRegular() {
			all[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func programsOf(t *testing.T, name string, raw []byte) []*verifier.Program {
	t.Helper()
	o, err := object.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return nil
	}
	return slices.Collect(o.Programs())
}

// TestObjects: every program of every object comes back as it was, and clang-19
// assembles what is printed to the same bytes.
func TestObjects(t *testing.T) {
	clang := needTool(t, "clang-19")
	dir := t.TempDir()
	programs, slots, raw := 0, 0, 0
	for name, contents := range objects(t) {
		for _, p := range programsOf(t, name, contents) {
			if p.Err != nil {
				continue
			}
			programs++
			slots += len(p.Instructions)
			if err := identity(p); err != nil {
				t.Errorf("%s: %s: %v", name, p.Name, err)
			}
			if err := checkAssembled(clang, dir, p); err != nil {
				t.Errorf("%s: %s: %v", name, p.Name, err)
			}
			text, err := printed(p)
			if err != nil {
				t.Error(err)
			}
			raw += strings.Count(text, ".quad")
		}
	}
	t.Logf("%d programs, %d slots, %d of them printed as data", programs, slots, raw)
}

// TestDisassembly: what llvm-objdump -dr prints of an object is read as the programs
// that asm/object finds in it.
func TestDisassembly(t *testing.T) {
	objdump := needTool(t, "llvm-objdump-19")
	path := filepath.Join(t.TempDir(), "in.o")
	programs := 0
	for name, raw := range objects(t) {
		if err := os.WriteFile(path, raw, 0o666); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(objdump, "-dr", "--disassemble-zeroes", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		want := programsOf(t, name, raw)
		got, err := Parse(bytes.NewReader(out), "test")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Contains(out, []byte("R_BPF_")) && !bytes.Contains(out, []byte("CO-RE")) {
			for _, p := range got { // without relocations it might be without -r: see TestDisassemblyAlone
				p.References = nil
			}
		}
		for _, w := range want {
			if w.Err != nil {
				continue
			}
			programs++
			if err := compare(w, got); err != nil && textDiffers[name+"/"+w.Name] == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	t.Logf("%d programs", programs)
}

// TestDisassemblyAlone: without -r a program is refused where it waits for
// relocations, and otherwise the same.
func TestDisassemblyAlone(t *testing.T) {
	objdump := needTool(t, "llvm-objdump-19")
	path := filepath.Join(t.TempDir(), "in.o")
	same, refused := 0, 0
	for name, raw := range objects(t) {
		if err := os.WriteFile(path, raw, 0o666); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(objdump, "-d", "--disassemble-zeroes", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(bytes.NewReader(out), "test")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, p := range got { // without -r each constant may have a CO-RE relocation
			p.References = nil
		}
		for _, w := range programsOf(t, name, raw) {
			switch err := compare(w, got); {
			case w.Err != nil || textDiffers[name+"/"+w.Name] != "":
			case err == nil:
				same++
			case strings.Contains(err.Error(), "may wait for a relocation"):
				refused++
			case slices.ContainsFunc(w.References, func(r verifier.Reference) bool { return r.Kind == verifier.RefCORE }):
				// Only -r says where CO-RE relocations are.
			default:
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	t.Logf("%d programs are the same, %d refused", same, refused)
}

// textDiffers: programs that are something else to a reader of BTF, with the reason.
var textDiffers = map[string]string{
	"corpus/unknown_kfunc.o/length":               "only BTF says that an unknown function is a kfunc: to text the call is unresolved",
	"corpus/weak_kfunc_guard.o/call_if_it_exists": "only BTF says that an unknown function is a kfunc: to text the call is unresolved",
	"corpus/exception_callback.o/throws":          "only BTF says which function is the exception callback: in text it is a program of its own",
}

// compare looks for a program among those that were read from text.
func compare(want *verifier.Program, all []*verifier.Program) error {
	i := slices.IndexFunc(all, func(p *verifier.Program) bool { return p.Name == want.Name && p.Section == want.Section })
	if i < 0 {
		return fmt.Errorf("no program %s", want.Name)
	}
	got := all[i]
	if got.Err != nil {
		return fmt.Errorf("%s: %w", want.Name, got.Err)
	}
	if got.Type != want.Type || got.AttachType != want.AttachType || got.AttachTo != want.AttachTo {
		return fmt.Errorf("%s: type %s %s %s, want %s %s %s", want.Name, got.Type, got.AttachType, got.AttachTo, want.Type, want.AttachType, want.AttachTo)
	}
	if diff := gocmp.Diff(plainSlots(want), plainSlots(got)); diff != "" {
		return fmt.Errorf("%s (-object +text):\n%s", want.Name, diff)
	}
	return nil
}

// plainSlots are the slots of a program; what a text cannot know of references is
// left out: which kind of map a data symbol is in, where in it, and BTF.
func plainSlots(p *verifier.Program) []string {
	refs, core := map[int]bool{}, map[int]bool{}
	for _, r := range p.References {
		if r.Kind == verifier.RefCORE {
			core[r.Slot] = true
		} else {
			refs[r.Slot] = true
		}
	}
	var list []string
	for slot, ins := range p.Instructions {
		switch {
		case core[slot]:
			list = append(list, fmt.Sprintf("%d: %#v core", slot, ins))
		case refs[slot] && ins.IsWide():
			list = append(list, fmt.Sprintf("%d: %s = outside", slot, ins.Dst()))
		case slot > 0 && refs[slot-1] && p.Instructions[slot-1].IsWide():
			list = append(list, "second slot")
		default:
			list = append(list, fmt.Sprintf("%d: %#v", slot, ins))
		}
	}
	return list
}

// TestCompilerOutput: what clang-19 -S prints of the corpus is read as the programs
// that asm/object finds in the objects.
func TestCompilerOutput(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a hundred compilers")
	}
	clang := needTool(t, "clang-19")
	sources, err := filepath.Glob("../../corpus/src/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatalf("%d sources, %v", len(sources), err)
	}
	object := filepath.Join(t.TempDir(), "out.o")
	programs := 0
	for _, source := range sources {
		name := "corpus/" + strings.TrimSuffix(filepath.Base(source), ".c") + ".o"
		run := func(args ...string) []byte {
			args = append([]string{"--target=bpfel", "-mcpu=v4", "-O2", "-g", source}, args...)
			out, err := exec.Command(clang, args...).Output()
			if err != nil {
				t.Fatalf("%s: %v", source, err)
			}
			return out
		}
		run("-c", "-o", object)
		raw, err := os.ReadFile(object)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(bytes.NewReader(run("-S", "-o", "-")), "test")
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		for _, w := range programsOf(t, name, raw) {
			if w.Err != nil {
				continue
			}
			programs++
			if err := compare(w, got); err != nil && textDiffers[name+"/"+w.Name] == "" && compilerDiffers[name+"/"+w.Name] == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	t.Logf("%d programs", programs)
}

// compilerDiffers: programs of which clang-19 -S says less than the object.
var compilerDiffers = map[string]string{
	"corpus/kconfig.o/slow_kernel":            "an address that nothing in the text defines",
	"corpus/percpu_variable.o/is_cpu_crowded": "an address that nothing in the text defines",
}
