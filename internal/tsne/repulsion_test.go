package tsne

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// disc draws n points evenly from a disc, every tenth one equal to another.
func disc(n int, diameter float64) []float64 {
	rng := rand.New(rand.NewPCG(1, 2))
	y := make([]float64, 2*n)
	for i := 0; i < len(y); i += 2 {
		r, a := math.Sqrt(rng.Float64())*diameter/2, rng.Float64()*2*math.Pi
		y[i], y[i+1] = 3+r*math.Cos(a), r*math.Sin(a)-7
		if i%20 == 18 {
			y[i], y[i+1] = y[i-2], y[i-1]
		}
	}
	return y
}

// The mesh against all pairs, from a start's size to a finished map's. What is
// allowed is about twice what is seen: where points are sparse, cells of a half
// do not resolve the kernel of the nearest pairs.
func TestMeshIsTheSumOverPairs(t *testing.T) {
	c := crew(2)
	const n = 1500
	mesh := newMesh(c, n)
	for _, at := range []struct{ diameter, z, force float64 }{
		{1e-3, 1e-9, 5e-4}, {1, 1e-7, 5e-4}, {8, 1e-7, 1e-4}, {20, 1e-5, 5e-3}, {60, 5e-4, 0.05}, {150, 1e-3, 0.1},
	} {
		t.Run(fmt.Sprint(at.diameter), func(t *testing.T) {
			y, got, want := disc(n, at.diameter), make([]float64, 2*n), make([]float64, 2*n)
			z, wantZ := mesh.forces(y, got, 0, nil), newDense(c, n).forces(y, want, 0, nil)
			var off, size float64
			for i := range got {
				off += (got[i] - want[i]) * (got[i] - want[i])
				size += want[i] * want[i]
			}
			t.Logf("Z off by %.1e, forces by %.1e", z/wantZ-1, math.Sqrt(off/size))
			if !(math.Abs(z/wantZ-1) < at.z) || !(math.Sqrt(off/size) < at.force) {
				t.Errorf("Z off by %.1e, allowed %.1e; forces by %.1e, allowed %.1e", z/wantZ-1, at.z, math.Sqrt(off/size), at.force)
			}
		})
	}
}

// Splines are a partition of unity with the right mean, and their derivatives
// are those of the weights.
func TestSpline(t *testing.T) {
	for _, at := range []float64{3, 3.1, 3.5, 3.99} {
		const eps = 1e-6
		first, w, dw := spline(at)
		_, after, _ := spline(at + eps)
		sum, mean, slope := 0.0, 0.0, 0.0
		for i := range w {
			sum += w[i]
			mean += w[i] * float64(first+i)
			slope += dw[i]
			if d := (after[i] - w[i]) / eps; math.Abs(d-dw[i]) > 1e-5 {
				t.Errorf("at %v: derivative %d is %v, want %v", at, i, dw[i], d)
			}
		}
		if math.Abs(sum-1) > 1e-14 || math.Abs(mean-at) > 1e-14*at || math.Abs(slope) > 1e-14 {
			t.Errorf("at %v: sum %v, mean %v, sum of derivatives %v", at, sum, mean, slope)
		}
	}
}

// The transforms against the sum they stand for, written out: the stored
// kernel taken back by cosines, and every cell with every other.
func TestConvolutionIsTheDirectSum(t *testing.T) {
	for _, m := range []int{8, 9, 10, 15} {
		c := newConvolver(m, 0.5)
		cos := func(a, b int) float64 { return math.Cos(math.Pi * float64(a*b%(2*m)) / float64(m)) }
		kernel := make([]float64, m*m) // at dy·m + dx
		for dy := range m {
			for dx := range m {
				for k := range 2 * m {
					for l := range 2 * m {
						col := min(k, 2*m-k)
						kernel[dy*m+dx] += c.kernel[col/4*2*m+l/2+l%2*m][col%4] * cos(k, dx) * cos(l, dy)
					}
				}
			}
		}
		rng := rand.New(rand.NewPCG(uint64(m), 0))
		grid := make([]float64, 4*c.rows()*m)
		for i := range m * m {
			grid[i] = rng.Float64()
		}
		source := slices.Clone(grid)
		s, line := newScratch(m), make([]lanes, m+1)
		for i := range c.rows() {
			c.rowsIn(grid, i, s, line)
		}
		for i := range c.columns() {
			c.column(i, s)
		}
		for i := range c.rows() {
			c.rowsOut(grid, i, s, line)
		}
		for at := range m * m {
			want := 0.0
			for from := range m * m {
				dx, dy := at%m-from%m, at/m-from/m
				want += source[from] * kernel[max(dy, -dy)*m+max(dx, -dx)]
			}
			if math.Abs(grid[at]-want) > 1e-12*want {
				t.Fatalf("%d×%d cells, cell %d: %v, want %v", m, m, at, grid[at], want)
			}
		}
	}
}
