package verifier

import (
	"testing"

	"github.com/statecheck/statecheck/asm"
)

// TestStep: where a register's value comes from after each kind of instruction.
func TestStep(t *testing.T) {
	const elsewhere = fromScalar | fromElse
	before := registers(0).set(asm.R0, fromStack|fromContext).set(asm.R1, fromContext).set(asm.R2, fromElse).set(asm.R3, fromScalar).
		set(asm.R4, fromStack).set(asm.R5, fromContext).set(asm.R6, fromContext|fromScalar).set(asm.R10, fromStack)
	for _, tt := range []struct {
		name, reason string
		ins          asm.Instruction
		reg          asm.Register
		want         origin
	}{
		{"mov32", "half a pointer is a number", asm.New(0xbc, 7, 2, 0, 0), 7, fromScalar},
		{"add32", "half a pointer is a number", asm.New(0x0c, 2, 1, 0, 0), 2, fromScalar},
		{"mov imm", "a number", mov(2, 1), 2, fromScalar},
		{"mov", "a copy", movReg(7, 2), 7, fromElse},
		{"movs8", "check_alu_op refuses it for pointers; were it none, it could be anything", asm.New(0xbf, 7, 3, 8, 0), 7, elsewhere},
		{"addr_space_cast", "it makes an arena's pointer of a number", asm.New(0xbf, 7, 3, asm.OffAddrSpaceCast, 1), 7, elsewhere},
		{"add imm", "moves a pointer", add(4, 8), 4, fromStack},
		{"sub imm", "moves a pointer", asm.New(0x17, 4, 0, 0, 8), 4, fromStack},
		{"add number to the stack", "moves a pointer", addReg(4, 3), 4, fromStack},
		{"add memory to the stack", "certainly a pointer, to which check_alu_op adds only numbers", addReg(4, 2), 4, fromStack},
		{"add memory to the context", "likewise", addReg(5, 2), 5, fromContext},
		{"add the context to a number", "the sum is the pointer", addReg(3, 1), 3, fromScalar | fromContext},
		{"add memory to what may be a number", "the sum may be a pointer from memory", addReg(6, 2), 6, fromContext | elsewhere},
		{"add memory to nothing", "not written: nothing is concluded", addReg(7, 2), 7, fromElse},
		{"sub", "the difference of two pointers is a number", asm.New(0x1f, 4, 10, 0, 0), 4, fromStack | fromScalar},
		{"sub number", "or the pointer that was moved", asm.New(0x1f, 3, 2, 0, 0), 3, elsewhere},
		{"and", "a number; where it came from only adds", asm.New(0x57, 2, 0, 0, 7), 2, elsewhere},
		{"xor reg", "likewise", asm.New(0xaf, 4, 3, 0, 0), 4, fromStack | fromScalar},
		{"load", "memory holds anything", load64(7, 10, -8), 7, elsewhere},
		{"ld_imm64", "a number", wide(2, 0, 1, 0)[0], 2, fromScalar},
		{"ld_imm64 of a map", "check_ld_imm: a map or its value", wide(7, asm.PseudoMapValue, 1, 0)[0], 7, fromElse},
		{"ld_abs", "bytes of the packet, in r0 whatever the fields say", asm.New(0x30, 0, 0, 0, 0), asm.R0, fromScalar},
		{"ld_ind", "likewise", asm.New(0x50, 0, 2, 0, 0), asm.R0, fromScalar},
		{"store", "writes no register", store64(10, -8, 2), 2, fromElse},
		{"store imm", "writes no register", asm.New(0x7a, 10, 0, -8, 0), asm.R10, fromStack},
		{"atomic add", "writes no register", asm.New(0xdb, 10, 4, -8, asm.AtomicAdd), 4, fromStack},
		{"fetch and add", "the old value goes to src", asm.New(0xdb, 10, 4, -8, asm.AtomicAdd|asm.AtomicFetch), 4, elsewhere},
		{"xchg", "likewise", asm.New(0xdb, 10, 4, -8, asm.AtomicXchg), 4, elsewhere},
		{"cmpxchg", "the old value goes to r0", asm.New(0xdb, 10, 4, -8, asm.AtomicCmpxchg), asm.R0, elsewhere},
		{"cmpxchg's operand", "which is only read", asm.New(0xdb, 10, 4, -8, asm.AtomicCmpxchg), 4, fromStack},
		{"load-acquire", "a load: dst is written", asm.New(0xdb, 7, 10, -8, asm.AtomicLoadAcquire), 7, elsewhere},
		{"load-acquire's address", "src is only read", asm.New(0xdb, 7, 4, -8, asm.AtomicLoadAcquire), 4, fromStack},
		{"store-release", "writes no register", asm.New(0xdb, 10, 4, -8, asm.AtomicStoreRelease), 4, fromStack},
		{"call", "r0 is what the callee returns", call(5), asm.R0, anything},
		{"first argument of a call", "clear_caller_saved_regs", call(5), asm.R1, 0},
		{"last argument of a call", "clear_caller_saved_regs", call(5), asm.R5, 0},
		{"saved register of a call", "r6 to r9 are the caller's", call(5), asm.R6, fromContext | fromScalar},
		{"call of a function", "as of a helper", callTo(1), asm.R1, 0},
		{"branch", "writes no register", ifEq(1, 0, 1), asm.R1, fromContext},
		{"exit", "writes no register", exit, asm.R0, fromStack | fromContext},
	} {
		if got := step(before, tt.ins).get(tt.reg); got != tt.want {
			t.Errorf("%s: %v holds %04b, expected %04b: %s", tt.name, tt.reg, got, tt.want, tt.reason)
		}
	}
}
