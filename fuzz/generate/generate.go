// Package generate draws BPF programs for the comparison with a kernel: programs
// most of which it loads, and in which it does not visit everything.
//
// A program is written as a row of segments. The [builder] knows of every register
// and stack slot what a kernel knows at least, so that a segment can decide branches
// and hide behind them what would be refused, or make the program stateful, if it
// were visited. What is drawn holds for Linux 6.12 and 6.18.
package generate

import (
	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/fuzz/oracle"
)

// Program draws programs. It is safe for concurrent use.
func Program() *rapid.Generator[oracle.Program] { return programs }

var programs = rapid.Custom(drawProgram)

func drawProgram(t *rapid.T) oracle.Program {
	b := &builder{source: source{t}, insns: make([]asm.Instruction, 0, 128)}
	b.typ = &programTypes[b.below(32)%len(programTypes)]
	b.mood = mood{maps: b.oneIn(4), live: b.oneIn(4), stores: b.coin(), dead: b.below(16) >= 5, bold: b.oneIn(8)}
	b.mood.throws = b.typ.set&throwers != 0 && b.oneIn(4)
	b.functions = append(make([]function, 0, 8), function{signature: oracle.Main, result: result{b.typ.lowest, b.typ.highest}})
	if b.mood.throws {
		b.functions[0].signature = oracle.Throwing
		b.functions = append(b.functions, function{
			signature: oracle.Exception, level: 1, callback: true, result: b.functions[0].result, params: []value{anyNumber},
		})
	}
	for i := 0; i < len(b.functions); i++ { // grows as functions are called
		b.function(i)
	}
	return b.program()
}
