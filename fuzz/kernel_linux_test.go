package fuzz

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/statecheck/statecheck/fuzz/generate"
	"github.com/statecheck/statecheck/fuzz/oracle"
	"github.com/statecheck/statecheck/internal/kerneltest"
)

func openOracle(t testing.TB) *oracle.Oracle {
	t.Helper()
	kerneltest.Need(t)
	o, err := oracle.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

// mutants draws changed programs of the corpus.
func mutants(t testing.TB) *rapid.Generator[oracle.Program] {
	t.Helper()
	real, err := Real()
	if err != nil {
		t.Fatal(err)
	}
	return generate.Mutant(real)
}

func TestFailClosed(t *testing.T) {
	o := openOracle(t)
	rapid.Check(t, PropFailClosed(o, generate.Program()))
	rapid.Check(t, PropFailClosed(o, mutants(t)))
}

func TestInvalid(t *testing.T) {
	o := openOracle(t)
	rapid.Check(t, PropInvalid(o, mutants(t)))
	rapid.Check(t, PropInvalid(o, shapes))
}

// addSeeds adds inputs that are long enough for whole programs: rapid draws from the
// bytes, and gives up where they end.
func addSeeds(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
}

func seeds() (list [][]byte) {
	random := rand.NewChaCha8([32]byte{})
	for range 8 {
		seed := make([]byte, 64<<10)
		random.Read(seed)
		list = append(list, seed)
	}
	return list
}

func FuzzFailClosed(f *testing.F) {
	addSeeds(f)
	f.Fuzz(rapid.MakeFuzz(PropFailClosed(openOracle(f), generate.Program())))
}

func FuzzInvalid(f *testing.F) {
	addSeeds(f)
	f.Fuzz(rapid.MakeFuzz(PropInvalid(openOracle(f), mutants(f))))
}

// TestSeeds: what the fuzz targets start from are whole programs.
func TestSeeds(t *testing.T) {
	for i, seed := range seeds() {
		slots := 0
		rapid.MakeFuzz(func(t *rapid.T) { slots = len(generate.Program().Draw(t, "program").Instructions) })(t, seed)
		if slots == 0 {
			t.Errorf("seed %d draws no program", i)
		}
	}
}

// TestReal: what mutants are made from is itself sound, and loads if it is not of a
// kind that depends on its maps.
func TestReal(t *testing.T) {
	o := openOracle(t)
	real, err := Real()
	if err != nil {
		t.Fatal(err)
	}
	loaded := 0
	for _, p := range real {
		if o.Ask(&p).Opinion == oracle.Loads {
			loaded++
		}
	}
	t.Logf("%d of %d load", loaded, len(real))
	if 2*loaded < len(real) {
		t.Errorf("%d of %d programs load, expected half of them", loaded, len(real))
	}
}
