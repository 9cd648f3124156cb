package simulate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"longtail/stats"
	"longtail/theory"
)

// The strips have one area, and the normal tail beyond the edge is in the first.
func TestZigguratStrips(t *testing.T) {
	tail := math.Sqrt(2*math.Pi) * theory.NormalCDF(-zigguratEdge)
	area := zigguratEdge*zigguratY[1] + tail
	for i := 1; i < zigguratLayers; i++ {
		if a := zigguratX[i] * (zigguratY[i+1] - zigguratY[i]); math.Abs(a/area-1) > 1e-12 {
			t.Errorf("strip %d has the area %.17g, the first one %.17g", i, a, area)
		}
	}
}

// Draws by the strips' borders, where an error of the construction would show:
// Pearson's statistic over the cells between all of them, and the counts beyond
// the outermost.
func TestZigguratLaw(t *testing.T) {
	normal := func(x float64) float64 { return -x * x / 2 }
	const n = 2_000_000
	cells := []float64{-4, -3.7, 3.7, 4}
	for i := 1; i < zigguratLayers; i++ {
		cells = append(cells, -zigguratX[i], zigguratX[i])
	}
	slices.Sort(cells)
	one := newChiSquare(1).scaled(2.5)
	for _, c := range []struct {
		name string
		draw func(src *rand.PCG) float64
		cdf  func(x float64) float64
	}{
		{"normal", newZiggurat(normal).draw, theory.NormalCDF},
		{"χ²₂", cubeRoot(2), chiSquareRootCDF(2)},
		{"χ²₃", cubeRoot(3), chiSquareRootCDF(3)},
		{"χ²₅₀₀", cubeRoot(500), chiSquareRootCDF(500)},
		{"χ² with 1e6 degrees", cubeRoot(1e6), chiSquareRootCDF(1e6)},
		{"root of 2.5χ²₁", func(src *rand.PCG) float64 { return math.Sqrt(one.draw(src) / 2.5) },
			func(x float64) float64 { x = math.Max(0, x); return math.Exp(theory.LogChiSquareCDF(1, x*x)) }},
	} {
		src := source(11)
		counts := make([]int, len(cells)+1)
		for range n {
			at, _ := slices.BinarySearch(cells, c.draw(src))
			counts[at]++
		}
		statistic, freedom := 0.0, -1.0
		for i, k := range counts {
			lo, hi := 0.0, 1.0
			if i > 0 {
				lo = c.cdf(cells[i-1])
			}
			if i < len(cells) {
				hi = c.cdf(cells[i])
			}
			if expected := n * (hi - lo); expected > 5 {
				statistic += (float64(k) - expected) * (float64(k) - expected) / expected
				freedom++
			} else if lo, _ := stats.ClopperPearson(int64(k), n, 1e-9); lo > hi {
				t.Errorf("%s: %d draws in cell %d, expected %.3g", c.name, k, i, expected)
			}
		}
		if p := math.Exp(theory.LogChiSquareTail(freedom, statistic)); p < 1e-6 || p > 1-1e-6 {
			t.Errorf("%s: Pearson's statistic is %.1f with %g degrees of freedom (p = %.2g)", c.name, statistic, freedom, p)
		}
	}
}

// cubeRoot draws x of a χ² variable 2d(1 + cx)³, the ziggurat's own variable;
// chiSquareRootCDF is its law.
func cubeRoot(dof float64) func(src *rand.PCG) float64 {
	g := newChiSquare(dof)
	return func(src *rand.PCG) float64 { return (math.Cbrt(g.draw(src)/g.scale) - 1) / g.c }
}

func chiSquareRootCDF(dof float64) func(x float64) float64 {
	g := newChiSquare(dof)
	return func(x float64) float64 {
		v := math.Max(0, 1+g.c*x)
		return math.Exp(theory.LogChiSquareCDF(dof, g.scale*v*v*v))
	}
}

// A density whose strips are found too wide would be drawn wrongly without any
// sign, so no x that is taken at once may lie outside it.
func TestZigguratIsConservative(t *testing.T) {
	for _, dof := range []float64{2, 3, 10, 1e4, 1e12} {
		g := newChiSquare(dof)
		wide := 0.0
		for i, s := range g.root.strips {
			level := math.Log(zigguratY[i+1])
			if g.root.log(s.lo) < level || g.root.log(s.hi) < level {
				t.Errorf("χ² with %g degrees, strip %d: [%g, %g] leaves the density", dof, i, s.lo, s.hi)
			}
			wide += (s.hi - s.lo) / (2 * s.unit) / (1 << 63) / zigguratLayers
		}
		if wide < 0.9 {
			t.Errorf("χ² with %g degrees: %.3f of the points are taken at once", dof, wide)
		}
	}
}
