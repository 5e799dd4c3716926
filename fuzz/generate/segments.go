package generate

// segment is a run of instructions that leaves the state true.
type segment struct {
	weight int
	fits   func(*builder) bool // nil: always
	write  func(*builder)
}

// lottery holds each segment as often as its weight says. It is filled by init, as
// segments hold blocks of segments.
var lottery []segment

func init() {
	for _, s := range []segment{
		{10, nil, (*builder).alu},
		{2, nil, func(b *builder) { b.fresh() }},
		{5, nil, (*builder).spill},
		{5, nil, (*builder).fill},
		{2, nil, (*builder).exchange},
		{3, (*builder).fitsContext, (*builder).useContext},
		{2, (*builder).fitsMemory, (*builder).useMemory},
		{1, (*builder).fitsLegacy, (*builder).legacyLoad},
		{3, (*builder).fitsPacket, (*builder).packet},
		{16, (*builder).canNest, (*builder).branch},
		{8, (*builder).canNest, (*builder).chained},
		{2, (*builder).canNest, (*builder).countedLoop},
		{1, (*builder).canNest, (*builder).mayGotoLoop},
		{1, (*builder).fitsIterator, (*builder).iteratorLoop},
		{4, (*builder).canCall, (*builder).call},
		{1, (*builder).canCall, (*builder).loopCallback},
		{1, (*builder).fitsForEach, (*builder).forEach},
		{6, nil, (*builder).statelessHelper},
		{2, (*builder).fitsStateful, (*builder).statefulHelper},
		{2, (*builder).fitsMap, (*builder).mapHelper},
		{2, (*builder).fitsMap, (*builder).lookup},
		{1, (*builder).fitsMap, (*builder).directValue},
		{2, (*builder).fitsSocket, (*builder).socket},
		{1, (*builder).fitsTask, (*builder).task},
		{1, nil, (*builder).locked},
		{1, (*builder).fitsDynptr, (*builder).dynptr},
		{4, (*builder).fitsObject, (*builder).useObject},
		{3, (*builder).fitsObjectCall, (*builder).call},
		{2, (*builder).fitsObjectCall, (*builder).loopCallback},
		{2, (*builder).fitsStateful, (*builder).statefulKfunc},
		{1, nil, (*builder).address},
		{1, (*builder).hasContext, (*builder).spillContext},
		{2, (*builder).isBold, (*builder).deadMatter},
	} {
		for range s.weight {
			lottery = append(lottery, s)
		}
	}
}

// segment writes a segment, arithmetic where the one drawn does not fit here.
func (b *builder) segment() {
	before := b.here()
	s := pick(b.source, lottery)
	if s.fits == nil || s.fits(b) {
		s.write(b)
	} else {
		b.alu()
	}
	b.room -= b.here() - before
}

// block writes a few segments, of which one at least is there.
func (b *builder) block(most int) {
	b.depth++
	for range b.between(1, most) {
		b.segment()
		if b.room <= 0 {
			break
		}
	}
	b.depth--
}

// maxDepth is how deep blocks are nested.
const maxDepth = 3

func (b *builder) canNest() bool { return b.depth < maxDepth }
