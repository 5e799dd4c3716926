package paths_test

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/fuzz/machine"
	"github.com/statecheck/statecheck/verifier"
)

// runs is what runs of a program visit.
func runs(p *verifier.Program, seed uint64, times int) []bool {
	random := rand.New(rand.NewPCG(seed, 1))
	visited := make([]bool, len(p.Instructions))
	m := machine.Machine{
		Instructions: p.Instructions,
		Visit:        func(slot int) { visited[slot] = true },
		Unknown: func() uint64 {
			switch random.IntN(4) {
			case 0:
				return uint64(random.IntN(12) - 4)
			case 1:
				return uint64(random.IntN(4)) << random.IntN(63)
			case 2:
				return -uint64(random.IntN(4)) << random.IntN(63)
			}
			return random.Uint64()
		},
	}
	for range times {
		m.Run(random.Uint64(), 5_000)
	}
	return visited
}

// propConcrete: what a run visits, the walk does. It holds of what the walk decides, and of what
// it does not follow because it has been there: it is independent of any kernel.
func propConcrete(t *rapid.T) {
	seed := rapid.Uint64().Draw(t, "seed")
	concrete(t, drawProgram(seed), seed, new(tally))
}

// tally counts what the property is about.
type tally struct {
	programs, finished int
	slots              int // of programs whose walk comes to an end
	walked, run        int // slots that are visited
}

func concrete(t interface{ Fatalf(string, ...any) }, p *verifier.Program, seed uint64, n *tally) {
	n.programs++
	visited, finished := verifier.Visits(p)
	if !finished {
		return
	}
	n.finished++
	for slot, there := range runs(p, seed, 20) {
		n.slots++
		if visited[slot] {
			n.walked++
		}
		if !there {
			continue
		}
		n.run++
		if !visited[slot] {
			t.Fatalf("seed %d: a run visits slot %d, and the walk does not\n%#v", seed, slot, p.Instructions)
		}
	}
}

func TestConcrete(t *testing.T) {
	var n tally
	programs := 600
	if testing.Short() {
		programs = 100
	}
	for seed := range uint64(programs) {
		concrete(t, drawProgram(seed), seed, &n)
	}
	t.Logf("%+v", n)
	switch {
	case n.finished < programs*95/100:
		t.Errorf("%d of %d walks came to an end", n.finished, n.programs)
	case n.walked > n.slots*95/100:
		t.Errorf("walks visit %d of %d slots: they decide too little for this to be a test", n.walked, n.slots)
	case n.run < n.walked*75/100:
		t.Errorf("runs visit %d slots, walks %d: they find too little", n.run, n.walked)
	}
}

func FuzzConcrete(f *testing.F) { f.Fuzz(rapid.MakeFuzz(propConcrete)) }
