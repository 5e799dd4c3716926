package generate

import (
	"math/bits"

	"pgregory.net/rapid"
)

// Everything is drawn from single bits, which cost a tenth of what a range or a
// sample costs, are uniform where those prefer small numbers, and shrink to 0: the
// first row of every table is its plainest.
var (
	coins = rapid.Bool()
	words = rapid.Uint64()
)

// source is what a program is drawn from.
type source struct{ t *rapid.T }

// coin is true half of the time.
func (s source) coin() bool { return coins.Draw(s.t, "coin") }

// below draws from 0 to n-1.
func (s source) below(n int) int {
	drawn := 0
	for range bits.Len(uint(n - 1)) {
		drawn <<= 1
		if s.coin() {
			drawn |= 1
		}
	}
	return drawn % n
}

// oneIn is true once in n times.
func (s source) oneIn(n int) bool { return s.below(n) == n-1 }

// between draws from lo to hi.
func (s source) between(lo, hi int) int { return lo + s.below(hi-lo+1) }

// pick draws a row of a table.
func pick[E any](s source, rows []E) E { return rows[s.below(len(rows))] }

// edges are numbers at which bounds meet and signs change.
var edges = []uint64{
	0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 100, 255, 256, 1000,
	1<<15 - 1, 1 << 15, 1<<16 - 1, 1 << 16, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32,
	1<<63 - 1, 1 << 63, 1<<63 + 1, ^uint64(0), ^uint64(1), ^uint64(7), ^uint64(0xff), 0xffffffff_80000000,
}

// literal draws a constant of 64 bits.
func (s source) literal() uint64 {
	if s.oneIn(8) {
		return words.Draw(s.t, "number")
	}
	return pick(s, edges)
}

// immediate draws a constant of 32 bits, small ones more often.
func (s source) immediate() int32 {
	if s.coin() {
		return int32(s.below(64))
	}
	return int32(s.literal())
}
