package edit

import (
	"encoding/binary"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

// SwapByteOrder writes the instructions as a big-endian program has them and reads
// them back. They are to be the same.
func SwapByteOrder(p oracle.Program) (oracle.Program, bool) {
	insns, err := asm.Decode(asm.Encode(p.Instructions, binary.BigEndian), binary.BigEndian)
	p.Instructions = insns
	return p, err == nil
}
