package verifier

import (
	"fmt"
	"strings"

	"github.com/statecheck/statecheck/asm"
	"github.com/statecheck/statecheck/verifier/paths"
)

// pathFinder answers by which branches a slot is reached.
//
// It walks the program breadth first, where the distance is the number of
// conditional branches: everything between two of them is one segment, and
// calls and unconditional jumps cost nothing. The first segment that covers a
// slot is a shortest way to it. Slots are taken in a fixed order, so the
// answer is the same every time.
type pathFinder struct {
	insns     []asm.Instruction
	segmentOf []int32   // of each slot; -1 where nothing leads
	segments  []segment // the first one has no decision before it
	budget    int       // branches that may still be listed
}

// segment is a run of slots without a decision, and the decision before it.
type segment struct {
	before int32 // segment that the decision ends
	depth  int32 // decisions on the way here
	branch Branch
}

func newPathFinder(s *shape) *pathFinder {
	f := &pathFinder{
		insns:     s.insns,
		segmentOf: make([]int32, len(s.insns)),
		segments:  make([]segment, 1),
		// In proportion to the program, so that a program with many findings
		// behind many branches does not list a product of both.
		budget: 1024 + 2*len(s.insns),
	}
	for i := range f.segmentOf {
		f.segmentOf[i] = -1
	}
	type start struct {
		slot    int
		segment int32
	}
	var now, next []start
	open := func(before int32, branch Branch) int32 {
		f.segments = append(f.segments, segment{before, f.segments[before].depth + 1, branch})
		return int32(len(f.segments) - 1)
	}
	now = append(now, start{0, 0})
	if s.exception != 0 {
		now = append(now, start{s.exception, 0})
	}
	for len(now) > 0 {
		for i := 0; i < len(now); i++ { // grows while it is walked
			slot, seg := now[i].slot, now[i].segment
		walk:
			for f.segmentOf[slot] < 0 {
				f.segmentOf[slot] = seg
				ins := s.insns[slot]
				switch fl := flowOf[ins.Opcode()]; fl {
				case flowNext:
					slot++
				case flowWide:
					if ins.IsFunctionAddress() {
						now = append(now, start{callee(slot, ins), seg})
					}
					slot += 2
				case flowCall:
					if ins.IsSubprogramCall() {
						now = append(now, start{callee(slot, ins), seg})
					}
					slot++
				case flowGoto, flowGotoL:
					slot = target(slot, ins, fl)
				case flowExit:
					break walk
				case flowBranch:
					next = append(next,
						start{slot + 1, open(seg, Branch{Slot: slot})},
						start{target(slot, ins, fl), open(seg, Branch{Slot: slot, Taken: true})})
					break walk
				}
			}
		}
		now, next = next, now[:0]
	}
	return f
}

// path lists the branches that lead to the slot, and reports false where the
// budget does not allow to list them. They are those of the walk if it visited the
// slot, which walk may be nil.
func (f *pathFinder) path(slot int, walk *paths.Result) ([]Branch, bool) {
	if walk != nil && walk.Visited[slot] {
		return f.walked(slot, walk)
	}
	seg := f.segmentOf[slot]
	if seg <= 0 {
		return nil, true
	}
	depth := int(f.segments[seg].depth)
	if depth > f.budget {
		return nil, false
	}
	f.budget -= depth
	path := make([]Branch, depth)
	for i := depth - 1; i >= 0; i-- {
		path[i] = f.segments[seg].branch
		seg = f.segments[seg].before
	}
	return path, true
}

// walked lists the branches by which the walk came to the slot.
func (f *pathFinder) walked(slot int, walk *paths.Result) ([]Branch, bool) {
	taken, ok := walk.Path(slot, f.budget)
	if !ok {
		return nil, false
	}
	f.budget -= len(taken)
	path := make([]Branch, len(taken))
	for i, b := range taken {
		path[i] = Branch{Slot: b.Slot, Taken: b.Taken}
		if b.Decided {
			path[i].Because = because(f.insns[b.Slot], b)
		}
	}
	return path, true
}

// because spells what was known of the operands of a branch.
func because(ins asm.Instruction, b paths.Branch) string {
	var known []string
	spell := func(reg asm.Register, r paths.Range) {
		switch {
		case r.Pointer:
			known = append(known, fmt.Sprintf("%s is a pointer", reg))
		case r.Min == r.Max:
			known = append(known, fmt.Sprintf("%s is %d", reg, r.Min))
		default:
			known = append(known, fmt.Sprintf("%s is %d to %d", reg, r.Min, r.Max))
		}
	}
	spell(ins.Dst(), b.Dst)
	if ins.Opcode().SourceX() {
		spell(ins.Src(), b.Src)
	}
	return strings.Join(known, ", ")
}
