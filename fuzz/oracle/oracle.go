//go:build linux

package oracle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/internal/sys"
	"github.com/statecheck/statecheck/verifier"
)

// Oracle holds what programs refer to: maps and BTF. It is not safe for concurrent
// use; several can be open at once.
type Oracle struct {
	maps       map[string]int // file descriptors
	fds        []int32        // the same by index in Maps, for PSEUDO_MAP_IDX
	kernel     *btf.Spec
	ids        map[string]btf.TypeID // of the kernel's functions, variables and types
	offsets    map[string]int16      // of members, by "structure.member"
	signatures *signatureTypes
	btfFD      int
	log        []byte
	raw        []byte
}

// LogSize is how much of a log is read, in bytes. A longer one is no opinion.
const LogSize = 8 << 20

// New creates the maps and loads the BTF. The caller closes the oracle.
func New() (*Oracle, error) {
	o := &Oracle{maps: make(map[string]int), ids: make(map[string]btf.TypeID), offsets: make(map[string]int16), btfFD: -1, log: make([]byte, LogSize)}
	if err := o.open(); err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
}

func (o *Oracle) open() (err error) {
	for _, m := range Maps() {
		fd, err := newMap(m)
		if err != nil {
			return err
		}
		o.maps[m.Name] = fd
		o.fds = append(o.fds, int32(fd))
	}
	if o.kernel, err = btf.LoadKernelSpec(); err != nil {
		return fmt.Errorf("reading the kernel's BTF: %w", err)
	}
	if o.signatures, err = buildSignatures(); err != nil {
		return fmt.Errorf("building BTF: %w", err)
	}
	if o.btfFD, err = sys.BTFLoad(o.signatures.raw); err != nil {
		return fmt.Errorf("loading BTF: %w", err)
	}
	return nil
}

func newMap(m MapSpec) (fd int, err error) {
	if fd, err = sys.MapCreate(m.Type, m.KeySize, m.ValueSize, m.MaxEntries); err != nil {
		return -1, fmt.Errorf("creating map %s: %w", m.Name, err)
	}
	return fd, nil
}

// Close closes the maps and the BTF.
func (o *Oracle) Close() {
	for _, fd := range o.maps {
		unix.Close(fd)
	}
	if o.btfFD >= 0 {
		unix.Close(o.btfFD)
	}
}

// BTF returns the BTF that func_info refers to.
func (o *Oracle) BTF() []byte { return o.signatures.raw }

// Ask loads a program with a log of level 2 and removes it again. p is not changed.
func (o *Oracle) Ask(p *Program) Answer {
	a := o.Load(p, 0, LogAll)
	log, err := a.Log, a.Err
	if errors.Is(err, unix.ENOSPC) {
		// The end of the log: its first line may have lost its first digits.
		_, after, _ := strings.Cut(string(log), "\n")
		log = []byte(after)
	}
	a.Uses, a.Visited = Judge(&p.Program, log)
	return a
}

// Load only loads the program, with flags of BPF_PROG_LOAD added, and does not read
// the log: Uses and Visited are empty.
func (o *Oracle) Load(p *Program, flags, logLevel uint32) Answer {
	fd, a := o.Open(p, flags, logLevel)
	if fd >= 0 {
		unix.Close(fd)
	}
	return a
}

// Open is [Oracle.Load] that keeps the program: the caller closes fd, which is negative
// where the program was not loaded.
func (o *Oracle) Open(p *Program, flags, logLevel uint32) (fd int, a Answer) {
	own := make(map[string]int) // file descriptors
	defer func() {
		for _, fd := range own {
			unix.Close(fd)
		}
	}()
	for _, m := range p.Maps {
		fd, err := newMap(m)
		if err != nil {
			return -1, Answer{Opinion: Unasked, Err: err}
		}
		own[m.Name] = fd
	}
	load, err := o.request(p, own)
	if err != nil {
		return -1, Answer{Opinion: Unasked, Err: err}
	}
	load.Flags |= flags
	load.LogLevel = logLevel
	fd, log, err := load.Load()
	return fd, Answer{Opinion: opinion(err, log), Err: err, Log: log}
}

// opinion tells a verdict from a resource or limit. ENOSPC is a log that is too
// long, E2BIG a walk of more than a million instructions. EPERM without a log comes
// before the verifier: some kernels let nobody load a type.
func opinion(err error, log []byte) Opinion {
	switch {
	case err == nil:
		return Loads
	case errors.Is(err, unix.EPERM) && len(log) == 0:
		return Unasked
	case slices.ContainsFunc([]error{unix.ENOSPC, unix.E2BIG, unix.ENOMEM, unix.EAGAIN, unix.EINTR, unix.EMFILE, unix.ENFILE},
		func(e error) bool { return errors.Is(err, e) }):
		return None
	}
	return Refuses
}

// ownedMaps belong to the type of the first program that refers to them
// (kernel/bpf/core.c:__bpf_prog_map_compatible), so that each program gets new ones.
var ownedMaps = []string{"prog_array", "devmap"}

// renew replaces a map by a new one.
func (o *Oracle) renew(name string) error {
	i := slices.IndexFunc(Maps(), func(m MapSpec) bool { return m.Name == name })
	fd, err := newMap(Maps()[i])
	if err != nil {
		return err
	}
	unix.Close(o.maps[name])
	o.maps[name], o.fds[i] = fd, int32(fd)
	return nil
}

const flagSleepable = 1 << 4 // of BPF_PROG_LOAD (include/uapi/linux/bpf.h)

// Levels of the log.
const (
	LogAll      = 2 // every visit
	LogMessages = 4 // messages and numbers alone: BPF_LOG_STATS
)

// request makes the call that loads p, with its own maps.
func (o *Oracle) request(p *Program, own map[string]int) (*sys.ProgLoad, error) {
	load := &sys.ProgLoad{Log: o.log, FDArray: o.fds}
	number := slices.Index(verifier.ProgramTypes(), p.Type)
	if number <= 0 {
		return nil, fmt.Errorf("program type %q, expected one of Linux 6.12", p.Type)
	}
	load.Type = uint32(number)
	if p.AttachType != "" {
		number := slices.Index(verifier.AttachTypes(), p.AttachType)
		if number < 0 {
			return nil, fmt.Errorf("attach type %q, expected one of Linux 6.12", p.AttachType)
		}
		load.ExpectedAttachType = uint32(number)
	}
	if p.Type == "syscall" {
		load.Flags |= flagSleepable
	}
	if err := o.target(p, load); err != nil {
		return nil, err
	}
	if err := o.functions(p, load); err != nil {
		return nil, err
	}
	return load, o.instructions(p, own, load)
}

// attachPoints are how BTF names what a program attaches to.
var attachPoints = map[string]struct {
	prefix string
	kind   idKind
}{
	"trace_fentry":  {},
	"trace_fexit":   {},
	"modify_return": {},
	"lsm_mac":       {prefix: "bpf_lsm_"},
	"lsm_cgroup":    {prefix: "bpf_lsm_"},
	"trace_iter":    {prefix: "bpf_iter_"},
	"trace_raw_tp":  {prefix: "btf_trace_", kind: typedefID},
}

// target fills in what the program attaches to.
func (o *Oracle) target(p *Program, load *sys.ProgLoad) (err error) {
	var id btf.TypeID
	switch {
	case p.AttachTo == "":
		return nil
	case p.Type == "struct_ops":
		name, member, _ := strings.Cut(p.AttachTo, "/")
		var ops *btf.Struct
		if err := o.kernel.TypeByName(name, &ops); err != nil {
			return fmt.Errorf("structure %s in the kernel's BTF: %w", name, err)
		}
		index := slices.IndexFunc(ops.Members, func(m btf.Member) bool { return m.Name == member })
		if index < 0 {
			return fmt.Errorf("structure %s has no member %q", name, member)
		}
		if returnsValue(ops.Members[index].Type) {
			return fmt.Errorf("member %s returns a value: Linux 6.18 takes what a register held before for a type when such a program ends, and oopses (kernel/bpf/verifier.c:check_return_code)", p.AttachTo)
		}
		load.ExpectedAttachType = uint32(index)
		id, err = o.kernel.TypeID(ops)
	case p.Type == "tracing", p.Type == "lsm":
		point, ok := attachPoints[p.AttachType]
		if !ok {
			return fmt.Errorf("attach type %q with the target %q, expected one that attaches by BTF", p.AttachType, p.AttachTo)
		}
		id, err = o.id(point.prefix+p.AttachTo, point.kind)
	}
	load.AttachBTFID = uint32(id)
	return err
}

// idKind is what is looked for by its name.
type idKind uint8

const (
	functionID idKind = iota
	typedefID
	variableID
)

// returnsValue reports whether a member of a structure is a pointer to a function that
// returns something, or no pointer to a function at all.
func returnsValue(member btf.Type) bool {
	pointer, ok := btf.UnderlyingType(member).(*btf.Pointer)
	if !ok {
		return true
	}
	proto, ok := btf.UnderlyingType(pointer.Target).(*btf.FuncProto)
	if !ok {
		return true
	}
	_, void := btf.UnderlyingType(proto.Return).(*btf.Void)
	return !void
}

// id returns the BTF id of a function, typedef or variable of the kernel.
func (o *Oracle) id(name string, kind idKind) (id btf.TypeID, err error) {
	if id, ok := o.ids[name]; ok {
		return id, nil
	}
	var found btf.Type
	switch kind {
	case typedefID:
		var t *btf.Typedef
		err = o.kernel.TypeByName(name, &t)
		found = t
	case variableID:
		var v *btf.Var
		err = o.kernel.TypeByName(name, &v)
		found = v
	default:
		var f *btf.Func
		err = o.kernel.TypeByName(name, &f)
		found = f
	}
	if err != nil {
		return 0, fmt.Errorf("%s in the kernel's BTF: %w", name, err)
	}
	if id, err = o.kernel.TypeID(found); err != nil {
		return 0, err
	}
	o.ids[name] = id
	return id, nil
}

// offset returns the offset in bytes of a member of one of the kernel's structures,
// "structure.member".
func (o *Oracle) offset(name string) (int16, error) {
	if off, ok := o.offsets[name]; ok {
		return off, nil
	}
	structure, member, _ := strings.Cut(name, ".")
	var s *btf.Struct
	if err := o.kernel.TypeByName(structure, &s); err != nil {
		return 0, fmt.Errorf("structure %s in the kernel's BTF: %w", structure, err)
	}
	i := slices.IndexFunc(s.Members, func(m btf.Member) bool { return m.Name == member })
	if i < 0 {
		return 0, fmt.Errorf("structure %s has no member %q", structure, member)
	}
	off := s.Members[i].Offset.Bytes()
	if off > math.MaxInt16 {
		return 0, fmt.Errorf("%s is at %d, which is no offset of an instruction", name, off)
	}
	o.offsets[name] = int16(off)
	return int16(off), nil
}

// functions fills in func_info.
func (o *Oracle) functions(p *Program, load *sys.ProgLoad) error {
	if len(p.Signatures) == 0 {
		return nil
	}
	if len(p.Signatures) != len(p.Functions) {
		return fmt.Errorf("%d signatures, expected %d, one for each function", len(p.Signatures), len(p.Functions))
	}
	load.BTF = o.btfFD
	for i, f := range p.Functions {
		id, err := o.signatures.id(p.Signatures[i], p.Type)
		if err != nil {
			return err
		}
		load.FuncInfo = append(load.FuncInfo, sys.FuncInfo{InsnOff: uint32(f.Start), TypeID: uint32(id)})
	}
	return nil
}

// instructions fills in the instructions, with numbers for the names of references.
func (o *Oracle) instructions(p *Program, own map[string]int, load *sys.ProgLoad) error {
	insns := p.Instructions
	if len(p.References) > 0 {
		insns = slices.Clone(insns)
	}
	for _, name := range ownedMaps {
		if slices.ContainsFunc(p.References, func(r verifier.Reference) bool { return r.Kind == verifier.RefMap && r.Name == name }) {
			if err := o.renew(name); err != nil {
				return err
			}
		}
	}
	for _, ref := range p.References {
		if ref.Slot < 0 || ref.Slot >= len(insns) {
			return fmt.Errorf("reference at slot %d, expected one of %d slots", ref.Slot, len(insns))
		}
		ins := insns[ref.Slot]
		imm, off := ins.Imm(), ins.Off()
		switch { // a mutant may have another instruction there, which stays as it is
		case ref.Kind == verifier.RefMap && ins.IsWide() && isMap(ins):
			if fd, ok := own[ref.Name]; ok {
				imm = int32(fd)
				break
			}
			i := slices.IndexFunc(Maps(), func(m MapSpec) bool { return m.Name == ref.Name })
			if i < 0 {
				return fmt.Errorf("map %q, expected one of the program's or the oracle's", ref.Name)
			}
			imm = o.fds[i]
			if ins.Src() == asm.PseudoMapIdx || ins.Src() == asm.PseudoMapIdxValue {
				imm = int32(i)
			}
		case ref.Kind == verifier.RefKfunc && (ins.IsKfuncCall() || isAddress(ins)):
			id, err := o.id(ref.Name, functionID)
			if err != nil {
				return err
			}
			imm = int32(id)
		case ref.Kind == verifier.RefVariable && isAddress(ins):
			id, err := o.id(ref.Name, variableID)
			if err != nil {
				return err
			}
			imm = int32(id)
		case ref.Kind == verifier.RefCORE && ref.Name != "" && isAccess(ins):
			member, err := o.offset(ref.Name)
			if err != nil {
				return err
			}
			off += member
		}
		insns[ref.Slot] = asm.New(ins.Opcode(), ins.Dst(), ins.Src(), off, imm)
	}
	load.Insns = o.encode(insns)
	return nil
}

// isAddress reports whether an instruction loads the address of something of the
// kernel.
func isAddress(ins asm.Instruction) bool { return ins.IsWide() && ins.Src() == asm.PseudoBTFID }

// isAccess reports whether an instruction loads or stores through a register.
func isAccess(ins asm.Instruction) bool {
	switch ins.Opcode().Class() {
	case asm.ClassLDX, asm.ClassST, asm.ClassSTX:
		return true
	}
	return false
}

func (o *Oracle) encode(insns []asm.Instruction) []byte {
	o.raw = asm.Append(o.raw[:0], insns, binary.NativeEndian)
	return o.raw
}
