package graph

import (
	"cmp"
	"slices"
)

// A layered drawing after Sugiyama, Tagawa and Toda (1981): blocks in layers, lines
// that pass a layer through a place of their own in it, an order in each layer with
// few crossings, and then the places. docs/graph.md says which libraries were measured.
//
// It is ours in two respects. Down is forward in the program: an edge to an earlier
// block counts as one from it, which leaves no cycle. And the places within a layer
// are the nearest to where their neighbours are that keep their order and distances,
// found by isotonic regression (pool adjacent violators).

// maxPage is how many blocks a page holds. A longer function is drawn on several, and
// an edge from one to another as a link: a line past hundreds of blocks tells nothing,
// and as each may be in the way of each other, they cost more than the program grows.
const (
	maxPage = 64
	minPage = 32 // of a function that does not fit on one
)

// Sizes in pixels. Text is monospaced, and no common font has wider letters.
const (
	letter  = 7.3
	leading = 16.0
	padding = 8.0
	gutter  = 5 * letter // holds the slot
	between = 36.0       // layers
	apart   = 22.0       // blocks of a layer
	lane    = 12.0       // what a line that passes takes
)

// page is a part of a function with the places of its blocks.
type page struct {
	first         int // block
	boxes         []box
	lines         []line
	width, height float64
}

// box is the place of a block.
type box struct{ x, y, width, height float64 }

// line is an edge that stays on the page.
type line struct {
	from, to int // blocks
	edge     Edge
	// points are by pairs the ends of vertical stretches, between which the line
	// changes lanes; from the block that it leaves to the one that it leads to.
	points []point
}

type point struct{ x, y float64 }

// pages lays a function out.
func (p *Program) pages(f Function) []page {
	var pages []page
	for first := f.First; first < f.End; {
		end := p.pageEnd(first, f.End)
		pages = append(pages, p.page(first, end))
		first = end
	}
	return pages
}

// pageEnd returns where to end the page: within what it may hold, where the fewest
// edges are cut.
func (p *Program) pageEnd(first, end int) int {
	if end-first <= maxPage {
		return end
	}
	best, fewest := 0, 0
	for at := first + minPage; at <= first+maxPage; at++ {
		cut := 0
		for i := first; i < first+maxPage; i++ {
			for _, e := range p.Blocks[i].Edges {
				if (i < at) != (e.To < at) {
					cut++
				}
			}
		}
		if best == 0 || cut <= fewest {
			best, fewest = at, cut
		}
	}
	return best
}

// node is a block, or the place where a line passes a layer.
type node struct {
	block        int // -1: a line
	layer        int
	width        float64
	x            float64 // middle
	place        int     // in the layer
	above, under []*node
}

// chain is an edge with the nodes that it goes by, downwards.
type chain struct {
	from, to int
	edge     Edge
	nodes    []*node
}

// page lays out some blocks.
func (p *Program) page(first, end int) page {
	d := drawing{}
	heights := make([]float64, end-first)
	for i := first; i < end; i++ {
		n := &node{block: i}
		n.width, heights[i-first] = p.Blocks[i].size()
		d.nodes = append(d.nodes, n)
	}
	for i := first; i < end; i++ {
		for j, e := range p.Blocks[i].Edges {
			if e.To < first || e.To >= end || j > 0 && e.To == p.Blocks[i].Edges[0].To {
				continue // elsewhere, or both outcomes of a branch lead there
			}
			d.chains = append(d.chains, chain{from: i, to: e.To, edge: e})
		}
	}
	d.assign(first)
	d.split(first)
	d.order()
	d.settle()
	return d.page(first, heights)
}

// drawing is a page in the making.
type drawing struct {
	nodes  []*node // the blocks
	chains []chain
	layers [][]*node
}

// ends returns the upper and the lower block of a chain.
func (c *chain) ends() (upper, lower int) { return min(c.from, c.to), max(c.from, c.to) }

// assign gives each block the layer below all earlier ones that it has an edge with.
func (d *drawing) assign(first int) {
	by := slices.Clone(d.chains)
	slices.SortStableFunc(by, func(a, b chain) int { _, x := a.ends(); _, y := b.ends(); return x - y })
	for _, c := range by {
		if upper, lower := c.ends(); upper != lower {
			u, l := d.nodes[upper-first], d.nodes[lower-first]
			l.layer = max(l.layer, u.layer+1)
		}
	}
}

// split puts a node into each layer that a line passes.
func (d *drawing) split(first int) {
	add := func(n *node) {
		for len(d.layers) <= n.layer {
			d.layers = append(d.layers, nil)
		}
		n.place = len(d.layers[n.layer])
		d.layers[n.layer] = append(d.layers[n.layer], n)
	}
	for _, n := range d.nodes {
		add(n)
	}
	for i := range d.chains {
		c := &d.chains[i]
		upper, lower := c.ends()
		if upper == lower {
			continue
		}
		at, last := d.nodes[upper-first], d.nodes[lower-first]
		c.nodes = []*node{at}
		for at != last {
			next := last
			if at.layer+1 < last.layer {
				next = &node{block: -1, layer: at.layer + 1, width: lane}
				add(next)
			}
			at.under, next.above = append(at.under, next), append(next.above, at)
			c.nodes = append(c.nodes, next)
			at = next
		}
	}
}

// rounds is how often layers are gone through, down and up. More change little.
const rounds = 12

// order sorts each layer by where the neighbours of its nodes stand, from above and
// from below in turn, and keeps the order with the fewest crossings.
func (d *drawing) order() {
	best, fewest := d.places(), d.crossings()
	for round := range rounds {
		for i := range d.layers {
			up := round%2 == 1
			layer := d.layers[i]
			if up {
				layer = d.layers[len(d.layers)-1-i]
			}
			keys := make(map[*node]float64, len(layer))
			for _, n := range layer {
				near := n.above
				if up {
					near = n.under
				}
				keys[n] = float64(n.place)
				if len(near) > 0 {
					keys[n] = 0
					for _, m := range near {
						keys[n] += float64(m.place) / float64(len(near))
					}
				}
			}
			slices.SortStableFunc(layer, func(a, b *node) int { return cmp.Compare(keys[a], keys[b]) })
			for place, n := range layer {
				n.place = place
			}
		}
		if n := d.crossings(); n < fewest {
			best, fewest = d.places(), n
		}
	}
	for i, layer := range best {
		copy(d.layers[i], layer)
		for place, n := range layer {
			n.place = place
		}
	}
}

func (d *drawing) places() [][]*node {
	var out [][]*node
	for _, layer := range d.layers {
		out = append(out, slices.Clone(layer))
	}
	return out
}

// crossings counts how often lines cross.
func (d *drawing) crossings() int {
	total := 0
	for _, layer := range d.layers {
		var ends []int // of the lines to the layer below, from left to right
		for _, n := range layer {
			from := len(ends)
			for _, m := range n.under {
				ends = append(ends, m.place)
			}
			slices.Sort(ends[from:])
		}
		for i, a := range ends {
			for _, b := range ends[i+1:] {
				if b < a {
					total++
				}
			}
		}
	}
	return total
}

// settle places the nodes of each layer, by what is above and below them in turn.
func (d *drawing) settle() {
	for _, layer := range d.layers {
		place(layer, func(*node) []*node { return nil })
	}
	for round := range rounds {
		for i := range d.layers {
			switch {
			case round == rounds-1:
				place(d.layers[i], func(n *node) []*node { return slices.Concat(n.above, n.under) })
			case round%2 == 0:
				place(d.layers[i], func(n *node) []*node { return n.above })
			default:
				place(d.layers[len(d.layers)-1-i], func(n *node) []*node { return n.under })
			}
		}
	}
}

// place moves the nodes of a layer as near to their neighbours as order and distance
// allow: the least sum of squares.
func place(layer []*node, neighbours func(*node) []*node) {
	type pool struct {
		want, weight float64
		count        int
	}
	var pools []pool
	offsets := make([]float64, len(layer))
	for i, n := range layer {
		if i > 0 {
			before := layer[i-1]
			gap := apart
			if n.block < 0 && before.block < 0 {
				gap = 0
			}
			offsets[i] = offsets[i-1] + (before.width+n.width)/2 + gap
		}
		want, weight := n.x, 0.01
		if near := neighbours(n); len(near) > 0 {
			want, weight = 0, 0
			for _, m := range near {
				w := pull(n, m)
				want += w * m.x
				weight += w
			}
			want /= weight
		}
		pools = append(pools, pool{want - offsets[i], weight, 1})
		for k := len(pools); k > 1 && pools[k-1].want < pools[k-2].want; k = len(pools) {
			a, b := pools[k-2], pools[k-1]
			weight := a.weight + b.weight
			pools = append(pools[:k-2], pool{(a.want*a.weight + b.want*b.weight) / weight, weight, a.count + b.count})
		}
	}
	i := 0
	for _, pool := range pools {
		for range pool.count {
			layer[i].x = pool.want + offsets[i]
			i++
		}
	}
}

// pull is how strongly a node wants to stand above or below another. Blocks in one
// column read best, then come straight lines; where a line leaves its block matters least.
func pull(a, b *node) float64 {
	switch {
	case a.block >= 0 && b.block >= 0:
		return 10
	case a.block < 0 && b.block < 0:
		return 4
	}
	return 0.2
}

// page turns the drawing into boxes and lines.
func (d *drawing) page(first int, heights []float64) page {
	out := page{first: first}
	left, right := d.nodes[0].x, d.nodes[0].x
	tops, bottoms := make([]float64, len(d.layers)), make([]float64, len(d.layers))
	y := 0.0
	for i, layer := range d.layers {
		tops[i], bottoms[i] = y, y
		for _, n := range layer {
			left, right = min(left, n.x-n.width/2), max(right, n.x+n.width/2)
			if n.block >= 0 {
				bottoms[i] = max(bottoms[i], y+heights[n.block-first])
			}
		}
		y = bottoms[i] + between
	}
	for _, n := range d.nodes {
		out.boxes = append(out.boxes, box{n.x - n.width/2 - left, tops[n.layer], n.width, heights[n.block-first]})
	}
	out.width, out.height = right-left, y-between
	ports := d.ports()
	for _, c := range d.chains {
		l := line{from: c.from, to: c.to, edge: c.edge}
		for i, n := range c.nodes {
			x := n.x - left
			top, bottom := tops[n.layer], bottoms[n.layer]
			switch {
			case i == 0:
				x += ports[port{n, c.nodes[1]}]
				top = out.boxes[n.block-first].y + out.boxes[n.block-first].height
			case i == len(c.nodes)-1:
				x += ports[port{n, c.nodes[i-1]}]
				bottom = top
			}
			l.points = append(l.points, point{x, top}, point{x, bottom})
		}
		if c.from > c.to {
			slices.Reverse(l.points)
		}
		out.lines = append(out.lines, l)
	}
	return out
}

// port is where a line meets a block.
type port struct{ block, next *node }

// ports spreads the lines along the sides of their blocks, in the order in which they
// come, and returns how far from the middle each is.
func (d *drawing) ports() map[port]float64 {
	ports := make(map[port]float64)
	for _, n := range d.nodes {
		for _, side := range [][]*node{n.above, n.under} {
			side = slices.Clone(side)
			slices.SortStableFunc(side, func(a, b *node) int { return a.place - b.place })
			step := min(n.width/float64(len(side)+1), 4*lane)
			for i, m := range side {
				ports[port{n, m}] = (float64(i) - float64(len(side)-1)/2) * step
			}
		}
	}
	return ports
}

// size is how much room a block takes.
func (b *Block) size() (width, height float64) {
	letters, lines := 0, len(b.Instructions)
	if b.Label != "" {
		letters = len([]rune(b.Label)) + 1
		lines++
	}
	for _, ins := range b.Instructions {
		letters = max(letters, len([]rune(ins.Text)))
	}
	return 2*padding + gutter + float64(letters)*letter, 2*padding + float64(lines)*leading
}
