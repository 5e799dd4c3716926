package effect

// Form is an instruction form, or what an instruction refers to, that has a row
// of its own in the table.
type Form uint8

// The forms. Those whose effect depends on what the instruction points at have
// a row for each case.
const (
	FormALU Form = iota
	FormJump
	FormMayGoto
	FormCallLocal
	FormExit
	FormConstant64
	FormFunctionAddress
	FormPacketLoad
	FormLoad
	FormLoadKernel
	FormStore
	FormStoreKernel
	FormStoreIterator
	FormStoreUntyped
	FormAddrSpaceCast
	FormMap
	FormDataSection
	FormReadOnlySection
	FormArena
	FormKernelVariable
	FormKfuncAddress
	FormUnknownHelper
	FormUnknownKfunc
	FormPoison
	FormIrregular
	FormTypeExt
	FormTargetProgram
)

// Row returns the row of the form.
func (f Form) Row() Row { return forms[f] }

var forms = [...]Row{
	FormALU: {
		Kind: KindInstruction, Name: "alu", Effects: None, Since: "3.18",
		Reason: "computes on registers",
		Kernel: "kernel/bpf/verifier.c:check_alu_op",
	},
	FormJump: {
		Kind: KindInstruction, Name: "jump", Effects: None, Since: "3.18",
		Reason: "chooses the next instruction",
		Kernel: "kernel/bpf/verifier.c:check_cond_jmp_op",
	},
	FormMayGoto: {
		Kind: KindInstruction, Name: "may_goto", Effects: None, Since: "6.9",
		Reason: "counts down a number in the program's own stack and leaves the loop at zero",
		Kernel: "kernel/bpf/verifier.c:check_cond_jmp_op",
	},
	FormCallLocal: {
		Kind: KindInstruction, Name: "call local", Effects: None, Since: "4.16",
		Reason: "calls a function of the program, which is judged with it",
		Kernel: "kernel/bpf/verifier.c:check_func_call",
	},
	FormExit: {
		Kind: KindInstruction, Name: "exit", Effects: None, Since: "3.18",
		Reason: "returns a value that belongs to the invocation",
		Kernel: "kernel/bpf/verifier.c:check_return_code",
	},
	FormConstant64: {
		Kind: KindInstruction, Name: "ld_imm64", Effects: None, Since: "3.18",
		Reason: "loads a constant that stands in the instruction",
		Kernel: "kernel/bpf/verifier.c:check_ld_imm",
	},
	FormFunctionAddress: {
		Kind: KindInstruction, Name: "ld_imm64 func", Effects: None, Since: "5.13",
		Reason: "loads the address of a function of the program, which is judged with it",
		Kernel: "kernel/bpf/verifier.c:check_ld_imm",
	},
	FormPacketLoad: {
		Kind: KindInstruction, Name: "ld_abs/ld_ind", Effects: None, Since: "3.18",
		Reason: "reads the packet of the context",
		Kernel: "kernel/bpf/verifier.c:check_ld_abs",
	},
	FormLoad: {
		Kind: KindInstruction, Name: "load", Effects: None, Since: "3.18",
		Reason: "reads the stack, the context or the packet",
		Kernel: "kernel/bpf/verifier.c:check_mem_access",
	},
	FormLoadKernel: {
		Kind: KindInstruction, Name: "load kernel", Effects: Ambient, Since: "5.5",
		Reason: "may read a kernel object that is not the context through a typed pointer",
		Kernel: "kernel/bpf/verifier.c:check_ptr_to_btf_access",
	},
	FormStore: {
		Kind: KindInstruction, Name: "store", Effects: Context, Since: "3.18",
		Reason: "may write the context or its packet, which the invocation owns",
		Kernel: "kernel/bpf/verifier.c:check_mem_access",
	},
	FormStoreKernel: {
		Kind: KindInstruction, Name: "store kernel", Effects: Kernel, Since: "5.6",
		Reason:  "may write a field of a kernel object that is not the context through a typed pointer",
		Kernel:  "kernel/bpf/verifier.c:check_ptr_to_btf_access",
		Instead: "return the value, or write it to the context or the packet",
	},
	FormStoreIterator: {
		Kind: KindInstruction, Name: "store iterator value", Effects: Map, Since: "5.9",
		Reason:  "may write the map value that a map iterator hands out, with no map reference in the program",
		Kernel:  "kernel/bpf/map_iter.c:bpf_iter_attach_map",
		Instead: "print what the iterator shows with bpf_seq_write and change the map from user space",
	},
	FormStoreUntyped: {
		Kind: KindInstruction, Name: "store untyped", Effects: Unknown, Since: "3.18",
		Reason:  "writes through a pointer that, as the program's type is not known, may be a kernel object or a map value",
		Kernel:  "kernel/bpf/verifier.c:check_mem_access",
		Instead: "say what type the program has: a libbpf section name, or --type for raw input",
	},
	FormAddrSpaceCast: {
		Kind: KindInstruction, Name: "addr_space_cast", Effects: Map, Since: "6.9",
		Reason: "makes a pointer into an arena, which is a map",
		Kernel: "kernel/bpf/verifier.c:check_alu_op",
	},
	FormMap: {
		Kind: KindInstruction, Name: "ld_imm64 map", Effects: Map, Since: "3.18",
		Reason:  "refers to a map, which must exist beside the instructions and is held by the loaded program",
		Kernel:  "kernel/bpf/verifier.c:resolve_pseudo_ldimm64",
		Instead: "put what the map would hold into the instructions as constants when the program is generated",
	},
	FormDataSection: {
		Kind: KindInstruction, Name: "ld_imm64 data section", Effects: Map, Since: "5.2",
		Reason:  "refers to a writable global variable, which lives in a map and keeps its value between runs",
		Kernel:  "kernel/bpf/verifier.c:resolve_pseudo_ldimm64",
		Instead: "make it a local variable, or a macro if it never changes",
	},
	FormReadOnlySection: {
		Kind: KindInstruction, Name: "ld_imm64 read-only section", Effects: Constant, Since: "5.2",
		Reason:  "refers to read-only data, which is a map to the kernel, though one that could be dumped beside the instructions",
		Kernel:  "kernel/bpf/verifier.c:resolve_pseudo_ldimm64",
		Instead: "use immediates: macros or enum constants, and short strings as char arrays on the stack",
	},
	FormArena: {
		Kind: KindInstruction, Name: "ld_imm64 arena", Effects: Map, Since: "6.9",
		Reason: "refers to an arena, a map whose pages are shared with user space",
		Kernel: "kernel/bpf/verifier.c:resolve_pseudo_ldimm64",
	},
	FormKernelVariable: {
		Kind: KindInstruction, Name: "ld_imm64 btf_id", Effects: Ambient, Since: "5.10",
		Reason: "takes the address of a kernel variable to read it",
		Kernel: "kernel/bpf/verifier.c:check_pseudo_btf_id",
	},
	FormKfuncAddress: {
		Kind: KindInstruction, Name: "ld_imm64 kfunc", Effects: Ambient, Since: "5.10",
		Reason: "takes the address of a kernel function to see whether this kernel has it",
		Kernel: "kernel/bpf/verifier.c:check_pseudo_btf_id",
	},
	FormUnknownHelper: {
		Kind: KindInstruction, Name: "call unknown helper", Effects: Unknown, Since: "3.18",
		Reason: "calls a helper number that Linux 6.12 does not have",
		Kernel: "kernel/bpf/verifier.c:check_helper_call",
	},
	FormUnknownKfunc: {
		Kind: KindInstruction, Name: "call unknown kfunc", Effects: Unknown, Since: "5.13",
		Reason: "calls a kernel function that the table does not name",
		Kernel: "kernel/bpf/verifier.c:check_kfunc_call",
	},
	FormPoison: {
		Kind: KindInstruction, Name: "poison", Effects: Unknown, Since: "3.18",
		Reason:  "is the call that libbpf puts where a CO-RE relocation does not resolve",
		Kernel:  "kernel/bpf/verifier.c:check_helper_call",
		Instead: "judge the object before libbpf has relocated it",
	},
	FormIrregular: {
		Kind: KindInstruction, Name: "irregular", Effects: Unknown, Since: "3.18",
		Reason: "the kernel refuses the instruction when its walk visits it",
		Kernel: "kernel/bpf/verifier.c:do_check",
	},
	FormTypeExt: {
		Kind: KindProgram, Name: "ext", Effects: Program, Since: "5.6",
		Reason: "replaces a function of another program, which must be loaded first",
		Kernel: "kernel/bpf/syscall.c:bpf_prog_load",
	},
	FormTargetProgram: {
		Kind: KindProgram, Name: "target program", Effects: Program, Since: "5.5",
		Reason:  "attaches to another program, which must be loaded first",
		Kernel:  "kernel/bpf/syscall.c:bpf_prog_load",
		Instead: "attach to a function of the kernel",
	},
}
