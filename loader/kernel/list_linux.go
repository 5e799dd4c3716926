package kernel

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/internal/features"
	"github.com/statecheck/statecheck/internal/sys"
	"github.com/statecheck/statecheck/verifier"
)

// Kernel is the running kernel, as far as this process may look at it. The zero value
// is ready; it is not for use by several goroutines at once.
type Kernel struct {
	types    *btf.Spec          // of the kernel, once asked for
	has      *features.Features // once tried
	extended *extended          // once listed
}

// extended are the programs that have functions replaced (freplace), as links tell.
type extended struct {
	by  map[uint32][]uint32 // the programs of type ext, by the id of whose functions they replace
	err error
}

// Release is what uname calls the kernel, "6.12.0-1-amd64".
func (k *Kernel) Release() string {
	var uts unix.Utsname
	if unix.Uname(&uts) != nil {
		return ""
	}
	return unix.ByteSliceToString(uts.Release[:])
}

// Symbols reads /proc/kallsyms.
func (k *Kernel) Symbols() (*Symbols, error) {
	f, err := os.Open("/proc/kallsyms")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadSymbols(f)
}

// IDs are the programs of the kernel (BPF_PROG_GET_NEXT_ID). It needs CAP_SYS_ADMIN.
func (k *Kernel) IDs() (ids []uint32, err error) {
	for id := ebpf.ProgramID(0); ; {
		id, err = ebpf.ProgramGetNextID(id)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return ids, nil
		case err != nil:
			return ids, lacking(err, "CAP_SYS_ADMIN", "listing programs")
		}
		ids = append(ids, uint32(id))
	}
}

// ByID returns the program of that id. It needs CAP_SYS_ADMIN. The error is
// os.ErrNotExist where there is none.
func (k *Kernel) ByID(id uint32) (*Program, error) {
	prog, err := ebpf.NewProgramFromID(ebpf.ProgramID(id))
	if err != nil {
		return nil, lacking(err, "CAP_SYS_ADMIN", fmt.Sprintf("program %d", id))
	}
	defer prog.Close()
	return k.describe(prog.FD())
}

// lacking says which capability an operation needs that was refused.
func lacking(err error, capability, what string) error {
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("%s: operation not permitted, expected %s", what, capability)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// describe says what the kernel tells of an open program.
func (k *Kernel) describe(fd int) (*Program, error) {
	info, xlated, maps, err := sys.ProgramInfo(fd)
	if err != nil {
		return nil, fmt.Errorf("asking about a program: %w", err)
	}
	p := &Program{
		ID: info.ID, Name: unix.ByteSliceToString(info.Name[:]), Tag: info.Tag,
		UID: info.CreatedByUID, Load: sinceBoot(time.Duration(info.LoadTime)), GPL: info.Bits&1 != 0,
	}
	if types := verifier.ProgramTypes(); int(info.Type) < len(types) {
		p.Type = types[info.Type]
	}
	switch {
	case len(xlated) > 0:
		if p.Instructions, err = asm.Decode(xlated, binary.NativeEndian); err != nil {
			return nil, fmt.Errorf("program %d: %w", p.ID, err)
		}
	case info.XlatedProgLen > 0:
		p.Hidden = "the kernel hides blinded instructions, expected CAP_SYSLOG or kernel.kptr_restrict=0"
	default:
		p.Hidden = "the kernel hides the instructions, expected CAP_BPF"
	}
	for _, id := range maps {
		p.Maps = append(p.Maps, mapByID(id))
	}
	k.target(p, &info)
	if info.BTFID != 0 { // without BTF no function can be replaced (kernel/bpf/verifier.c:bpf_check_attach_target)
		k.extensions(p)
	}
	if err := k.kept(p, fd); err != nil {
		return nil, fmt.Errorf("program %d: %w", p.ID, err)
	}
	return p, nil
}

// extensions finds the programs that stand in the place of functions of the program.
func (k *Kernel) extensions(p *Program) {
	if k.extended == nil {
		by, err := extensionLinks()
		k.extended = &extended{by, err}
	}
	p.Extensions = k.extended.by[p.ID]
	if err := k.extended.err; err != nil {
		p.ExtensionsHidden = fmt.Sprintf("whether functions of it are replaced (freplace): %v", err)
	}
}

// sinceBoot is the time at which the machine had run for so long.
func sinceBoot(d time.Duration) time.Time {
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) != nil {
		return time.Time{}
	}
	return time.Now().Add(d - time.Duration(now.Nano())).Round(time.Second)
}

// mapByID describes a map. Of one that may not be looked at nothing is known, and it
// counts as any map.
func mapByID(id uint32) Map {
	m := Map{ID: id, Name: fmt.Sprintf("map#%d", id), Kind: verifier.MapPlain}
	opened, err := ebpf.NewMapFromID(ebpf.MapID(id))
	if err != nil {
		return m
	}
	defer opened.Close()
	info, err := opened.Info()
	if err != nil {
		return m
	}
	m.Name = cmp.Or(info.Name, m.Name)
	m.Kind = mapKind(info)
	return m
}

// readOnly is BPF_F_RDONLY_PROG (include/uapi/linux/bpf.h).
const readOnly = 1 << 7

// mapKind goes by the name that libbpf ("prog.rodata") and cilium/ebpf (".rodata") give
// to the map of a section. What is to be constant the kernel must hold to be.
func mapKind(info *ebpf.MapInfo) verifier.MapKind {
	_, section, found := strings.Cut(info.Name, ".")
	switch constant := info.Flags&readOnly != 0 && info.Frozen(); {
	case info.Type == ebpf.Arena:
		return verifier.MapArena
	case !found:
	case strings.HasPrefix(section, "rodata") && constant:
		return verifier.MapROData
	case section == "kconfig" && constant:
		return verifier.MapKconfig
	case strings.HasPrefix(section, "data"):
		return verifier.MapData
	case strings.HasPrefix(section, "bss"):
		return verifier.MapBSS
	}
	return verifier.MapPlain
}

// target finds what a tracing or lsm program is for.
func (k *Kernel) target(p *Program, info *sys.ProgInfo) {
	if info.AttachBTFID == 0 {
		return
	}
	// The id of BTF that is not the kernel's is that of a program. Once it is attached,
	// the kernel names no BTF of it at all (kernel/bpf/syscall.c:bpf_prog_get_target_btf).
	if p.Type == "tracing" {
		kernels, err := isKernelBTF(info.AttachBTFObjID)
		if err != nil {
			p.Instructions, p.Hidden = nil, lacking(err, "CAP_SYS_ADMIN", "whether it is for another program").Error()
			return
		}
		p.TargetProgram = !kernels
	}
	if p.TargetProgram || p.Type == "struct_ops" {
		return
	}
	p.AttachTo = k.function(info.AttachBTFObjID, info.AttachBTFID)
	if p.Type == "tracing" {
		// Of an iterator it is bpf_iter_ and what it iterates over; where no name is known
		// the type stays open, and the worst is assumed.
		if what, iterator := strings.CutPrefix(p.AttachTo, "bpf_iter_"); iterator {
			p.AttachType, p.AttachTo = "trace_iter", what
		} else if p.AttachTo != "" {
			p.AttachType = anyTracing
		}
	}
}

// isKernelBTF reports whether BTF of that id is of the kernel or a module.
func isKernelBTF(id uint32) (bool, error) {
	handle, err := btf.NewHandleFromID(btf.ID(id))
	switch {
	case id == 0, errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	defer handle.Close()
	info, err := handle.Info()
	return err == nil && info.IsKernel, err
}

// function returns the name of a function of the kernel, "" where it cannot be told.
func (k *Kernel) function(object, id uint32) string {
	handle, err := btf.NewHandleFromID(btf.ID(object))
	if err != nil {
		return ""
	}
	defer handle.Close()
	if info, err := handle.Info(); err != nil || !info.IsVmlinux() {
		return ""
	}
	t, err := k.typeByID(id)
	if err != nil {
		return ""
	}
	return t.TypeName()
}

// typeByID returns a type of the kernel's own BTF.
func (k *Kernel) typeByID(id uint32) (btf.Type, error) {
	if k.types == nil {
		types, err := btf.LoadKernelSpec()
		if err != nil {
			return nil, err
		}
		k.types = types
	}
	return k.types.TypeByID(btf.TypeID(id))
}

// List describes every program of the kernel, with where it is attached and pinned, by
// id. What could not be looked at is in unseen, an error for each part. Without
// CAP_SYS_ADMIN the kernel does not list its programs: that is the error, and the programs
// are those that are pinned where this process may read.
func (k *Kernel) List() (programs []*Program, unseen []error, err error) {
	ids, err := k.IDs()
	byID := make(map[uint32]*Program)
	add := func(p *Program) *Program {
		if known := byID[p.ID]; known != nil {
			return known
		}
		byID[p.ID] = p
		programs = append(programs, p)
		return p
	}
	for _, id := range ids {
		switch p, err := k.ByID(id); {
		case errors.Is(err, os.ErrNotExist): // gone since
		case err != nil:
			unseen = append(unseen, err)
		default:
			add(p)
		}
	}
	pins, hidden := k.pins()
	unseen = append(unseen, hidden...)
	for _, pin := range pins {
		p := byID[pin.program]
		if p == nil && pin.described != nil {
			p = add(pin.described)
		}
		if p != nil {
			p.Pins = append(p.Pins, pin.path)
		}
	}
	attached, hidden := k.attachments()
	unseen = append(unseen, hidden...)
	for _, a := range attached {
		if p := byID[a.program]; p != nil && !slices.Contains(p.Attached, a.where) {
			p.Attached = append(p.Attached, a.where)
		}
	}
	slices.SortFunc(programs, func(a, b *Program) int { return cmp.Compare(a.ID, b.ID) })
	return programs, unseen, err
}
