package text

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
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

// assemble returns the slots that clang-19 makes of a text, by section, which must
// need no relocation.
func assemble(t *testing.T, clang, text string) ([][]asm.Instruction, error) {
	out := filepath.Join(t.TempDir(), "out.o")
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
	var all [][]asm.Instruction
	for _, sec := range file.Sections {
		switch {
		case sec.Type == elf.SHT_REL:
			return nil, fmt.Errorf("relocations %s in what was printed:\n%s", sec.Name, text)
		case sec.Type == elf.SHT_PROGBITS && sec.Flags&elf.SHF_EXECINSTR != 0 && sec.Size > 0:
			raw, err := sec.Data()
			if err != nil {
				return nil, err
			}
			slots, err := asm.Decode(raw, binary.LittleEndian)
			if err != nil {
				return nil, err
			}
			all = append(all, slots)
		}
	}
	return all, nil
}

// checkAssembled: clang-19 makes of each program what was printed.
//
// One compiler assembles as many programs as can stand in one text, each in a
// section of its own. Only where that goes wrong, each is assembled by itself.
func checkAssembled(t *testing.T, clang string, programs map[string]*verifier.Program) {
	t.Helper()
	rest := slices.Sorted(maps.Keys(programs))
	for len(rest) > 0 {
		b := &batch{names: make(map[string]nameUse)}
		var taken, later []string
		for _, name := range rest {
			text, err := printed(programs[name])
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if b.add(text) {
				taken = append(taken, name)
			} else {
				later = append(later, name)
			}
		}
		rest = later
		got, err := assemble(t, clang, b.text.String())
		if err != nil || len(got) != len(taken) {
			t.Logf("%d programs together: %d sections, %v", len(taken), len(got), err)
			inParallel(taken, func(name string) { // one that fails spoils all
				text, _ := printed(programs[name])
				got, err := assemble(t, clang, text)
				if err == nil && len(got) != 1 {
					err = fmt.Errorf("%d sections of code, want 1, in\n%s", len(got), text)
				}
				if err == nil {
					err = sameSlots(got[0], programs[name])
				}
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
			continue
		}
		for i, name := range taken {
			if err := sameSlots(got[i], programs[name]); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// sameSlots compares with what clang-19 assembled.
func sameSlots(got []asm.Instruction, p *verifier.Program) error {
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

// batch is printed programs as one text.
type batch struct {
	text  strings.Builder
	count int
	names map[string]nameUse
}

// nameUse is what a name is to an assembler. Only numbers and sections may be
// there more than once.
type nameUse int

const (
	usedAsLabel nameUse = iota + 1
	usedAsNumber
	usedAsSection
)

var (
	printedSection = regexp.MustCompile(`(?m)^\t\.section\t"([^"]*)","ax",@progbits$`)
	printedNumber  = regexp.MustCompile(`(?m)^\t\.set\t(\S+), `)
	printedLabel   = regexp.MustCompile(`(?m)^([^#\s]\S*):$`)
	numberedLabel  = regexp.MustCompile(`(\.L|\bF)([0-9]+)\b`) // of printer.choose
)

// add adds a program, if none before uses its names for something else.
func (b *batch) add(text string) bool {
	unique := fmt.Sprintf("_%d", b.count)
	text = numberedLabel.ReplaceAllString(text, "${1}${2}"+unique)
	names := make(map[string]nameUse)
	for pattern, use := range map[*regexp.Regexp]nameUse{
		printedSection: usedAsSection, printedNumber: usedAsNumber, printedLabel: usedAsLabel,
	} {
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			if was := b.names[m[1]]; was != 0 && (was != use || use == usedAsLabel) || names[m[1]] != 0 {
				return false
			}
			names[m[1]] = use
		}
	}
	section := fmt.Sprintf("\t.section\t\"$1\",\"ax\",@progbits,unique,%d", b.count)
	if strings.Contains(text, "\t.section\t") {
		text = printedSection.ReplaceAllString(text, section)
	} else {
		text = strings.Replace(section, "$1", ".text", 1) + "\n" + text
	}
	maps.Copy(b.names, names)
	b.count++
	b.text.WriteString(text)
	return true
}

// inParallel calls do for all, for as many at a time as there are cores.
func inParallel[T any](all []T, do func(T)) {
	var wg sync.WaitGroup
	next := make(chan T)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for item := range next {
				do(item)
			}
		})
	}
	for _, item := range all {
		next <- item
	}
	close(next)
	wg.Wait()
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
	checkAssembled(t, clang, map[string]*verifier.Program{"all": {Instructions: slots}})
	t.Logf("%d slots", len(slots))
}

// TestClangRandom: the same for random programs, irregular slots among them.
func TestClangRandom(t *testing.T) {
	clang := needTool(t, "clang-19")
	programs := make(map[string]*verifier.Program)
	rapid.Check(t, func(t *rapid.T) {
		p := drawProgram(t)
		for range 20 {
			p.Instructions = append(p.Instructions, drawSlots(t)...)
		}
		p.Section = "xdp" // others mean something to clang-19
		if len(programs) < 60 {
			programs[fmt.Sprint(len(programs))] = p
		}
	})
	checkAssembled(t, clang, programs)
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
	all := make(map[string]*verifier.Program)
	slots, raw := 0, 0
	for name, contents := range objects(t) {
		for i, p := range programsOf(t, name, contents) {
			if p.Err != nil {
				continue
			}
			slots += len(p.Instructions)
			if err := identity(p); err != nil {
				t.Errorf("%s: %s: %v", name, p.Name, err)
			}
			text, err := printed(p)
			if err != nil {
				t.Error(err)
			}
			raw += strings.Count(text, ".quad")
			all[fmt.Sprintf("%s/%d/%s", name, i, p.Name)] = p
		}
	}
	checkAssembled(t, clang, all)
	t.Logf("%d programs, %d slots, %d of them printed as data", len(all), slots, raw)
}

// disassemble returns what llvm-objdump prints of each object, from one process
// for many. Of one process all must have the byte order of the first.
func disassemble(t *testing.T, all map[string][]byte, flags string) map[string][]byte {
	t.Helper()
	objdump := needTool(t, "llvm-objdump-19")
	dir := t.TempDir()
	listings := make(map[string][]byte)
	sorted := slices.Sorted(maps.Keys(all))
	order := func(name string) byte { return all[name][elf.EI_DATA] }
	little := slices.DeleteFunc(slices.Clone(sorted), func(name string) bool { return order(name) != byte(elf.ELFDATA2LSB) })
	big := slices.DeleteFunc(sorted, func(name string) bool { return order(name) == byte(elf.ELFDATA2LSB) })
	for _, names := range slices.Concat(slices.Collect(slices.Chunk(little, 200)), slices.Collect(slices.Chunk(big, 200))) {
		args := []string{flags, "--disassemble-zeroes"}
		for i, name := range names {
			path := filepath.Join(dir, fmt.Sprintf("%d.o", i))
			if err := os.WriteFile(path, all[name], 0o666); err != nil {
				t.Fatal(err)
			}
			args = append(args, path)
		}
		out, err := exec.Command(objdump, args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		parts := bytes.Split(out, []byte(":\tfile format "))
		if len(parts) != len(names)+1 {
			t.Fatalf("listings of %d objects, want %d", len(parts)-1, len(names))
		}
		for i, name := range names {
			part := parts[i+1]
			if i+1 < len(names) { // the next one's name
				part = part[:bytes.LastIndexByte(part, '\n')+1]
			}
			listings[name] = append([]byte("in.o:\tfile format "), part...)
		}
	}
	return listings
}

// TestDisassembly: what llvm-objdump -dr prints of an object is read as the programs
// that asm/object finds in it.
func TestDisassembly(t *testing.T) {
	all := objects(t)
	d := differences{t: t, known: listingDiffers}
	for name, out := range disassemble(t, all, "-dr") {
		got, err := Parse(bytes.NewReader(out), "test")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		related := bytes.Contains(out, []byte("R_BPF_")) || bytes.Contains(out, []byte("CO-RE"))
		for _, w := range programsOf(t, name, all[name]) {
			if w.Err == nil {
				d.check(name, w, got, !related) // without relocations it might be without -r: see TestDisassemblyAlone
			}
		}
	}
	d.finish()
}

// TestDisassemblyAlone: without -r a program is refused where it waits for
// relocations, and otherwise the same.
func TestDisassemblyAlone(t *testing.T) {
	all := objects(t)
	same, refused := 0, 0
	for name, out := range disassemble(t, all, "-d") {
		got, err := Parse(bytes.NewReader(out), "test")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, w := range programsOf(t, name, all[name]) {
			if w.Err != nil {
				continue
			}
			if err := better(w, named(w, got)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			switch err := compare(w, got, true); { // without -r each constant may have a CO-RE relocation
			case err == nil:
				same++
			case strings.Contains(err.Error(), "may wait for a relocation"):
				refused++
			case listingDiffers[name+"/"+w.Name] != "":
			case slices.ContainsFunc(w.References, func(r verifier.Reference) bool { return r.Kind == verifier.RefCORE }):
				// Only -r says where CO-RE relocations are.
			default:
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	t.Logf("%d programs are the same, %d refused", same, refused)
}

// differences compares programs with what was read of their text.
type differences struct {
	t        *testing.T
	known    map[string]string // object/program -> the reason
	mu       sync.Mutex
	programs int
	seen     map[string]bool
}

// check: the text says the same, but for a difference that is known, and its verdict
// is never the better one.
func (d *differences) check(name string, want *verifier.Program, all []*verifier.Program, anyReference bool) {
	err := compare(want, all, anyReference)
	worse := better(want, named(want, all))
	key := name + "/" + want.Name
	d.mu.Lock()
	defer d.mu.Unlock()
	d.programs++
	switch reason := d.known[key]; {
	case worse != nil:
		d.t.Errorf("%s: %v", name, worse)
	case err != nil && reason == "":
		d.t.Errorf("%s: %v", name, err)
	case err != nil:
		if d.seen == nil {
			d.seen = make(map[string]bool)
		}
		d.seen[key] = true
	}
}

// finish: no difference is listed that is none.
func (d *differences) finish() {
	for key := range d.known {
		if !d.seen[key] {
			d.t.Errorf("%s: listed as a difference, and is none", key)
		}
	}
	d.t.Logf("%d programs, %d of them differ", d.programs, len(d.seen))
}

var errBetter = errors.New("a better verdict, which no difference excuses")

// better is the error that text is judged stateless where the object is not.
func better(want, got *verifier.Program) error {
	if got == nil {
		return nil
	}
	for _, profile := range verifier.Profiles() {
		opts := verifier.Options{Profile: profile, VerdictOnly: true}
		if w := verifier.Check(want, opts).Verdict; w != verifier.Stateless && verifier.Check(got, opts).Verdict == verifier.Stateless {
			return fmt.Errorf("%w: %s is stateless to %s as text, %s as an object", errBetter, want.Name, profile, w)
		}
	}
	return nil
}

// listingDiffers: programs that are something else to a reader of BTF, with the reason.
var listingDiffers = map[string]string{
	"corpus/unknown_kfunc.o/length":               "only BTF says that an unknown function is a kfunc: to text the call is unresolved",
	"corpus/weak_kfunc_guard.o/call_if_it_exists": "only BTF says that an unknown function is a kfunc: to text the call is unresolved",
}

// named looks for a program among those that were read from text.
func named(want *verifier.Program, all []*verifier.Program) *verifier.Program {
	i := slices.IndexFunc(all, func(p *verifier.Program) bool { return p.Name == want.Name && p.Section == want.Section })
	if i < 0 {
		return nil
	}
	return all[i]
}

// compare compares a program with that of its name. Where any slot of the text may
// have a reference, those of the text are left out.
func compare(want *verifier.Program, all []*verifier.Program, anyReference bool) error {
	got := named(want, all)
	switch {
	case got == nil:
		return fmt.Errorf("no program %s", want.Name)
	case got.Err != nil:
		return fmt.Errorf("%s: %w", want.Name, got.Err)
	case got.Type != want.Type || got.AttachType != want.AttachType || got.AttachTo != want.AttachTo:
		return fmt.Errorf("%s: type %s %s %s, want %s %s %s", want.Name, got.Type, got.AttachType, got.AttachTo, want.Type, want.AttachType, want.AttachTo)
	}
	if anyReference {
		plain := *got
		plain.References = nil
		got = &plain
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
// that asm/object finds in the objects. Sources that are assembly are read as they are.
func TestCompilerOutput(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts two hundred compilers")
	}
	clang := needTool(t, "clang-19")
	sources, err := filepath.Glob("../../corpus/src/*.[cs]")
	if err != nil || len(sources) == 0 {
		t.Fatalf("%d sources, %v", len(sources), err)
	}
	dir := t.TempDir()
	d := differences{t: t, known: compilerDiffers}
	inParallel(sources, func(source string) {
		base := filepath.Base(source)
		name := "corpus/" + strings.TrimSuffix(base, filepath.Ext(base)) + ".o"
		run := func(args ...string) []byte {
			args = append([]string{"--target=bpfel", "-mcpu=v4", "-O2", "-g", source}, args...)
			out, err := exec.Command(clang, args...).Output()
			if err != nil {
				t.Errorf("%s: %v", source, err)
			}
			return out
		}
		object := filepath.Join(dir, base+".o")
		run("-c", "-o", object)
		raw, err := os.ReadFile(object)
		if err != nil {
			t.Error(err)
			return
		}
		var text []byte
		if filepath.Ext(source) == ".c" {
			text = run("-S", "-o", "-")
		} else if text, err = os.ReadFile(source); err != nil {
			t.Error(err)
			return
		}
		got, err := Parse(bytes.NewReader(text), "test")
		if reason := sourceRefused[base]; err != nil && reason == "" || err == nil && reason != "" {
			t.Errorf("%s: %v, known as refused: %q", source, err, reason)
		}
		if err != nil {
			return
		}
		for _, w := range programsOf(t, name, raw) {
			if w.Err == nil {
				d.check(name, w, got, false)
			}
		}
	})
	d.finish()
}

// sourceRefused: sources of the corpus that are assembly and that Parse refuses.
var sourceRefused = map[string]string{
	"forms.s":         "macros",
	"irregular.s":     "macros",
	"malformed.s":     "macros",
	"raw.s":           "macros",
	"ordered.s":       "a loop of the assembler (.irp)",
	"half_constant.s": "an expression",
}

// compilerDiffers: programs of which clang-19 -S says less than the object. All are refused.
var compilerDiffers = map[string]string{
	"corpus/kconfig.o/slow_kernel":                      "only BTF says that a symbol which nothing defines is in .kconfig",
	"corpus/weak_kconfig.o/redirect_if_configured":      "only BTF says that a symbol which nothing defines is in .kconfig",
	"corpus/percpu_variable.o/is_cpu_crowded":           "only BTF says that a symbol which nothing defines is a variable of the kernel",
	"corpus/kernel_address.o/while_scheduling":          "only BTF says that a symbol which nothing defines is one of the kernel",
	"corpus/weak.o/redirect_if_variable_exists":         "only BTF says that a symbol which nothing defines is one of the kernel",
	"corpus/undeclared_symbol.o/constant_of_the_loader": "nothing defines the symbol, and in an object it may be of any kind",
	"corpus/unknown_kfunc.o/length":                     "only BTF says that an unknown function is a kfunc",
	"corpus/weak_kfunc_guard.o/call_if_it_exists":       "only BTF says that an unknown function is a kfunc",
}
