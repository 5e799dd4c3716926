package generate

import (
	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

// Behind a decided branch stands what the kernel would refuse, or what would make
// the program stateful, if it came by. Only what the kernel looks at before its walk
// must be right there: opcodes, the form of LDX and LD_IMM64, targets of jumps and
// calls, maps, and the names of kfuncs.

// deadSide writes a dead side of a branch and reports whether it leaves the function.
func (b *builder) deadSide() (left bool) {
	state := b.state
	b.deadMatter()
	b.state = state
	if b.oneIn(4) {
		b.emit(asm.Exit, 0, 0, 0, 0)
		return true
	}
	return false
}

// deadMatter writes a few things that nothing visits.
func (b *builder) deadMatter() {
	quiet := deadThings[:quietThings]
	if b.mood.dead {
		quiet = deadThings[:]
	}
	for range b.between(1, 3) {
		pick(b.source, quiet)(b)
	}
}

func (b *builder) isBold() bool { return b.mood.bold }

// quietThings is how many of deadThings leave a program stateless for a checker that
// takes every branch both ways.
const quietThings = 5

var deadThings = [...]func(*builder){
	(*builder).deadALU, (*builder).deadLoad, (*builder).deadStore, (*builder).deadBranch, (*builder).deadAddress,
	(*builder).deadHelper, (*builder).deadHelper, (*builder).deadHelper, (*builder).deadUnknownHelper,
	(*builder).deadKfunc, (*builder).deadIrregular, (*builder).deadIrregular, (*builder).deadCall,
	(*builder).deadMap, (*builder).deadHelper, (*builder).deadKfunc, (*builder).deadIrregular, (*builder).deadObject, (*builder).deadObject,
}

// anyRegister draws a register to read, whatever it holds.
func (b *builder) anyRegister() asm.Register { return asm.Register(b.below(asm.NumRegisters)) }

func (b *builder) deadALU() {
	row := pick(b.source, operations[:])
	b.emit(asm.Opcode(asm.ClassALU64)|row.code|withReg, asm.Register(b.below(10)), b.anyRegister(), row.off, 0)
}

func (b *builder) deadLoad() {
	size := pick(b.source, sizes[:])
	b.emit(load|size.bits, asm.Register(b.below(10)), b.anyRegister(), int16(b.immediate()), 0)
}

func (b *builder) deadStore() {
	size := pick(b.source, sizes[:])
	b.emit(store|size.bits, asm.R10, b.anyRegister(), int16(b.immediate()), 0)
}

// deadObject stores through what the context, or anything, holds.
func (b *builder) deadObject() {
	p := asm.Register(b.below(10))
	b.emit(loadLong, p, b.anyRegister(), pick(b.source, []int16{0, 24}), 0)
	b.set(p, value{kind: object})
	b.access(p, 0)
	b.set(p, value{})
}

// deadAddress loads the address of something of the kernel, which is looked up wherever it stands.
func (b *builder) deadAddress() { b.loadAddress(asm.Register(b.below(10))) }

// deadBranch jumps over something else that is dead.
func (b *builder) deadBranch() {
	b.emit(jumpClass(b.coin())|pick(b.source, comparisons[:]), b.anyRegister(), 0, 0, b.immediate())
	jump := b.here() - 1
	b.deadALU()
	b.land(jump)
}

// deadHelpers are stateful helpers, of whatever type of program.
var deadHelpers = [...]int32{
	helperTailCall, 6, 23, 13, 21, 49, 109, 2, 1, 3, 25, 130, 51, 36, 152, 64, 87, 107, 124, 131, 166, 170, 209, 111,
}

func (b *builder) deadHelper() {
	helpers := deadHelpers[:]
	if !b.hasBuffer() {
		// Below 256 bytes of other frames no function may have a tail call, visited or
		// not (kernel/bpf/verifier.c:check_max_stack_depth_subprog).
		helpers = helpers[1:]
	}
	b.emit(asm.Call, 0, 0, 0, pick(b.source, helpers))
}

func (b *builder) deadUnknownHelper() {
	b.emit(asm.Call, 0, 0, 0, pick(b.source, []int32{0, 212, 1000, -1, 1 << 20, 195896080}))
}

// deadKfuncs are in Linux 6.12 and 6.18; some are stateful, one never is.
var deadKfuncs = [...]string{
	"bpf_xdp_ct_alloc", "bpf_skb_ct_alloc", "bpf_sock_destroy", "bpf_map_sum_elem_count",
	"bpf_rdonly_cast", "bpf_cast_to_kern_ctx", "bpf_task_release", "bpf_rcu_read_unlock",
}

func (b *builder) deadKfunc() { b.kfunc(pick(b.source, deadKfuncs[:])) }

// deadIrregular is a slot that the kernel refuses on visiting (asm.Irregular).
func (b *builder) deadIrregular() { b.insns = append(b.insns, pick(b.source, irregular[:])) }

var irregular = [...]asm.Instruction{
	asm.New(mov64|withReg, 0, 11, 0, 0),                                 // r11
	asm.New(mov64, 12, 0, 0, 1),                                         // r12
	asm.New(mov64, asm.R10, 0, 0, 1),                                    // the frame pointer is read-only
	asm.New(add64, asm.R10, 0, 0, 8),                                    //
	asm.New(asm.Opcode(asm.ClassALU64)|asm.ALULsh, 1, 0, 0, 64),         // shift counts
	asm.New(asm.Opcode(asm.ClassALU)|asm.ALURsh, 1, 0, 0, 32),           //
	asm.New(asm.Opcode(asm.ClassALU)|asm.ALUArsh, 1, 0, 0, -1),          //
	asm.New(asm.Opcode(asm.ClassALU64)|asm.ALUDiv, 1, 0, 0, 0),          // division by 0
	asm.New(asm.Opcode(asm.ClassALU)|asm.ALUMod, 1, 0, 0, 0),            //
	asm.New(asm.Opcode(asm.ClassALU64)|asm.ALUDiv, 1, 0, 2, 3),          // reserved fields
	asm.New(add64, 1, 2, 0, 8),                                          //
	asm.New(add64|withReg, 1, 2, 0, 8),                                  //
	asm.New(mov64, 1, 0, 7, 8),                                          //
	asm.New(asm.Opcode(asm.ClassALU64)|asm.ALUNeg, 1, 0, 0, 1),          //
	asm.New(asm.Opcode(asm.ClassALU)|asm.ALUEnd, 1, 0, 0, 17),           // byte swap of 17 bits
	asm.New(storeLong, 1, 2, 0, 1),                                      //
	asm.New(storeLong, 11, 2, 0, 0),                                     //
	asm.New(storeImm|asm.SizeDW, asm.R10, 3, -8, 0),                     //
	asm.New(atomic|asm.SizeDW, asm.R10, 1, -8, 0x33),                    // no such atomic operation
	asm.New(atomic|asm.SizeDW, asm.R10, 12, -8, 0),                      //
	asm.New(jumpIfEq, 11, 0, 0, 0),                                      // jumps to the next slot
	asm.New(jumpIfEq|withReg, 1, 2, 0, 5),                               //
	asm.New(jumpIfEq, 1, 3, 0, 5),                                       //
	asm.New(asm.Goto, 1, 0, 0, 0),                                       //
	asm.New(asm.Goto, 0, 0, 0, 9),                                       //
	asm.New(asm.Opcode(asm.ClassLD)|asm.ModeABS|asm.SizeW, 1, 0, 0, 0),  // LD_ABS has no dst
	asm.New(asm.Opcode(asm.ClassLD)|asm.ModeIND|asm.SizeB, 0, 13, 0, 0), //
	asm.New(load|asm.SizeDW, asm.R10, 1, 0, 0),                          //
	asm.New(load|asm.SizeW, 11, 1, 0, 0),                                //
	asm.New(asm.Call, 3, 0, 0, helperTime),                              //
	asm.New(asm.Opcode(asm.ClassALU64)|asm.ALUEnd, 1, 0, 0, 8),          //
	asm.New(mov32|withReg, 1, 2, 32, 0),                                 // sign extension of 32 bits to 32
}

// deadMap is a reference to a map, which the kernel resolves wherever it stands.
func (b *builder) deadMap() {
	if !b.mood.maps {
		b.deadHelper()
		return
	}
	b.loadMap(asm.Register(b.below(10)), pick(b.source, oracle.Maps()).Name)
}

// deadCall calls a function that nothing else calls.
func (b *builder) deadCall() {
	if len(b.functions) >= maxFunctions || b.functions[b.self].level >= maxLevel {
		b.deadHelper()
		return
	}
	f := function{signature: oracle.Static, level: b.functions[b.self].level + 1, result: anyResult, unvisited: true}
	if b.coin() {
		f.signature = oracle.Global2
	}
	b.functions = append(b.functions, f)
	b.callSite(len(b.functions) - 1)
	b.emit(asm.Call, 0, asm.PseudoCall, 0, 0)
}
