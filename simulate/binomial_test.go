package simulate

import (
	"math"
	"testing"

	"longtail/theory"
)

// The probabilities that a table stands for are the binomial's.
func TestAliasTable(t *testing.T) {
	for _, c := range []struct {
		n int
		p float64
	}{{1, 0.5}, {7, 0}, {7, 1}, {10, 1e-9}, {500, 0.9}, {1_000_000, 0.3}, {1_000_000, 1e-6}, {13, 0.5}} {
		table := newAliasTable(c.n, c.p, func(k int) float64 { return float64(k) })
		got := map[float64]float64{}
		for _, cell := range table.cells {
			keep := math.Ldexp(float64(cell.keep), -64)
			got[cell.values[1]] += keep / float64(len(table.cells))
			got[cell.values[0]] += (1 - keep) / float64(len(table.cells))
		}
		sum := 0.0
		for k, w := range got {
			want := math.Exp(theory.LogBinomialPMF(int(k), c.n, c.p))
			if math.Abs(w-want) > 1e-13 {
				t.Errorf("Bin(%d, %g): P(%g) = %.15g, want %.15g", c.n, c.p, k, w, want)
			}
			sum += want
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("Bin(%d, %g): the table covers probability %.15g", c.n, c.p, sum)
		}
	}
}

// And they are drawn: moments over a million draws.
func TestAliasDraw(t *testing.T) {
	const n, p, draws = 500, 0.9, 1_000_000
	table := newAliasTable(n, p, func(k int) float64 { return float64(k) - n*p })
	src := source(1)
	sum, squares := 0.0, 0.0
	for range draws {
		x := table.draw(src)
		sum += x
		squares += x * x
	}
	v := n * p * (1 - p)
	if z := sum / math.Sqrt(draws*v); math.Abs(z) > 4.5 {
		t.Errorf("mean is off by %g standard errors", z)
	}
	if r := squares/draws/v - 1; math.Abs(r) > 0.01 {
		t.Errorf("variance is off by %g", r)
	}
}
