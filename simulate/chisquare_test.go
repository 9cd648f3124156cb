package simulate

import (
	"math"
	"testing"

	"longtail/theory"
)

// Counts below quantile-like points against the exact law, for shapes from the
// singular one to a million.
func TestChiSquare(t *testing.T) {
	for _, dof := range []float64{1, 2, 3, 7, 100, 1e4, 1e6} {
		src := source(int(dof))
		g := newChiSquare(dof).scaled(2.5)
		const n = 200_000
		var below [4]int
		at := [4]float64{-1.2, 0, 0.7, 2}
		point := func(z float64) float64 { // Wilson–Hilferty
			c := 1 - 2/(9*dof) + z*math.Sqrt(2/(9*dof))
			return dof * c * c * c
		}
		sum := 0.0
		for range n {
			x := g.draw(src) / 2.5
			sum += x
			for i, z := range at {
				if x <= point(z) {
					below[i]++
				}
			}
		}
		if z := (sum/n - dof) / math.Sqrt(2*dof/n); math.Abs(z) > 5 {
			t.Errorf("χ² with %g degrees: mean off by %.1f standard errors", dof, z)
		}
		for i, z := range at {
			x := point(z)
			if x <= 0 {
				continue
			}
			p := math.Exp(theory.LogChiSquareCDF(dof, x))
			if s := (float64(below[i])/n - p) / math.Sqrt(p*(1-p)/n); math.Abs(s) > 5 {
				t.Errorf("χ² with %g degrees: %d of %d below %g, exact %g", dof, below[i], n, x, p)
			}
		}
	}
}
