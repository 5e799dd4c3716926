package graph

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// control draws the blocks and edges of a program.
func control(t *rapid.T) *Program {
	n := rapid.IntRange(1, 3*maxPage).Draw(t, "blocks")
	p := &Program{Blocks: make([]Block, n)}
	for i := range p.Blocks {
		b := &p.Blocks[i]
		for range rapid.IntRange(1, 6).Draw(t, "instructions") {
			b.Instructions = append(b.Instructions, Instruction{Text: "r0 = 0"})
		}
		to := rapid.IntRange(0, n-1).Draw(t, "to")
		if near := i + rapid.IntRange(-3, 6).Draw(t, "near"); near >= 0 && near < n && rapid.Bool().Draw(t, "is near") {
			to = near
		}
		if ends := rapid.IntRange(0, 3).Draw(t, "ends"); ends >= 2 && i+1 < n {
			b.Edges = append(b.Edges, Edge{To: i + 1})
			if ends == 3 {
				b.Edges = append(b.Edges, Edge{To: to, Jump: true})
			}
		} else if ends == 1 {
			b.Edges = append(b.Edges, Edge{To: to, Jump: true})
		}
	}
	return p
}

func TestLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := control(t)
		f := Function{End: len(p.Blocks)}
		pages := p.pages(f)
		if diff := cmp.Diff(fmt.Sprint(pages), fmt.Sprint(p.pages(f))); diff != "" {
			t.Fatalf("two layouts differ:\n%s", diff)
		}
		next := 0
		for _, pg := range pages {
			if pg.first != next {
				t.Fatalf("a page begins with block %d, want %d", pg.first, next)
			}
			next += len(pg.boxes)
			unobstructed(t, pg)
			complete(t, p, pg)
		}
		if next != len(p.Blocks) {
			t.Fatalf("%d blocks on the pages, want %d", next, len(p.Blocks))
		}
	})
}

// unobstructed checks that nothing stands in the way of anything.
func unobstructed(t *rapid.T, pg page) {
	for i, a := range pg.boxes {
		if a.x < -0.1 || a.y < 0 || a.x+a.width > pg.width+0.1 || a.y+a.height > pg.height+0.1 {
			t.Fatalf("box %d is not on the page: %v of %v x %v", i, a, pg.width, pg.height)
		}
		for j, b := range pg.boxes[i+1:] {
			if a.x < b.x+b.width && b.x < a.x+a.width && a.y < b.y+b.height && b.y < a.y+a.height {
				t.Fatalf("boxes %d and %d overlap: %v, %v", i, i+1+j, a, b)
			}
		}
	}
	for _, l := range pg.lines {
		for i := 0; i < len(l.points); i += 2 {
			x, top, bottom := l.points[i].x, l.points[i].y, l.points[i+1].y
			if l.points[i+1].x != x {
				t.Fatalf("the line from %d to %d changes lanes between blocks: %v", l.from, l.to, l.points)
			}
			for j, b := range pg.boxes {
				if x > b.x && x < b.x+b.width && max(top, bottom) > b.y && min(top, bottom) < b.y+b.height {
					t.Fatalf("the line from %d to %d crosses block %d", l.from, l.to, pg.first+j)
				}
			}
		}
	}
}

// complete checks that every edge within the page is a line that leaves its block and
// ends at the other.
func complete(t *rapid.T, p *Program, pg page) {
	type pair struct{ from, to int }
	want, got := make(map[pair]bool), make(map[pair]bool)
	for i := range pg.boxes {
		for _, e := range p.Blocks[pg.first+i].Edges {
			if e.To >= pg.first && e.To < pg.first+len(pg.boxes) {
				want[pair{pg.first + i, e.To}] = true
			}
		}
	}
	touches := func(at point, b box) bool {
		return at.x >= b.x && at.x <= b.x+b.width && (at.y == b.y || at.y == b.y+b.height)
	}
	for _, l := range pg.lines {
		got[pair{l.from, l.to}] = true
		if l.from == l.to {
			continue
		}
		if from := pg.boxes[l.from-pg.first]; !touches(l.points[0], from) {
			t.Fatalf("the line from %d to %d begins at %v, not at %v", l.from, l.to, l.points[0], from)
		}
		if to := pg.boxes[l.to-pg.first]; !touches(l.points[len(l.points)-1], to) {
			t.Fatalf("the line from %d to %d ends at %v, not at %v", l.from, l.to, l.points[len(l.points)-1], to)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("lines (-want +got):\n%s", diff)
	}
}

// BenchmarkPages lays out 10,000 instructions.
func BenchmarkPages(b *testing.B) {
	p := drawLarge(b, 10_000)
	for b.Loop() {
		for _, f := range p.Functions {
			p.pages(f)
		}
	}
}
