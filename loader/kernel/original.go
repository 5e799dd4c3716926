package kernel

import (
	"fmt"
	"slices"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier"
	"github.com/statecheck/statecheck/verifier/effect"
)

// Opcodes and modes that the kernel puts into programs and refuses from user space
// (include/linux/filter.h). What it shows as an ordinary load already
// (kernel/bpf/syscall.c:bpf_insn_prepare_dump) is not among them.
const (
	opNospec       asm.Opcode = asm.Opcode(asm.ClassST) | 0xc0 // BPF_NOSPEC, since 6.18 with a number in imm
	modeProbeMemSX asm.Opcode = 0x40                           // BPF_PROBE_MEMSX
	modeProbe32SX  asm.Opcode = 0xc0                           // BPF_PROBE_MEM32SX, since 6.18
	modeProbeAtom  asm.Opcode = 0xe0                           // BPF_PROBE_ATOMIC

	registerAX  asm.Register = 11 // BPF_REG_AX, the kernel's own
	helperTail               = 12 // BPF_FUNC_tail_call
	unknownCall int32        = -1 // no helper has this number
)

// original returns the program as near to what was loaded as the rewritten instructions
// tell: a program that does the same, with helpers and kfuncs by name. What it had and
// the rewriting does not show is in unknown, a clause for each.
func original(p *Program, symbols *Symbols) (out *verifier.Program, unknown []string) {
	out = &verifier.Program{
		Name: p.Name, Type: p.Type, AttachType: p.AttachType, AttachTo: p.AttachTo, TargetProgram: p.TargetProgram,
		// BTF may type the arguments of functions, and addresses of kernel variables have
		// become numbers.
		TypedArguments: true,
		Instructions:   slices.Clone(p.Instructions),
	}
	r := restorer{Program: out, p: p, symbols: symbols}
	for slot := 0; slot < len(out.Instructions); slot++ {
		r.slot(slot)
		if out.Instructions[slot].IsWide() {
			slot++
		}
	}
	return out, append(r.unknown, r.concealed()...)
}

type restorer struct {
	*verifier.Program
	p       *Program
	symbols *Symbols
	used    []uint32 // ids of maps that instructions refer to
	unknown []string
}

func (r *restorer) slot(slot int) {
	ins := &r.Instructions[slot]
	switch op := ins.Opcode(); {
	case ins.IsHelperCall(), ins.IsKfuncCall():
		r.call(slot, ins)
	case ins.IsSubprogramCall():
		// jit_subprogs leaves the distance in off, and a number of the function in imm.
		*ins = asm.New(asm.Call, 0, asm.PseudoCall, 0, int32(ins.Off()))
		if len(r.Instructions) > 1<<15 {
			r.tell("slot %d calls a function of the program, and of the distance only 16 bits are left", slot)
		}
	case ins.IsFunctionAddress() && slot+1 < len(r.Instructions):
		r.Instructions[slot+1] = 0 // the number of the function
	case ins.IsWide() && (ins.Src() == asm.PseudoMapFD || ins.Src() == asm.PseudoMapValue):
		r.mapReference(slot, uint32(ins.Imm()))
	case op == opNospec:
		*ins = asm.New(asm.Goto, 0, 0, 0, 0)
	case op == asm.MovX && ins.Off() == asm.OffAddrPercpu:
		// Like a pointer out of memory: nothing is known of what it points to.
		*ins = asm.New(asm.Opcode(asm.ClassLDX)|asm.ModeMEM|asm.SizeDW, ins.Dst(), ins.Src(), 0, 0)
	case op.Class() == asm.ClassLDX && (op.Mode() == modeProbeMemSX || op.Mode() == modeProbe32SX):
		*ins = asm.New(op&^0xe0|asm.ModeMEMSX, ins.Dst(), ins.Src(), ins.Off(), 0)
	case op.Class() == asm.ClassSTX && op.Mode() == modeProbeAtom:
		*ins = asm.New(op&^0xe0|asm.ModeAtomic, ins.Dst(), ins.Src(), ins.Off(), ins.Imm())
	}
}

// call names what is called by the address, and a helper by its number again.
func (r *restorer) call(slot int, ins *asm.Instruction) {
	if ins.IsHelperCall() && ins.Imm() == helperTail {
		return // an instruction of its own to the kernel, shown as the call that it was
	}
	if ins.Imm() == 0 || r.symbols == nil {
		r.tell("slot %d calls a function whose address the kernel hides", slot)
		*ins = asm.New(asm.Call, 0, 0, 0, unknownCall)
		return
	}
	if ins.IsKfuncCall() && r.symbols.farKfuncs {
		r.tell("slot %d calls a kfunc by a number, which is not its address on this architecture", slot)
		*ins = asm.New(asm.Call, 0, 0, 0, unknownCall)
		return
	}
	names := r.symbols.called(ins.Imm())
	for _, name := range names {
		row, known := rowOf(name)
		switch {
		case known && row.Kind == effect.KindHelper:
			*ins = asm.New(asm.Call, 0, 0, 0, int32(row.ID))
			return
		case known:
			*ins = asm.New(asm.Call, 0, asm.PseudoKfuncCall, 0, 0)
			r.References = append(r.References, verifier.Reference{Slot: slot, Kind: verifier.RefKfunc, Name: row.Name})
			return
		}
	}
	what := "an address without a symbol"
	if len(names) > 0 {
		what = names[0]
	}
	r.tell("slot %d calls %s, which is neither a helper nor a kfunc of Linux 6.12", slot, what)
	*ins = asm.New(asm.Call, 0, 0, 0, unknownCall)
}

func (r *restorer) mapReference(slot int, id uint32) {
	ref := verifier.Reference{Slot: slot, Kind: verifier.RefMap, Name: fmt.Sprintf("map#%d", id), Map: verifier.MapPlain}
	for _, m := range r.p.Maps {
		if m.ID == id {
			ref.Name, ref.Map = m.Name, m.Kind
		}
	}
	r.References = append(r.References, ref)
	r.used = append(r.used, id)
}

// concealed lists what the rewriting of the whole program may have left no trace of.
func (r *restorer) concealed() (unknown []string) {
	bound := func(kind verifier.MapKind) bool {
		return slices.ContainsFunc(r.p.Maps, func(m Map) bool {
			return !slices.Contains(r.used, m.ID) && (kind == "" || m.Kind == kind)
		})
	}
	switch insns := r.Instructions; {
	case bound("") && slices.ContainsFunc(insns, isBlinding):
		// kernel/bpf/core.c:bpf_jit_blind_insn hides the addresses of maps too.
		unknown = append(unknown, "constants are blinded (net.core.bpf_jit_harden), and a reference to a map may be among them")
	case bound(verifier.MapArena):
		// do_misc_fixups makes casts to an arena ordinary moves.
		unknown = append(unknown, "it holds an arena that no instruction refers to, and casts into it look like moves")
	}
	for slot, ins := range r.Instructions {
		switch {
		case ins == asm.New(asm.Opcode(asm.ClassSTX)|asm.ModeAtomic|asm.SizeDW, asm.R1, asm.R0, 0, asm.AtomicXchg):
			unknown = append(unknown, fmt.Sprintf("slot %d is an exchange as the kernel puts it in place of bpf_kptr_xchg", slot))
		case ins == asm.New(asm.MovX, asm.R0, asm.R1, 0, 0) && r.mayCast():
			unknown = append(unknown, fmt.Sprintf("slot %d is a move as the kernel puts it in place of bpf_rdonly_cast, and the program stores through pointers", slot))
			return unknown
		}
	}
	return unknown
}

// mayCast reports whether the program may call bpf_rdonly_cast, of which a move is left
// (fixup_kfunc_call), and store through what it returns: a struct nf_conn.
func (r *restorer) mayCast() bool {
	return r.p.GPL && slices.Contains([]string{"xdp", "sched_cls", "sched_act"}, r.Type) &&
		slices.ContainsFunc(r.Instructions, func(ins asm.Instruction) bool {
			class := ins.Opcode().Class()
			return (class == asm.ClassST || class == asm.ClassSTX) && ins.Dst() != asm.R10
		})
}

// isBlinding is how each constant begins that the kernel has blinded: mov ax, K.
func isBlinding(ins asm.Instruction) bool {
	return ins.Opcode() == asm.Opcode(asm.ClassALU64)|asm.ALUXor && ins.Dst() == registerAX
}

func (r *restorer) tell(format string, args ...any) {
	r.unknown = append(r.unknown, fmt.Sprintf(format, args...))
}
